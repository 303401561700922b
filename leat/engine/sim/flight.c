/* Operations on their way: when each is tried, waits, takes effect and is told of. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

static struct sim_flight *flight_of(const struct leat_op *op)
{
    leat_assert(op->link != NULL);
    struct sim_flight *flight = LEAT_CONTAINER_OF(op->link, struct sim_flight, op);
    leat_assert(flight->op == op);
    return flight;
}

static bool has_to_wait(struct leat_io io)
{
    return io.status == LEAT_AGAIN || io.status == LEAT_FULL;
}

static void says_result(struct sim *sim, const char *event, const struct leat_op *op,
                        uint64_t serial, struct leat_io io)
{
    uint64_t detail = io.status == LEAT_FAULT ? (uint64_t)io.code : 0;
    bool gives_descriptor =
        op->code == LEAT_OP_OPEN || op->code == LEAT_OP_SOCKET || op->code == LEAT_OP_ACCEPT;
    if (io.status == LEAT_OK)
        detail = gives_descriptor ? (uint64_t)io.descriptor : io.bytes;
    leat_sim_says(sim, event, leat_sim_op_name(op->code), serial, io.status, detail);
}

/* --- Their memory --- */

static struct sim_flight *flight_take(struct sim *sim)
{
    struct sim_flight *flight = sim->unused;
    if (flight != NULL) {
        sim->unused = flight->next;
        flight->next = NULL;
        return flight;
    }
    flight = leat_allocate(&sim->loop.alloc, sizeof(*flight));
    if (flight == NULL)
        return NULL;
    flight->older = sim->flights;
    sim->flights = flight;
    return flight;
}

/* What `op` uses is held by it: it is not to be closed meanwhile. */
static void holds(struct sim *sim, struct sim_flight *flight)
{
    const struct leat_op *op = flight->op;
    int fds[2] = { op->fd, -1 };
    if (op->code == LEAT_OP_OPEN)
        fds[0] = op->open.folder;
    else if (op->code == LEAT_OP_RENAME || op->code == LEAT_OP_UNLINK)
        fds[0] = op->name.folder;
    else if (op->code == LEAT_OP_SOCKET)
        fds[0] = -1;
    else if (op->code == LEAT_OP_MOVE)
        fds[1] = op->move.move->from;
    for (unsigned i = 0; i < 2; i++) {
        flight->on[i] = leat_sim_descriptor(sim, fds[i]);
        if (flight->on[i] != NULL)
            flight->on[i]->flights++;
    }
}

static void unpark(struct sim_flight *flight)
{
    *flight->link = flight->next;
    if (flight->next != NULL)
        flight->next->link = flight->link;
    flight->next = NULL;
    flight->link = NULL;
}

static void flight_release(struct sim *sim, struct sim_flight *flight)
{
    for (unsigned i = 0; i < 2; i++) {
        if (flight->on[i] == NULL)
            continue;
        leat_assert(flight->on[i]->flights > 0);
        flight->on[i]->flights--;
        flight->on[i] = NULL;
    }
    leat_assert(flight->link == NULL && !flight->event.scheduled);
    flight->op->link = NULL;
    flight->op = NULL;
    flight->next = sim->unused;
    sim->unused = flight;
}

void leat_sim_flights_fini(struct sim *sim)
{
    while (sim->flights != NULL) {
        struct sim_flight *flight = sim->flights;
        leat_assert(flight->op == NULL);
        sim->flights = flight->older;
        leat_deallocate(&sim->loop.alloc, flight);
    }
}

/* --- Their ways --- */

static void finish(struct sim *sim, struct sim_flight *flight, struct leat_io io)
{
    struct leat_op *op = flight->op;
    says_result(sim, "done", op, flight->serial, io);
    flight_release(sim, flight);
    sim->finished++;
    leat_loop_finish(&sim->loop, op, io);
}

static void told(struct sim *sim, struct sim_event *event)
{
    struct sim_flight *flight = LEAT_CONTAINER_OF(event, struct sim_flight, event);
    leat_assert(flight->phase == SIM_DECIDED || flight->phase == SIM_GIVEN_UP);
    finish(sim, flight, flight->io);
}

/* Its result stands: it is told of now or later. */
static void decide(struct sim *sim, struct sim_flight *flight, enum sim_phase phase,
                   struct leat_io io, bool later)
{
    leat_assert(!flight->event.scheduled);
    flight->phase = (uint8_t)phase;
    flight->io = io;
    flight->event.fire = told;
    if (later)
        leat_sim_schedule(sim, &flight->event, leat_sim_delay_ns(sim));
    else
        finish(sim, flight, io);
}

