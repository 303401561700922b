#ifndef APPS_EXPLAIN_TRACK_H
#define APPS_EXPLAIN_TRACK_H

#include <stdbool.h>
#include <stdint.h>

/* When a part worked and when it waited, over a whole run of any length, in memory that does not
 * grow: time is cut into as many buckets as there are, all of one length, and that is doubled
 * whenever the run has become longer than they reach. */

enum {
    TRACK_BUCKETS = 256,
    TRACK_SHIFT_MIN = 10, /* buckets begin at about a microsecond */
};

enum track_kind {
    TRACK_WORK,
    TRACK_WAIT, /* in the system: an operation of the engine */
    TRACK_KINDS,
};

/* All zero but `shift`: nothing happened yet. Times are nanoseconds since the run began. */
struct track {
    uint64_t first_ns;
    uint64_t last_ns; /* 0: nothing happened */
    uint64_t total_ns[TRACK_KINDS];
    unsigned shift;                          /* a bucket is 1 << shift nanoseconds long */
    uint64_t ns[TRACK_KINDS][TRACK_BUCKETS]; /* how much of each, of all instances together */
};

static inline void track_init(struct track *track)
{
    *track = (struct track){ .shift = TRACK_SHIFT_MIN };
}

/* Add a stretch of time; nothing where it is empty. */
void track_add(struct track *track, enum track_kind kind, uint64_t from_ns, uint64_t to_ns);

/* Make the buckets 1 << shift long; they are never made shorter. */
void track_coarsen(struct track *track, unsigned shift);

/* Add what happened in `more` too, of which the buckets may have another length. */
void track_merge(struct track *track, const struct track *more);

#endif
