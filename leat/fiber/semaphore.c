#include "leat/fiber/semaphore.h"

void leat_semaphore_init(struct leat_semaphore *semaphore, struct leat_fibers *fibers,
                         uint64_t count)
{
    leat_assert(fibers != NULL);
    *semaphore = (struct leat_semaphore){ .fibers = fibers, .count = count };
}

enum leat_status leat_semaphore_take(struct leat_semaphore *semaphore)
{
    if (leat_fiber_cancelled(semaphore->fibers) != 0)
        return LEAT_FAULT;
    if (leat_semaphore_try(semaphore))
        return LEAT_OK;
    return leat_waiters_wait(&semaphore->waiters, semaphore->fibers, NULL);
}

bool leat_semaphore_try(struct leat_semaphore *semaphore)
{
    if (semaphore->count == 0)
        return false;
    /* A unit that is given goes to who waits, and is never there to be taken before. */
    leat_assert(semaphore->waiters.first == NULL);
    semaphore->count--;
    return true;
}

void leat_semaphore_give(struct leat_semaphore *semaphore)
{
    leat_assert(semaphore->count < UINT64_MAX);
    if (semaphore->waiters.first != NULL)
        leat_waiters_wake(&semaphore->waiters, LEAT_OK);
    else
        semaphore->count++;
}
