#ifndef TESTS_SUPPORT_SPLIT_H
#define TESTS_SUPPORT_SPLIT_H

#include "leat/core/reader.h"

/* How a source is cut, or a sink made small. All zero: pieces of up to 4 KiB, and no waiting. The
 * same seed makes the same cuts. */
struct split_plan {
    uint64_t seed;
    size_t piece_max;       /* bytes a piece has at most; 0: 4 KiB; 1: single bytes */
    unsigned again_percent; /* of fills that say AGAIN, or of drains and flushes that say FULL */
    bool shares;            /* gives slices by reference */
    size_t window_max;      /* 0: as the source's */
};

/* A reader of the same bytes as `src`, which it owns, cut into pieces. Each fill shows the window
 * in new memory of just its size and lets the old one go, so that a sanitizer finds who reads past
 * it or keeps a loan. Having said AGAIN it says nothing else until leat_arm has reached it, so that
 * a wake-up lost on the way is found. */
struct leat_reader *split_reader(struct leat_reader *src, const struct split_plan *plan);

/* Make a plan out of a seed: any size of piece, waiting never, seldom or often. */
struct split_plan split_plan_of(uint64_t seed);

#endif
