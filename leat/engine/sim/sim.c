/* The machine: its clock, and the loop's table. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

#define NS_PER_S ((uint64_t)1000000000)

enum { BUFFERS = 256, BUFFER_BYTES = 4096, DESCRIPTORS = 4096 };

#define WINDOW_BYTES (64 * LEAT_KIB)
#define DISK_BYTES   (64 * LEAT_MIB)

/* A step takes a little time by itself, so that a program which never waits comes on. */
#define STEP_NS_MAX ((uint64_t)1000)

/* How far the clock jumps at most. */
#define JUMP_NS_MAX (60 * NS_PER_S)

/* How many events a wait lets happen, so that it comes back at all. */
enum { WAIT_EVENTS_MAX = 1 << 16 };

static uint64_t sim_now_ns(struct leat_loop *loop)
{
    return sim_of(loop)->now_ns;
}

void leat_sim_jump(struct leat_loop *loop, uint64_t ns)
{
    struct sim *sim = sim_of(loop);
    leat_assert(sim->now_ns + ns >= sim->now_ns);
    sim->now_ns += ns;
    leat_sim_says(sim, "jump", "", ns, 0, 0);
}

static void happens(struct sim *sim, struct sim_event *event)
{
    leat_sim_unschedule(sim, event);
    event->fire(sim, event);
}

static struct leat_io sim_wait(struct leat_loop *loop, uint64_t deadline_ns)
{
    struct sim *sim = sim_of(loop);
    sim->now_ns += leat_sim_upto(sim, STEP_NS_MAX);
    if (leat_sim_hits(sim, LEAT_SIM_JUMP))
        leat_sim_jump(loop, leat_sim_upto(sim, JUMP_NS_MAX));
    leat_sim_feed(sim);
    sim->finished = 0;
    for (unsigned turn = 0; turn < WAIT_EVENTS_MAX; turn++) {
        struct sim_event *event = sim->first;
        if (event != NULL && event->at_ns <= sim->now_ns) {
            happens(sim, event);
            continue;
        }
        if (sim->finished > 0 || deadline_ns <= sim->now_ns)
            break;
        if (event == NULL && deadline_ns == LEAT_NEVER) {
            leat_sim_says(sim, "deadlock", "", loop->live, 0, 0);
            sim->deadlocked = true;
            return leat_io_fault(EDEADLK);
        }
        sim->now_ns = event != NULL && event->at_ns < deadline_ns ? event->at_ns : deadline_ns;
    }
    return (struct leat_io){ .status = sim->finished > 0 ? LEAT_OK : LEAT_AGAIN };
}

/* A wait never goes on while another thread could see it. */
static void sim_wakes(struct leat_loop *loop)
{
    (void)loop;
}

static int no_descriptor(struct leat_loop *loop)
{
    (void)loop;
    return -1;
}

static void sim_destroy(struct leat_loop *loop)
{
    struct sim *sim = sim_of(loop);
    struct leat_alloc alloc = loop->alloc;
    leat_sim_plans_fini(sim);
    leat_sim_table_fini(sim);
    leat_sim_datagrams_drop(sim);
    leat_sim_tree_fini(sim);
    leat_sim_flights_fini(sim);
    leat_assert(sim->streams == NULL);
    leat_assert(sim->first == NULL);
    leat_buffers_destroy(sim->buffers);
    leat_deallocate(&alloc, sim);
}

static const struct leat_loop_ops ops = {
    .start = leat_sim_start,
    .cancel = leat_sim_cancel,
    .close = leat_sim_close,
    .wait = sim_wait,
    .wake = sim_wakes,
    .now_ns = sim_now_ns,
    .descriptor = no_descriptor,
    .destroy = sim_destroy,
};

static struct leat_loop *create(const struct leat_loop_options *loop_options,
                                const struct leat_sim_options *options)
{
    const struct leat_alloc *alloc = &loop_options->alloc;
    struct sim *sim = leat_allocate(alloc, sizeof(*sim));
    if (sim == NULL)
        return NULL;
    sim->now_ns = NS_PER_S;
    leat_loop_init(&sim->loop, &leat_loop_sim, &ops, loop_options);
    sim->loop.spin_ns = 0;
    sim->says = options->trace;
    sim->user = options->user;
    leat_sim_chance_init(sim, options);
    sim->table_len = options->descriptors != 0 ? options->descriptors : DESCRIPTORS;
    sim->open_max = sim->table_len;
    sim->window = options->window_bytes != 0 ? options->window_bytes : WINDOW_BYTES;
    sim->disk_left = options->disk_bytes != 0 ? options->disk_bytes : DISK_BYTES;
    sim->table = leat_allocate(alloc, sim->table_len * sizeof(*sim->table));
    sim->buffers = leat_buffers_create(alloc, loop_options->buffers, loop_options->buffer_bytes);
    if (leat_sim_tree_init(sim) && sim->table != NULL && sim->buffers != NULL)
        return &sim->loop;
    sim_destroy(&sim->loop);
    return NULL;
}

static struct leat_loop *create_by_name(const struct leat_loop_options *options,
                                        struct leat_loop_choice *ret)
{
    const struct leat_sim_options calm = { .seed = 1, .calm = true };
    struct leat_loop *loop = create(options, &calm);
    if (loop == NULL)
        *ret = (struct leat_loop_choice){ .reason = "no memory", .code = ENOMEM };
    return loop;
}

const struct leat_loop_kind leat_loop_sim = {
    .name = "sim",
    .only_by_name = true,
    .create = create_by_name,
};

struct leat_loop *leat_sim_create(const struct leat_sim_options *options)
{
    const struct leat_sim_options none = { 0 };
    if (options == NULL)
        options = &none;
    struct leat_loop_options loop_options = {
        .alloc = options->alloc.resize != NULL ? options->alloc : leat_alloc_hosted,
        .buffers = options->buffers != 0 ? options->buffers : BUFFERS,
        .buffer_bytes = options->buffer_bytes != 0 ? options->buffer_bytes : BUFFER_BYTES,
    };
    return create(&loop_options, options);
}

bool leat_sim_deadlocked(const struct leat_loop *loop)
{
    return ((const struct sim *)(const void *)loop)->deadlocked;
}
