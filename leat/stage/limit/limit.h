#ifndef LEAT_STAGE_LIMIT_LIMIT_H
#define LEAT_STAGE_LIMIT_LIMIT_H

#include "leat/core/view.h"

struct leat_limit {
    struct leat_reader reader;
    uint64_t start; /* in the source */
    uint64_t len;
    bool exact;
};

LEAT_BEGIN_DECLS

/* A view of the next `len` bytes of `src`, which it owns; then END. Its offsets begin at 0. Where
 * `src` has fewer, it ends with `src`, or with a fault when `exact`. Seeks, forks and has a size
 * where `src` does. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_limit(struct leat_reader *src, uint64_t len,
                                                      bool exact);

/* The same without owning `src`, through `shell`, in the caller's memory: closing it, or what was
 * stacked on it, leaves `src` open, past what was consumed. Allocates nothing. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_limit_borrow(struct leat_limit *shell,
                                                             struct leat_reader *src, uint64_t len,
                                                             bool exact);

/* --- For a view that is a limit and more: its struct begins with one, its table has these --- */

/* Make a limit as leat_limit_borrow does, with a table of its own. */
LEAT_API void leat_limit_init(struct leat_limit *self, struct leat_reader *src, uint64_t len,
                              bool exact, const struct leat_reader_ops *ops);

/* How many bytes are left of it. */
LEAT_API uint64_t leat_limit_left(const struct leat_limit *self);

/* The ops of its table. */
LEAT_API LEAT_MUST_USE enum leat_status leat_limit_fill(struct leat_reader *r, size_t min);
LEAT_API LEAT_MUST_USE enum leat_status leat_limit_skip(struct leat_reader *r, uint64_t n,
                                                        uint64_t *ret_done);
LEAT_API LEAT_MUST_USE enum leat_status leat_limit_seek(struct leat_reader *r, uint64_t offset);
LEAT_API LEAT_MUST_USE enum leat_status leat_limit_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                                        struct leat_reader **ret);
LEAT_API LEAT_MUST_USE enum leat_status leat_limit_size(struct leat_reader *r, uint64_t *ret);

LEAT_END_DECLS

#endif
