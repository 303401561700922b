/* The encoder: libzstd's streaming interface, a block a step. */

#include <zstd_errors.h>

#include "leat/stage/zstd/memory.h"
#include "leat/stage/zstd/zstd.h"

/* With room for a block at its worst, libzstd writes it there and not into a buffer of its own. */
#define OUT_MIN (ZSTD_COMPRESSBOUND(ZSTD_BLOCKSIZE_MAX) + 64)

struct zstd {
    struct leat_codec codec;
    ZSTD_CCtx *zstd;
    bool owes;   /* it stopped for want of room, so more may come without more input */
    bool ending; /* the input is at its end */
};

static enum leat_status fails(struct leat_codec *codec, size_t code, uint64_t offset)
{
    /* What is written cannot be wrong, and the parameters are ours: only memory can lack. */
    leat_assert(ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation);
    return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
}

static enum leat_status zstd_start(struct leat_codec *codec, const void *options)
{
    struct zstd *self = (struct zstd *)codec;
    const struct leat_zstd_options *how = options;
    self->zstd = ZSTD_createCCtx_advanced(leat_zstd_memory(codec));
    if (self->zstd == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    size_t code = ZSTD_CCtx_setParameter(self->zstd, ZSTD_c_checksumFlag, 1);
    leat_assert(!ZSTD_isError(code));
    code =
        ZSTD_CCtx_setParameter(self->zstd, ZSTD_c_compressionLevel, how != NULL ? how->level : 0);
    leat_assert(!ZSTD_isError(code));
    return LEAT_OK;
}

/* One call of libzstd's. OK, DONE (nothing is held back any more), FULL or FAULT. */
static enum leat_status run(struct zstd *self, ZSTD_inBuffer *from, ZSTD_EndDirective end,
                            struct leat_writer *out, uint64_t offset)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    ZSTD_outBuffer to = { .dst = room.data, .size = room.len };
    size_t held = ZSTD_compressStream2(self->zstd, &to, from, end);
    if (ZSTD_isError(held))
        return fails(&self->codec, held, offset);
    leat_assert(to.pos <= room.len);
    leat_commit(out, to.pos);
    leat_codec_copied(&self->codec, from->pos); /* into its own buffer, up to a block */
    self->owes = to.pos == to.size;
    return held == 0 ? LEAT_DONE : LEAT_OK;
}

static enum leat_status zstd_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct zstd *self = (struct zstd *)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, self->owes ? 0 : 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    self->ending = self->ending || status == LEAT_END;
    ZSTD_inBuffer from = { .src = span.data, .size = span.len };
    if (from.size > ZSTD_BLOCKSIZE_MAX)
        from.size = ZSTD_BLOCKSIZE_MAX;
    status = run(self, &from, self->ending ? ZSTD_e_end : ZSTD_e_continue, out, leat_tell(in));
    leat_consume(in, from.pos);
    return status == LEAT_DONE && !self->ending ? LEAT_OK : status;
}

static enum leat_status zstd_flush(struct leat_codec *codec, struct leat_writer *out)
{
    enum leat_status status;
    do {
        ZSTD_inBuffer none = { 0 };
        status = run((struct zstd *)codec, &none, ZSTD_e_flush, out, 0);
    } while (status == LEAT_OK);
    return status == LEAT_DONE ? LEAT_OK : status;
}

static void zstd_stop(struct leat_codec *codec)
{
    ZSTD_freeCCtx(((struct zstd *)codec)->zstd);
}

const struct leat_stage leat_stage_zstd = {
    .name = "zstd",
    .self_size = sizeof(struct zstd),
    .out_min = OUT_MIN,
    .start = zstd_start,
    .step = zstd_step,
    .flush = zstd_flush,
    .stop = zstd_stop,
};

struct leat_writer *leat_zstd(struct leat_writer *sink, const struct leat_zstd_options *options)
{
    return leat_push(sink, &leat_stage_zstd, options);
}
