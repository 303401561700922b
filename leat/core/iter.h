#ifndef LEAT_CORE_ITER_H
#define LEAT_CORE_ITER_H

#include "leat/core/reader.h"

/* An iterator gives spans one after another: lines, frames, records, items, or what others make of
 * them (combine.h). It lives in the caller's memory, allocates nothing, and is the first member of
 * what extends it, so that all of them compose.
 *
 * An item is a loan: the next call on the iterator, or on what lies below it, ends it. Iterators
 * over a reader consume an item only when they are asked for the one behind it, so leat_tell is the
 * offset of the item in hand, or of its frame. They do not own the reader; leat_cursor_settle gives
 * it back to others, behind the item in hand. */
struct leat_iter;

struct leat_iter_ops {
    /* The next item.
     * OK; AGAIN (call again: nothing is lost); END, sticky; FAULT, sticky, with it->fault set.
     * `ret` is touched only on OK. */
    enum leat_status (*next)(struct leat_iter *it, struct leat_span *ret);

    /* Go back to where the iterator began. OK, UNSUPPORTED or FAULT. Left out: UNSUPPORTED. */
    enum leat_status (*rewind)(struct leat_iter *it);
};

struct leat_iter {
    const struct leat_iter_ops *ops;
    struct leat_fault fault;
};

LEAT_BEGIN_DECLS

/* The next item. Status  OK, AGAIN, END, FAULT (it->fault). Blocks as the reader does. */
static inline LEAT_MUST_USE enum leat_status leat_iter_next(struct leat_iter *it,
                                                            struct leat_span *ret)
{
    return it->ops->next(it, ret);
}

/* Begin again where the iterator began. Needs a reader that seeks.
 * Status  OK, UNSUPPORTED (nothing changed), FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_iter_rewind(struct leat_iter *it);

/* --- For those who write iterators --- */

/* What all iterators over a reader keep: it is `cursor` in each of them. */
struct leat_cursor {
    struct leat_iter iter;
    struct leat_reader *reader;
    const uint8_t *after;      /* behind the item in hand and its frame; NULL: none is in hand */
    uint64_t start;            /* where the reader stood */
    enum leat_status finished; /* OK, until END or FAULT: sticky */
};

/* Fields that any iterator over a reader begins with. */
LEAT_API void leat_cursor_init(struct leat_cursor *cursor, struct leat_reader *reader,
                               const struct leat_iter_ops *ops);

/* Let go of the item in hand: what is in the window from here on is not yet iterated. */
static inline void leat_cursor_settle(struct leat_cursor *cursor)
{
    if (cursor->after != NULL)
        leat_consume(cursor->reader, (size_t)(cursor->after - cursor->reader->pos));
    cursor->after = NULL;
}

/* Ask the reader for `min` bytes on the iterator's behalf. What a reader cannot show at once is a
 * fault here, with `reason`. No item is in hand.
 * Status  OK, AGAIN, END; FAULT is recorded. ret as leat_peek. */
LEAT_API LEAT_MUST_USE enum leat_status leat_cursor_peek(struct leat_cursor *cursor, size_t min,
                                                         const char *reason, struct leat_span *ret);

/* Record a fault of the iterator `offset` bytes behind the reader's position, for good.
 * `reason` is static text. Returns FAULT. */
LEAT_API enum leat_status leat_cursor_fails(struct leat_cursor *cursor, enum leat_fault_code code,
                                            const char *reason, size_t offset);

/* END or FAULT from leat_cursor_peek, for good; an END with bytes left is a truncation.
 * Returns END or FAULT. */
LEAT_API enum leat_status leat_cursor_finish(struct leat_cursor *cursor, enum leat_status status,
                                             struct leat_span rest);

/* Seek back to the start. Status  OK, UNSUPPORTED, FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_cursor_rewind(struct leat_cursor *cursor);

LEAT_END_DECLS

#endif
