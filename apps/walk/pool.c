#include "apps/walk/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* Tasks here are a folder or a piece of a file, microseconds at least: a lock of its own for each
 * thread's tasks costs them 20 ns and is easy to see right.
 *
 * Sleeping loses no wake-up because each side first says what it did and then looks at what the
 * other did, in one total order: a sleeper counts itself as sleeping, then looks for tasks; a
 * pusher counts its task, then looks for sleepers. */

enum {
    SPINS = 100,    /* looks for work before sleeping, some 20 us: a wake-up costs 36 */
    ROOM_FIRST = 64 /* tasks; a power of two */
};

struct worker {
    _Alignas(64) pthread_mutex_t lock;
    struct pool_task *tasks; /* a ring: task i is at i & (room - 1) */
    uint64_t oldest, newest; /* tasks are oldest .. newest - 1 */
    size_t room;
    atomic_size_t count; /* newest - oldest, to be read without the lock */
    struct pool *pool;
    unsigned number;
    pthread_t handle;
};

struct pool {
    struct worker *workers;
    unsigned threads;       /* workers with room for tasks */
    unsigned started;       /* threads that exist, thread 0 counted; only thread 0 writes it */
    bool inside;            /* thread 0 is in pool_run(); only it looks */
    atomic_bool is_started; /* start() was called */
    _Alignas(64) atomic_size_t unfinished; /* tasks that wait or run */
    _Alignas(64) atomic_uint sleeping;     /* threads that sleep for work, or are about to */
    atomic_uint waiting;                   /* threads that sleep for a group, or are about to */
    pthread_mutex_t sleep_lock;
    pthread_cond_t wake;       /* there is work, all is finished, or the pool ends */
    pthread_cond_t group_done; /* some group has finished */
    bool ending;               /* under sleep_lock */
};

static unsigned processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (unsigned)count;
}

struct pool *pool_create(unsigned threads)
{
    if (threads == 0)
        threads = processors();
    if (threads > POOL_THREADS_MAX)
        threads = POOL_THREADS_MAX;
    struct pool *pool = aligned_alloc(_Alignof(struct pool), sizeof *pool);
    struct worker *workers = aligned_alloc(_Alignof(struct worker), threads * sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return NULL;
    }
    *pool = (struct pool){ .workers = workers, .threads = threads, .started = 1 };
    pthread_mutex_init(&pool->sleep_lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->group_done, NULL);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){ .pool = pool, .number = i };
        pthread_mutex_init(&workers[i].lock, NULL);
    }
    return pool;
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    assert(atomic_load(&pool->unfinished) == 0);
    pthread_mutex_lock(&pool->sleep_lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->sleep_lock);
    for (unsigned i = 1; i < pool->started; i++)
        pthread_join(pool->workers[i].handle, NULL);
    for (unsigned i = 0; i < pool->threads; i++) {
        assert(pool->workers[i].oldest == pool->workers[i].newest);
        pthread_mutex_destroy(&pool->workers[i].lock);
        free(pool->workers[i].tasks);
    }
    pthread_cond_destroy(&pool->group_done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->sleep_lock);
    free(pool->workers);
    free(pool);
}

unsigned pool_threads(const struct pool *pool)
{
    return pool->threads;
}

/* Under the worker's lock. */
static bool worker_grow(struct worker *w)
{
    size_t room = w->room ? w->room * 2 : ROOM_FIRST;
    if (room > POOL_TASKS_MAX)
        return false;
    struct pool_task *tasks = malloc(room * sizeof *tasks);
    if (!tasks)
        return false;
    for (uint64_t i = w->oldest; i < w->newest; i++)
        tasks[i & (room - 1)] = w->tasks[i & (w->room - 1)];
    free(w->tasks);
    w->tasks = tasks;
    w->room = room;
    return true;
}

static bool worker_push(struct worker *w, const struct pool_task *task)
{
    pthread_mutex_lock(&w->lock);
    bool ok = w->newest - w->oldest < w->room || worker_grow(w);
    if (ok) {
        w->tasks[w->newest++ & (w->room - 1)] = *task;
        atomic_store(&w->count, w->newest - w->oldest);
    }
    pthread_mutex_unlock(&w->lock);
    return ok;
}

/* The newest task above `mark`. */
static bool worker_pop(struct worker *w, uint64_t mark, struct pool_task *ret)
{
    if (atomic_load_explicit(&w->count, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&w->lock);
    bool ok = w->newest > w->oldest && w->newest > mark;
    if (ok) {
        *ret = w->tasks[--w->newest & (w->room - 1)];
        atomic_store(&w->count, w->newest - w->oldest);
    }
    pthread_mutex_unlock(&w->lock);
    return ok;
}

static bool worker_steal(struct worker *w, struct pool_task *ret)
{
    if (atomic_load(&w->count) == 0)
        return false;
    pthread_mutex_lock(&w->lock);
    bool ok = w->newest > w->oldest;
    if (ok) {
        *ret = w->tasks[w->oldest++ & (w->room - 1)];
        atomic_store(&w->count, w->newest - w->oldest);
    }
    pthread_mutex_unlock(&w->lock);
    return ok;
}

/* Wake one sleeper, or all. Taking the lock makes sure that each has either not looked yet or is
 * waiting. */
static void wake(struct pool *pool, bool all)
{
    if (atomic_load(&pool->sleeping) == 0)
        return;
    pthread_mutex_lock(&pool->sleep_lock);
    if (all)
        pthread_cond_broadcast(&pool->wake);
    else
        pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->sleep_lock);
}

