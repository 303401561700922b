#ifndef LEAT_ENGINE_WORKERS_H
#define LEAT_ENGINE_WORKERS_H

#include "leat/engine/loop.h"

/* A few threads for the operations on which the system can only be waited for: those of files, in
 * loops that stand on readiness. Threads are made when there is something to do, and wait for more
 * until the pool is destroyed. The queue is made of the operations themselves, so it has no bound
 * but theirs. Internal to the loops. */

struct leat_workers;

/* What the owner brings. */
struct leat_workers_user {
    /* Do it, and wait for it. On a thread of the pool; of `op` it may touch what is asked and what
     * that points to, and nothing that is the loop's. */
    struct leat_io (*run)(struct leat_op *op);

    /* `op` came to `io`. On the loop's thread, from a step. */
    void (*came)(struct leat_loop *loop, struct leat_op *op, struct leat_io io);
};

/* Create a pool of up to `threads` (> 0) for `loop`. NULL without memory. */
struct leat_workers *leat_workers_create(struct leat_loop *loop, unsigned threads,
                                         const struct leat_workers_user *user);

/* Join the threads. Operations that have not come back: a bug. NULL is fine. */
void leat_workers_destroy(struct leat_workers *workers);

/* Have a thread run `op`, whose `next` and `link` are the pool's until it comes back. Returns 0, or
 * the system's error number where there is no thread and none is to be had; `op` is then not
 * taken. */
int leat_workers_submit(struct leat_workers *workers, struct leat_op *op);

/* Take `op` back. False: a thread has it already, or had it, and it will come back. */
bool leat_workers_withdraw(struct leat_workers *workers, struct leat_op *op);

#endif
