#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "leat/core/timing.h"
#include "leat/core/view.h"

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* Where a window without bytes points: arithmetic on it is defined, as it is not on NULL. */
static const uint8_t nowhere[1];

/* --- Making and closing --- */

void leat_reader_init(struct leat_reader *r, struct leat_ctx *ctx,
                      const struct leat_reader_ops *ops)
{
    leat_assert(ops->name != NULL);
    *r = (struct leat_reader){
        .pos = nowhere,
        .end = nowhere,
        .ops = ops,
        .ctx = ctx,
        .window_max = ctx->limits.window_max,
        .part = ops->name,
        .state = LEAT_READER_FOREIGN,
    };
    ctx->open++;
}

static struct leat_reader *reader_create(struct leat_ctx *ctx, const struct leat_reader_ops *ops,
                                         size_t size)
{
    leat_assert(ops->fill != NULL);
    leat_assert(size >= sizeof(struct leat_reader));
    struct leat_reader *r = leat_allocate(&ctx->alloc, size);
    if (r == NULL)
        return NULL;
    leat_reader_init(r, ctx, ops);
    r->state = 0;
    r->counts.allocations = 1;
    r->counts.allocated = size;
    return r;
}

void *leat_reader_at(struct leat_ctx *ctx, const struct leat_reader_ops *ops)
{
    return reader_create(ctx, ops, ops->self_size);
}

static void settle(struct leat_reader *r)
{
    if (r->ops->settle != NULL)
        r->ops->settle(r);
    else if (r->ops->view)
        leat_view_settle(r);
}

/* One above `r` had no memory for its own struct: `r` stands in for it, with nothing to show. */
static void reader_dies(struct leat_reader *r, const char *part)
{
    if (r->state & LEAT_READER_DEAD)
        return;
    settle(r);
    r->state |= LEAT_READER_DEAD;
    r->end_offset -= have(r);
    r->pos = r->end = nowhere;
    r->tail = LEAT_TAIL_FAULT;
    r->part = part;
    r->fault = (struct leat_fault){ 0 };
    leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, leat_tell(r));
}

void *leat_reader_over_named(struct leat_reader *below, const struct leat_reader_ops *ops,
                             size_t size, const char *name)
{
    leat_assert(below != NULL);
    leat_assert(!(below->state & (LEAT_READER_FILLING | LEAT_READER_LOCKED)));
    struct leat_reader *r = reader_create(below->ctx, ops, size);
    if (r == NULL) {
        reader_dies(below, name);
        return NULL;
    }
    r->part = name;
    r->below = below;
    return r;
}

void *leat_reader_over(struct leat_reader *below, const struct leat_reader_ops *ops)
{
    return leat_reader_over_named(below, ops, ops->self_size, ops->name);
}

/* Add what `r` counted to its ctx. */
static void reader_folds(struct leat_reader *r)
{
    r->counts.moved += leat_tell(r) - r->origin;
    const struct leat_watch *watch = r->ctx->watch;
    if (watch != NULL && watch->reader_closes != NULL)
        watch->reader_closes(watch, r);
    leat_counts_add(&r->ctx->counts, &r->counts);
    leat_assert(r->ctx->open > 0);
    r->ctx->open--;
}

/* Settle all the way down and unlock, so that what each one moved is known before any is gone. */
static void chain_settles(struct leat_reader *r)
{
    for (; r != NULL; r = r->below) {
        leat_assert(!(r->state & LEAT_READER_FILLING));
        if (!(r->state & LEAT_READER_DEAD))
            settle(r);
        if (r->ops->view && r->below != NULL)
            leat_view_unlock(r);
        if (r->state & LEAT_READER_BORROWS)
            return;
    }
}

void leat_reader_close(struct leat_reader *r)
{
    if (r == NULL || r == &r->ctx->no_reader)
        return;
    leat_assert(!(r->state & LEAT_READER_LOCKED));
    chain_settles(r);
    while (r != NULL && r != &r->ctx->no_reader) {
        struct leat_reader *below = r->state & LEAT_READER_BORROWS ? NULL : r->below;
        struct leat_ctx *ctx = r->ctx;
        bool ours = !(r->state & LEAT_READER_FOREIGN);
        if (r->ops->stop != NULL)
            r->ops->stop(r);
        reader_folds(r);
        if (ours)
            leat_deallocate(&ctx->alloc, r);
        r = below;
    }
}

/* --- Faults --- */

const char *leat_reader_label(const struct leat_reader *r)
{
    while (r->label == NULL && r->below != NULL)
        r = r->below;
    return r->label != NULL ? r->label : "";
}

