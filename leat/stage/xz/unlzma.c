/* .lzma: a header of properties and size, and LZMA1. It has no magic bytes and no checksum. */

#include "leat/core/load.h"
#include "leat/stage/xz/coder.h"
#include "leat/stage/xz/xz.h"

enum { DICTIONARY_AT = 1, SIZE_AT = 5, HEADER_LEN = 13 };

/* The first byte of LZMA is 0, so much more is known of how a stream begins. */
enum { PROBE_LEN = HEADER_LEN + 1 };

/* lc, lp and pb in one byte. */
enum { PROPERTIES_MAX = (4 * 5 + 4) * 9 + 8 };

/* No encoder makes a dictionary smaller than this. */
enum { DICTIONARY_LEN_MIN = 4096 };

/* Where the size is known, xz(1) believes no more than 256 GiB. */
#define SIZE_MAX_PROBED ((uint64_t)1 << 38)

struct unlzma {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    bool begun;
};

static enum leat_status unlzma_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_lzma_start(&((struct unlzma *)codec)->coder, codec);
}

static enum leat_status take_header(struct unlzma *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (span.len > 0 && span.data[0] > PROPERTIES_MAX)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "no lzma data", leat_tell(in));
    if (status != LEAT_OK)
        return status;
    /* UINT64_MAX says unknown, here as there. */
    uint64_t size = leat_load_u64le(span.data + SIZE_AT);
    status = leat_lzma_begin_lzma1(&self->coder, &self->codec, span.data, size, leat_tell(in));
    if (status != LEAT_OK)
        return status;
    leat_consume(in, HEADER_LEN);
    self->begun = true;
    return LEAT_OK;
}

static enum leat_status unlzma_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct unlzma *self = (struct unlzma *)codec;
    if (!self->begun)
        return take_header(self, in);
    lzma_ret code;
    enum leat_status status = leat_lzma_decode(&self->coder, codec, in, out, &code);
    if (status != LEAT_OK || code == LZMA_OK)
        return status;
    return code == LZMA_STREAM_END ? LEAT_DONE : leat_lzma_fails(codec, code, self->coder.taken_to);
}

static void unlzma_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct unlzma *)codec)->coder);
}

const struct leat_stage leat_stage_unlzma = {
    .name = "lzma",
    .self_size = sizeof(struct unlzma),
    .in_min = HEADER_LEN,
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = unlzma_start,
    .step = unlzma_step,
    .stop = unlzma_stop,
};

struct leat_reader *leat_unlzma(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unlzma, NULL);
}

/* --- The catalogue --- */

/* Whether encoders make such dictionaries: 2^n, or 2^n + 2^(n-1), or they do not say. */
static bool is_usual_dictionary(uint32_t len)
{
    if (len == UINT32_MAX)
        return true;
    uint32_t high = len & (len - 1);
    return len >= DICTIONARY_LEN_MIN && (high == 0 || len - high == high >> 1);
}

/* As xz(1) guesses, and the first byte of the data. */
static enum leat_match lzma_probe(const uint8_t *data, size_t len)
{
    if (len > 0 && (data[0] > PROPERTIES_MAX || data[0] % 9 + data[0] / 9 % 5 > LZMA_LCLP_MAX))
        return LEAT_MATCH_NO;
    if (len >= SIZE_AT && !is_usual_dictionary(leat_load_u32le(data + DICTIONARY_AT)))
        return LEAT_MATCH_NO;
    if (len < PROBE_LEN)
        return LEAT_MATCH_MORE;
    uint64_t size = leat_load_u64le(data + SIZE_AT);
    if ((size != UINT64_MAX && size >= SIZE_MAX_PROBED) || data[HEADER_LEN] != 0)
        return LEAT_MATCH_NO;
    return LEAT_MATCH_YES;
}

const struct leat_format leat_format_lzma = {
    .name = "lzma",
    .summary = ".lzma, one stream, without a checksum",
    .endings = (const char *const[]){ ".lzma", ".tlz", NULL },
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = lzma_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_unlzma,
    .encoder = &leat_stage_lzma,
};
