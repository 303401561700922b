#include "leat/fiber/fiber.h"
#include "tests/kinds/kinds.h"
#include "tests/support/check.h"

/* The engine of fibers over each kind of loop of the system's: what asks is a fiber, with a stack
 * for the suite's own frames. */

#define STACK_BYTES (1024 * LEAT_KIB)

enum { STEPS_TO_CLOSE = 3 };

/* Of the test that runs. */
static struct leat_fibers *fibers;

static bool run_over(const char *kind, void (*inside)(void *arg), void *arg)
{
    struct leat_loop_options options = { .kind = kind };
    struct leat_loop *loop = leat_loop_create(&options, NULL);
    if (loop == NULL)
        return false;
    fibers = leat_fibers_create(loop, &(struct leat_fibers_options){ .stack_bytes = STACK_BYTES });
    check(fibers != NULL);
    check_status(leat_fibers_run(fibers, inside, arg), LEAT_OK);
    check_equal(leat_fibers_count(fibers), 0);
    leat_fibers_destroy(fibers);
    leat_loop_destroy(loop);
    return true;
}

static bool run_over_uring(void (*inside)(void *arg), void *arg)
{
    return run_over("uring", inside, arg);
}

static bool run_over_epoll(void (*inside)(void *arg), void *arg)
{
    return run_over("epoll", inside, arg);
}

static bool run_over_poll(void (*inside)(void *arg), void *arg)
{
    return run_over("poll", inside, arg);
}

static struct leat_engine *open_running(void *memory, uint64_t seed)
{
    (void)memory;
    (void)seed;
    return leat_fibers_engine(fibers);
}

/* A ring lets go of what was closed some steps later, and until then the descriptor is open. */
static void settle(struct leat_engine *engine)
{
    (void)engine;
    for (unsigned i = 0; i < STEPS_TO_CLOSE; i++)
        check_status(leat_fiber_sleep(fibers, 1), LEAT_OK);
}

static const struct kind_engine engines[] = {
    {
        .name = "fibers over uring",
        .run = run_over_uring,
        .open = open_running,
        .close = settle,
        .third = 1,
    },
    { .name = "fibers over epoll", .run = run_over_epoll, .open = open_running, .third = 2 },
    { .name = "fibers over poll", .run = run_over_poll, .open = open_running, .third = 3 },
    { 0 },
};

const struct kinds kinds_fiber = { .name = "fiber", .engines = engines };
