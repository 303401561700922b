#include "leat/container/sevenz/brotli.h"

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/brotli/brotli.h"

/* A frame's head, of 32 bits little-endian each: the magic number, how many bytes of it follow, the
 * length of the stream; and of 16 bits "BR", and about how much comes out. */
enum {
    HEAD_LEN = 16,
    MAGIC_LEN = 4,
    SIZE_AT = 4,
    STREAM_LEN_AT = 8,
    NAME_AT = 12,
    SIZE = 8,
    NAME = 0x5242
};

#define MAGIC UINT32_C(0x184d2a50)

struct brotli {
    struct leat_codec codec;
    struct leat_codec *inner; /* of a stream; NULL: what follows is a head */
    bool framed;              /* a head was seen */
    uint64_t stream_end;      /* in the input, where it is known: behind a head */
};

static enum leat_status stream_begin(struct brotli *self)
{
    const struct leat_stage *stage = &leat_stage_unbrotli;
    struct leat_codec *inner = leat_allocate(&self->codec.ctx->alloc, stage->self_size);
    if (inner == NULL)
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
    self->inner = inner;
    leat_codec_init(inner, stage, self->codec.ctx, self->codec.counts);
    enum leat_status status = stage->start(inner, NULL);
    self->codec.fault = inner->fault;
    return status;
}

static void stream_stop(struct brotli *self)
{
    if (self->inner == NULL)
        return;
    self->inner->stage->stop(self->inner);
    leat_deallocate(&self->codec.ctx->alloc, self->inner);
    self->inner = NULL;
}

static bool has_magic(struct leat_span span)
{
    return span.len >= MAGIC_LEN && leat_load_u32le(span.data) == MAGIC;
}

static bool is_head(struct leat_span span)
{
    return span.len >= HEAD_LEN && has_magic(span) &&
           leat_load_u32le(span.data + SIZE_AT) == SIZE &&
           leat_load_u16le(span.data + NAME_AT) == NAME;
}

static enum leat_status step_head(struct brotli *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEAD_LEN, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (!self->framed && span.len > 0 && !has_magic(span))
        return stream_begin(self);
    if (self->framed && span.len == 0)
        return LEAT_DONE;
    if (status == LEAT_END)
        return status;
    if (!is_head(span))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad frame", leat_tell(in));
    self->framed = true;
    self->stream_end = leat_tell(in) + HEAD_LEN + leat_load_u32le(span.data + STREAM_LEN_AT);
    leat_consume(in, HEAD_LEN);
    return stream_begin(self);
}

static enum leat_status step_stream(struct brotli *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    enum leat_status status = self->inner->stage->step(self->inner, in, out);
    if (status == LEAT_FAULT)
        self->codec.fault = self->inner->fault;
    if (status != LEAT_DONE)
        return status;
    stream_stop(self);
    if (!self->framed)
        return LEAT_DONE;
    if (leat_tell(in) != self->stream_end)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad frame", leat_tell(in));
    return LEAT_OK;
}

static enum leat_status brotli_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct brotli *self = (struct brotli *)codec;
    return self->inner == NULL ? step_head(self, in) : step_stream(self, in, out);
}

static void brotli_stop(struct leat_codec *codec)
{
    stream_stop((struct brotli *)codec);
}

const struct leat_stage leat_sz_stage_brotli = {
    .name = "brotli",
    .self_size = sizeof(struct brotli),
    .in_min = HEAD_LEN,
    .out_min = 1,
    .step = brotli_step,
    .stop = brotli_stop,
};
