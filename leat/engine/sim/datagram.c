/* Sockets of datagrams: each goes its own way, and comes some time after or never, perhaps before
 * one that was sent before it, perhaps twice, and to nobody who has no room for it. Inside of the
 * machine, at Unix addresses, they come at once, in order, and whoever finds no room waits. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

/* The longest, as of UDP over IPv4. */
enum { LEN_MAX = 65507 };

/* What one takes of a buffer beside its bytes: those without a byte fill one, too. */
enum { COST = 64 };

static size_t cost_of(const struct sim_datagram *datagram)
{
    return datagram->len + COST;
}

static bool is_unix(const struct sim_descriptor *d)
{
    return d->domain == AF_UNIX;
}

/* --- Who gets one --- */

/* One of those who are bound at `address` and hear `from` (NULL: whomever), each with the same
 * chance; who is connected, and so hears nobody else, before those who are not. NULL: nobody. */
static struct sim_descriptor *hearer_at(struct sim *sim, const struct leat_address *address,
                                        const struct leat_address *from)
{
    struct sim_descriptor *found = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < leat_sim_table_used(sim); i++) {
        struct sim_descriptor *d = &sim->table[i];
        bool connected = d->peer.len > 0 && from != NULL;
        if (d->what != SIM_DATAGRAMS || d->address.len == 0 ||
            !leat_sim_is_same(&d->address, address) ||
            (connected && !leat_sim_is_same(&d->peer, from)))
            continue;
        if (connected)
            return d;
        if (++count == 1 || leat_sim_below(sim, count) == 0)
            found = d;
    }
    return found;
}

static bool has_room(const struct sim *sim, const struct sim_descriptor *d, size_t cost)
{
    return d->queue == NULL || d->queued + cost <= sim->window;
}

/* --- One datagram --- */

static struct sim_datagram *datagram_create(struct sim *sim, const struct sim_descriptor *d,
                                            const struct leat_address *to, struct leat_span bytes)
{
    struct sim_datagram *self = leat_allocate(&sim->loop.alloc, sizeof(*self) + bytes.len);
    if (self == NULL)
        return NULL;
    self->sender = d->fd;
    self->from = d->address;
    self->to = *to;
    self->len = bytes.len;
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, self->bytes, bytes.data, bytes.len);
    return self;
}

/* It is no longer under way, and leaves its sender's buffer. */
static void datagram_lands(struct sim *sim, struct sim_datagram *self)
{
    struct sim_descriptor *sender = leat_sim_descriptor(sim, self->sender);
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    self->next = NULL;
    self->link = NULL;
    if (sender == NULL || self->is_second)
        return;
    leat_assert(sender->sending >= cost_of(self));
    sender->sending -= cost_of(self);
    leat_sim_wake(sim, sender);
}

static void datagram_drop(struct sim *sim, struct sim_datagram *self, const char *why)
{
    leat_sim_says(sim, why, "", (uint64_t)self->sender, self->len, 0);
    leat_deallocate(&sim->loop.alloc, self);
}

static void queue_add(struct sim *sim, struct sim_descriptor *d, struct sim_datagram *datagram)
{
    if (d->queue == NULL)
        d->queue = datagram;
    else
        d->queue_last->next = datagram;
    d->queue_last = datagram;
    d->queued += cost_of(datagram);
    leat_sim_wake(sim, d);
}

static struct sim_datagram *queue_take(struct sim_descriptor *d)
{
    struct sim_datagram *datagram = d->queue;
    leat_assert(d->queued >= cost_of(datagram));
    d->queue = datagram->next;
    d->queued -= cost_of(datagram);
    datagram->next = NULL;
    return datagram;
}

/* --- On its way --- */

/* Nobody is there: the sender hears of it, where he talks with that one alone. */
static void refusal_comes(struct sim *sim, struct sim_event *event)
{
    struct sim_datagram *self = LEAT_CONTAINER_OF(event, struct sim_datagram, event);
    struct sim_descriptor *sender = leat_sim_descriptor(sim, self->sender);
    datagram_lands(sim, self);
    if (sender != NULL && sender->peer.len > 0 && leat_sim_is_same(&sender->peer, &self->to)) {
        sender->error = ECONNREFUSED;
        leat_sim_wake(sim, sender);
    }
    datagram_drop(sim, self, "refused");
}

