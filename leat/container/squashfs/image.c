#include "leat/container/squashfs/image.h"

/* Steps in a row that neither take nor make a byte, before a decoder is held to be stuck. */
enum { IDLE_STEPS_MAX = 64 };

enum leat_status leat_sqfs_fails(struct sqfs_image *image, enum leat_fault_code code,
                                 const char *reason, uint64_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (image->fault.code == LEAT_FAULT_NONE) {
        image->fault = (struct leat_fault){
            .code = code,
            .part = "squashfs",
            .reason = reason,
            .name = leat_reader_label(image->src),
            .offset = offset,
        };
    }
    return LEAT_FAULT;
}

/* --- Bytes at a place --- */

static enum leat_status outside(struct sqfs_image *image, uint64_t at, size_t len)
{
    uint64_t used = image->super.used;
    if (at <= used && len <= used - at)
        return leat_sqfs_fails(image, LEAT_FAULT_TRUNCATED, "unexpected end of input", image->size);
    return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "lies outside of the image", at);
}

/* Have the source stand at `at`. What is near is gone to within the window, which a seek would
 * mostly throw away. */
static enum leat_status stand_at(struct sqfs_image *image, uint64_t at)
{
    struct leat_reader *src = image->src;
    if (!image->strayed && leat_tell(src) <= at && at <= src->end_offset) {
        leat_consume(src, (size_t)(at - leat_tell(src)));
        return LEAT_OK;
    }
    enum leat_status status = leat_seek(src, at);
    if (status == LEAT_OK)
        image->strayed = false;
    if (status != LEAT_UNSUPPORTED)
        return status;
    /* One that stands in for a source without memory says so. */
    struct leat_span window;
    if (leat_peek(src, 1, &window) == LEAT_FAULT)
        return LEAT_FAULT;
    return leat_sqfs_fails(image, LEAT_FAULT_UNSUPPORTED, "needs a source that seeks", at);
}

/* What a peek said, where it was not OK. */
static enum leat_status not_there(struct sqfs_image *image, enum leat_status status, size_t seen)
{
    leat_assert(status != LEAT_OK && status != LEAT_LIMIT);
    if (status == LEAT_END)
        return leat_sqfs_fails(image, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                               leat_tell(image->src) + seen);
    return status;
}

static enum leat_status gather_grows(struct sqfs_image *image, size_t size)
{
    struct leat_ctx *ctx = image->src->ctx;
    if (size <= image->gathered_size)
        return LEAT_OK;
    leat_deallocate(&ctx->alloc, image->gathered);
    image->gathered_size = 0;
    image->gathered = leat_allocate(&ctx->alloc, size);
    if (image->gathered == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_MEMORY, NULL, leat_tell(image->src));
    image->gathered_size = size;
    return LEAT_OK;
}

/* Bytes that the source cannot show at once: at most a block's. */
static enum leat_status gather(struct sqfs_image *image, uint64_t at, size_t len)
{
    if (image->gathered_at != at)
        image->gathered_len = 0;
    image->gathered_at = at;
    enum leat_status status = image->gathered_len == 0 ? gather_grows(image, len) : LEAT_OK;
    while (status == LEAT_OK && image->gathered_len < len) {
        struct leat_span window;
        status = stand_at(image, at + image->gathered_len);
        if (status != LEAT_OK)
            return status;
        status = leat_peek(image->src, 1, &window);
        if (status != LEAT_OK)
            return not_there(image, status, 0);
        size_t some = len - image->gathered_len;
        if (some > window.len)
            some = window.len;
        leat_bytes_copy(image->counts, LEAT_CAUSE_SEAM, image->gathered + image->gathered_len,
                        window.data, some);
        image->gathered_len += some;
        leat_consume(image->src, some);
    }
    return status;
}

enum leat_status leat_sqfs_bytes(struct sqfs_image *image, uint64_t at, size_t len,
                                 struct leat_span *ret)
{
    leat_assert(len > 0);
    enum leat_status status;
    image->fault = (struct leat_fault){ 0 };
    if (at > image->size || len > image->size - at)
        return outside(image, at, len);
    if (image->src->window_max < len) {
        status = gather(image, at, len);
        *ret = (struct leat_span){ .data = image->gathered, .len = len };
        return status;
    }
    status = stand_at(image, at);
    if (status != LEAT_OK)
        return status;
    status = leat_peek(image->src, len, ret);
    if (status != LEAT_OK)
        return not_there(image, status, ret->len);
    ret->len = len;
    return LEAT_OK;
}

