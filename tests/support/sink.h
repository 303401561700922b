#ifndef TESTS_SUPPORT_SINK_H
#define TESTS_SUPPORT_SINK_H

#include "leat/core/writer.h"
#include "tests/support/split.h"

/* Where a sink's writer puts what it got. It outlives the writer. */
struct sink {
    uint8_t *data;
    size_t len;
    size_t size;
    unsigned flushes[3]; /* that went through, by enum leat_flush */
    uint64_t given;      /* bytes that came by reference */
    uint64_t pulled;     /* bytes that came by an offer */
    size_t fails_at;     /* bytes after which it faults; 0: never */
    bool gives;          /* takes slices by reference */
    bool refuses;        /* has a give that says UNSUPPORTED */
    size_t pull_max;     /* takes offers of memory, so many bytes at a time; 0: does not */
};

/* A writer into `sink` (zeroed, but for the last fields), whose rooms are as long as the plan's
 * pieces and which says FULL as often; its room_max is `piece_max`. Each room is memory of just its
 * size, and gone after it. Having said FULL it says nothing else until it was armed. */
struct leat_writer *sink_writer(struct sink *sink, struct leat_ctx *ctx,
                                const struct split_plan *plan);

/* Free what it holds. */
void sink_fini(struct sink *sink);

/* Add bytes, growing; for those that collect without a writer. */
void sink_add(struct sink *sink, const uint8_t *data, size_t len);

#endif
