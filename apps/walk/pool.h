#ifndef APPS_WALK_POOL_H
#define APPS_WALK_POOL_H

#include "leat/core/compiler.h"

#include <stdatomic.h>

/* A few threads that share work by stealing.
 *
 *     own end  v                      v  the others' end
 *     push --> [ newest ... oldest ] --> steal
 *     pop  <--
 *
 * Each thread works on its newest task, which keeps what is open and what is cached small; a thread
 * without work takes another's oldest, which is the largest piece left. Thread 0 is the caller's;
 * the others start when there is more than one task, and sleep when there is nothing to do. */

enum {
    POOL_THREADS_MAX = 256,
    POOL_TASKS_MAX = 1 << 24, /* waiting on one thread */
};

struct pool;
struct pool_task;

/* A task's body, run once on some thread of the pool. It may push tasks and wait for a group. */
typedef void pool_task_fn(struct pool *pool, unsigned thread, const struct pool_task *task);

/* Tasks that somebody waits for. Zeroed by pool_group_init(); its owner keeps it until
 * pool_wait() has returned. */
struct pool_group {
    atomic_size_t left; /* tasks pushed and not finished */
    uint64_t mark;      /* its tasks lie above this on the owner's own end */
};

struct pool_task {
    pool_task_fn *run;
    void *object;             /* for `run` */
    uint64_t number;          /* for `run` */
    struct pool_group *group; /* or NULL */
};

/* A pool of `threads`, the caller's included: 1 .. POOL_THREADS_MAX, 0 for the number of processors
 * this process may use. NULL without memory. Destroy it with pool_destroy(). */
LEAT_MUST_USE struct pool *pool_create(unsigned threads);

/* Stop the threads and give everything back. No task may wait or run. NULL is fine. */
void pool_destroy(struct pool *pool);

/* How many threads the pool has: the largest thread number plus one. */
unsigned pool_threads(const struct pool *pool);

/* Put a task on a thread's own end. `thread` is the one that calls (0 outside of tasks). Copies the
 * task; never waits. False, and nothing is changed, without memory or past POOL_TASKS_MAX. */
LEAT_MUST_USE bool pool_push(struct pool *pool, unsigned thread, const struct pool_task *task);

/* Let a moment pass, in a loop that looks whether another thread is done. */
void pool_pause(void);

/* Work as thread 0 until no task waits or runs. May be called again after more pushes. Without
 * threads to be had it does all the work itself. */
void pool_run(struct pool *pool);

/* Run one task, the thread's own newest or another's oldest; false if there was none. */
bool pool_run_one(struct pool *pool, unsigned thread);

/* Would another thread like work, because it sleeps or was never started? The moment to split a
 * piece and push half. */
bool pool_is_hungry(struct pool *pool);

/* Begin a group, on the thread that will push its tasks and wait for them. */
void pool_group_init(struct pool *pool, unsigned thread, struct pool_group *group);

/* Return when the group's tasks have finished. Runs those that nobody took, and what they pushed,
 * meanwhile; nothing older, so that the stack is no deeper than the tasks are nested. */
void pool_wait(struct pool *pool, unsigned thread, struct pool_group *group);

#endif