enum leat_status leat_reader_fails(struct leat_reader *r, enum leat_fault_code code,
                                   const char *reason, uint64_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (r->fault.code == LEAT_FAULT_NONE) {
        r->fault = (struct leat_fault){
            .code = code,
            .part = r->part,
            .reason = reason,
            .name = leat_reader_label(r),
            .offset = offset,
        };
    }
    return LEAT_FAULT;
}

const struct leat_fault *leat_reader_fault(const struct leat_reader *r)
{
    return r->tail == LEAT_TAIL_FAULT ? &r->fault : NULL;
}

/* --- Table calls --- */

static enum leat_status tail_status(const struct leat_reader *r)
{
    return r->tail == LEAT_TAIL_END ? LEAT_END : LEAT_FAULT;
}

/* What an op returned becomes the reader's state. */
static void note(struct leat_reader *r, enum leat_status status)
{
    if (status == LEAT_AGAIN) {
        r->counts.waits++;
    } else if (status == LEAT_END) {
        r->tail = LEAT_TAIL_END;
    } else if (status == LEAT_FAULT) {
        r->tail = LEAT_TAIL_FAULT;
        if (r->fault.code == LEAT_FAULT_NONE && r->below != NULL)
            r->fault = r->below->fault;
        leat_assert(r->fault.code != LEAT_FAULT_NONE);
    }
}

/* Before and after each op. */
static struct leat_timing enter(struct leat_reader *r)
{
    leat_assert(!(r->state & (LEAT_READER_FILLING | LEAT_READER_LOCKED)));
    settle(r);
    r->state |= LEAT_READER_FILLING;
    return leat_timing_enter(r->ctx, r, NULL);
}

static void leave(struct leat_reader *r, struct leat_timing timing)
{
    r->state &= (uint8_t)~LEAT_READER_FILLING;
    leat_timing_leave(r->ctx, timing, r, NULL);
}

enum leat_status leat_reader_fill(struct leat_reader *r, size_t min)
{
    if (min > r->window_max)
        return LEAT_LIMIT;
    if (r->tail != LEAT_TAIL_OPEN)
        return tail_status(r);
    struct leat_timing timing = enter(r);
    r->counts.fills++;
    enum leat_status status = r->ops->fill(r, min);
    leave(r, timing);
    leat_assert(status == LEAT_OK || status == LEAT_AGAIN || status == LEAT_END ||
                status == LEAT_FAULT);
    leat_assert((status == LEAT_OK) == (have(r) >= min));
    if (leat_unlikely(status != LEAT_OK)) {
        r->want = min;
        note(r, status);
    }
    return status;
}

/* One round of a skip, once the window is empty. */
static enum leat_status skip_round(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    *ret_done = 0;
    if (r->tail != LEAT_TAIL_OPEN)
        return tail_status(r);
    if (r->ops->skip == NULL) {
        enum leat_status status = leat_reader_fill(r, 1);
        size_t some = have(r) < n ? have(r) : (size_t)n;
        leat_consume(r, some);
        *ret_done = some;
        return some > 0 ? LEAT_OK : status;
    }
    struct leat_timing timing = enter(r);
    enum leat_status status = r->ops->skip(r, n, ret_done);
    leave(r, timing);
    leat_assert(*ret_done <= n);
    leat_assert(status != LEAT_OK || *ret_done > 0);
    note(r, status);
    return status;
}

enum leat_status leat_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    size_t some = have(r) < n ? have(r) : (size_t)n;
    leat_consume(r, some);
    *ret_done = some;
    enum leat_status status = LEAT_OK;
    while (*ret_done < n && status == LEAT_OK) {
        uint64_t round;
        status = skip_round(r, n - *ret_done, &round);
        *ret_done += round;
    }
    return status;
}

/* A slice by copying, for a source that cannot share its memory. */
static enum leat_status share_copy(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct leat_block *block = leat_block_create(&r->ctx->alloc, n);
    if (block == NULL) {
        leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, leat_tell(r));
        r->tail = LEAT_TAIL_FAULT;
        return LEAT_FAULT;
    }
    r->counts.allocations++;
    r->counts.allocated += n;
    leat_bytes_copy(&r->counts, LEAT_CAUSE_TAKE, block->data, r->pos, n);
    *ret = (struct leat_slice){ .data = block->data, .len = n, .block = block };
    return LEAT_OK;
}

enum leat_status leat_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    leat_assert(n > 0);
    struct leat_span window;
    enum leat_status status = leat_peek(r, n, &window);
    if (status != LEAT_OK)
        return status;
    status = LEAT_UNSUPPORTED;
    if (r->ops->share != NULL && !(r->state & LEAT_READER_DEAD)) {
        settle(r);
        status = r->ops->share(r, n, ret);
    }
    if (status == LEAT_FAULT)
        note(r, status);
    return status == LEAT_UNSUPPORTED ? share_copy(r, n, ret) : status;
}

