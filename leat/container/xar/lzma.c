#include "leat/container/xar/method.h"
#include "leat/core/bytes.h"
#include "leat/stage/xz/coder.h"
#include "leat/stage/xz/xz.h"

/* What .xz begins with (xz-file-format.txt, 2.1.1.1); no .lzma does. */
static const uint8_t magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

struct lzma {
    struct leat_codec codec;
    struct leat_codec *inner; /* NULL: not chosen yet */
};

static enum leat_status lzma_chooses(struct lzma *self, struct leat_reader *in)
{
    struct leat_codec *codec = &self->codec;
    struct leat_span first;
    enum leat_status status = leat_peek(in, sizeof(magic), &first);
    if (status != LEAT_OK)
        return status;
    const struct leat_stage *stage = &leat_stage_unlzma;
    if (leat_bytes_equal(first.data, magic, sizeof(magic)))
        stage = &leat_stage_unxz;
    struct leat_codec *inner = leat_allocate(&codec->ctx->alloc, stage->self_size);
    if (inner == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, leat_tell(in));
    self->inner = inner;
    leat_codec_init(inner, stage, codec->ctx, codec->counts);
    status = stage->start(inner, NULL);
    codec->fault = inner->fault;
    return status;
}

static enum leat_status lzma_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct lzma *self = (struct lzma *)codec;
    enum leat_status status = self->inner == NULL ? lzma_chooses(self, in) : LEAT_OK;
    if (status != LEAT_OK)
        return status;
    struct leat_codec *inner = self->inner;
    status = inner->stage->step(inner, in, out);
    leat_assert(inner->in_min <= codec->in_min);
    codec->fault = inner->fault;
    codec->out_min = inner->out_min;
    codec->out_history = inner->out_history;
    return status;
}

static void lzma_stop(struct leat_codec *codec)
{
    struct lzma *self = (struct lzma *)codec;
    if (self->inner == NULL)
        return;
    self->inner->stage->stop(self->inner);
    leat_deallocate(&codec->ctx->alloc, self->inner);
}

const struct leat_stage leat_xar_stage_unlzma = {
    .name = "lzma",
    .self_size = sizeof(struct lzma),
    .in_min = LZMA_BLOCK_HEADER_SIZE_MAX,
    .out_min = LEAT_LZMA_OUT_MIN,
    .step = lzma_step,
    .stop = lzma_stop,
};
