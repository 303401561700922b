#include "leat/container/sevenz/chain.h"
#include "leat/stage/limit/limit.h"

/* What BCJ2 takes: the main stream, then the sides. */
enum { BCJ2_INPUTS = 1 + SZ_SIDES };

static const char not_known[] = "packed by a method that is not known";

/* --- Judging --- */

static void refuse(struct sz_chain *chain, enum leat_fault_code code, const char *reason)
{
    if (chain->refused != LEAT_FAULT_NONE)
        return;
    chain->refused = code;
    chain->reason = reason;
}

static void judge_aes(struct sz_chain *chain, unsigned at, struct leat_span password)
{
    struct sz_aes *aes = &chain->aes[at];
    chain->encrypted = true;
    if (!leat_sz_aes_here)
        refuse(chain, LEAT_FAULT_UNSUPPORTED, "encrypted");
    else if (!leat_sz_aes_read(chain->folder.coders[at].properties, aes))
        refuse(chain, LEAT_FAULT_CORRUPT, "bad properties of its encryption");
    else if (password.len == 0)
        refuse(chain, LEAT_FAULT_UNSUPPORTED, "encrypted: a password is needed");
    aes->password = password;
    aes->kept = &chain->key;
}

static void judge_coder(struct sz_chain *chain, unsigned at, struct leat_span password)
{
    const struct sz_coder *coder = &chain->folder.coders[at];
    const struct sz_method *method = leat_sz_method(coder->id);
    bool bcj2 = method->kind == SZ_METHOD_BCJ2;
    if (method->kind == SZ_METHOD_NAMED || coder->inputs != (bcj2 ? BCJ2_INPUTS : 1))
        refuse(chain, LEAT_FAULT_UNSUPPORTED, not_known);
    if (method->kind == SZ_METHOD_AES)
        judge_aes(chain, at, password);
    else if (method->kind != SZ_METHOD_FILTER && method->kind != SZ_METHOD_STORED && !bcj2)
        chain->method = method->name;
}

/* The coders that the folder's output comes from; the others stand in rings of their own. No output
 * is taken twice, so those that take one another's come to an end. */
static unsigned coders_reached(const struct sz_folder *folder)
{
    uint8_t open[SZ_CODERS_MAX] = { (uint8_t)folder->main };
    unsigned reached = 1;
    for (unsigned i = 0; i < reached; i++) {
        const struct sz_coder *coder = &folder->coders[open[i]];
        for (unsigned input = 0; input < coder->inputs; input++) {
            unsigned source = folder->sources[coder->input + input];
            if (source >= SZ_CODERS_MAX)
                continue;
            leat_assert(reached < folder->coders_len);
            open[reached++] = (uint8_t)source;
        }
    }
    return reached;
}

void leat_sz_chain_judge(struct sz_chain *chain, struct leat_span password)
{
    const struct sz_folder *folder = &chain->folder;
    unsigned bcj2s = 0;
    chain->encrypted = false;
    chain->refused = LEAT_FAULT_NONE;
    chain->method = "stored";
    if (chain->outside)
        refuse(chain, LEAT_FAULT_CORRUPT, "lies outside of the archive");
    for (unsigned i = folder->coders_len; i-- > 0;) {
        judge_coder(chain, i, password);
        bcj2s += leat_sz_method(folder->coders[i].id)->kind == SZ_METHOD_BCJ2;
    }
    if (bcj2s > 1 || coders_reached(folder) != folder->coders_len)
        refuse(chain, LEAT_FAULT_UNSUPPORTED, not_known);
}

/* --- Opening --- */

static struct leat_reader *open_coder(struct sz_chain *chain, unsigned at,
                                      struct leat_reader *const *srcs);

/* What a coder's input is. */
static struct leat_reader *open_input(struct sz_chain *chain, unsigned input,
                                      struct leat_reader *const *srcs)
{
    unsigned source = chain->folder.sources[input];
    if (source < SZ_CODERS_MAX)
        return open_coder(chain, source, srcs);
    unsigned stream = source - SZ_CODERS_MAX;
    return leat_limit(srcs[stream], chain->packed[stream].size, true);
}

static struct leat_lzma_filter filter_of(const struct sz_coder *coder)
{
    return (struct leat_lzma_filter){
        .id = leat_sz_method(coder->id)->filter,
        .properties = coder->properties.data,
        .properties_len = coder->properties.len,
    };
}

