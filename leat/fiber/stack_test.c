/* The stack given back last is taken first; there are no more than was said; an overrun meets the
 * guard, in a child; how deep a stack was used is seen; and what stays idle hands its pages back,
 * while what is in use or hot keeps them. */

#include "leat/fiber/stack.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leat/core/assert.h"
#include "leat/fiber/switch.h"

static struct leat_stack *take(struct leat_stacks *pool)
{
    struct leat_stack *stack = NULL;
    leat_assert(leat_stacks_take(pool, &stack) == LEAT_OK);
    leat_assert(stack != NULL);
    return stack;
}

/* Write a byte so far below the top, as a frame there would. */
static void touch(const struct leat_stack *stack, size_t depth)
{
    leat_assert(depth <= stack->size);
    *((volatile uint8_t *)stack->low + (stack->size - depth)) = 1;
}

/* Whether the page of `at` is in memory; -1: it is not even mapped. */
static int is_there(const void *at, size_t page)
{
    unsigned char there;
    void *start = (void *)((uintptr_t)at / page * page);
    if (mincore(start, page, &there) != 0)
        return -1;
    return there & 1;
}

static void test_order(void)
{
    struct leat_stacks pool;
    leat_stacks_init(&pool, &(struct leat_stacks_options){ .stack_size = 20000 });
    struct leat_stack *a = take(&pool), *b = take(&pool), *c = take(&pool);
    leat_assert(a->size >= 20000);
    touch(a, a->size);
    touch(a, 1);
    leat_stacks_give(&pool, a);
    leat_stacks_give(&pool, c);
    leat_stacks_give(&pool, b);
    leat_assert(take(&pool) == b);
    leat_assert(take(&pool) == c);
    leat_stacks_give(&pool, c);
    leat_assert(take(&pool) == c);
    leat_assert(take(&pool) == a);
    leat_assert(pool.kept == 0);
    leat_assert(pool.total == 3);
    leat_stacks_give(&pool, a);
    leat_stacks_give(&pool, b);
    leat_stacks_give(&pool, c);
    leat_stacks_fini(&pool);
}

static void test_limit(void)
{
    struct leat_stacks pool;
    leat_stacks_init(&pool, &(struct leat_stacks_options){ .kept_max = 2, .total_max = 3 });
    struct leat_stack *a = take(&pool), *b = take(&pool), *c = take(&pool), *none = NULL;
    leat_assert(leat_stacks_take(&pool, &none) == LEAT_LIMIT);
    leat_assert(none == NULL);
    leat_stacks_give(&pool, b);
    leat_assert(take(&pool) == b);
    leat_assert(leat_stacks_take(&pool, &none) == LEAT_LIMIT);

    void *low = c->low;
    leat_stacks_give(&pool, a);
    leat_stacks_give(&pool, b);
    leat_assert(is_there(low, pool.page) >= 0);
    leat_stacks_give(&pool, c);
    leat_assert(is_there(low, pool.page) < 0);
    leat_assert(pool.total == 2);
    leat_stacks_fini(&pool);
}

/* --- The guard --- */

static void write_below(struct leat_stack *stack)
{
    *((volatile uint8_t *)stack->low - 1) = 1;
}

/* Deeper than any stack. */
static unsigned recurse(unsigned depth)
{
    volatile unsigned kept = depth;
    unsigned sum = depth < UINT32_MAX ? recurse(depth + 1) : 0;
    return sum + kept;
}

static void recurse_for_ever(void *arg)
{
    (void)arg;
    _exit((int)recurse(0));
}

static void run_over(struct leat_stack *stack)
{
    struct leat_switch here = { 0 }, flow;
    leat_switch_init(&flow, stack->low, stack->size, recurse_for_ever, NULL);
    leat_switch_to(&here, &flow);
}

