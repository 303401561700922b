#ifndef TESTS_MUTATE_TRAIL_H
#define TESTS_MUTATE_TRAIL_H

#include "leat/layer/walk.h"
#include "tests/support/sink.h"

/* What a walk of everything inside a source met, as text: a line for each step, with place, sizes
 * and faults, and of each leaf how long it was, a hash of its bytes and where it broke. Damage is
 * read on behind, as the commands do it.
 *
 *     0 enter nest.tar ac4a4606 tar
 *     1 leaf nest.tar!before f06814de kind 0
 *         22 bytes ba449122 end
 */
struct trail {
    struct sink text;
    unsigned steps;
    bool vague; /* a fault was met before which it is not exact what came */
};

/* How it is read. */
struct trail_plan {
    uint64_t seed;
    bool wild;  /* leaves in pieces, as the seed says, and not in whole windows */
    bool waits; /* the source says AGAIN */
    bool arms;  /* and goes on when it was armed */
};

/* Walk `src`, which is closed, under the name of its file. Checks that it ends in so many steps,
 * and that each fault names its part and a reason. */
struct trail trail_of(struct leat_reader *src, const char *name, const struct trail_plan *plan);
void trail_fini(struct trail *trail);

/* Check that two walks met the same, unless both are vague; what differs is printed. */
void trail_must_equal(const struct trail *a, const struct trail *b);

#endif
