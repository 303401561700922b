#ifndef LEAT_CORE_LEDGER_H
#define LEAT_CORE_LEDGER_H

#include "leat/core/compiler.h"

/* Why bytes were copied. */
enum leat_cause {
    LEAT_CAUSE_TAIL = 0, /* the rest of a window, moved so that more fits behind it */
    LEAT_CAUSE_GROW,     /* a window that had to become larger than its block */
    LEAT_CAUSE_SEAM,     /* two pieces joined into one contiguous span */
    LEAT_CAUSE_TAKE,     /* a slice of a source that cannot share its memory */
    LEAT_CAUSE_HISTORY,  /* what a decoder must still see, moved */
    LEAT_CAUSE_KERNEL,   /* read(2) and write(2): the kernel's copy */
    LEAT_CAUSE_CODEC,    /* inside a codec's library, as its stage declares */
    LEAT_CAUSE_USER,     /* into or out of memory of the caller's */
    LEAT_CAUSES,
};

/* What one reader or writer did, or a sum of many. Bytes moved cost nothing to count: until it is
 * closed, leat_tell has them. */
struct leat_counts {
    uint64_t moved;       /* added at a seek and at close, from tell */
    uint64_t fills;       /* calls of fill, or of drain */
    uint64_t waits;       /* AGAIN or FULL given back */
    uint64_t time_ns;     /* in its own calls, without those of others inside; see leat_watch */
    uint64_t allocations; /* blocks and shells asked for */
    uint64_t allocated;   /* their bytes */
    uint64_t replaced;    /* characters that broke an encoding's rules: U+FFFD in their place */
    uint64_t copied[LEAT_CAUSES]; /* bytes, by cause */
};

LEAT_BEGIN_DECLS

/* The cause in a word: static text. */
LEAT_API const char *leat_cause_name(enum leat_cause cause);

/* Add `more` to `sum`. */
LEAT_API void leat_counts_add(struct leat_counts *sum, const struct leat_counts *more);

/* Add what a reader or writer inside another one copied and allocated. Its fills and waits are the
 * outer one's own business. */
LEAT_API void leat_counts_add_inside(struct leat_counts *sum, const struct leat_counts *inside);

/* All bytes copied, whatever the cause. */
LEAT_API uint64_t leat_counts_copied(const struct leat_counts *counts);

LEAT_END_DECLS

#endif
