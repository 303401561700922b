#ifndef LEAT_FIBER_GROUP_H
#define LEAT_FIBER_GROUP_H

#include "leat/fiber/fiber.h"

/* Groups of fibers that share their thread by weight. Every fiber is in one, that of whoever
 * spawned it unless it was spawned into another or has entered another; the first is in the main
 * one, of LEAT_GROUP_SHARES. Where fibers of several groups are ready, the next is of the group
 * that has had the least time for its shares; within a group they take turns. A group that had
 * nothing to run saves nothing up.
 *
 * A fiber is not interrupted: what hogs the thread is charged for it, and its group waits for so
 * much longer afterwards. Long computations breathe (leat_fiber_breathe).
 *
 * While all fibers are of one group the clock is not asked and no time is counted. */
struct leat_group {
    const char *name; /* static text */
    uint32_t shares;
    struct leat_fibers *fibers;
    struct leat_fiber *first, *last; /* those that are ready */
    struct leat_group *next, **link; /* of those in play */
    uint32_t members;                /* fibers; in play while there are any */
    uint64_t virtual_ns;             /* time had, for its shares; wraps */

    /* What it did, to be read between two waits. */
    uint64_t switches;   /* how often one of its fibers went on */
    uint64_t ran_ns;     /* while several groups were in play */
    uint64_t longest_ns; /* without a wait, of that */
};

/* The shares of the main group, and the most that one may have. */
#define LEAT_GROUP_SHARES     100u
#define LEAT_GROUP_SHARES_MAX 10000u

LEAT_BEGIN_DECLS

/* Make one in the caller's memory.
 *
 * name    static text, for counters and for the watchdog
 * shares  1 .. LEAT_GROUP_SHARES_MAX */
LEAT_API void leat_group_init(struct leat_group *group, struct leat_fibers *fibers,
                              const char *name, uint32_t shares);

/* Asserts that no fiber is in it. */
LEAT_API void leat_group_fini(struct leat_group *group);

/* The one of those fibers that were put into none. */
LEAT_API struct leat_group *leat_group_main(struct leat_fibers *fibers);

/* Put the running fiber into `group`; from its next wait on it takes turns there. Returns the one
 * it was in, to go back to. */
LEAT_API struct leat_group *leat_group_enter(struct leat_group *group);

/* As leat_scope_spawn, with the fiber in `group`. */
LEAT_API LEAT_MUST_USE enum leat_status leat_group_spawn(struct leat_group *group,
                                                         struct leat_scope *scope,
                                                         void (*entry)(void *arg), void *arg);

LEAT_END_DECLS

#endif
