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

LEAT_END_DECLS

#endif
