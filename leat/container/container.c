#include "leat/container/container.h"

void *leat_container_over(struct leat_reader *src, const struct leat_container_ops *ops)
{
    leat_assert(src != NULL);
    leat_assert(ops->self_size >= sizeof(struct leat_container));
    struct leat_container *c = leat_allocate(&src->ctx->alloc, ops->self_size);
    if (c == NULL) {
        leat_reader_close(src);
        return NULL;
    }
    c->ops = ops;
    c->ctx = src->ctx;
    c->src = src;
    return c;
}

enum leat_status leat_container_fails(struct leat_container *c, enum leat_fault_code code,
                                      const char *reason, uint64_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (c->fault.code == LEAT_FAULT_NONE) {
        c->fault = (struct leat_fault){
            .code = code,
            .part = c->ops->name,
            .reason = reason,
            .name = leat_reader_label(c->src),
            .offset = offset,
        };
    }
    return LEAT_FAULT;
}

enum leat_status leat_next(struct leat_container *c, struct leat_entry *ret)
{
    if (c->ended != LEAT_OK)
        return c->ended;
    struct leat_entry entry = { 0 };
    enum leat_status status = c->ops->next(c, &entry);
    const struct leat_limits *limits = &c->ctx->limits;
    if (status == LEAT_OK && c->entries >= limits->entries_max)
        status = leat_container_fails(c, LEAT_FAULT_BOUND, "more entries than the limit allows",
                                      entry.offset);
    if (status == LEAT_OK && entry.name.len > limits->name_max)
        status = leat_container_fails(c, LEAT_FAULT_BOUND, "a name longer than the limit allows",
                                      entry.offset);
    if (status == LEAT_OK) {
        entry.index = c->entries++;
        *ret = entry;
    } else if (status != LEAT_AGAIN) {
        if (status == LEAT_FAULT && c->fault.code == LEAT_FAULT_NONE)
            c->fault = *leat_reader_fault(c->src);
        c->ended = status;
    }
    return status;
}

struct leat_reader *leat_entry_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    leat_assert(c->entries > 0);
    struct leat_reader *r = c->ops->open(c, entry, ctx != NULL ? ctx : c->ctx);
    leat_assert(r != NULL);
    return r;
}

const struct leat_fault *leat_container_fault(const struct leat_container *c)
{
    return c->ended == LEAT_FAULT ? &c->fault : NULL;
}

void leat_container_close(struct leat_container *c)
{
    if (c == NULL)
        return;
    leat_assert(c->readers == 0);
    struct leat_ctx *ctx = c->ctx;
    if (c->ops->stop != NULL)
        c->ops->stop(c);
    leat_reader_close(c->src);
    leat_deallocate(&ctx->alloc, c);
}