/* --- A block, by a stage --- */

/* The stage is stepped from memory to memory, without the adapters: they would have a window of
 * their own for each block, and what comes out would be copied from there. */

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
    static const struct leat_reader_ops ops = { .name = "squashfs", .fill = in_fill };
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
        .name = "squashfs",
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

/* A stage's struct, as before its start. */
static struct leat_codec *codec_begins(struct sqfs_image *image)
{
    const struct leat_stage *stage = image->method->decoder;
    struct leat_ctx *ctx = image->src->ctx;
    if (image->codec == NULL)
        image->codec = leat_allocate(&ctx->alloc, stage->self_size);
    else
        leat_bytes_zero(image->codec, stage->self_size);
    if (image->codec == NULL)
        return NULL;
    *image->codec = (struct leat_codec){
        .stage = stage,
        .ctx = ctx,
        .counts = image->counts,
        .in_min = stage->in_min,
        .out_min = stage->out_min,
        .out_history = stage->out_history,
    };
    return image->codec;
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
        leat_assert(codec->out_min <= SQFS_SLACK);
        if (status != LEAT_OK && status != LEAT_FULL)
            break;
        if (in->pos != taken || out->pos != made)
            idle = 0;
    }
    return status;
}

static enum leat_status unpack_fails(struct sqfs_image *image, uint64_t at, enum leat_status status)
{
    const struct leat_fault *fault = &image->codec->fault;
    if (status == LEAT_FAULT)
        return leat_sqfs_fails(image, fault->code, fault->reason, at + fault->offset);
    if (status == LEAT_END)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "ends within a block", at);
    return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "more than a block holds", at);
}

static enum leat_status unpack(struct sqfs_image *image, struct leat_span packed, uint64_t at,
                               uint8_t *to, size_t len, size_t *ret_made)
{
    struct leat_ctx *ctx = image->src->ctx;
    if (leat_ctx_is_late(ctx))
        return leat_sqfs_fails(image, LEAT_FAULT_BOUND, "takes longer than the limit allows", at);
    if (image->method->decoder == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_UNSUPPORTED, image->method->refused, at);
    struct leat_codec *codec = codec_begins(image);
    if (codec == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_MEMORY, NULL, at);
    const struct leat_stage *stage = codec->stage;
    struct leat_reader in = reader_of(ctx, packed);
    struct leat_writer out = writer_of(ctx, to, len + SQFS_SLACK);
    enum leat_status status = stage->start != NULL ? stage->start(codec, NULL) : LEAT_OK;
    if (status == LEAT_OK)
        status = codec_runs(codec, &in, &out);
    if (stage->stop != NULL)
        stage->stop(codec);
    size_t made = (size_t)(out.pos - to);
    *ret_made = made < len ? made : len;
    if (status != LEAT_DONE)
        return unpack_fails(image, at, made > len ? LEAT_FULL : status);
    return made > len ? unpack_fails(image, at, LEAT_FULL) : LEAT_OK;
}

enum leat_status leat_sqfs_unpack(struct sqfs_image *image, struct leat_span packed, bool stored,
                                  uint64_t at, uint8_t *to, size_t len, size_t *ret_made)
{
    *ret_made = 0;
    image->fault = (struct leat_fault){ 0 };
    if (!stored)
        return unpack(image, packed, at, to, len, ret_made);
    *ret_made = packed.len < len ? packed.len : len;
    leat_bytes_copy(image->counts, LEAT_CAUSE_CODEC, to, packed.data, *ret_made);
    if (packed.len > len)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "more than a block holds", at);
    return LEAT_OK;
}

void leat_sqfs_image_fini(struct sqfs_image *image)
{
    if (image->src == NULL)
        return;
    leat_deallocate(&image->src->ctx->alloc, image->gathered);
    leat_deallocate(&image->src->ctx->alloc, image->codec);
    image->gathered = NULL;
    image->codec = NULL;
}
