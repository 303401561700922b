/* The descriptors: a number leads to a place in a table, and is not used again. */

#include <limits.h>

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

/* So many numbers there are: more than any run opens. */
enum { NUMBERS = INT_MAX - LEAT_SIM_DESCRIPTOR_MIN };

struct sim_descriptor *leat_sim_descriptor(const struct sim *sim, int fd)
{
    if (fd < LEAT_SIM_DESCRIPTOR_MIN)
        return NULL;
    unsigned place = (unsigned)(fd - LEAT_SIM_DESCRIPTOR_MIN) % sim->table_len;
    struct sim_descriptor *d = &sim->table[place];
    return d->what != SIM_FREE && d->fd == fd ? d : NULL;
}

struct sim_descriptor *leat_sim_open(struct sim *sim, enum sim_what what)
{
    leat_assert(what != SIM_FREE);
    if (sim->open >= sim->open_max || sim->open >= sim->table_len)
        return NULL;
    for (unsigned tries = 0; tries < sim->table_len; tries++) {
        unsigned number = (unsigned)(sim->descriptors++ % NUMBERS);
        struct sim_descriptor *d = &sim->table[number % sim->table_len];
        if (d->what != SIM_FREE)
            continue;
        *d = (struct sim_descriptor){ .fd = LEAT_SIM_DESCRIPTOR_MIN + (int)number,
                                      .what = (uint8_t)what };
        sim->open++;
        return d;
    }
    return NULL;
}

static void shut(struct sim *sim, struct sim_descriptor *d)
{
    if (d->node != NULL)
        leat_sim_node_release(sim, d->node);
    if (d->what == SIM_LISTENER)
        leat_sim_listener_fini(sim, d);
    if (d->what == SIM_DATAGRAMS)
        leat_sim_datagrams_fini(sim, d);
    if (d->stream != NULL)
        leat_sim_stream_leave(sim, d->stream, d->side);
    *d = (struct sim_descriptor){ .what = SIM_FREE };
    sim->open--;
}

struct leat_io leat_sim_close(struct leat_loop *loop, struct leat_socket *socket)
{
    struct sim *sim = sim_of(loop);
    struct sim_descriptor *d = leat_sim_descriptor(sim, socket->fd);
    leat_assert(d != NULL);
    leat_assert(d->flights == 0); /* what is under way on it has ended */
    leat_sim_says(sim, "close", "", (uint64_t)socket->fd, 0, 0);
    shut(sim, d);
    return (struct leat_io){ .status = LEAT_OK };
}

unsigned leat_sim_table_used(const struct sim *sim)
{
    return sim->descriptors < sim->table_len ? (unsigned)sim->descriptors : sim->table_len;
}

void leat_sim_table_fini(struct sim *sim)
{
    for (unsigned i = 0; i < leat_sim_table_used(sim); i++) {
        if (sim->table[i].what != SIM_FREE)
            shut(sim, &sim->table[i]);
    }
    leat_deallocate(&sim->loop.alloc, sim->table);
}

unsigned leat_sim_open_count(const struct leat_loop *loop)
{
    return ((const struct sim *)(const void *)loop)->open;
}

void leat_sim_limit_descriptors(struct leat_loop *loop, unsigned count)
{
    sim_of(loop)->open_max = count;
}
