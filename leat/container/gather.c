#include "leat/container/gather.h"
#include "leat/core/bytes.h"

#define SIZE_FIRST ((size_t)512)

static enum leat_status gather_grows(struct leat_gather *gather, struct leat_container *c,
                                     size_t len)
{
    if (len <= gather->size)
        return LEAT_OK;
    size_t size = gather->size > 0 ? gather->size : SIZE_FIRST;
    while (size < len)
        size *= 2;
    uint8_t *data = leat_allocate(&c->ctx->alloc, size);
    if (data == NULL)
        return leat_container_fails(c, LEAT_FAULT_MEMORY, NULL, leat_tell(c->src));
    leat_bytes_copy(NULL, LEAT_CAUSE_GROW, data, gather->data, gather->len);
    leat_deallocate(&c->ctx->alloc, gather->data);
    gather->data = data;
    gather->size = size;
    return LEAT_OK;
}

enum leat_status leat_gather_add(struct leat_gather *gather, struct leat_container *c,
                                 const void *data, size_t len)
{
    leat_assert(len <= SIZE_MAX / 4);
    leat_assert(gather->len <= SIZE_MAX / 4);
    if (len == 0)
        return LEAT_OK;
    if (gather_grows(gather, c, gather->len + len) != LEAT_OK)
        return LEAT_FAULT;
    leat_bytes_copy(NULL, LEAT_CAUSE_SEAM, gather->data + gather->len, data, len);
    gather->len += len;
    return LEAT_OK;
}

enum leat_status leat_gather_read(struct leat_gather *gather, struct leat_container *c, size_t want)
{
    leat_assert(gather->len <= want);
    while (gather->len < want) {
        struct leat_span window;
        enum leat_status status = leat_peek(c->src, 1, &window);
        if (status != LEAT_OK)
            return status;
        size_t some = want - gather->len < window.len ? want - gather->len : window.len;
        status = leat_gather_add(gather, c, window.data, some);
        if (status != LEAT_OK)
            return status;
        leat_consume(c->src, some);
    }
    return LEAT_OK;
}

void leat_gather_fini(struct leat_gather *gather, struct leat_container *c)
{
    leat_deallocate(&c->ctx->alloc, gather->data);
    *gather = (struct leat_gather){ 0 };
}
