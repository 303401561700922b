#include "tests/sim/world.h"

#include <stdio.h>
#include <string.h>

enum { STARVES_MAX = 50, TWICE_ONE_IN = 8 };

static void *hungry_resize(void *user, void *old, size_t size)
{
    struct world *world = user;
    bool fails =
        old == NULL && world->starves > 0 && random_below(&world->dice, 1000) < world->starves;
    return fails ? NULL : world->memory.alloc.resize(&world->memory, old, size);
}

static void prints(void *user, const char *text)
{
    (void)user;
    fprintf(stderr, "%s\n", text);
}

void world_begin(struct world *world, struct leat_sim_options *options,
                 const struct leat_fibers_options *fibers)
{
    struct leat_fibers_options fibers_options = { 0 };
    if (fibers != NULL)
        fibers_options = *fibers;
    memory_init(&world->memory);
    world->dice.state = ~world->seed;
    world->starves = 0;
    world->alloc = (struct leat_alloc){ hungry_resize, world };
    world->calm = random_below(&world->dice, 4) == 0;
    options->seed = world->seed;
    options->calm = world->calm;
    options->alloc = fibers_options.alloc = world->alloc;
    options->trace = world->traces ? prints : NULL;
    world->loop = leat_sim_create(options);
    check(world->loop != NULL);
    world->fibers = leat_fibers_create(world->loop, &fibers_options);
    check(world->fibers != NULL);
    leat_ctx_init(&world->ctx,
                  &(struct leat_ctx_options){ .alloc = world->alloc,
                                              .engine = leat_fibers_engine(world->fibers) });
}

void world_run(struct world *world, void (*entry)(void *arg), void *arg)
{
    if (!world->calm && random_below(&world->dice, 4) == 0)
        world->starves = (unsigned)random_len(&world->dice, STARVES_MAX);
    enum leat_status status = leat_fibers_run(world->fibers, entry, arg);
    check(!leat_sim_deadlocked(world->loop));
    check_status(status, LEAT_OK);
    check_equal(leat_fibers_count(world->fibers), 0);
}

void world_calm(struct world *world)
{
    world->starves = 0;
    leat_sim_calm(world->loop);
    leat_sim_heal(world->loop);
}

void world_end(struct world *world)
{
    world->starves = 0;
    world->trace = leat_sim_trace(world->loop);
    check_equal(world->loop->live, 0);
    check_equal(world->loop->kept, 0);
    check_equal(leat_sim_open_count(world->loop), 0);
    check_equal(world->ctx.open, 0);
    leat_fibers_destroy(world->fibers);
    leat_ctx_fini(&world->ctx);
    leat_loop_destroy(world->loop);
    memory_fini(&world->memory);
}

size_t world_draw(struct world *world, size_t below)
{
    return (size_t)leat_sim_random(world->loop, below);
}

bool world_percent(struct world *world, unsigned percent)
{
    return world_draw(world, 100) < percent;
}

size_t world_len(struct world *world, size_t max)
{
    size_t top = max >> world_draw(world, 64 - (unsigned)__builtin_clzll(max));
    return 1 + world_draw(world, top);
}

void world_pause(struct world *world, uint64_t max_ns)
{
    enum leat_status status = leat_fiber_sleep(world->fibers, world_len(world, max_ns));
    (void)status; /* who is cancelled finds out at the next thing that he does */
}

static uint64_t run_once(uint64_t seed, bool traces, void (*test)(struct world *world))
{
    struct world world = { .seed = seed, .traces = traces };
    test(&world);
    return world.trace;
}

int world_main(int argc, char **argv, unsigned seeds, void (*test)(struct world *world))
{
    struct check_options options = check_begin(argc, argv);
    bool alone = argc == 3 && strcmp(argv[1], "--seed") == 0;
    uint64_t count = alone ? 1 : seeds * options.rounds;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t seed = options.seed + i;
        check_says("seed", seed);
        uint64_t trace = run_once(seed, alone, test);
        if (alone)
            fprintf(stderr, "trace %016llx\n", (unsigned long long)trace);
        else if (i % TWICE_ONE_IN == 0)
            check_equal(run_once(seed, false, test), trace);
    }
    return 0;
}
