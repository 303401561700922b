#ifndef LEAT_CORE_COMBINE_H
#define LEAT_CORE_COMBINE_H

#include "leat/core/iter.h"

/* Iterators made of iterators. Each lives in the caller's memory, does not own its source, and uses
 * it alone. Status, faults and loans are the source's; leat_iter_rewind works where the source's
 * does. */

/* All but the first `n` items. */
struct leat_iter_skip {
    struct leat_iter iter;
    struct leat_iter *source;
    uint64_t n, left;
};

/* The first `n` items. The source is not asked for more. */
struct leat_iter_take {
    struct leat_iter iter;
    struct leat_iter *source;
    uint64_t n, left;
};

/* The first item and each `n`-th after it. */
struct leat_iter_step {
    struct leat_iter iter;
    struct leat_iter *source;
    uint64_t n, left;
};

/* The items that `keep` wants. */
typedef bool leat_iter_keep(void *user, struct leat_span item);
struct leat_iter_filter {
    struct leat_iter iter;
    struct leat_iter *source;
    leat_iter_keep *keep;
    void *user;
};

/* What `change` makes of each item: a part of it, or bytes of the caller's. */
typedef struct leat_span leat_iter_change(void *user, struct leat_span item);
struct leat_iter_map {
    struct leat_iter iter;
    struct leat_iter *source;
    leat_iter_change *change;
    void *user;
};

/* The items of the iterator that `open` makes of each item, one after another. What it returns is
 * used until it ends or until the next call of `open`; NULL: no items. */
typedef struct leat_iter *leat_iter_open(void *user, struct leat_span item);
struct leat_iter_flatten {
    struct leat_iter iter;
    struct leat_iter *source;
    leat_iter_open *open;
    void *user;
    struct leat_iter *inner;
};

/* The same items, of which the next can be seen before it is taken. */
struct leat_iter_peekable {
    struct leat_iter iter;
    struct leat_iter *source;
    struct leat_span seen;
    bool held;
};

/* The items of `first`, then those of `second`. */
struct leat_iter_chain {
    struct leat_iter iter;
    struct leat_iter *first;
    struct leat_iter *second;
    bool crossed;
};

/* All items, `rounds` times over; UINT64_MAX: for ever. Without any item it ends at once. The
 * source must rewind; where it cannot, the second round is a fault with code UNSUPPORTED. */
struct leat_iter_cycle {
    struct leat_iter iter;
    struct leat_iter *source;
    uint64_t rounds, left;
    bool any;
};

/* The same items, counted: `index` is that of the item in hand, from 0. */
struct leat_iter_enumerate {
    struct leat_iter iter;
    struct leat_iter *source;
    uint64_t index, count;
};

LEAT_BEGIN_DECLS

LEAT_API void leat_iter_skip_init(struct leat_iter_skip *it, struct leat_iter *source, uint64_t n);
LEAT_API void leat_iter_take_init(struct leat_iter_take *it, struct leat_iter *source, uint64_t n);

/* n is at least 1. */
LEAT_API void leat_iter_step_init(struct leat_iter_step *it, struct leat_iter *source, uint64_t n);
LEAT_API void leat_iter_filter_init(struct leat_iter_filter *it, struct leat_iter *source,
                                    leat_iter_keep *keep, void *user);
LEAT_API void leat_iter_map_init(struct leat_iter_map *it, struct leat_iter *source,
                                 leat_iter_change *change, void *user);
LEAT_API void leat_iter_flatten_init(struct leat_iter_flatten *it, struct leat_iter *source,
                                     leat_iter_open *open, void *user);
LEAT_API void leat_iter_peekable_init(struct leat_iter_peekable *it, struct leat_iter *source);

/* The item that leat_iter_next will give. Ends the loan of the last one. Status as leat_iter_next.
 */
LEAT_API LEAT_MUST_USE enum leat_status leat_iter_peek(struct leat_iter_peekable *it,
                                                       struct leat_span *ret);
LEAT_API void leat_iter_chain_init(struct leat_iter_chain *it, struct leat_iter *first,
                                   struct leat_iter *second);
LEAT_API void leat_iter_cycle_init(struct leat_iter_cycle *it, struct leat_iter *source,
                                   uint64_t rounds);
LEAT_API void leat_iter_enumerate_init(struct leat_iter_enumerate *it, struct leat_iter *source);

LEAT_END_DECLS

#endif
