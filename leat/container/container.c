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

void leat_entry_fails(const struct leat_container *c, struct leat_entry *entry,
                      enum leat_fault_code code, const char *reason)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (entry->fault.code != LEAT_FAULT_NONE)
        return;
    entry->fault = (struct leat_fault){
        .code = code,
        .part = c->ops->name,
        .reason = reason,
        .name = leat_reader_label(c->src),
        .offset = entry->offset,
    };
}

/* What holds for every format. */
static enum leat_status entry_bounds(struct leat_container *c, const struct leat_entry *entry)
{
    const struct leat_limits *limits = &c->ctx->limits;
    if (leat_ctx_is_late(c->ctx))
        return leat_container_fails(c, LEAT_FAULT_BOUND, "takes longer than the limit allows",
                                    entry->offset);
    if (c->entries >= limits->entries_max)
        return leat_container_fails(c, LEAT_FAULT_BOUND, "more entries than the limit allows",
                                    entry->offset);
    if (entry->name.len > limits->name_max || entry->target.len > limits->name_max)
        return leat_container_fails(c, LEAT_FAULT_BOUND, "a name longer than the limit allows",
                                    entry->offset);
    return LEAT_OK;
}

/* An end or a fault is for good. */
static enum leat_status container_ends(struct leat_container *c, enum leat_status status)
{
    leat_assert(status == LEAT_END || status == LEAT_FAULT);
    if (status == LEAT_FAULT && c->fault.code == LEAT_FAULT_NONE) {
        leat_assert(leat_reader_fault(c->src) != NULL);
        c->fault = *leat_reader_fault(c->src);
    }
    c->ended = status;
    return status;
}

enum leat_status leat_next(struct leat_container *c, struct leat_entry *ret)
{
    if (c == NULL)
        return LEAT_FAULT;
    if (c->ended != LEAT_OK)
        return c->ended;
    struct leat_entry entry = { 0 };
    enum leat_status status = c->ops->next(c, &entry);
    leat_assert(status == LEAT_OK || status == LEAT_AGAIN || status == LEAT_END ||
                status == LEAT_FAULT);
    if (status == LEAT_OK)
        status = entry_bounds(c, &entry);
    if (status == LEAT_OK) {
        entry.index = c->entries++;
        *ret = entry;
    } else if (status != LEAT_AGAIN) {
        container_ends(c, status);
    }
    return status;
}

enum leat_status leat_container_lead(struct leat_container *c, struct leat_reader **ret)
{
    if (c == NULL)
        return LEAT_FAULT;
    leat_assert(c->entries == 0);
    if (c->ended != LEAT_OK)
        return c->ended;
    if (c->ops->lead == NULL)
        return LEAT_END;
    enum leat_status status = c->ops->lead(c, ret);
    return status == LEAT_FAULT ? container_ends(c, status) : status;
}

/* --- Places --- */

bool leat_container_mark(const struct leat_container *c, struct leat_mark *ret)
{
    if (c == NULL || c->ops->mark == NULL || c->ended != LEAT_OK)
        return false;
    struct leat_mark mark = { .index = c->entries };
    if (!c->ops->mark(c, &mark))
        return false;
    *ret = mark;
    return true;
}

enum leat_status leat_container_resume(struct leat_container *c, const struct leat_mark *mark)
{
    if (c->ops->resume == NULL)
        return LEAT_UNSUPPORTED;
    struct leat_fault fault = c->fault;
    c->fault = (struct leat_fault){ 0 };
    enum leat_status status = c->ops->resume(c, mark);
    if (status == LEAT_OK) {
        c->entries = mark->index;
        c->ended = LEAT_OK;
    } else if (status == LEAT_FAULT) {
        container_ends(c, status);
    } else {
        c->fault = fault;
    }
    return status;
}

/* --- Behind damage --- */

/* Have the part look, behind the damage of the source that was `told` as well. */
static enum leat_status finds_entry(struct leat_container *c, const struct leat_fault *told)
{
    enum leat_status status;
    do {
        status = c->ops->resync(c);
        const struct leat_fault *met = leat_reader_fault(c->src);
        if (status != LEAT_FAULT || met == NULL || !leat_fault_same(met, told))
            return status;
        leat_consume(c->src, (size_t)(c->src->end - c->src->pos));
        status = leat_resync(c->src);
    } while (status == LEAT_OK);
    return status == LEAT_UNSUPPORTED ? LEAT_END : status;
}

enum leat_status leat_container_resync(struct leat_container *c)
{
    if (c == NULL || c->ended != LEAT_FAULT || c->ops->resync == NULL ||
        !leat_fault_is_damage(&c->fault))
        return LEAT_UNSUPPORTED;
    if (c->damages >= c->ctx->limits.damages_max)
        return LEAT_END;
    struct leat_fault fault = c->fault;
    c->fault = (struct leat_fault){ 0 };
    enum leat_status status = finds_entry(c, &fault);
    if (status == LEAT_OK) {
        c->damages++;
        c->ended = LEAT_OK;
    } else if (status == LEAT_FAULT) {
        c->damages++;
        container_ends(c, status);
    } else {
        c->fault = fault;
    }
    return status;
}

/* --- Readers of entries --- */

static enum leat_status faulty_fill(struct leat_reader *r, size_t min)
{
    (void)min;
    leat_assert(r->fault.code != LEAT_FAULT_NONE);
    return LEAT_FAULT;
}

struct leat_reader *leat_entry_faulty(struct leat_ctx *ctx, const struct leat_fault *fault)
{
    static const struct leat_reader_ops ops = {
        .name = "entry",
        .self_size = sizeof(struct leat_reader),
        .fill = faulty_fill,
    };
    leat_assert(fault->code != LEAT_FAULT_NONE);
    struct leat_reader *r = leat_reader_at(ctx, &ops);
    if (r == NULL)
        return &ctx->no_reader;
    r->part = fault->part;
    r->label = fault->name;
    r->fault = *fault;
    return r;
}

struct leat_reader *leat_entry_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    leat_assert(c->entries == entry->index + 1);
    if (ctx == NULL || !c->parallel)
        ctx = c->ctx;
    if (entry->fault.code != LEAT_FAULT_NONE)
        return leat_entry_faulty(ctx, &entry->fault);
    struct leat_reader *r = c->ops->open(c, entry, ctx);
    leat_assert(r != NULL);
    return r;
}

bool leat_container_is_parallel(const struct leat_container *c)
{
    return c != NULL && c->parallel;
}

/* --- The end --- */

const struct leat_fault *leat_container_fault(const struct leat_container *c)
{
    static const struct leat_fault no_memory = { .code = LEAT_FAULT_MEMORY, .part = "container" };
    if (c == NULL)
        return &no_memory;
    return c->ended == LEAT_FAULT ? &c->fault : NULL;
}

void leat_container_close(struct leat_container *c)
{
    if (c == NULL)
        return;
    struct leat_ctx *ctx = c->ctx;
    if (c->ops->stop != NULL)
        c->ops->stop(c);
    leat_reader_close(c->src);
    leat_deallocate(&ctx->alloc, c);
}
