#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "leat/core/timing.h"

/* Where a room without bytes points: arithmetic on it is defined, as it is not on NULL. */
static uint8_t nowhere[1];

static size_t room_len(const struct leat_writer *w)
{
    return (size_t)(w->end - w->pos);
}

/* --- Making and closing --- */

void leat_writer_init(struct leat_writer *w, struct leat_ctx *ctx,
                      const struct leat_writer_ops *ops)
{
    leat_assert(ops->name != NULL);
    *w = (struct leat_writer){
        .pos = nowhere,
        .end = nowhere,
        .ops = ops,
        .ctx = ctx,
        .room_max = ctx->limits.window_max,
        .part = ops->name,
        .state = LEAT_WRITER_FOREIGN,
    };
    ctx->open++;
}

static struct leat_writer *writer_create(struct leat_ctx *ctx, const struct leat_writer_ops *ops,
                                         size_t size)
{
    leat_assert(ops->drain != NULL);
    leat_assert(ops->flush != NULL);
    leat_assert(size >= sizeof(struct leat_writer));
    struct leat_writer *w = leat_allocate(&ctx->alloc, size);
    if (w == NULL)
        return NULL;
    leat_writer_init(w, ctx, ops);
    w->state = 0;
    w->counts.allocations = 1;
    w->counts.allocated = size;
    return w;
}

void *leat_writer_at(struct leat_ctx *ctx, const struct leat_writer_ops *ops)
{
    return writer_create(ctx, ops, ops->self_size);
}

/* One above `w` had no memory for its own struct: the sink stands in for it, and fails. */
static void writer_dies(struct leat_writer *w, const char *part)
{
    w->end_offset -= room_len(w);
    w->pos = w->end = nowhere;
    w->part = part;
    leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
    w->state |= LEAT_WRITER_FAILED;
}

void *leat_writer_over_named(struct leat_writer *below, const struct leat_writer_ops *ops,
                             size_t size, const char *name)
{
    leat_assert(below != NULL);
    leat_assert(!(below->state & LEAT_WRITER_DRAINING));
    struct leat_writer *w = writer_create(below->ctx, ops, size);
    if (w == NULL) {
        writer_dies(below, name);
        return NULL;
    }
    w->part = name;
    w->below = below;
    return w;
}

void *leat_writer_over(struct leat_writer *below, const struct leat_writer_ops *ops)
{
    return leat_writer_over_named(below, ops, ops->self_size, ops->name);
}

static void writer_folds(struct leat_writer *w)
{
    w->counts.moved += leat_writer_tell(w);
    const struct leat_watch *watch = w->ctx->watch;
    if (watch != NULL && watch->writer_closes != NULL)
        watch->writer_closes(watch, w);
    leat_counts_add(&w->ctx->counts, &w->counts);
    leat_assert(w->ctx->open > 0);
    w->ctx->open--;
}

void leat_writer_close(struct leat_writer *w)
{
    while (w != NULL && w != &w->ctx->no_writer) {
        leat_assert(!(w->state & LEAT_WRITER_DRAINING));
        struct leat_writer *below = w->state & LEAT_WRITER_BORROWS ? NULL : w->below;
        struct leat_ctx *ctx = w->ctx;
        bool ours = !(w->state & LEAT_WRITER_FOREIGN);
        if (w->ops->stop != NULL)
            w->ops->stop(w);
        writer_folds(w);
        if (ours)
            leat_deallocate(&ctx->alloc, w);
        w = below;
    }
}

/* --- Faults --- */

static const char *writer_label(const struct leat_writer *w)
{
    while (w->label == NULL && w->below != NULL)
        w = w->below;
    return w->label != NULL ? w->label : "";
}

enum leat_status leat_writer_fails(struct leat_writer *w, enum leat_fault_code code,
                                   const char *reason, uint64_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (w->fault.code == LEAT_FAULT_NONE) {
        w->fault = (struct leat_fault){
            .code = code,
            .part = w->part,
            .reason = reason,
            .name = writer_label(w),
            .offset = offset,
        };
    }
    return LEAT_FAULT;
}

const struct leat_fault *leat_writer_fault(const struct leat_writer *w)
{
    return w->state & LEAT_WRITER_FAILED ? &w->fault : NULL;
}

/* --- Table calls --- */

