#include "leat/container/squashfs/meta.h"

enum { HEAD_LEN = 2, HEAD_STORED = 0x8000 };

void leat_sqfs_meta_go(struct sqfs_meta *meta, uint64_t at, size_t offset, uint64_t end)
{
    if (meta->at != at)
        meta->headed = meta->loaded = false;
    meta->at = at;
    meta->offset = offset;
    meta->end = end;
}

static size_t packed_len(const struct sqfs_meta *meta)
{
    return meta->head & (HEAD_STORED - 1);
}

static enum leat_status meta_head(struct sqfs_meta *meta, struct sqfs_image *image)
{
    struct leat_span head;
    image->fault = (struct leat_fault){ 0 };
    if (meta->at >= meta->end)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "lies outside of its table", meta->at);
    enum leat_status status = leat_sqfs_bytes(image, meta->at, HEAD_LEN, &head);
    if (status != LEAT_OK)
        return status;
    meta->head = leat_load_u16le(head.data);
    if (packed_len(meta) == 0 || packed_len(meta) > SQFS_META_LEN)
        return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "bad length of metadata", meta->at);
    meta->headed = true;
    return LEAT_OK;
}

static enum leat_status meta_load(struct sqfs_meta *meta, struct sqfs_image *image)
{
    struct leat_ctx *ctx = image->src->ctx;
    struct leat_span packed;
    enum leat_status status = meta->headed ? LEAT_OK : meta_head(meta, image);
    if (status == LEAT_OK)
        status = leat_sqfs_bytes(image, meta->at + HEAD_LEN, packed_len(meta), &packed);
    if (status != LEAT_OK)
        return status;
    if (meta->block == NULL)
        meta->block = leat_ctx_block(ctx, SQFS_META_LEN + LEAT_UNPACK_SLACK);
    if (meta->block == NULL)
        return leat_sqfs_fails(image, LEAT_FAULT_MEMORY, NULL, meta->at);
    status = leat_sqfs_unpack(image, packed, meta->head & HEAD_STORED, meta->at + HEAD_LEN,
                              meta->block->data, SQFS_META_LEN, &meta->len);
    meta->loaded = status == LEAT_OK;
    return status;
}

enum leat_status leat_sqfs_meta_peek(struct sqfs_meta *meta, struct sqfs_image *image,
                                     struct leat_span *ret)
{
    while (!meta->loaded || meta->offset >= meta->len) {
        if (meta->loaded && meta->offset > meta->len)
            return leat_sqfs_fails(image, LEAT_FAULT_CORRUPT, "lies outside of its block",
                                   meta->at);
        if (meta->loaded)
            leat_sqfs_meta_go(meta, meta->at + HEAD_LEN + packed_len(meta), 0, meta->end);
        enum leat_status status = meta_load(meta, image);
        if (status != LEAT_OK)
            return status;
    }
    *ret = (struct leat_span){
        .data = meta->block->data + meta->offset,
        .len = meta->len - meta->offset,
    };
    return LEAT_OK;
}

void leat_sqfs_meta_consume(struct sqfs_meta *meta, size_t n)
{
    leat_assert(meta->loaded);
    leat_assert(n <= meta->len - meta->offset);
    meta->offset += n;
}

enum leat_status leat_sqfs_meta_take(struct sqfs_meta *meta, struct sqfs_image *image,
                                     struct sqfs_record *record, size_t want)
{
    leat_assert(want <= sizeof(record->data));
    while (record->len < want) {
        struct leat_span from;
        enum leat_status status = leat_sqfs_meta_peek(meta, image, &from);
        if (status != LEAT_OK)
            return status;
        size_t some = want - record->len < from.len ? want - record->len : from.len;
        leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, record->data + record->len, from.data, some);
        leat_sqfs_meta_consume(meta, some);
        record->len += some;
    }
    return LEAT_OK;
}

void leat_sqfs_meta_fini(struct sqfs_meta *meta, struct leat_ctx *ctx)
{
    leat_ctx_block_return(ctx, meta->block);
    *meta = (struct sqfs_meta){ 0 };
}
