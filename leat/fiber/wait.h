#ifndef LEAT_FIBER_WAIT_H
#define LEAT_FIBER_WAIT_H

#include "leat/fiber/fiber.h"

/* A line of fibers that wait for the same thing, the first come first: what semaphores, channels
 * and pipes are made of. Whoever wakes one hands it what it waited for in the same breath, since a
 * fiber that was woken may be cancelled no more and comes back with OK; so nothing is lost between
 * the two. Fibers of one `leat_fibers` alone. */

struct leat_waiters;

/* One that waits, on its own stack. */
struct leat_waiter {
    struct leat_suspension suspension;
    struct leat_waiters *waiters; /* NULL: it is not in line any more */
    struct leat_waiter *next, *previous;
    enum leat_status status; /* what its wait comes to */
    void *item;              /* the owner's: what is to be handed over, or where to */
};

/* Zeroed: empty. */
struct leat_waiters {
    struct leat_waiter *first, *last;
};

LEAT_BEGIN_DECLS

/* Wait in line until somebody wakes this fiber.
 *
 * item    for whoever does; may be NULL
 * Status  what leat_waiters_wake was given; FAULT (cancelled, also before)
 * Blocks  the fiber */
LEAT_API LEAT_MUST_USE enum leat_status leat_waiters_wait(struct leat_waiters *waiters,
                                                          struct leat_fibers *fibers, void *item);

/* Wake the first in line, whose wait comes to `status`. It runs later. Asserts that there is one;
 * its `item` is what waiters->first->item was. On the thread of the fibers. */
LEAT_API void leat_waiters_wake(struct leat_waiters *waiters, enum leat_status status);

/* Wake all. */
LEAT_API void leat_waiters_wake_all(struct leat_waiters *waiters, enum leat_status status);

LEAT_END_DECLS

#endif