static void note(struct leat_writer *w, enum leat_status status)
{
    if (status == LEAT_FULL) {
        w->counts.waits++;
    } else if (status == LEAT_FAULT) {
        w->state |= LEAT_WRITER_FAILED;
        if (w->fault.code == LEAT_FAULT_NONE && w->below != NULL)
            w->fault = w->below->fault;
        leat_assert(w->fault.code != LEAT_FAULT_NONE);
    }
}

/* Before and after each op. */
static struct leat_timing enter(struct leat_writer *w)
{
    leat_assert(!(w->state & LEAT_WRITER_DRAINING));
    leat_assert(!(w->state & LEAT_WRITER_FINISHED));
    w->state |= LEAT_WRITER_DRAINING;
    return leat_timing_enter(w->ctx, NULL, w);
}

static void leave(struct leat_writer *w, struct leat_timing timing)
{
    w->state &= (uint8_t)~LEAT_WRITER_DRAINING;
    leat_timing_leave(w->ctx, timing, NULL, w);
}

enum leat_status leat_writer_drain(struct leat_writer *w, size_t min)
{
    if (w->state & LEAT_WRITER_FAILED)
        return LEAT_FAULT;
    if (min > w->room_max)
        return LEAT_LIMIT;
    struct leat_timing timing = enter(w);
    w->counts.fills++;
    enum leat_status status = w->ops->drain(w, min);
    leave(w, timing);
    leat_assert(status == LEAT_OK || status == LEAT_FULL || status == LEAT_FAULT);
    leat_assert((status == LEAT_OK) == (room_len(w) >= min) || status == LEAT_FAULT);
    if (leat_unlikely(status != LEAT_OK)) {
        w->want = min;
        note(w, status);
    }
    return status;
}

enum leat_status leat_write(struct leat_writer *w, const void *data, size_t len, size_t *ret_done)
{
    const uint8_t *from = data;
    enum leat_status status = LEAT_OK;
    size_t done = 0;
    while (done < len) {
        struct leat_room room;
        status = leat_reserve(w, 1, &room);
        if (status != LEAT_OK)
            break;
        size_t some = len - done < room.len ? len - done : room.len;
        leat_bytes_copy(&w->counts, LEAT_CAUSE_USER, room.data, from + done, some);
        leat_commit(w, some);
        done += some;
    }
    *ret_done = done;
    return status;
}

enum leat_status leat_give(struct leat_writer *w, struct leat_slice *slice)
{
    leat_assert(slice->len > 0);
    if (w->state & LEAT_WRITER_FAILED)
        return LEAT_FAULT;
    if (w->ops->give == NULL)
        return LEAT_UNSUPPORTED;
    struct leat_timing timing = enter(w);
    w->counts.fills++;
    enum leat_status status = w->ops->give(w, slice);
    leave(w, timing);
    if (status == LEAT_OK)
        *slice = (struct leat_slice){ 0 };
    note(w, status);
    return status;
}

enum leat_status leat_writer_pull(struct leat_writer *w, const struct leat_offer *offer,
                                  uint64_t len, uint64_t *ret_done)
{
    *ret_done = 0;
    if (w->state & LEAT_WRITER_FAILED)
        return LEAT_FAULT;
    if (w->ops->pull == NULL)
        return LEAT_UNSUPPORTED;
    struct leat_timing timing = enter(w);
    w->counts.fills++;
    enum leat_status status = w->ops->pull(w, offer, len, ret_done);
    leave(w, timing);
    leat_assert(*ret_done <= len);
    note(w, status);
    return status;
}

enum leat_status leat_flush(struct leat_writer *w, enum leat_flush level)
{
    if (w->state & LEAT_WRITER_FAILED)
        return LEAT_FAULT;
    struct leat_timing timing = enter(w);
    enum leat_status status = w->ops->flush(w, level);
    leave(w, timing);
    if (status == LEAT_OK && level == LEAT_FLUSH_FINISH)
        w->state |= LEAT_WRITER_FINISHED;
    note(w, status);
    return status;
}

enum leat_status leat_writer_arm(struct leat_writer *w, struct leat_wake *wake)
{
    leat_assert(wake != NULL);
    leat_assert(wake->fire != NULL);
    for (; w != NULL; w = w->below) {
        if (w->ops->arm != NULL)
            return w->ops->arm(w, wake);
    }
    return LEAT_UNSUPPORTED;
}
