#include "leat/container/squashfs/image.h"

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
            .offset = image->base + offset,
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

/* Have the source stand at a place. What is near is gone to within the window, which a seek would
 * mostly throw away. */
static enum leat_status stand_at(struct sqfs_image *image, uint64_t place)
{
    struct leat_reader *src = image->src;
    uint64_t at = image->base + place;
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
    return leat_sqfs_fails(image, LEAT_FAULT_UNSUPPORTED, "needs a source that seeks", place);
}

/* What a peek said, where it was not OK. */
static enum leat_status not_there(struct sqfs_image *image, enum leat_status status, size_t seen)
{
    leat_assert(status != LEAT_OK && status != LEAT_LIMIT);
    if (status == LEAT_END)
        return leat_sqfs_fails(image, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                               leat_tell(image->src) - image->base + seen);
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
        return leat_sqfs_fails(image, LEAT_FAULT_MEMORY, NULL, image->gathered_at);
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

/* --- A block --- */

static enum leat_status unpack(struct sqfs_image *image, struct leat_span packed, uint64_t at,
                               uint8_t *to, size_t len, size_t *ret_made)
{
    struct leat_unpacked unpacked;
    if (image->method->decoder == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_UNSUPPORTED, image->method->refused, at);
    image->unpacker.stage = image->method->decoder;
    image->unpacker.ctx = image->src->ctx;
    image->unpacker.counts = image->counts;
    enum leat_status status = leat_unpack(&image->unpacker, packed, to, len, &unpacked);
    *ret_made = unpacked.made;
    if (status == LEAT_END)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "ends within a block", at);
    if (status != LEAT_OK)
        return leat_sqfs_fails(image, unpacked.fault.code, unpacked.fault.reason,
                               at + unpacked.fault.offset);
    return LEAT_OK;
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
    leat_unpacker_fini(&image->unpacker);
    image->gathered = NULL;
}
