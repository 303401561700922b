#include "leat/container/zip/fields.h"
#include "leat/container/zip/member.h"
#include "leat/container/zip/method.h"
#include "leat/stage/xz/coder.h"

/* APPNOTE.TXT 5.8.8: the version of who packed it, how long the properties are, and these. */
enum { PROPERTIES_LEN_AT = 2, PROPERTIES_AT = 4 };
enum { HEADER_LEN = PROPERTIES_AT + LEAT_LZMA1_PROPERTIES_LEN };

struct lzma {
    struct leat_codec codec;
    struct leat_lzma_coder coder;
    const struct zip_member *member;
    bool begun;
};

static enum leat_status lzma_start(struct leat_codec *codec, const void *options)
{
    struct lzma *self = (struct lzma *)codec;
    self->member = options;
    return leat_lzma_start(&self->coder, codec);
}

static enum leat_status lzma_header(struct lzma *self, struct leat_reader *in)
{
    const struct zip_member *member = self->member;
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (zip_u16(span.data + PROPERTIES_LEN_AT) != LEAT_LZMA1_PROPERTIES_LEN)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad properties", leat_tell(in));
    bool sized = !(member->flags & ZIP_FLAG_LZMA_MARK) && member->size != UINT64_MAX;
    status = leat_lzma_begin_lzma1(&self->coder, &self->codec, span.data + PROPERTIES_AT,
                                   sized ? member->size : UINT64_MAX, leat_tell(in));
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
    if (code != LZMA_STREAM_END)
        return leat_lzma_fails(codec, code, self->coder.taken_to);
    return LEAT_DONE;
}

static void lzma_stop(struct leat_codec *codec)
{
    leat_lzma_stop(&((struct lzma *)codec)->coder);
}

const struct leat_stage leat_zip_stage_lzma = {
    .name = "lzma",
    .self_size = sizeof(struct lzma),
    .in_min = HEADER_LEN,
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = lzma_start,
    .step = lzma_step,
    .stop = lzma_stop,
};