static void comes(struct sim *sim, struct sim_event *event)
{
    struct sim_datagram *self = LEAT_CONTAINER_OF(event, struct sim_datagram, event);
    struct sim_descriptor *d = hearer_at(sim, &self->to, &self->from);
    bool cut = leat_sim_is_cut_off(sim, &self->to) || leat_sim_is_cut_off(sim, &self->from);
    if (!cut && !self->is_lost && d == NULL) {
        event->fire = refusal_comes;
        leat_sim_schedule(sim, event, leat_sim_way_ns(sim));
        return;
    }
    datagram_lands(sim, self);
    if (cut || self->is_lost)
        datagram_drop(sim, self, "lost");
    else if (!has_room(sim, d, cost_of(self)))
        datagram_drop(sim, self, "no room");
    else
        queue_add(sim, d, self);
}

static void goes(struct sim *sim, struct sim_datagram *self)
{
    uint64_t way_ns = leat_sim_datagram_ns(sim);
    self->is_lost = leat_sim_hits(sim, LEAT_SIM_LOST);
    self->next = sim->datagrams;
    self->link = &sim->datagrams;
    if (self->next != NULL)
        self->next->link = &self->next;
    sim->datagrams = self;
    self->event.fire = comes;
    leat_sim_schedule(sim, &self->event, way_ns);
}

/* --- Opening --- */

struct leat_io leat_sim_datagrams_bind(struct sim *sim, struct sim_descriptor *d,
                                       struct leat_op *op)
{
    struct leat_address address = *op->listen.address;
    if (d->address.len > 0)
        return leat_io_fault(EINVAL);
    if (!leat_sim_is_known(&address) || address.any.sa_family != d->domain)
        return leat_io_fault(EAFNOSUPPORT);
    bool chooses = !is_unix(d) && leat_address_port(&address) == 0;
    for (unsigned tries = 0; chooses && tries < SIM_PORTS; tries++) {
        leat_sim_port_draw(sim, &address);
        chooses = hearer_at(sim, &address, NULL) != NULL;
    }
    const struct sim_descriptor *other = hearer_at(sim, &address, NULL);
    if (chooses || (other != NULL && !(other->shared && op->listen.shared)))
        return leat_io_fault(EADDRINUSE);
    d->address = address;
    d->shared = op->listen.shared;
    return (struct leat_io){ .status = LEAT_OK };
}

/* Who sends without having been bound is so from then on; at Unix addresses he has no name. */
static void bind_somewhere(struct sim *sim, struct sim_descriptor *d, const struct leat_address *to)
{
    while (d->address.len == 0 && !is_unix(d)) {
        struct leat_address address = leat_sim_near_end(sim, to);
        if (hearer_at(sim, &address, NULL) == NULL)
            d->address = address;
    }
}

struct leat_io leat_sim_datagrams_connect(struct sim *sim, struct sim_descriptor *d,
                                          const struct leat_address *to)
{
    if (!leat_sim_is_known(to) || to->any.sa_family != d->domain)
        return leat_io_fault(EAFNOSUPPORT);
    if (is_unix(d) && hearer_at(sim, to, NULL) == NULL)
        return leat_io_fault(ECONNREFUSED);
    bind_somewhere(sim, d, to);
    d->peer = *to;
    return (struct leat_io){ .status = LEAT_OK };
}

/* --- Sending --- */

/* To who is in the same machine. */
static struct leat_io passes(struct sim *sim, struct sim_descriptor *d,
                             const struct leat_address *to, struct leat_span bytes)
{
    struct sim_descriptor *hearer = hearer_at(sim, to, &d->address);
    if (hearer == NULL)
        return leat_io_fault(ECONNREFUSED);
    if (!has_room(sim, hearer, bytes.len + COST))
        return (struct leat_io){ .status = LEAT_FULL };
    struct sim_datagram *datagram = datagram_create(sim, d, to, bytes);
    if (datagram == NULL)
        return leat_io_fault(ENOMEM);
    queue_add(sim, hearer, datagram);
    return (struct leat_io){ .status = LEAT_OK, .bytes = bytes.len };
}

