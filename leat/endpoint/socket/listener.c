#include "leat/endpoint/socket/listener.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/endpoint/handle.h"

#define BACKLOG 1024u

static enum leat_status fails(struct leat_listener *self, int code)
{
    self->fault = leat_fault_of_system("listener", code);
    return LEAT_FAULT;
}

/* The system knows what it chose. A simulated one has no name to ask for, nor paths to remove. */
static bool is_of_system(int fd, struct leat_address *ret)
{
    *ret = (struct leat_address){ .len = sizeof(*ret) - offsetof(struct leat_address, any) };
    return getsockname(fd, &ret->any, &ret->len) == 0;
}

/* Who died without removing his path left it in the way. A path where somebody answers, and what is
 * no socket, stay. */
static void stale_remove(struct leat_engine *engine, const struct leat_address *address)
{
    struct stat stat;
    struct leat_address own;
    if (address->any.sa_family != AF_UNIX || lstat(address->un.sun_path, &stat) < 0 ||
        !S_ISSOCK(stat.st_mode))
        return;
    struct leat_op op = { .code = LEAT_OP_SOCKET, .socket = { AF_UNIX, SOCK_STREAM } };
    struct leat_io io = leat_engine_run(engine, &op);
    if (io.status != LEAT_OK)
        return;
    struct leat_op connect = { .code = LEAT_OP_CONNECT,
                               .fd = io.descriptor,
                               .connect = { address } };
    struct leat_io answer = leat_engine_run(engine, &connect);
    bool removes = is_of_system(io.descriptor, &own);
    leat_engine_close(engine, io.descriptor);
    if (removes && answer.status == LEAT_FAULT && answer.code == ECONNREFUSED)
        (void)unlink(address->un.sun_path);
}

/* Whether it is the system's. */
static bool address_find(struct leat_listener *self)
{
    struct leat_address found;
    if (!is_of_system(self->socket.fd, &found))
        return false;
    if (self->address.any.sa_family != AF_UNIX)
        self->address = found;
    return true;
}

void leat_listener_of(struct leat_listener *self, struct leat_ctx *ctx, int fd)
{
    leat_assert(fd >= 0);
    *self = (struct leat_listener){ .ctx = ctx, .socket = { fd, NULL } };
    (void)address_find(self);
}

enum leat_status leat_listener_open(struct leat_listener *self, struct leat_ctx *ctx,
                                    const struct leat_address *address,
                                    const struct leat_listener_options *options)
{
    struct leat_engine *engine = leat_engine_of(ctx);
    *self = (struct leat_listener){ .ctx = ctx, .socket = { -1, NULL } };
    stale_remove(engine, address);
    struct leat_op op = { .code = LEAT_OP_SOCKET,
                          .socket = { address->any.sa_family, SOCK_STREAM } };
    struct leat_io io = leat_engine_run(engine, &op);
    if (io.status != LEAT_OK)
        return io.status == LEAT_FAULT ? fails(self, io.code) : io.status;
    self->socket.fd = io.descriptor;
    struct leat_op listen = {
        .code = LEAT_OP_LISTEN,
        .fd = io.descriptor,
        .listen = { .address = address,
                    .backlog = options != NULL && options->backlog > 0 ? options->backlog : BACKLOG,
                    .shared = options != NULL && options->shared },
    };
    io = leat_engine_run(engine, &listen);
    if (io.status == LEAT_OK) {
        self->address = *address;
        self->removes = address_find(self) && address->any.sa_family == AF_UNIX;
        return LEAT_OK;
    }
    engine->ops->close(engine, &self->socket);
    return io.status == LEAT_FAULT ? fails(self, io.code) : io.status;
}

enum leat_status leat_listener_accept(struct leat_listener *self,
                                      const struct leat_connection_options *options,
                                      struct leat_connection **ret)
{
    struct leat_address peer = { 0 };
    struct leat_op op = { .code = LEAT_OP_ACCEPT,
                          .fd = self->socket.fd,
                          .accept = { .socket = &self->socket, .ret_peer = &peer } };
    struct leat_io io = leat_engine_run(leat_engine_of(self->ctx), &op);
    if (io.status != LEAT_OK)
        return io.status == LEAT_FAULT ? fails(self, io.code) : io.status;
    struct leat_connection *connection =
        leat_connection_of(self->ctx, io.descriptor, &peer, options);
    if (connection == NULL)
        return fails(self, ENOMEM);
    *ret = connection;
    return LEAT_OK;
}

void leat_listener_close(struct leat_listener *self)
{
    struct leat_engine *engine = leat_engine_of(self->ctx);
    if (self->socket.fd < 0)
        return;
    engine->ops->close(engine, &self->socket);
    if (self->removes)
        (void)unlink(self->address.un.sun_path);
}
