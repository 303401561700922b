#include "leat/endpoint/datagram/datagrams.h"

#include <unistd.h>

#include "leat/endpoint/handle.h"

/* No datagram of UDP is longer, jumbograms apart. */
#define LEN_MAX ((size_t)65536)

static enum leat_status fails(struct leat_datagrams *self, int code)
{
    self->fault = leat_fault_of_system("datagrams", code);
    return LEAT_FAULT;
}

/* The status of an operation, with its fault recorded. */
static enum leat_status came_to(struct leat_datagrams *self, struct leat_io io)
{
    return io.status == LEAT_FAULT ? fails(self, io.code) : io.status;
}

static uint64_t deadline_of(struct leat_engine *engine, uint64_t timeout_ns)
{
    return timeout_ns != 0 ? engine->ops->now_ns(engine) + timeout_ns : 0;
}

/* The system knows what it chose. A simulated one has no name to ask for, nor paths to remove. */
static bool is_of_system(const struct leat_datagrams *self, struct leat_address *ret)
{
    *ret = (struct leat_address){ .len = sizeof(*ret) - offsetof(struct leat_address, any) };
    return getsockname(self->socket.fd, &ret->any, &ret->len) == 0;
}

static void address_find(struct leat_datagrams *self, const struct leat_address *at)
{
    struct leat_address found;
    bool is_path = at != NULL && at->any.sa_family == AF_UNIX;
    if (is_of_system(self, &found) && !is_path)
        self->address = found;
    else if (at != NULL)
        self->address = *at;
}

static struct leat_io opens(struct leat_datagrams *self, const struct leat_address *at,
                            const struct leat_address *to)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    const struct leat_address *either = at != NULL ? at : to;
    leat_assert(either != NULL);
    struct leat_op op = { .code = LEAT_OP_SOCKET, .socket = { either->any.sa_family, SOCK_DGRAM } };
    struct leat_io io = leat_engine_run(engine, &op);
    if (io.status != LEAT_OK)
        return io;
    self->socket.fd = io.descriptor;
    if (at != NULL) {
        struct leat_op bind = { .code = LEAT_OP_LISTEN,
                                .fd = self->socket.fd,
                                .listen = { .address = at, .shared = self->options.shared } };
        struct leat_address own;
        io = leat_engine_run(engine, &bind);
        self->removes =
            io.status == LEAT_OK && at->any.sa_family == AF_UNIX && is_of_system(self, &own);
    }
    if (io.status == LEAT_OK && to != NULL) {
        struct leat_op connect = { .code = LEAT_OP_CONNECT,
                                   .fd = self->socket.fd,
                                   .connect = { to } };
        io = leat_engine_run(engine, &connect);
        self->connected = io.status == LEAT_OK;
    }
    return io;
}

enum leat_status leat_datagrams_open(struct leat_datagrams *self, struct leat_ctx *ctx,
                                     const struct leat_address *at, const struct leat_address *to,
                                     const struct leat_datagrams_options *options)
{
    leat_assert(at != NULL || to != NULL);
    *self = (struct leat_datagrams){ .ctx = ctx, .socket = { -1, NULL } };
    if (options != NULL)
        self->options = *options;
    if (self->options.len_max == 0)
        self->options.len_max = LEN_MAX;
    struct leat_io io = opens(self, at, to);
    if (io.status == LEAT_OK) {
        address_find(self, at);
        return LEAT_OK;
    }
    enum leat_status status = came_to(self, io);
    self->address = at != NULL ? *at : (struct leat_address){ 0 };
    leat_datagrams_close(self);
    return status;
}

enum leat_status leat_datagrams_send(struct leat_datagrams *self, struct leat_span bytes,
                                     const struct leat_address *to)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    leat_assert(self->socket.fd >= 0);
    leat_assert(to != NULL || self->connected);
    struct leat_op op = {
        .code = LEAT_OP_SEND_TO,
        .fd = self->socket.fd,
        .send_to = { bytes, to },
        .deadline_ns = deadline_of(engine, self->options.send_timeout_ns),
    };
    return came_to(self, leat_engine_run(engine, &op));
}

enum leat_status leat_datagrams_receive(struct leat_datagrams *self, struct leat_datagram *ret)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    struct leat_address from = { 0 };
    leat_assert(self->socket.fd >= 0);
    struct leat_op op = {
        .code = LEAT_OP_RECEIVE_FROM,
        .fd = self->socket.fd,
        .receive_from = { .ctx = self->ctx, .len_max = self->options.len_max, .ret_from = &from },
        .deadline_ns = deadline_of(engine, self->options.receive_timeout_ns),
    };
    struct leat_io io = leat_engine_run(engine, &op);
    if (io.status != LEAT_OK)
        return came_to(self, io);
    leat_assert(io.bytes <= self->options.len_max);
    *ret = (struct leat_datagram){ op.receive_from.ret_slice, from, op.receive_from.ret_cut };
    return LEAT_OK;
}

enum leat_status leat_datagrams_arm(struct leat_datagrams *self, enum leat_ready ready,
                                    struct leat_wake *wake)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    leat_assert(self->socket.fd >= 0);
    leat_assert(wake->fire != NULL);
    enum leat_status status = leat_engine_arm(engine, self->socket.fd, ready, wake);
    if (status == LEAT_OK)
        self->armed[ready] = wake;
    return status;
}

void leat_datagrams_close(struct leat_datagrams *self)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    if (self->socket.fd < 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        if (self->armed[i] != NULL)
            leat_engine_disarm(engine, self->armed[i]);
        self->armed[i] = NULL;
    }
    engine->ops->close(engine, &self->socket);
    if (self->removes)
        (void)unlink(self->address.un.sun_path);
}
