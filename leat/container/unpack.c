#include "leat/container/unpack.h"
#include "leat/core/bytes.h"

/* Steps in a row that neither take nor make a byte, before a decoder is held to be stuck. */
enum { IDLE_STEPS_MAX = 64 };

/* --- What the stage sees: memory on both sides --- */

static enum leat_status in_fill(struct leat_reader *r, size_t min)
{
    (void)r;
    (void)min;
    return LEAT_END;
}

static enum leat_status out_drain(struct leat_writer *w, size_t min)
{
    (void)w;
    (void)min;
    return LEAT_FULL;
}

static enum leat_status out_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static struct leat_reader reader_of(struct leat_ctx *ctx, struct leat_span packed)
{
    static const struct leat_reader_ops ops = { .name = "unpack", .fill = in_fill };
    return (struct leat_reader){
        .pos = packed.data,
        .end = packed.data + packed.len,
        .ops = &ops,
        .ctx = ctx,
        .end_offset = packed.len,
        .window_max = SIZE_MAX,
        .tail = LEAT_TAIL_END,
        .part = ops.name,
        .state = LEAT_READER_FOREIGN,
    };
}

static struct leat_writer writer_of(struct leat_ctx *ctx, uint8_t *to, size_t len)
{
    static const struct leat_writer_ops ops = {
        .name = "unpack",
        .drain = out_drain,
        .flush = out_flush,
    };
    return (struct leat_writer){
        .pos = to,
        .end = to + len,
        .ops = &ops,
        .ctx = ctx,
        .end_offset = len,
        .room_max = SIZE_MAX,
        .part = ops.name,
        .state = LEAT_WRITER_FOREIGN,
    };
}

/* --- The stage --- */

/* Its struct, as before its start. */
static struct leat_codec *codec_begins(struct leat_unpacker *self)
{
    const struct leat_stage *stage = self->stage;
    if (self->codec == NULL)
        self->codec = leat_allocate(&self->ctx->alloc, stage->self_size);
    else
        leat_bytes_zero(self->codec, stage->self_size);
    if (self->codec == NULL)
        return NULL;
    leat_codec_init(self->codec, stage, self->ctx, self->counts);
    return self->codec;
}

/* Step to the stage's end. OK and FULL: it gets no further in this room. */
static enum leat_status codec_runs(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    enum leat_status status = LEAT_OK;
    for (unsigned idle = 0; idle < IDLE_STEPS_MAX; idle++) {
        const uint8_t *taken = in->pos;
        const uint8_t *made = out->pos;
        status = codec->stage->step(codec, in, out);
        leat_assert(status != LEAT_AGAIN && status != LEAT_LIMIT);
        leat_assert(codec->out_min <= LEAT_UNPACK_SLACK);
        if (status != LEAT_OK && status != LEAT_FULL)
            break;
        if (in->pos != taken || out->pos != made)
            idle = 0;
    }
    return status;
}

static enum leat_status unpack_fails(struct leat_unpacked *unpacked, enum leat_fault_code code,
                                     const char *reason)
{
    unpacked->fault = (struct leat_fault){ .code = code, .part = "unpack", .reason = reason };
    return LEAT_FAULT;
}

enum leat_status leat_unpack(struct leat_unpacker *self, struct leat_span packed, uint8_t *to,
                             size_t len, struct leat_unpacked *ret)
{
    struct leat_ctx *ctx = self->ctx;
    *ret = (struct leat_unpacked){ 0 };
    if (leat_ctx_is_late(ctx))
        return unpack_fails(ret, LEAT_FAULT_BOUND, "takes longer than the limit allows");
    struct leat_codec *codec = codec_begins(self);
    if (codec == NULL)
        return unpack_fails(ret, LEAT_FAULT_MEMORY, NULL);
    const struct leat_stage *stage = codec->stage;
    struct leat_reader in = reader_of(ctx, packed);
    struct leat_writer out = writer_of(ctx, to, len + LEAT_UNPACK_SLACK);
    enum leat_status status = stage->start != NULL ? stage->start(codec, NULL) : LEAT_OK;
    if (status == LEAT_OK)
        status = codec_runs(codec, &in, &out);
    if (stage->stop != NULL)
        stage->stop(codec);
    size_t made = (size_t)(out.pos - to);
    ret->taken = (size_t)leat_tell(&in);
    ret->made = made < len ? made : len;
    ret->fault = codec->fault;
    if (made > len || status == LEAT_OK || status == LEAT_FULL)
        return unpack_fails(ret, LEAT_FAULT_CORRUPT, "more than a block holds");
    leat_assert((status == LEAT_FAULT) == (ret->fault.code != LEAT_FAULT_NONE));
    return status == LEAT_DONE ? LEAT_OK : status;
}

void leat_unpacker_fini(struct leat_unpacker *self)
{
    if (self->codec == NULL)
        return;
    leat_deallocate(&self->ctx->alloc, self->codec);
    self->codec = NULL;
}