static struct leat_reader *open_lzma(struct sz_chain *chain, unsigned at,
                                     struct leat_reader *const *srcs)
{
    const struct sz_coder *coder = &chain->folder.coders[at];
    chain->lzmas[at] = (struct leat_unlzma_raw_options){
        .filters = { filter_of(coder) },
        .filters_len = 1,
        .size = coder->size,
    };
    return leat_pull(open_input(chain, coder->input, srcs), &leat_stage_unlzma_raw,
                     &chain->lzmas[at]);
}

/* By itself, so that it may stand over any coder. */
static struct leat_reader *open_filter(struct sz_chain *chain, unsigned at,
                                       struct leat_reader *const *srcs)
{
    const struct sz_coder *coder = &chain->folder.coders[at];
    chain->filters[at] = filter_of(coder);
    return leat_pull(open_input(chain, coder->input, srcs), &leat_stage_lzma_unfilter,
                     &chain->filters[at]);
}

static struct leat_reader *open_bcj2(struct sz_chain *chain, const struct sz_coder *coder,
                                     struct leat_reader *const *srcs)
{
    chain->bcj2.size = coder->size;
    for (unsigned i = 0; i < SZ_SIDES; i++)
        chain->bcj2.sides[i] = open_input(chain, coder->input + 1 + i, srcs);
    return leat_pull(open_input(chain, coder->input, srcs), &leat_sz_stage_bcj2, &chain->bcj2);
}

/* How many bytes a coder's input has. */
static uint64_t input_size(const struct sz_chain *chain, unsigned input)
{
    unsigned source = chain->folder.sources[input];
    return source < SZ_CODERS_MAX ? chain->folder.coders[source].size
                                  : chain->packed[source - SZ_CODERS_MAX].size;
}

static struct leat_reader *open_ppmd(struct sz_chain *chain, unsigned at,
                                     struct leat_reader *const *srcs)
{
    const struct sz_coder *coder = &chain->folder.coders[at];
    chain->ppmds[at] = (struct leat_ppmd_options){
        .form = LEAT_PPMD_H_7Z,
        .properties = coder->properties,
        .packed_size = input_size(chain, coder->input),
        .size = coder->size,
    };
    return leat_pull(open_input(chain, coder->input, srcs), leat_sz_method(coder->id)->stage,
                     &chain->ppmds[at]);
}

/* The output of a coder. Recurses to its inputs: each coder is one's input at most, and there are
 * no more than SZ_CODERS_MAX. */
static struct leat_reader *open_coder(struct sz_chain *chain, unsigned at,
                                      struct leat_reader *const *srcs)
{
    const struct sz_coder *coder = &chain->folder.coders[at];
    const struct sz_method *method = leat_sz_method(coder->id);
    struct leat_reader *r = NULL;
    switch (method->kind) {
    case SZ_METHOD_LZMA:
        r = open_lzma(chain, at, srcs);
        break;
    case SZ_METHOD_FILTER:
        r = open_filter(chain, at, srcs);
        break;
    case SZ_METHOD_BCJ2:
        r = open_bcj2(chain, coder, srcs);
        break;
    case SZ_METHOD_PPMD:
        r = open_ppmd(chain, at, srcs);
        break;
    case SZ_METHOD_AES:
        r = leat_pull(open_input(chain, coder->input, srcs), &leat_sz_stage_aes, &chain->aes[at]);
        break;
    case SZ_METHOD_STAGE:
        r = leat_pull(open_input(chain, coder->input, srcs), method->stage, NULL);
        break;
    case SZ_METHOD_STORED:
    case SZ_METHOD_NAMED:
        r = open_input(chain, coder->input, srcs);
        break;
    }
    return leat_limit(r, coder->size, true);
}

struct leat_reader *leat_sz_chain_open(struct sz_chain *chain, struct leat_reader *const *srcs)
{
    leat_assert(chain->refused == LEAT_FAULT_NONE);
    return open_coder(chain, chain->folder.main, srcs);
}

void leat_sz_chain_close(struct sz_chain *chain, struct leat_reader *r)
{
    leat_reader_close(r);
    for (unsigned i = 0; i < SZ_SIDES; i++) {
        leat_reader_close(chain->bcj2.sides[i]);
        chain->bcj2.sides[i] = NULL;
    }
}
