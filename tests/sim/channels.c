/* Producers and consumers on a channel, with a semaphore that bounds who works, some of them
 * cancelled at any moment: what was sent is received once, in order, by somebody or still there at
 * the end; what was not sent is nowhere; and nobody waits for ever. */

#include "leat/fiber/channel.h"
#include "leat/fiber/semaphore.h"
#include "tests/sim/world.h"

enum { SEEDS = 3000, SIDES_MAX = 6, ITEMS_MAX = 40, CAPACITY_MAX = 8, UNITS_MAX = 4 };

struct item {
    unsigned producer, number;
};

struct scene;

struct side {
    struct scene *scene;
    unsigned index;
    bool patient;                 /* is never cancelled */
    unsigned items;               /* that a producer means to send */
    unsigned heard[SIDES_MAX];    /* by a consumer, the next number that each may be heard at */
    bool sent[ITEMS_MAX];         /* by a producer, told that it was */
    unsigned received[ITEMS_MAX]; /* how often, of a producer */
};

struct scene {
    struct world *world;
    struct leat_channel channel;
    struct leat_semaphore working;
    unsigned units, busy;
    unsigned producers, consumers;
    unsigned producers_left, consumers_left;
    bool harmless;
    struct item items[CAPACITY_MAX];
    struct side producer[SIDES_MAX], consumer[SIDES_MAX];
};

/* Each side has a scope of its own, which may end it at some moment. */
static void scope_begin(struct side *side, struct leat_scope *scope)
{
    struct world *world = side->scene->world;
    leat_scope_open(scope, world->fibers);
    if (!side->patient)
        leat_scope_deadline(scope, leat_loop_clock(world->loop) + world_len(world, 20 * MS_NS));
}

static void produces(void *arg)
{
    struct side *side = arg;
    struct scene *scene = side->scene;
    struct leat_scope scope;
    enum leat_status status = LEAT_OK;
    scope_begin(side, &scope);
    for (unsigned i = 0; i < side->items && status == LEAT_OK; i++) {
        struct item item = { side->index, i };
        if (world_percent(scene->world, 20))
            world_pause(scene->world, MS_NS);
        bool tries = world_percent(scene->world, 20);
        status = tries ? leat_channel_try_send(&scene->channel, &item)
                       : leat_channel_send(&scene->channel, &item);
        side->sent[i] = status == LEAT_OK;
        if (status == LEAT_FULL)
            status = LEAT_OK; /* it is not sent, and the next may be */
    }
    check(status != LEAT_FAULT || !side->patient);
    leat_scope_close(&scope);
    if (--scene->producers_left == 0)
        leat_channel_close(&scene->channel);
}

static void item_comes(struct scene *scene, struct side *consumer, struct item item)
{
    check(item.producer < scene->producers);
    check(item.number < scene->producer[item.producer].items);
    scene->producer[item.producer].received[item.number]++;
    if (consumer == NULL)
        return;
    check(item.number >= consumer->heard[item.producer]);
    consumer->heard[item.producer] = item.number + 1;
}

/* What bounds how many do so at once. */
static enum leat_status works(struct scene *scene)
{
    enum leat_status status = leat_semaphore_take(&scene->working);
    if (status != LEAT_OK)
        return status;
    check(scene->busy < scene->units);
    scene->busy++;
    if (world_percent(scene->world, 50))
        world_pause(scene->world, MS_NS);
    scene->busy--;
    leat_semaphore_give(&scene->working);
    return LEAT_OK;
}

static void consumes(void *arg)
{
    struct side *side = arg;
    struct scene *scene = side->scene;
    struct leat_scope scope;
    struct item item;
    enum leat_status status = LEAT_OK;
    scope_begin(side, &scope);
    while (status == LEAT_OK) {
        status = leat_channel_receive(&scene->channel, &item);
        if (status != LEAT_OK)
            break;
        item_comes(scene, side, item);
        status = works(scene);
    }
    check(status == LEAT_END || !side->patient);
    leat_scope_close(&scope);
    if (--scene->consumers_left == 0)
        leat_channel_close(&scene->channel); /* or who sends would wait for ever */
}

static void side_init(struct scene *scene, struct side *side, unsigned index)
{
    *side = (struct side){ .scene = scene, .index = index };
    side->patient = scene->harmless || world_percent(scene->world, 50);
    side->items = (unsigned)world_draw(scene->world, ITEMS_MAX);
}

/* What is left in the channel counts as received: it was sent, and somebody may let go of it. */
static void check_items(struct scene *scene)
{
    struct item item;
    while (leat_channel_try_receive(&scene->channel, &item) == LEAT_OK)
        item_comes(scene, NULL, item);
    for (unsigned p = 0; p < scene->producers; p++) {
        for (unsigned i = 0; i < scene->producer[p].items; i++)
            check_equal(scene->producer[p].received[i], scene->producer[p].sent[i]);
    }
    for (unsigned i = 0; i < scene->units; i++)
        check(leat_semaphore_try(&scene->working));
    check(!leat_semaphore_try(&scene->working));
}

static void scene_runs(void *arg)
{
    struct scene *scene = arg;
    struct world *world = scene->world;
    struct leat_scope scope;
    scene->units = 1 + (unsigned)world_draw(world, UNITS_MAX);
    scene->producers = scene->producers_left = 1 + (unsigned)world_draw(world, SIDES_MAX);
    scene->consumers = scene->consumers_left = 1 + (unsigned)world_draw(world, SIDES_MAX);
    scene->harmless = world_percent(world, 30);
    leat_channel_init(&scene->channel, world->fibers, scene->items, sizeof(scene->items[0]),
                      world_draw(world, CAPACITY_MAX + 1));
    leat_semaphore_init(&scene->working, world->fibers, scene->units);
    leat_scope_open(&scope, world->fibers);
    for (unsigned i = 0; i < scene->producers; i++) {
        side_init(scene, &scene->producer[i], i);
        check_status(leat_scope_spawn(&scope, produces, &scene->producer[i]), LEAT_OK);
    }
    for (unsigned i = 0; i < scene->consumers; i++) {
        side_init(scene, &scene->consumer[i], i);
        check_status(leat_scope_spawn(&scope, consumes, &scene->consumer[i]), LEAT_OK);
    }
    if (!scene->harmless && world_percent(world, 20)) {
        world_pause(world, 20 * MS_NS);
        if (world_percent(world, 50))
            leat_channel_close(&scene->channel);
        for (unsigned i = 0; i < SIDES_MAX; i++)
            scene->producer[i].patient = scene->consumer[i].patient = false;
        leat_scope_cancel(&scope);
    }
    leat_scope_close(&scope);
    check_items(scene);
}

static void test(struct world *world)
{
    static struct scene scene;
    struct leat_sim_options options = { 0 };
    scene = (struct scene){ .world = world };
    world_begin(world, &options, NULL);
    world_run(world, scene_runs, &scene);
    world_end(world);
}

int main(int argc, char **argv)
{
    return world_main(argc, argv, SEEDS, test);
}