/* It waits where a change will be seen: at one descriptor, or for memory. */
static void park(struct sim *sim, struct sim_flight *flight, struct leat_io io)
{
    bool at_source = flight->op->code == LEAT_OP_MOVE && io.status == LEAT_AGAIN;
    struct sim_flight **list = &sim->starved;
    if (io.status != LEAT_AGAIN || io.code != ENOBUFS) {
        leat_assert(flight->on[at_source] != NULL);
        list = &flight->on[at_source]->parked;
    }
    flight->phase = SIM_PARKED;
    flight->next = *list;
    if (flight->next != NULL)
        flight->next->link = &flight->next;
    flight->link = list;
    *list = flight;
}

/* One try, which is struck by a fault only once: who waits is not worn down by waking up. */
static struct leat_io try_it(struct sim *sim, struct leat_op *op, bool *struck)
{
    int code = *struck ? 0 : leat_sim_strikes(sim, op);
    *struck = true;
    return code != 0 ? leat_io_fault(code) : leat_sim_try(sim, op);
}

static void tries(struct sim *sim, struct sim_event *event)
{
    struct sim_flight *flight = LEAT_CONTAINER_OF(event, struct sim_flight, event);
    struct leat_io io = try_it(sim, flight->op, &flight->struck);
    bool cancelled = flight->op->state == LEAT_OP_CANCELLING;
    if (has_to_wait(io) && !cancelled)
        park(sim, flight, io);
    else if (has_to_wait(io))
        decide(sim, flight, SIM_GIVEN_UP, leat_io_fault(ECANCELED), false);
    else
        decide(sim, flight, SIM_DECIDED, io, leat_sim_permille(sim, sim->late));
}

static void try_later(struct sim *sim, struct sim_flight *flight)
{
    flight->phase = SIM_TRYING;
    flight->event.fire = tries;
    leat_sim_schedule(sim, &flight->event, leat_sim_delay_ns(sim));
}

bool leat_sim_start(struct leat_loop *loop, struct leat_op *op)
{
    struct sim *sim = sim_of(loop);
    uint64_t serial = ++sim->serial;
    bool struck = false;
    bool now = leat_sim_permille(sim, sim->at_once);
    struct leat_io io = { .status = LEAT_AGAIN };
    leat_sim_says(sim, "start", leat_sim_op_name(op->code), serial, (uint64_t)(int64_t)op->fd, 0);
    if (now)
        io = try_it(sim, op, &struck);
    struct sim_flight *flight = has_to_wait(io) ? flight_take(sim) : NULL;
    if (flight == NULL) {
        op->result = has_to_wait(io) ? leat_io_fault(ENOMEM) : io;
        says_result(sim, "at once", op, serial, op->result);
        return true;
    }
    flight->op = op;
    flight->serial = serial;
    flight->struck = struck;
    op->link = &flight->op;
    op->state = LEAT_OP_IN_FLIGHT;
    holds(sim, flight);
    if (now)
        park(sim, flight, io);
    else
        try_later(sim, flight);
    return false;
}

/* As the kernel's: what has had its effect keeps its result; else it ends at once, or later, or is
 * just being tried when the request comes. */
void leat_sim_cancel(struct leat_loop *loop, struct leat_op *op)
{
    struct sim *sim = sim_of(loop);
    struct sim_flight *flight = flight_of(op);
    leat_assert(op->state == LEAT_OP_IN_FLIGHT);
    leat_sim_says(sim, "cancel", leat_sim_op_name(op->code), flight->serial, flight->phase, 0);
    op->state = LEAT_OP_CANCELLING;
    if (flight->phase == SIM_DECIDED)
        return;
    if (flight->phase == SIM_PARKED)
        unpark(flight);
    else
        leat_sim_unschedule(sim, &flight->event);
    if (leat_sim_below(sim, 4) == 0)
        try_later(sim, flight);
    else
        decide(sim, flight, SIM_GIVEN_UP, leat_io_fault(ECANCELED), leat_sim_below(sim, 2) == 0);
}

static void wake_all(struct sim *sim, struct sim_flight **list)
{
    while (*list != NULL) {
        struct sim_flight *flight = *list;
        leat_assert(flight->phase == SIM_PARKED);
        unpark(flight);
        try_later(sim, flight);
    }
}

void leat_sim_wake(struct sim *sim, struct sim_descriptor *descriptor)
{
    if (descriptor != NULL)
        wake_all(sim, &descriptor->parked);
}

void leat_sim_feed(struct sim *sim)
{
    if (sim->starved != NULL && leat_buffers_home(sim->buffers) > 0)
        wake_all(sim, &sim->starved);
}
