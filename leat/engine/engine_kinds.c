#include "leat/engine/polled.h"
#include "tests/kinds/kinds.h"

static struct leat_engine *open_blocking(void *memory, uint64_t seed)
{
    (void)memory;
    (void)seed;
    return &leat_engine_blocking;
}

static struct leat_engine *open_polled(void *memory, uint64_t seed)
{
    struct leat_polled *polled = memory;
    (void)seed;
    leat_polled_init(polled);
    return &polled->engine;
}

static enum leat_status turn_polled(struct leat_engine *engine, int64_t timeout_ns)
{
    return leat_polled_turn((struct leat_polled *)engine, timeout_ns);
}

static const struct kind_engine engines[] = {
    { .name = "blocking", .open = open_blocking },
    {
        .name = "polled",
        .size = sizeof(struct leat_polled),
        .open = open_polled,
        .turn = turn_polled,
    },
    { 0 },
};

const struct kinds kinds_engine = { .name = "engine", .engines = engines };
