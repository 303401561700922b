/* Who listens where, and how connections are made. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/engine/sim/state.h"

#define NS_PER_S ((uint64_t)1000000000)

/* A call for a connection that is not heard is made again after 1, 2, 4 ... seconds. */
enum { CALLS_MAX = 6 };

enum { BACKLOG_MAX = 4096 };

/* One of those who listen at `address`, with the same chance for each; NULL: nobody does. */
static struct sim_descriptor *listener_at(struct sim *sim, const struct leat_address *address)
{
    struct sim_descriptor *found = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < leat_sim_table_used(sim); i++) {
        struct sim_descriptor *d = &sim->table[i];
        if (d->what != SIM_LISTENER || !leat_sim_is_same(&d->address, address))
            continue;
        if (++count == 1 || leat_sim_below(sim, count) == 0)
            found = d;
    }
    return found;
}

bool leat_sim_is_cut(const struct sim *sim, const struct sim_stream *stream)
{
    return !stream->is_near && leat_sim_is_cut_off(sim, &stream->ends[1].address);
}

/* --- Sockets --- */

static struct leat_io opened(const struct sim_descriptor *d)
{
    return (struct leat_io){ .status = LEAT_OK, .descriptor = d->fd };
}

static struct sim_descriptor *open_socket(struct sim *sim, int domain)
{
    struct sim_descriptor *d = leat_sim_open(sim, SIM_SOCKET);
    if (d == NULL)
        return NULL;
    d->reads = d->writes = true;
    d->domain = domain;
    return d;
}

static void attach(struct sim_descriptor *d, struct sim_stream *stream, unsigned side)
{
    leat_assert(d->stream == NULL);
    d->stream = stream;
    d->side = side;
    stream->ends[side].descriptor = d;
    stream->ends[side].open = true;
}

struct leat_io leat_sim_socket(struct sim *sim, int domain, int type)
{
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
        return leat_io_fault(EAFNOSUPPORT);
    type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (type != SOCK_STREAM && type != SOCK_DGRAM)
        return leat_io_fault(EPROTONOSUPPORT);
    struct sim_descriptor *d = open_socket(sim, domain);
    if (d != NULL && type == SOCK_DGRAM)
        d->what = SIM_DATAGRAMS;
    return d == NULL ? leat_io_fault(EMFILE) : opened(d);
}

struct leat_io leat_sim_listen(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    struct leat_address address = *op->listen.address;
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what == SIM_DATAGRAMS)
        return leat_sim_datagrams_bind(sim, d, op);
    if (d->what != SIM_SOCKET || d->stream != NULL)
        return leat_io_fault(EINVAL);
    if (!leat_sim_is_known(&address) || address.any.sa_family != d->domain)
        return leat_io_fault(EAFNOSUPPORT);
    bool chooses = address.any.sa_family != AF_UNIX && leat_address_port(&address) == 0;
    for (unsigned tries = 0; chooses && tries < SIM_PORTS; tries++) {
        leat_sim_port_draw(sim, &address);
        chooses = listener_at(sim, &address) != NULL;
    }
    const struct sim_descriptor *other = listener_at(sim, &address);
    if (chooses || (other != NULL && !(other->shared && op->listen.shared)))
        return leat_io_fault(EADDRINUSE);
    d->what = SIM_LISTENER;
    d->reads = d->writes = false;
    d->address = address;
    d->shared = op->listen.shared;
    d->backlog = op->listen.backlog > 0 ? op->listen.backlog : 1;
    d->backlog = d->backlog < BACKLOG_MAX ? d->backlog : BACKLOG_MAX;
    return (struct leat_io){ .status = LEAT_OK };
}

static struct sim_stream *pending_take(struct sim_descriptor *d)
{
    struct sim_stream *stream = d->pending;
    leat_assert(stream != NULL && d->pending_len > 0);
    d->pending = stream->next_pending;
    stream->next_pending = NULL;
    d->pending_len--;
    return stream;
}

