#ifndef LEAT_CORE_VIEW_H
#define LEAT_CORE_VIEW_H

#include "leat/core/reader.h"

/* A view is a reader that shows its source's own window: nothing is copied, and the source is
 * locked meanwhile. What is consumed of the view is owed to the source until the view settles,
 * which the core has it do before every table call and before close.
 *
 * While a view is settled, view->pos == view->below->pos, so what it owes is the difference. */

LEAT_BEGIN_DECLS

/* Make a view's struct over `below`: leat_reader_over, and `below` is locked. The first window is
 * shown by the first fill. NULL without memory, as there. */
LEAT_API LEAT_MUST_USE void *leat_view_over(struct leat_reader *below,
                                            const struct leat_reader_ops *ops);

/* The same in the caller's memory, for a view that does not own `below`: closing it, or what stands
 * on it, leaves `below` open, past what was consumed. */
LEAT_API void leat_view_init(struct leat_reader *view, struct leat_reader *below,
                             const struct leat_reader_ops *ops);

/* How many bytes were consumed since the last settle: they lie just before view->pos. */
static inline size_t leat_view_owes(const struct leat_reader *view)
{
    return (size_t)(view->pos - view->below->pos);
}

/* Pass consumption down. A view that looks at bytes looks at the owed ones first. */
LEAT_API void leat_view_settle(struct leat_reader *view);

/* Show the source's present window, at most `max` bytes of it. The view's own offset goes on. */
LEAT_API void leat_view_show(struct leat_reader *view, uint64_t max);

/* Peek into the source on the settled view's behalf, then show the window, at most `max`.
 * Returns the source's status, for a fill to return. */
LEAT_API LEAT_MUST_USE enum leat_status leat_view_fill(struct leat_reader *view, size_t min,
                                                       uint64_t max);

/* Know the end as soon as it is in sight, for the fill of a view that has nothing to add there:
 * when the window shows all of `max`, or all that its source has left. Who reads on is then told
 * without another fill. Returns `status`. */
LEAT_API LEAT_MUST_USE enum leat_status leat_view_ends(struct leat_reader *view, uint64_t max,
                                                       enum leat_status status);

/* Skip in the source, for the skip of a view that does not look at bytes. */
LEAT_API LEAT_MUST_USE enum leat_status leat_view_skip(struct leat_reader *view, uint64_t n,
                                                       uint64_t max, uint64_t *ret_done);

/* The source's slice of the first `n` bytes: any view's share. */
LEAT_API LEAT_MUST_USE enum leat_status leat_view_share(struct leat_reader *view, size_t n,
                                                        struct leat_slice *ret);

/* Have the source go on behind the damage that it met: the resync of a view that did not find the
 * fault itself. UNSUPPORTED where it did. */
LEAT_API LEAT_MUST_USE enum leat_status leat_view_resync(struct leat_reader *view);

/* Let the view's code use its source for a moment, and lock it again. */
LEAT_API struct leat_reader *leat_view_unlock(struct leat_reader *view);
LEAT_API void leat_view_lock(struct leat_reader *view);

LEAT_END_DECLS

#endif
