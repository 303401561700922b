#ifndef LEAT_CORE_REVERSE_H
#define LEAT_CORE_REVERSE_H

#include "leat/core/iter.h"

/* Lines and items from the last to the first, on readers that seek and have a size: the items
 * between where the reader stands and its end, as the forward iterators give them.
 *
 *      start        base           end of what is left      known at the first call
 *   ─────┴────────────┬──────────────────┬───────────────────────┴──
 *       not read yet  │  in the window   │  given out
 *
 * The window is read in pieces, from the back. */
struct leat_reverse {
    struct leat_cursor cursor;
    uint64_t base; /* the offset of the window's first byte */
    uint64_t end;  /* of what is left */
    uint64_t size; /* end, at first */
    size_t len_max;
    size_t scanned;  /* lines: bytes before `end` that hold no delimiter */
    size_t item_len; /* 0: lines */
    uint8_t delimiter;
    bool sized;   /* end is known, */
    bool opened;  /* lines: and the last one's end was looked at */
    bool shown;   /* the window holds [base, end) */
    bool unended; /* the line in hand had no delimiter: the first one given, if any */
};

LEAT_BEGIN_DECLS

/* Lines that end in `delimiter`, backwards. len_max and faults as leat_lines_init; a reader that
 * cannot seek or has no size is a fault with code UNSUPPORTED. */
LEAT_API void leat_lines_reverse_init(struct leat_reverse *reverse, struct leat_reader *reader,
                                      uint8_t delimiter, size_t len_max);

/* Items of `item_len` bytes (1 ..), backwards. Bytes that make no whole item at the end are a fault
 * with code TRUNCATED, before the first item. */
LEAT_API void leat_items_reverse_init(struct leat_reverse *reverse, struct leat_reader *reader,
                                      size_t item_len);

/* The one before. Status  OK, AGAIN, END, FAULT. Blocks as the reader does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_reverse_next(struct leat_reverse *reverse,
                                                          struct leat_span *ret);

LEAT_END_DECLS

#endif