static void wake_waiting(struct pool *pool)
{
    if (atomic_load(&pool->waiting) == 0)
        return;
    pthread_mutex_lock(&pool->sleep_lock);
    pthread_cond_broadcast(&pool->group_done);
    pthread_mutex_unlock(&pool->sleep_lock);
}

static void run_task(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    task->run(pool, thread, task);
    if (task->group && atomic_fetch_sub(&task->group->left, 1) == 1)
        wake_waiting(pool); /* the group may be gone already */
    if (atomic_fetch_sub(&pool->unfinished, 1) == 1)
        wake(pool, true);
}

static bool find_task(struct pool *pool, unsigned thread, struct pool_task *ret)
{
    if (worker_pop(&pool->workers[thread], 0, ret))
        return true;
    for (unsigned i = 1; i < pool->threads; i++) {
        if (worker_steal(&pool->workers[(thread + i) % pool->threads], ret))
            return true;
    }
    return false;
}

bool pool_run_one(struct pool *pool, unsigned thread)
{
    assert(thread < pool->threads);
    struct pool_task task;
    if (!find_task(pool, thread, &task))
        return false;
    run_task(pool, thread, &task);
    return true;
}

static bool is_work_waiting(struct pool *pool)
{
    for (unsigned i = 0; i < pool->threads; i++) {
        if (atomic_load(&pool->workers[i].count))
            return true;
    }
    return false;
}

/* Sleep until there may be work. Thread 0 also comes back when all is finished, the others when
 * the pool ends, which is true in the result. */
static bool sleep_for_work(struct pool *pool, unsigned thread)
{
    atomic_fetch_add(&pool->sleeping, 1);
    pthread_mutex_lock(&pool->sleep_lock);
    while (!pool->ending && !is_work_waiting(pool) &&
           !(thread == 0 && atomic_load(&pool->unfinished) == 0))
        pthread_cond_wait(&pool->wake, &pool->sleep_lock);
    bool ending = pool->ending;
    pthread_mutex_unlock(&pool->sleep_lock);
    atomic_fetch_sub(&pool->sleeping, 1);
    return ending;
}

void pool_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    for (int i = 0; i < 4; i++)
        __builtin_ia32_pause();
#else
    sched_yield();
#endif
}

/* Run a task, looking for one a little while; false if none came. */
static bool run_or_spin(struct pool *pool, unsigned thread)
{
    for (int i = 0; i < SPINS; i++) {
        if (pool_run_one(pool, thread))
            return true;
        if (atomic_load(&pool->unfinished) == 0)
            return false;
        pool_pause();
    }
    return false;
}

static void *thread_main(void *argument)
{
    struct worker *w = argument;
    bool ending = false;
    while (!ending) {
        if (!run_or_spin(w->pool, w->number))
            ending = sleep_for_work(w->pool, w->number);
    }
    return NULL;
}

/* Start the threads, as many as the system gives. */
static LEAT_COLD void start(struct pool *pool)
{
    atomic_store(&pool->is_started, true);
    while (pool->started < pool->threads) {
        struct worker *w = &pool->workers[pool->started];
        if (pthread_create(&w->handle, NULL, thread_main, w) != 0)
            break;
        pool->started++;
    }
}

/* A lone task pushed from outside needs nobody else; one that pushes more does. */
static bool should_start(const struct pool *pool)
{
    return pool->threads > 1 && (pool->inside || atomic_load(&pool->workers[0].count) > 1);
}

bool pool_push(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    assert(thread < pool->threads);
    assert(task->run);
    atomic_fetch_add(&pool->unfinished, 1);
    if (task->group)
        atomic_fetch_add(&task->group->left, 1);
    if (!worker_push(&pool->workers[thread], task)) {
        atomic_fetch_sub(&pool->unfinished, 1);
        if (task->group)
            atomic_fetch_sub(&task->group->left, 1);
        return false;
    }
    if (thread == 0 && !atomic_load(&pool->is_started) && should_start(pool))
        start(pool);
    wake(pool, false);
    return true;
}

void pool_run(struct pool *pool)
{
    pool->inside = true;
    while (atomic_load(&pool->unfinished)) {
        if (!run_or_spin(pool, 0))
            sleep_for_work(pool, 0);
    }
    pool->inside = false;
}

bool pool_is_hungry(struct pool *pool)
{
    return pool->threads > 1 && (!atomic_load(&pool->is_started) ||
                                 atomic_load_explicit(&pool->sleeping, memory_order_relaxed) > 0);
}

void pool_group_init(struct pool *pool, unsigned thread, struct pool_group *group)
{
    assert(thread < pool->threads);
    struct worker *w = &pool->workers[thread];
    atomic_init(&group->left, 0);
    pthread_mutex_lock(&w->lock);
    group->mark = w->newest;
    pthread_mutex_unlock(&w->lock);
}

/* Sleep until the group has finished. Its tasks are all running on other threads. */
static void sleep_for_group(struct pool *pool, struct pool_group *group)
{
    atomic_fetch_add(&pool->waiting, 1);
    pthread_mutex_lock(&pool->sleep_lock);
    while (atomic_load(&group->left))
        pthread_cond_wait(&pool->group_done, &pool->sleep_lock);
    pthread_mutex_unlock(&pool->sleep_lock);
    atomic_fetch_sub(&pool->waiting, 1);
}

void pool_wait(struct pool *pool, unsigned thread, struct pool_group *group)
{
    assert(thread < pool->threads);
    struct pool_task task;
    while (atomic_load(&group->left)) {
        if (worker_pop(&pool->workers[thread], group->mark, &task))
            run_task(pool, thread, &task);
        else
            sleep_for_group(pool, group);
    }
}
