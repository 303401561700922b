#include "leat/container/sevenz/chain.h"
#include "leat/stage/limit/limit.h"

/* The coders from the one whose output is the folder's down to the packed stream, where each takes
 * the output of the next. Returns how many; no output is taken twice, so they come to an end. */
static unsigned coders_in_line(const struct sz_folder *folder, uint8_t line[SZ_CODERS_MAX])
{
    unsigned len = 0;
    unsigned at = folder->main;
    while (at < SZ_CODERS_MAX) {
        leat_assert(len < folder->coders_len);
        line[len++] = (uint8_t)at;
        at = folder->sources[folder->coders[at].input];
    }
    return len;
}

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

void leat_sz_chain_judge(struct sz_chain *chain, struct leat_span password)
{
    const struct sz_folder *folder = &chain->folder;
    uint8_t line[SZ_CODERS_MAX];
    unsigned len = coders_in_line(folder, line);
    chain->encrypted = false;
    chain->refused = LEAT_FAULT_NONE;
    chain->method = "stored";
    if (chain->outside)
        refuse(chain, LEAT_FAULT_CORRUPT, "lies outside of the archive");
    unsigned filters = 0;
    for (unsigned i = 0; i < len; i++) {
        const struct sz_method *method = leat_sz_method(folder->coders[line[i]].id);
        bool filter = method->kind == SZ_METHOD_FILTER;
        if (method->kind == SZ_METHOD_NAMED ||
            (filters > 0 && !filter && method->kind != SZ_METHOD_LZMA))
            refuse(chain, LEAT_FAULT_UNSUPPORTED, "packed by a method that is not known");
        if (method->kind == SZ_METHOD_AES)
            judge_aes(chain, line[i], password);
        else if (!filter && method->kind != SZ_METHOD_STORED)
            chain->method = method->name;
        filters = filter ? filters + 1 : 0;
        if (filters >= SZ_FILTERS_MAX)
            refuse(chain, LEAT_FAULT_UNSUPPORTED, "more filters than are known to be used");
    }
    if (filters > 0 || folder->packed_len != 1 || len != folder->coders_len)
        refuse(chain, LEAT_FAULT_UNSUPPORTED, "packed by a method that is not known");
}

/* LZMA, and the filters that its output goes through: the coders line[0] .. line[n - 1]. */
static struct leat_reader *open_raw(struct sz_chain *chain, const uint8_t *line, unsigned n,
                                    struct leat_reader *src)
{
    const struct sz_folder *folder = &chain->folder;
    struct sz_raw *raw = &chain->raws[line[0]];
    *raw = (struct sz_raw){ .filters_len = n, .size = folder->coders[line[n - 1]].size };
    for (unsigned i = 0; i < n; i++) {
        const struct sz_coder *coder = &folder->coders[line[i]];
        raw->filters[i] = (struct sz_filter){
            .id = leat_sz_method(coder->id)->filter,
            .properties = coder->properties,
        };
    }
    return leat_pull(src, &leat_sz_stage_raw, raw);
}

struct leat_reader *leat_sz_chain_open(struct sz_chain *chain, struct leat_reader *src)
{
    const struct sz_folder *folder = &chain->folder;
    uint8_t line[SZ_CODERS_MAX];
    unsigned len = coders_in_line(folder, line);
    leat_assert(chain->refused == LEAT_FAULT_NONE);
    struct leat_reader *r = leat_limit(src, chain->packed.size, true);
    while (len > 0) {
        unsigned n = 1;
        const struct sz_coder *coder = &folder->coders[line[len - 1]];
        const struct sz_method *method = leat_sz_method(coder->id);
        if (method->kind == SZ_METHOD_AES)
            r = leat_pull(r, &leat_sz_stage_aes, &chain->aes[line[len - 1]]);
        else if (method->kind == SZ_METHOD_STAGE)
            r = leat_pull(r, method->stage, NULL);
        if (method->kind == SZ_METHOD_LZMA) {
            while (n < len &&
                   leat_sz_method(folder->coders[line[len - n - 1]].id)->kind == SZ_METHOD_FILTER)
                n++;
            r = open_raw(chain, line + len - n, n, r);
        }
        len -= n;
        r = leat_limit(r, folder->coders[line[len]].size, true);
    }
    return r;
}
