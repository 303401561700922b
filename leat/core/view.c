#include "leat/core/ctx.h"
#include "leat/core/view.h"

/* Settled, and with nothing shown yet. */
static void view_begins(struct leat_reader *view)
{
    view->pos = view->end = view->below->pos;
    view->window_max = view->below->window_max;
    leat_view_lock(view);
}

void *leat_view_over(struct leat_reader *below, const struct leat_reader_ops *ops)
{
    leat_assert(ops->view);
    struct leat_reader *view = leat_reader_over(below, ops);
    if (view != NULL)
        view_begins(view);
    return view;
}

void leat_view_init(struct leat_reader *view, struct leat_reader *below,
                    const struct leat_reader_ops *ops)
{
    leat_assert(ops->view);
    leat_assert(!(below->state & (LEAT_READER_FILLING | LEAT_READER_LOCKED)));
    leat_reader_init(view, below->ctx, ops);
    view->state |= LEAT_READER_BORROWS;
    view->below = below;
    view_begins(view);
}

struct leat_reader *leat_view_unlock(struct leat_reader *view)
{
    view->below->state &= (uint8_t)~LEAT_READER_LOCKED;
    return view->below;
}

void leat_view_lock(struct leat_reader *view)
{
    /* A dead one has nothing to guard, and ctx->no_reader may lie below several views. */
    if (view->below->state & LEAT_READER_DEAD)
        return;
    leat_assert(!(view->below->state & LEAT_READER_LOCKED));
    view->below->state |= LEAT_READER_LOCKED;
}

void leat_view_settle(struct leat_reader *view)
{
    leat_assert(view->pos >= view->below->pos);
    leat_consume(view->below, leat_view_owes(view));
}

void leat_view_show(struct leat_reader *view, uint64_t max)
{
    uint64_t tell = leat_tell(view);
    const struct leat_reader *below = view->below;
    size_t shown = (size_t)(below->end - below->pos);
    if (shown > max)
        shown = (size_t)max;
    view->pos = below->pos;
    view->end = shown > 0 ? below->pos + shown : below->pos;
    view->end_offset = tell + shown;
}

enum leat_status leat_view_fill(struct leat_reader *view, size_t min, uint64_t max)
{
    leat_assert(leat_view_owes(view) == 0);
    size_t want = min < max ? min : (size_t)max;
    struct leat_span window;
    enum leat_status status = leat_peek(leat_view_unlock(view), want, &window);
    leat_view_lock(view);
    leat_view_show(view, max);
    if (status == LEAT_OK && want < min)
        return LEAT_END;
    leat_assert(status != LEAT_LIMIT);
    return status;
}

enum leat_status leat_view_ends(struct leat_reader *view, uint64_t max, enum leat_status status)
{
    const struct leat_reader *below = view->below;
    size_t shown = (size_t)(view->end - view->pos);
    bool all = below->tail == LEAT_TAIL_END && shown == (size_t)(below->end - below->pos);
    if (status == LEAT_OK && (all || shown == max))
        view->tail = LEAT_TAIL_END;
    return status;
}

enum leat_status leat_view_skip(struct leat_reader *view, uint64_t n, uint64_t max,
                                uint64_t *ret_done)
{
    leat_assert(leat_view_owes(view) == 0);
    uint64_t want = n < max ? n : max;
    if (want == 0)
        return LEAT_END;
    enum leat_status status = leat_skip(leat_view_unlock(view), want, ret_done);
    leat_view_lock(view);
    view->end_offset += *ret_done;
    leat_view_show(view, max - *ret_done);
    return *ret_done > 0 && status == LEAT_AGAIN ? LEAT_OK : status;
}

enum leat_status leat_view_share(struct leat_reader *view, size_t n, struct leat_slice *ret)
{
    enum leat_status status = leat_share(leat_view_unlock(view), n, ret);
    leat_view_lock(view);
    return status;
}

/* Whether the fault that the view shows is its source's. */
static bool fault_is_below(const struct leat_reader *view)
{
    const struct leat_reader *below = view->below;
    return below->tail == LEAT_TAIL_FAULT && below->pos == below->end &&
           leat_fault_same(&below->fault, &view->fault);
}

enum leat_status leat_view_resync(struct leat_reader *view)
{
    leat_assert(leat_view_owes(view) == 0);
    if (!fault_is_below(view))
        return LEAT_UNSUPPORTED;
    enum leat_status status = leat_resync(leat_view_unlock(view));
    leat_view_lock(view);
    leat_view_show(view, 0);
    if (status == LEAT_FAULT)
        view->fault = view->below->fault;
    return status;
}

/* --- Borrow: the view that does nothing --- */

static enum leat_status borrow_fill(struct leat_reader *r, size_t min)
{
    return leat_view_ends(r, UINT64_MAX, leat_view_fill(r, min, UINT64_MAX));
}

static enum leat_status borrow_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    return leat_view_skip(r, n, UINT64_MAX, ret_done);
}

static enum leat_status borrow_seek(struct leat_reader *r, uint64_t offset)
{
    enum leat_status status = leat_seek(leat_view_unlock(r), offset);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
    }
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status borrow_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                    struct leat_reader **ret)
{
    enum leat_status status = leat_fork(leat_view_unlock(r), ctx, ret);
    leat_view_lock(r);
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status borrow_size(struct leat_reader *r, uint64_t *ret)
{
    enum leat_status status = leat_size(leat_view_unlock(r), ret);
    leat_view_lock(r);
    leat_view_show(r, UINT64_MAX);
    return status;
}

static enum leat_status borrow_offer(struct leat_reader *r, struct leat_offer *ret)
{
    enum leat_status status = leat_offer(leat_view_unlock(r), ret);
    leat_view_lock(r);
    return status;
}

static void borrow_pulled(struct leat_reader *r, uint64_t n)
{
    leat_offer_pulled(leat_view_unlock(r), n);
    leat_view_lock(r);
    r->pos = r->end = r->below->pos;
    r->end_offset += n;
}

static const struct leat_reader_ops borrow_ops = {
    .name = "borrow",
    .self_size = sizeof(struct leat_reader),
    .view = true,
    .fill = borrow_fill,
    .skip = borrow_skip,
    .share = leat_view_share,
    .seek = borrow_seek,
    .fork = borrow_fork,
    .size = borrow_size,
    .offer = borrow_offer,
    .pulled = borrow_pulled,
};

struct leat_reader *leat_borrow(struct leat_reader *shell, struct leat_reader *r)
{
    leat_view_init(shell, r, &borrow_ops);
    shell->end_offset = leat_tell(r);
    shell->origin = shell->end_offset;
    /* At once: what `r` has read already comes before what it offers. */
    leat_view_show(shell, UINT64_MAX);
    return shell;
}
