#include "leat/container/squashfs/method.h"
#include "leat/core/load.h"
#include "leat/stage/xz/coder.h"

enum { SIZE_AT = 5, HEADER_LEN = 13 };

struct lzma {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    bool begun;
};

static enum leat_status lzma_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_lzma_start(&((struct lzma *)codec)->coder, codec);
}

static enum leat_status lzma_header(struct lzma *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    status = leat_lzma_begin_lzma1(&self->coder, &self->codec, span.data,
                                   leat_load_u64le(span.data + SIZE_AT), leat_tell(in));
    if (status != LEAT_OK)
        return status;
    leat_consume(in, HEADER_LEN);
    self->begun = true;
    return LEAT_OK;
}

static enum leat_status lzma_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct lzma *self = (struct lzma *)codec;
    if (!self->begun)
        return lzma_header(self, in);
    lzma_ret code;
    enum leat_status status = leat_lzma_decode(&self->coder, codec, in, out, &code);
    if (status != LEAT_OK || code == LZMA_OK)
        return status;
    /* What follows the last byte is that mark, which liblzma takes for damage. */
    if (code == LZMA_STREAM_END || (code == LZMA_DATA_ERROR && self->coder.left == 0))
        return LEAT_DONE;
    return leat_lzma_fails(codec, code, self->coder.taken_to);
}

static void lzma_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct lzma *)codec)->coder);
}

const struct leat_stage leat_sqfs_stage_lzma = {
    .name = "lzma",
    .self_size = sizeof(struct lzma),
    .in_min = HEADER_LEN,
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = lzma_start,
    .step = lzma_step,
    .stop = lzma_stop,
};
