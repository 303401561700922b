/* What fibers cost at their lowest: a switch, between two and round a thousand, beside the C
 * library's swapcontext; a fiber from the taking of its stack to its end; and then with all that
 * the scheduler does. Best of many short runs, of which some are let alone on a busy machine. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include "leat/fiber/fiber.h"
#include "leat/fiber/stack.h"
#include "leat/fiber/switch.h"

enum { RUNS = 300, SWITCHES = 100000, SPAWNS = 50000, ROUND = 1000, SLOW = 10 };

struct flow {
    struct leat_switch here;
    struct leat_stack *stack;
    struct flow *next;
};

static struct leat_stacks stacks;
static struct leat_switch home;
static uint64_t left;

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The fewest nanoseconds that one of `count` things took. */
static double best_ns(void (*run)(void), double count)
{
    double best = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        double start = now_ns();
        run();
        double each = (now_ns() - start) / count;
        best = i == 0 || each < best ? each : best;
    }
    return best;
}

static void begin(struct flow *flow, void (*entry)(void *))
{
    if (leat_stacks_take(&stacks, &flow->stack) != LEAT_OK) {
        fprintf(stderr, "fiber: no stack\n");
        exit(2);
    }
    leat_switch_init(&flow->here, flow->stack->low, flow->stack->size, entry, flow);
}

static void end(struct flow *flow)
{
    leat_switch_fini(&flow->here);
    leat_stacks_give(&stacks, flow->stack);
}

/* --- Two fibers, and many in a ring --- */

static struct flow two[2];

static void go_back(void *arg)
{
    (void)arg;
    for (;;)
        leat_switch_to(&two[1].here, &two[0].here);
}

static void go_forth(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < SWITCHES / 2; i++)
        leat_switch_to(&two[0].here, &two[1].here);
    leat_switch_leave(&two[0].here, &home);
}

static void run_two(void)
{
    begin(&two[0], go_forth);
    begin(&two[1], go_back);
    leat_switch_to(&home, &two[0].here);
    end(&two[0]);
    end(&two[1]);
}

static void go_round(void *arg)
{
    struct flow *flow = arg;
    for (;;) {
        if (left-- == 0)
            leat_switch_to(&flow->here, &home);
        else
            leat_switch_to(&flow->here, &flow->next->here);
    }
}

static void run_ring(void)
{
    static struct flow flows[ROUND];
    for (unsigned i = 0; i < ROUND; i++) {
        begin(&flows[i], go_round);
        flows[i].next = &flows[(i + 1) % ROUND];
    }
    left = SWITCHES;
    leat_switch_to(&home, &flows[0].here);
    for (unsigned i = 0; i < ROUND; i++)
        end(&flows[i]);
}

/* --- The same two by swapcontext --- */

static ucontext_t contexts[2];

static void swap_back(void)
{
    for (;;)
        swapcontext(&contexts[1], &contexts[0]);
}

static void run_swapcontext(void)
{
    static char stack[LEAT_STACK_SIZE];
    getcontext(&contexts[1]);
    contexts[1].uc_stack.ss_sp = stack;
    contexts[1].uc_stack.ss_size = sizeof(stack);
    makecontext(&contexts[1], swap_back, 0);
    for (unsigned i = 0; i < SWITCHES / SLOW / 2; i++)
        swapcontext(&contexts[0], &contexts[1]);
}

/* --- From the stack to the end --- */

static void leave_at_once(void *arg)
{
    struct flow *flow = arg;
    leat_switch_leave(&flow->here, &home);
}

static void spawn_and_join(unsigned count, unsigned at_once)
{
    static struct flow flows[ROUND];
    for (unsigned i = 0; i < count / at_once; i++) {
        for (unsigned k = 0; k < at_once; k++)
            begin(&flows[k], leave_at_once);
        for (unsigned k = 0; k < at_once; k++)
            leat_switch_to(&home, &flows[k].here);
        for (unsigned k = 0; k < at_once; k++)
            end(&flows[k]);
    }
}

static void run_spawns(void)
{
    spawn_and_join(SPAWNS, 1);
}

static void run_spawns_many(void)
{
    spawn_and_join(SPAWNS, ROUND);
}

/* Nothing is kept: each stack is mapped, touched and unmapped. */
static void run_spawns_cold(void)
{
    for (unsigned i = 0; i < SPAWNS / SLOW / SLOW; i++) {
        struct leat_stacks_options options = { 0 };
        leat_stacks_init(&stacks, &options);
        spawn_and_join(1, 1);
        leat_stacks_fini(&stacks);
    }
}

/* --- Fibers, with all that the scheduler does --- */

static struct leat_fibers *fibers;

static void must(enum leat_status status)
{
    if (status == LEAT_OK)
        return;
    fprintf(stderr, "fiber: a call failed\n");
    exit(2);
}

static void yields(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < SWITCHES / 2; i++)
        must(leat_fiber_yield(fibers));
}

static void yields_with_another(void *arg)
{
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    must(leat_scope_spawn(&scope, yields, arg));
    yields(arg);
    leat_scope_close(&scope);
}

static void ends_at_once(void *arg)
{
    (void)arg;
}

static void spawns_and_joins(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < SPAWNS; i++) {
        struct leat_scope scope;
        leat_scope_open(&scope, fibers);
        must(leat_scope_spawn(&scope, ends_at_once, NULL));
        leat_scope_close(&scope);
    }
}

static void run_yields(void)
{
    must(leat_fibers_run(fibers, yields_with_another, NULL));
}

static void run_fibers(void)
{
    must(leat_fibers_run(fibers, spawns_and_joins, NULL));
}

static void bench_fibers(void)
{
    struct leat_loop *loop = leat_loop_create(NULL, NULL);
    if (loop == NULL) {
        fprintf(stderr, "fiber: no loop\n");
        exit(2);
    }
    fibers = leat_fibers_create(loop, NULL);
    printf("yield, two fibers            %8.2f ns\n", best_ns(run_yields, SWITCHES));
    printf("a scope, spawn, join         %8.2f ns\n", best_ns(run_fibers, SPAWNS));
    leat_fibers_destroy(fibers);
    leat_loop_destroy(loop);
}

int main(void)
{
    leat_stacks_init(&stacks, &(struct leat_stacks_options){ .kept_max = ROUND });
    printf("switch, two fibers           %8.2f ns\n", best_ns(run_two, SWITCHES));
    printf("switch, a ring of %u       %8.2f ns\n", ROUND, best_ns(run_ring, SWITCHES));
    printf("swapcontext                  %8.2f ns\n", best_ns(run_swapcontext, SWITCHES / SLOW));
    printf("spawn and join               %8.2f ns\n", best_ns(run_spawns, SPAWNS));
    printf("spawn and join, %u at once %8.2f ns\n", ROUND, best_ns(run_spawns_many, SPAWNS));
    leat_stacks_fini(&stacks);
    printf("the same on a fresh stack    %8.2f ns\n",
           best_ns(run_spawns_cold, SPAWNS / SLOW / SLOW));
    bench_fibers();
    return 0;
}