enum leat_status leat_take(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    enum leat_status status = leat_share(r, n, ret);
    if (status == LEAT_OK)
        leat_consume(r, n);
    return status;
}

enum leat_status leat_seek(struct leat_reader *r, uint64_t offset)
{
    if (r->ops->seek == NULL || (r->state & LEAT_READER_DEAD))
        return LEAT_UNSUPPORTED;
    uint64_t moved = leat_tell(r) - r->origin;
    struct leat_timing timing = enter(r);
    enum leat_status status = r->ops->seek(r, offset);
    leave(r, timing);
    if (status == LEAT_OK) {
        leat_assert(leat_tell(r) == offset);
        r->counts.moved += moved;
        r->origin = offset;
        r->tail = LEAT_TAIL_OPEN;
        r->fault = (struct leat_fault){ 0 };
    } else if (status != LEAT_UNSUPPORTED) {
        note(r, status);
    }
    return status;
}

enum leat_status leat_fork(struct leat_reader *r, struct leat_ctx *ctx, struct leat_reader **ret)
{
    if (r->ops->fork == NULL || (r->state & LEAT_READER_DEAD))
        return LEAT_UNSUPPORTED;
    struct leat_timing timing = enter(r);
    struct leat_reader *fork = NULL;
    enum leat_status status = r->ops->fork(r, ctx != NULL ? ctx : r->ctx, &fork);
    leave(r, timing);
    if (status == LEAT_OK) {
        leat_assert(fork != NULL);
        fork->origin = leat_tell(fork);
        *ret = fork;
    } else if (status != LEAT_UNSUPPORTED) {
        note(r, status);
    }
    return status;
}

enum leat_status leat_size(struct leat_reader *r, uint64_t *ret)
{
    if (r->ops->size == NULL || (r->state & LEAT_READER_DEAD))
        return LEAT_UNSUPPORTED;
    struct leat_timing timing = enter(r);
    enum leat_status status = r->ops->size(r, ret);
    leave(r, timing);
    if (status == LEAT_FAULT)
        note(r, status);
    return status;
}

/* --- Behind damage --- */

enum leat_status leat_resync(struct leat_reader *r)
{
    bool can = r->ops->resync != NULL || r->ops->view;
    if (r->tail != LEAT_TAIL_FAULT || (r->state & LEAT_READER_DEAD) || !can ||
        !leat_fault_is_damage(&r->fault))
        return LEAT_UNSUPPORTED;
    leat_assert(have(r) == 0);
    struct leat_timing timing = enter(r);
    enum leat_status status = r->ops->resync != NULL ? r->ops->resync(r) : leat_view_resync(r);
    leave(r, timing);
    leat_assert(have(r) == 0);
    if (status == LEAT_OK) {
        r->tail = LEAT_TAIL_OPEN;
        r->fault = (struct leat_fault){ 0 };
    }
    leat_assert(r->tail == LEAT_TAIL_OPEN || r->fault.code != LEAT_FAULT_NONE);
    return status;
}

enum leat_status leat_offer(struct leat_reader *r, struct leat_offer *ret)
{
    if (r->ops->offer == NULL || r->tail != LEAT_TAIL_OPEN)
        return LEAT_UNSUPPORTED;
    struct leat_timing timing = enter(r);
    struct leat_offer offer = { .len = UINT64_MAX };
    enum leat_status status = r->ops->offer(r, &offer);
    leave(r, timing);
    leat_assert(status == LEAT_OK || status == LEAT_UNSUPPORTED);
    if (status == LEAT_OK)
        *ret = offer;
    return status;
}

void leat_offer_pulled(struct leat_reader *r, uint64_t n)
{
    leat_assert(have(r) == 0);
    uint64_t tell = leat_tell(r);
    struct leat_timing timing = enter(r);
    r->ops->pulled(r, n);
    leave(r, timing);
    leat_assert(leat_tell(r) == tell + n);
}

enum leat_status leat_origin(struct leat_reader *r, size_t n, uint64_t *ret)
{
    leat_assert(n <= have(r));
    const uint8_t *at = r->pos + n;
    while (r->ops->origin == NULL) {
        if (!r->ops->view)
            return LEAT_UNSUPPORTED;
        r = r->below;
    }
    return r->ops->origin(r, at, ret);
}

enum leat_status leat_arm(struct leat_reader *r, struct leat_wake *wake)
{
    leat_assert(wake != NULL);
    leat_assert(wake->fire != NULL);
    for (; r != NULL; r = r->below) {
        if (r->ops->arm != NULL)
            return r->ops->arm(r, wake);
    }
    return LEAT_UNSUPPORTED;
}
