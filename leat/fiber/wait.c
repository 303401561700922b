#include "leat/fiber/wait.h"

static void waiter_leaves(struct leat_waiter *waiter)
{
    struct leat_waiters *waiters = waiter->waiters;
    leat_assert(waiters != NULL);
    *(waiter->previous != NULL ? &waiter->previous->next : &waiters->first) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->previous : &waiters->last) = waiter->previous;
    waiter->waiters = NULL;
}

static void waiter_wakes(struct leat_waiter *waiter, enum leat_status status)
{
    waiter_leaves(waiter);
    waiter->status = status;
    leat_fiber_resume(waiter->suspension.fiber);
}

static void waiter_cancel(struct leat_suspension *suspension)
{
    waiter_wakes((struct leat_waiter *)(void *)suspension, LEAT_FAULT);
}

enum leat_status leat_waiters_wait(struct leat_waiters *waiters, struct leat_fibers *fibers,
                                   void *item)
{
    if (leat_fiber_cancelled(fibers) != 0)
        return LEAT_FAULT;
    struct leat_waiter waiter = {
        .suspension = { .cancel = waiter_cancel },
        .waiters = waiters,
        .previous = waiters->last,
        .item = item,
    };
    *(waiter.previous != NULL ? &waiter.previous->next : &waiters->first) = &waiter;
    waiters->last = &waiter;
    leat_fiber_suspend(fibers, &waiter.suspension);
    leat_assert(waiter.waiters == NULL);
    return waiter.status;
}

void leat_waiters_wake(struct leat_waiters *waiters, enum leat_status status)
{
    leat_assert(waiters->first != NULL);
    waiter_wakes(waiters->first, status);
}

void leat_waiters_wake_all(struct leat_waiters *waiters, enum leat_status status)
{
    while (waiters->first != NULL)
        waiter_wakes(waiters->first, status);
}
