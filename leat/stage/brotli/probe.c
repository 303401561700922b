/* Whether bytes are brotli: nothing tells but decoding them. */

#include "leat/stage/brotli/brotli.h"
#include "leat/stage/brotli/library.h"

enum {
    /* Bytes which, decoded without an error, are taken for brotli. However many there are, no more
     * are looked at: damage behind them is the decoder's to tell, and what is found does not depend
     * on how the bytes come. */
    PROBE_MAX = 256,
    /* And where there are no more than these, as of a stream cut short. */
    ENOUGH = 64,
    SCRATCH_LEN = 1024,
    OUTPUT_MAX = 64 * 1024, /* and so much output, of whatever length */
};

/* A probe has no ctx. What it may take is bounded here, where a real decoder would take a window of
 * any size. */
struct budget {
    size_t left;
};

static void *probe_allocates(void *user, size_t size)
{
    struct budget *budget = user;
    if (size > budget->left)
        return NULL;
    budget->left -= size;
    return leat_allocate(&leat_alloc_hosted, size);
}

static void probe_frees(void *user, void *memory)
{
    (void)user;
    leat_deallocate(&leat_alloc_hosted, memory);
}

/* Decode into nowhere until something shows. */
static BrotliDecoderResult decode(BrotliDecoderState *brotli, const uint8_t *data, size_t *len)
{
    uint8_t scratch[SCRATCH_LEN];
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    for (size_t made = 0; made < OUTPUT_MAX; made += SCRATCH_LEN) {
        uint8_t *to = scratch;
        size_t room = SCRATCH_LEN;
        result = leat_libbrotlidec()->BrotliDecoderDecompressStream(brotli, len, &data, &room, &to,
                                                                    NULL);
        if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
            break;
    }
    return result;
}

/* The stream's end is told only with nothing behind it, as by brotli(1): one letter may be a whole
 * stream of nothing, and the first of a text. Where memory lacks, the decoder will say so. */
static enum leat_match judge(const BrotliDecoderState *brotli, BrotliDecoderResult result,
                             size_t len, size_t left)
{
    switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        if (left > 0)
            return LEAT_MATCH_NO;
        return len < PROBE_MAX ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return len < PROBE_MAX ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return LEAT_MATCH_YES;
    default:
        return leat_libbrotlidec()->BrotliDecoderGetErrorCode(brotli) <=
                       BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES
                   ? LEAT_MATCH_YES
                   : LEAT_MATCH_NO;
    }
}

/* `ret_ends`: the stream ends with the bytes. */
static enum leat_match probe(const uint8_t *data, size_t len, bool *ret_ends)
{
    const struct leat_libbrotlidec *library = leat_libbrotlidec();
    struct budget budget = { .left = LEAT_MIB };
    *ret_ends = false;
    if (len == 0)
        return LEAT_MATCH_MORE;
    if (library == NULL)
        return LEAT_MATCH_YES; /* by its name it is, and the decoder will say what lacks */
    BrotliDecoderState *brotli =
        library->BrotliDecoderCreateInstance(probe_allocates, probe_frees, &budget);
    if (brotli == NULL)
        return LEAT_MATCH_NO;
    BROTLI_BOOL is_set =
        library->BrotliDecoderSetParameter(brotli, BROTLI_DECODER_PARAM_LARGE_WINDOW, 1);
    leat_assert(is_set);
    size_t left = len < PROBE_MAX ? len : PROBE_MAX;
    BrotliDecoderResult result = decode(brotli, data, &left);
    enum leat_match match = judge(brotli, result, len, left);
    *ret_ends = result == BROTLI_DECODER_RESULT_SUCCESS && left == 0;
    library->BrotliDecoderDestroyInstance(brotli);
    return match;
}

static enum leat_match brotli_probe(const uint8_t *data, size_t len)
{
    bool ends;
    return probe(data, len, &ends);
}

static bool brotli_probe_all(const uint8_t *data, size_t len)
{
    bool ends;
    return probe(data, len, &ends) == LEAT_MATCH_MORE && (ends || len >= ENOUGH);
}

_Static_assert(sizeof(struct leat_brotli_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_brotli = {
    .name = "brotli",
    .summary = "Brotli (RFC 7932), told by its ending",
    .endings = (const char *const[]){ ".br", ".tbr", NULL },
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_NAMED | LEAT_FORMAT_LEVELS,
    .probe = brotli_probe,
    .probe_max = PROBE_MAX,
    .probe_all = brotli_probe_all,
    .decoder = &leat_stage_unbrotli,
    .encoder = &leat_stage_brotli,
};