void leat_sim_listener_fini(struct sim *sim, struct sim_descriptor *d)
{
    while (d->pending != NULL) {
        struct sim_stream *stream = pending_take(d);
        leat_sim_stream_break(sim, stream);
        leat_sim_stream_leave(sim, stream, 1);
    }
    leat_assert(d->pending_len == 0);
}

struct leat_io leat_sim_accept(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what != SIM_LISTENER)
        return leat_io_fault(d->what == SIM_SOCKET ? EINVAL : ENOTSOCK);
    if (d->pending == NULL)
        return (struct leat_io){ .status = LEAT_AGAIN };
    struct sim_descriptor *accepted = open_socket(sim, d->domain);
    if (accepted == NULL)
        return leat_io_fault(EMFILE);
    struct sim_stream *stream = pending_take(d);
    attach(accepted, stream, 1);
    if (op->accept.ret_peer != NULL)
        *op->accept.ret_peer = stream->ends[0].address;
    return opened(accepted);
}

/* --- Connecting --- */

static void fails(struct sim *sim, struct sim_stream *stream, int code)
{
    stream->progress = SIM_FAILED;
    stream->code = code;
    leat_sim_wake(sim, stream->ends[0].descriptor);
}

static void answer_comes(struct sim *sim, struct sim_event *event);
static void refusal_comes(struct sim *sim, struct sim_event *event);

/* It is not heard: it is made again, or was the last. */
static void call_again(struct sim *sim, struct sim_stream *stream)
{
    if (++stream->calls > CALLS_MAX)
        fails(sim, stream, ETIMEDOUT);
    else
        leat_sim_schedule(sim, &stream->call, NS_PER_S << (stream->calls - 1));
}

static void pending_add(struct sim_descriptor *d, struct sim_stream *stream)
{
    leat_assert(d->pending_len < d->backlog);
    if (d->pending == NULL)
        d->pending = stream;
    else
        d->pending_last->next_pending = stream;
    d->pending_last = stream;
    d->pending_len++;
    stream->ends[1].open = true;
}

/* The call comes to where somebody may listen. */
static void call_comes(struct sim *sim, struct sim_event *event)
{
    struct sim_stream *stream = LEAT_CONTAINER_OF(event, struct sim_stream, call);
    leat_assert(stream->progress == SIM_CALLING);
    if (leat_sim_is_cut(sim, stream)) {
        call_again(sim, stream);
        return;
    }
    struct sim_descriptor *d = listener_at(sim, &stream->ends[1].address);
    if (d == NULL || leat_sim_hits(sim, LEAT_SIM_REFUSED)) {
        event->fire = refusal_comes;
        leat_sim_schedule(sim, event, leat_sim_latency_ns(sim, stream));
        return;
    }
    if (d->pending_len == d->backlog) {
        call_again(sim, stream);
        return;
    }
    pending_add(d, stream);
    stream->progress = SIM_ANSWERED;
    event->fire = answer_comes;
    leat_sim_schedule(sim, event, leat_sim_latency_ns(sim, stream));
    leat_sim_wake(sim, d);
}

static void answer_comes(struct sim *sim, struct sim_event *event)
{
    struct sim_stream *stream = LEAT_CONTAINER_OF(event, struct sim_stream, call);
    leat_assert(stream->progress == SIM_ANSWERED);
    if (leat_sim_is_cut(sim, stream)) {
        call_again(sim, stream);
        return;
    }
    stream->progress = SIM_CONNECTED;
    leat_sim_wake(sim, stream->ends[0].descriptor);
}

static void refusal_comes(struct sim *sim, struct sim_event *event)
{
    fails(sim, LEAT_CONTAINER_OF(event, struct sim_stream, call), ECONNREFUSED);
}

