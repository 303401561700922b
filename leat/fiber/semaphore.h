#ifndef LEAT_FIBER_SEMAPHORE_H
#define LEAT_FIBER_SEMAPHORE_H

#include "leat/fiber/wait.h"

/* A number of units that fibers take and give back; who finds none waits for one, the first come
 * first served. For bounds: how many may do something at once.
 *
 * A mutex is a semaphore of 1. Fibers seldom need one: what does not wait in between is undivided
 * as it stands. In the caller's memory; its fields are the library's. */
struct leat_semaphore {
    struct leat_fibers *fibers;
    uint64_t count;
    struct leat_waiters waiters;
};

LEAT_BEGIN_DECLS

/* Make one that has `count` units. There is nothing to undo, once nobody waits. */
LEAT_API void leat_semaphore_init(struct leat_semaphore *semaphore, struct leat_fibers *fibers,
                                  uint64_t count);

/* Take a unit, by a fiber. One that comes while others wait does not overtake them.
 *
 * Status  OK, FAULT (the fiber is cancelled, and has taken nothing)
 * Blocks  the fiber, while there is none */
LEAT_API LEAT_MUST_USE enum leat_status leat_semaphore_take(struct leat_semaphore *semaphore);

/* Take one if there is one. By a fiber that is cancelled as well: it may have things to put in
 * order. */
LEAT_API LEAT_MUST_USE bool leat_semaphore_try(struct leat_semaphore *semaphore);

/* Give one, which need not have been taken; never waits. From any fiber, and from the loop. */
LEAT_API void leat_semaphore_give(struct leat_semaphore *semaphore);

LEAT_END_DECLS

#endif