static struct leat_io sends(struct sim *sim, struct sim_descriptor *d,
                            const struct leat_address *to, struct leat_span bytes)
{
    if (d->sending >= sim->window)
        return (struct leat_io){ .status = LEAT_FULL };
    bind_somewhere(sim, d, to);
    struct sim_datagram *datagram = datagram_create(sim, d, to, bytes);
    if (datagram == NULL)
        return leat_io_fault(ENOMEM);
    d->sending += cost_of(datagram);
    goes(sim, datagram);
    datagram = leat_sim_hits(sim, LEAT_SIM_TWICE) ? datagram_create(sim, d, to, bytes) : NULL;
    if (datagram != NULL) {
        datagram->is_second = true;
        leat_sim_says(sim, "twice", "", (uint64_t)d->fd, bytes.len, 0);
        goes(sim, datagram);
    }
    return (struct leat_io){ .status = LEAT_OK, .bytes = bytes.len };
}

/* What happened to one before is said once. */
static int error_take(struct sim_descriptor *d)
{
    int error = d->error;
    d->error = 0;
    return error;
}

struct leat_io leat_sim_send_to(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    const struct leat_address *to = op->send_to.to;
    if (d == NULL || d->what != SIM_DATAGRAMS)
        return leat_io_fault(d == NULL ? EBADF : ENOTSOCK);
    if (to == NULL)
        to = &d->peer;
    if (to->len == 0)
        return leat_io_fault(EDESTADDRREQ);
    if (!leat_sim_is_known(to) || to->any.sa_family != d->domain)
        return leat_io_fault(EAFNOSUPPORT);
    if (op->send_to.bytes.len > LEN_MAX)
        return leat_io_fault(EMSGSIZE);
    int error = error_take(d);
    if (error != 0)
        return leat_io_fault(error);
    return is_unix(d) ? passes(sim, d, to, op->send_to.bytes)
                      : sends(sim, d, to, op->send_to.bytes);
}

/* --- Receiving --- */

/* Who waits to send to somebody in this machine tries again. */
static void senders_wake(struct sim *sim, const struct sim_descriptor *hearer)
{
    for (unsigned i = 0; is_unix(hearer) && i < leat_sim_table_used(sim); i++) {
        struct sim_descriptor *d = &sim->table[i];
        if (d->what == SIM_DATAGRAMS && is_unix(d))
            leat_sim_wake(sim, d);
    }
}

struct leat_io leat_sim_receive_from(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    struct leat_ctx *ctx = op->receive_from.ctx;
    if (d == NULL || d->what != SIM_DATAGRAMS)
        return leat_io_fault(d == NULL ? EBADF : ENOTSOCK);
    int error = error_take(d);
    if (error != 0)
        return leat_io_fault(error);
    if (d->queue == NULL)
        return (struct leat_io){ .status = LEAT_AGAIN };
    struct leat_block *block = leat_ctx_block(ctx, op->receive_from.len_max);
    if (block == NULL)
        return leat_io_fault(ENOMEM);
    struct sim_datagram *datagram = queue_take(d);
    bool cut = datagram->len > op->receive_from.len_max;
    size_t len = cut ? op->receive_from.len_max : datagram->len;
    leat_bytes_copy(NULL, LEAT_CAUSE_KERNEL, block->data, datagram->bytes, len);
    op->receive_from.ret_slice = (struct leat_slice){ block->data, len, block };
    op->receive_from.ret_cut = cut;
    if (op->receive_from.ret_from != NULL)
        *op->receive_from.ret_from = datagram->from;
    leat_deallocate(&sim->loop.alloc, datagram);
    senders_wake(sim, d);
    return (struct leat_io){ .status = LEAT_OK, .bytes = len };
}

struct leat_io leat_sim_datagrams_ready(const struct sim *sim, const struct sim_descriptor *d,
                                        enum leat_ready ready)
{
    bool reads = ready == LEAT_READY_READ;
    if (d->error != 0 || (reads ? d->queue != NULL : d->sending < sim->window))
        return (struct leat_io){ .status = LEAT_OK };
    return (struct leat_io){ .status = reads ? LEAT_AGAIN : LEAT_FULL };
}

/* --- The end --- */

void leat_sim_datagrams_fini(struct sim *sim, struct sim_descriptor *d)
{
    while (d->queue != NULL)
        leat_deallocate(&sim->loop.alloc, queue_take(d));
    senders_wake(sim, d);
}

void leat_sim_datagrams_drop(struct sim *sim)
{
    while (sim->datagrams != NULL) {
        struct sim_datagram *datagram = sim->datagrams;
        leat_sim_unschedule(sim, &datagram->event);
        sim->datagrams = datagram->next;
        leat_deallocate(&sim->loop.alloc, datagram);
    }
}
