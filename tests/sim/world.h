#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "leat/engine/sim/sim.h"
#include "leat/fiber/fiber.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* A simulated machine with fibers on it, for programs that try many seeds: a number of them in an
 * ordinary run, as many times that as there are rounds. With `--seed N` alone that seed is run by
 * itself, and each event of it printed. */

#define US_NS ((uint64_t)1000)
#define MS_NS ((uint64_t)1000000)
#define S_NS  ((uint64_t)1000000000)

struct world {
    uint64_t seed;
    bool traces;
    bool calm;          /* no faults, and memory never fails */
    struct random dice; /* of allocations that fail */
    unsigned starves;   /* so many of a thousand do */
    struct memory memory;
    struct leat_alloc alloc; /* of `memory`, or none */
    struct leat_loop *loop;
    struct leat_fibers *fibers;
    struct leat_ctx ctx;
    uint64_t trace; /* of the run, when it is over */
};

/* Make it from world->seed. Of `options` the seed, the memory and the trace are set here; one of
 * four worlds is calm, and of the others one of four starves, from world_run on. */
void world_begin(struct world *world, struct leat_sim_options *options,
                 const struct leat_fibers_options *fibers);

/* Run a fiber to its end, with all that it began. A deadlock fails a check. */
void world_run(struct world *world, void (*entry)(void *arg), void *arg);

/* No more faults, and what was held up comes through. */
void world_calm(struct world *world);

/* Nothing is open, under way, or not given back. */
void world_end(struct world *world);

/* One of 0 .. below - 1, as the seed says; and true so many times of a hundred. */
size_t world_draw(struct world *world, size_t below);
bool world_percent(struct world *world, unsigned percent);

/* 1 .. max, each order of magnitude as likely as the next. */
size_t world_len(struct world *world, size_t max);

/* Wait up to so long, for others to come in between. */
void world_pause(struct world *world, uint64_t max_ns);

/* Run `test` for `seeds` seeds times the rounds, a few of them twice: their traces are equal. What
 * `main` returns. */
int world_main(int argc, char **argv, unsigned seeds, void (*test)(struct world *world));

#endif