static void test_guard(void (*overrun)(struct leat_stack *))
{
    struct leat_stacks pool;
    leat_stacks_init(&pool, &(struct leat_stacks_options){ 0 });
    struct leat_stack *below = take(&pool), *stack = take(&pool);
    pid_t child = fork();
    leat_assert(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        overrun(stack);
        _exit(0);
    }
    int status;
    leat_assert(waitpid(child, &status, 0) == child);
    leat_assert(WIFSIGNALED(status));
    leat_assert(WTERMSIG(status) == SIGSEGV);
    leat_stacks_give(&pool, stack);
    leat_stacks_give(&pool, below);
    leat_stacks_fini(&pool);
}

/* --- Pages --- */

static void test_high_water(void)
{
    struct leat_stacks pool;
    leat_stacks_init(&pool, &(struct leat_stacks_options){ .kept_max = 1 });
    struct leat_stack *a = take(&pool), *b = take(&pool);
    leat_assert(leat_stacks_high_water(&pool) == 0);
    touch(a, 10000);
    leat_stacks_give(&pool, a);
    size_t used = leat_stacks_high_water(&pool);
    leat_assert(used >= 10000);
    leat_assert(used < 10000 + pool.page);
    /* This one is unmapped, and remembered. */
    touch(b, 30000);
    leat_stacks_give(&pool, b);
    used = leat_stacks_high_water(&pool);
    leat_assert(used >= 30000);
    leat_assert(used < 30000 + pool.page);
    leat_stacks_fini(&pool);
}

static void give_often(struct leat_stacks *pool)
{
    for (unsigned i = 0; i < 10000; i++)
        leat_stacks_give(pool, take(pool));
}

static void test_idle_pages(void)
{
    enum { MANY = 200, DEPTH = 40000 };
    struct leat_stacks pool;
    struct leat_stack *all[MANY];
    leat_stacks_init(&pool, &(struct leat_stacks_options){ 0 });
    for (unsigned i = 0; i < MANY; i++) {
        all[i] = take(&pool);
        touch(all[i], DEPTH);
    }
    for (unsigned i = MANY; i-- > 0;)
        leat_stacks_give(&pool, all[i]);
    leat_assert(pool.warm == MANY);
    give_often(&pool);
    leat_assert(pool.kept == MANY);
    leat_assert(pool.warm > 0);
    leat_assert(pool.warm < 20);
    for (unsigned i = 0; i < MANY; i++) {
        const uint8_t *deep = (uint8_t *)all[i]->low + (all[i]->size - DEPTH);
        leat_assert(is_there(deep, pool.page) == (i < pool.warm));
    }
    leat_assert(leat_stacks_high_water(&pool) >= DEPTH);

    /* All can be used as before, and no page of one that is in use ever goes. */
    for (unsigned i = 0; i < MANY; i++) {
        leat_assert(take(&pool) == all[i]);
        touch(all[i], DEPTH);
    }
    leat_assert(pool.warm == 0);
    leat_stacks_give(&pool, all[0]);
    give_often(&pool);
    for (unsigned i = 1; i < MANY; i++) {
        leat_assert(*((uint8_t *)all[i]->low + (all[i]->size - DEPTH)) == 1);
        leat_stacks_give(&pool, all[i]);
    }
    leat_assert(pool.warm == MANY);
    leat_stacks_fini(&pool);
}

/* Where all are needed again and again, none is idle. */
static void test_busy_pages(void)
{
    enum { MANY = 100, DEPTH = 40000, ROUNDS = 100 };
    struct leat_stacks pool;
    struct leat_stack *all[MANY];
    leat_stacks_init(&pool, &(struct leat_stacks_options){ 0 });
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            all[i] = take(&pool);
            if (round == 0)
                touch(all[i], DEPTH);
        }
        for (unsigned i = 0; i < MANY; i++)
            leat_stacks_give(&pool, all[i]);
    }
    for (unsigned i = 0; i < MANY; i++)
        leat_assert(is_there((uint8_t *)all[i]->low + (all[i]->size - DEPTH), pool.page) == 1);
    leat_stacks_fini(&pool);
}

int main(void)
{
    test_order();
    test_limit();
    test_guard(write_below);
    test_guard(run_over);
    test_high_water();
    test_idle_pages();
    test_busy_pages();
    return 0;
}