static struct leat_io call(struct sim *sim, struct sim_descriptor *d, const struct leat_address *to)
{
    struct sim_stream *stream = leat_sim_stream_create(sim);
    if (stream == NULL)
        return leat_io_fault(ENOMEM);
    stream->ends[0].address = leat_sim_near_end(sim, to);
    stream->ends[1].address = *to;
    stream->is_near = to->any.sa_family == AF_UNIX;
    stream->progress = SIM_CALLING;
    stream->call.fire = call_comes;
    attach(d, stream, 0);
    leat_sim_schedule(sim, &stream->call, leat_sim_latency_ns(sim, stream));
    return (struct leat_io){ .status = LEAT_FULL };
}

struct leat_io leat_sim_connect(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what == SIM_DATAGRAMS)
        return leat_sim_datagrams_connect(sim, d, op->connect.to);
    if (d->what != SIM_SOCKET)
        return leat_io_fault(ENOTSOCK);
    if (!leat_sim_is_known(op->connect.to) || op->connect.to->any.sa_family != d->domain)
        return leat_io_fault(EAFNOSUPPORT);
    if (d->stream == NULL)
        return call(sim, d, op->connect.to);
    if (d->side == 1 || d->stream->progress == SIM_CONNECTED)
        return (struct leat_io){ .status = LEAT_OK };
    if (d->stream->progress != SIM_FAILED)
        return (struct leat_io){ .status = LEAT_FULL };
    int code = d->stream->code;
    leat_sim_stream_leave(sim, d->stream, 0);
    d->stream = NULL;
    return leat_io_fault(code);
}

enum leat_status leat_sim_address(const struct leat_loop *loop, int fd, struct leat_address *ret)
{
    const struct sim *sim = (const struct sim *)(const void *)loop;
    const struct sim_descriptor *d = leat_sim_descriptor(sim, fd);
    if (d == NULL || (d->address.len == 0 && d->stream == NULL))
        return LEAT_FAULT;
    *ret = d->stream == NULL ? d->address : d->stream->ends[d->side].address;
    return LEAT_OK;
}

enum leat_status leat_sim_break(struct leat_loop *loop, int fd)
{
    struct sim *sim = sim_of(loop);
    const struct sim_descriptor *d = leat_sim_descriptor(sim, fd);
    if (d == NULL || d->stream == NULL || d->stream->progress != SIM_CONNECTED)
        return LEAT_FAULT;
    leat_sim_says(sim, "break", "", (uint64_t)fd, 0, 0);
    leat_sim_stream_break(sim, d->stream);
    return LEAT_OK;
}

/* --- Pairs --- */

static enum leat_status pair(struct sim *sim, bool is_pipe, int fds[2])
{
    struct sim_descriptor *first = open_socket(sim, AF_UNIX);
    struct sim_descriptor *second = open_socket(sim, AF_UNIX);
    struct sim_stream *stream =
        first != NULL && second != NULL ? leat_sim_stream_create(sim) : NULL;
    if (stream == NULL) {
        struct leat_socket made[2] = { { first != NULL ? first->fd : -1, NULL },
                                       { second != NULL ? second->fd : -1, NULL } };
        for (unsigned i = 0; i < 2; i++) {
            if (made[i].fd >= 0)
                leat_sim_close(&sim->loop, &made[i]);
        }
        return LEAT_FAULT;
    }
    stream->progress = SIM_CONNECTED;
    stream->is_near = true;
    stream->is_pipe = is_pipe;
    attach(first, stream, 0);
    attach(second, stream, 1);
    first->writes = second->reads = !is_pipe;
    fds[0] = first->fd;
    fds[1] = second->fd;
    return LEAT_OK;
}

enum leat_status leat_sim_pipe(struct leat_loop *loop, int fds[2])
{
    return pair(sim_of(loop), true, fds);
}

enum leat_status leat_sim_socketpair(struct leat_loop *loop, int fds[2])
{
    return pair(sim_of(loop), false, fds);
}
