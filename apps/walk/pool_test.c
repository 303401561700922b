/* Shows that every task runs once, that tasks may push and wait, and that a pool comes to rest and
 * starts again; under the thread sanitizer also that its threads share nothing by accident. */

#include "apps/walk/pool.h"

#include <assert.h>
#include <stdlib.h>

enum { DEPTH = 10, ROUNDS = 200, PIECES = 64 };

static atomic_size_t runs;

/* A tree of tasks: each pushes two, down to a depth. */
static void run_tree(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    atomic_fetch_add(&runs, 1);
    for (int i = 0; i < 2 && task->number > 0; i++) {
        struct pool_task child = *task;
        child.number--;
        bool ok = pool_push(pool, thread, &child);
        assert(ok);
    }
}

static void test_tree(unsigned threads)
{
    struct pool *pool = pool_create(threads);
    assert(pool && pool_threads(pool) >= 1);
    for (int round = 0; round < 3; round++) {
        atomic_store(&runs, 0);
        struct pool_task task = { .run = run_tree, .number = DEPTH };
        assert(pool_push(pool, 0, &task));
        pool_run(pool);
        assert(atomic_load(&runs) == (2u << DEPTH) - 1);
    }
    pool_destroy(pool);
}

static void run_piece(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    assert(thread < pool_threads(pool));
    size_t *squares = task->object;
    squares[task->number] = task->number * task->number;
}

/* Split a piece of work, wait for it, and use what came out. */
static void run_split(struct pool *pool, unsigned thread, const struct pool_task *task)
{
    size_t squares[PIECES] = { 0 }, sum = 0;
    struct pool_group group;
    pool_group_init(pool, thread, &group);
    for (uint64_t i = 0; i < PIECES; i++) {
        struct pool_task piece = {
            .run = run_piece, .object = squares, .number = i, .group = &group
        };
        assert(pool_push(pool, thread, &piece));
    }
    pool_wait(pool, thread, &group);
    for (size_t i = 0; i < PIECES; i++)
        sum += squares[i];
    assert(sum == PIECES * (PIECES - 1) * (2 * PIECES - 1) / 6);
    atomic_fetch_add(&runs, 1);
    if (task->number)
        run_split(pool, thread, &(struct pool_task){ .run = run_split });
}

static void test_groups(unsigned threads)
{
    struct pool *pool = pool_create(threads);
    assert(pool);
    atomic_store(&runs, 0);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct pool_task task = { .run = run_split, .number = i % 2 };
        assert(pool_push(pool, 0, &task));
    }
    pool_run(pool);
    assert(atomic_load(&runs) == ROUNDS + ROUNDS / 2);
    pool_destroy(pool);
}

/* Single tasks, with time to fall asleep in between: no wake-up is lost. */
static void test_rest(unsigned threads)
{
    struct pool *pool = pool_create(threads);
    assert(pool);
    atomic_store(&runs, 0);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct pool_task task = { .run = run_tree, .number = i % 3 };
        assert(pool_push(pool, 0, &task));
        if (i % 2)
            pool_run(pool);
        else
            while (pool_run_one(pool, 0))
                ;
    }
    pool_run(pool);
    assert(!pool_run_one(pool, 0));
    pool_destroy(pool);
}

static void test_order(void)
{
    struct pool *pool = pool_create(1);
    assert(pool && !pool_is_hungry(pool));
    pool_run(pool);
    pool_destroy(pool);
    pool_destroy(NULL);
}

int main(void)
{
    for (unsigned threads = 0; threads <= 4; threads++) {
        test_tree(threads);
        test_groups(threads);
        test_rest(threads);
    }
    test_order();
    return 0;
}
