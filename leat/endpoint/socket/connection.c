#include "leat/endpoint/socket/connection.h"

#include <netinet/tcp.h>

#include "leat/endpoint/socket/parts.h"

_Static_assert(offsetof(struct leat_connection, receiver) == 0, "a reader is its connection");

static struct leat_connection *of_writer(struct leat_writer *w)
{
    return LEAT_CONTAINER_OF(w, struct leat_connection, sink);
}

/* --- Connecting --- */

/* Small answers go out at once; where there is no such thing, that is no fault. */
static void delays_nothing(const struct leat_connection *self)
{
    const int on = 1;
    if (!self->options.gathers && self->peer.any.sa_family != AF_UNIX)
        (void)setsockopt(self->handle->socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static struct leat_io connects(struct leat_connection *self)
{
    struct leat_engine *engine = leat_engine_of(self->sink.writer.ctx);
    struct leat_socket *socket = &self->handle->socket;
    if (socket->fd < 0) {
        struct leat_op op = { .code = LEAT_OP_SOCKET,
                              .socket = { self->peer.any.sa_family, SOCK_STREAM } };
        struct leat_io io = leat_engine_run(engine, &op);
        if (io.status != LEAT_OK)
            return io;
        socket->fd = io.descriptor;
        delays_nothing(self);
    }
    uint64_t timeout_ns = self->options.connect_timeout_ns;
    struct leat_op op = {
        .code = LEAT_OP_CONNECT,
        .fd = socket->fd,
        .connect = { &self->peer },
        .deadline_ns = timeout_ns != 0 ? engine->ops->now_ns(engine) + timeout_ns : 0,
    };
    return leat_engine_run(engine, &op);
}

struct leat_io leat_connection_opens(struct leat_connection *self)
{
    if (leat_likely(self->connected))
        return (struct leat_io){ .status = LEAT_OK };
    if (self->failed != 0)
        return (struct leat_io){ .status = LEAT_FAULT, .code = self->failed };
    /* Two fibers at once would each open a socket. */
    leat_assert(!self->connecting);
    self->connecting = true;
    struct leat_io io = connects(self);
    self->connecting = false;
    self->connected = io.status == LEAT_OK;
    self->failed = io.status == LEAT_FAULT ? io.code : 0;
    return io;
}

/* --- The writing end --- */

static enum leat_status sink_opens(struct leat_writer *w)
{
    struct leat_connection *self = of_writer(w);
    struct leat_io io = leat_connection_opens(self);
    return io.status == LEAT_FAULT ? leat_sink_fails(&self->sink, io.code) : io.status;
}

static enum leat_status connection_drain(struct leat_writer *w, size_t min)
{
    enum leat_status status = sink_opens(w);
    return status == LEAT_OK ? leat_sink_drain(w, min) : status;
}

static enum leat_status connection_flush(struct leat_writer *w, enum leat_flush level)
{
    struct leat_connection *self = of_writer(w);
    enum leat_status status = sink_opens(w);
    if (status == LEAT_OK)
        status = leat_sink_flush(w, level);
    if (status != LEAT_OK || level != LEAT_FLUSH_FINISH)
        return status;
    struct leat_op op = { .code = LEAT_OP_SHUTDOWN, .fd = self->handle->socket.fd };
    struct leat_io io = leat_engine_run(leat_engine_of(w->ctx), &op);
    return io.status == LEAT_FAULT ? leat_sink_fails(&self->sink, io.code) : io.status;
}

static enum leat_status connection_give(struct leat_writer *w, struct leat_slice *slice)
{
    enum leat_status status = sink_opens(w);
    return status == LEAT_OK ? leat_sink_give(w, slice) : status;
}

static enum leat_status connection_pull(struct leat_writer *w, const struct leat_offer *offer,
                                        uint64_t len, uint64_t *ret_done)
{
    enum leat_status status = sink_opens(w);
    return status == LEAT_OK ? leat_sink_pull(w, offer, len, ret_done) : status;
}

static void connection_stop(struct leat_writer *w)
{
    leat_sink_stop(w);
    of_writer(w)->writer_closed = true;
}

static const struct leat_writer_ops writer_ops = {
    .name = "connection",
    .self_size = sizeof(struct leat_sink),
    .drain = connection_drain,
    .flush = connection_flush,
    .give = connection_give,
    .pull = connection_pull,
    .arm = leat_sink_arm,
    .stop = connection_stop,
};

/* --- Both --- */

static struct leat_connection *connection_create(struct leat_ctx *ctx, struct leat_handle *handle,
                                                 const struct leat_address *peer,
                                                 const struct leat_connection_options *options)
{
    struct leat_connection *self = leat_allocate(&ctx->alloc, sizeof(*self));
    if (self == NULL)
        return NULL;
    self->handle = handle;
    if (options != NULL)
        self->options = *options;
    if (peer != NULL)
        self->peer = *peer;
    leat_receiver_init(self, ctx);
    leat_writer_init(&self->sink.writer, ctx, &writer_ops);
    self->sink.sends = true;
    self->sink.timeout_ns = self->options.send_timeout_ns;
    (void)leat_sink_init(&self->sink, leat_handle_take(handle));
    return self;
}

static struct leat_handle *handle_named(struct leat_ctx *ctx, int fd,
                                        const struct leat_address *peer)
{
    char text[LEAT_ADDRESS_TEXT_MAX] = "";
    if (peer != NULL)
        leat_address_format(peer, text, sizeof(text));
    return leat_handle_of(ctx, fd, true, text);
}

struct leat_connection *leat_connection_to(struct leat_ctx *ctx, const struct leat_address *to,
                                           const struct leat_connection_options *options)
{
    leat_assert(to->len > 0);
    struct leat_handle *handle = handle_named(ctx, -1, to);
    if (handle == NULL)
        return NULL;
    struct leat_connection *self = connection_create(ctx, handle, to, options);
    if (self == NULL)
        leat_handle_release(handle, leat_engine_of(ctx));
    return self;
}

struct leat_connection *leat_connection_of(struct leat_ctx *ctx, int fd,
                                           const struct leat_address *peer,
                                           const struct leat_connection_options *options)
{
    leat_assert(fd >= 0);
    struct leat_handle *handle = handle_named(ctx, fd, peer);
    if (handle == NULL)
        return NULL;
    struct leat_connection *self = connection_create(ctx, handle, peer, options);
    if (self == NULL) {
        leat_handle_release(handle, leat_engine_of(ctx));
        return NULL;
    }
    self->connected = true;
    delays_nothing(self);
    return self;
}

struct leat_reader *leat_connection_reader(struct leat_connection *connection)
{
    return &connection->receiver.reader;
}

struct leat_writer *leat_connection_writer(struct leat_connection *connection)
{
    return &connection->sink.writer;
}

void leat_connection_rest(struct leat_connection *connection)
{
    struct leat_receiver *receiver = &connection->receiver;
    if (receiver->reader.pos == receiver->reader.end && receiver->next.len == 0)
        leat_receiver_rest(receiver);
}

const struct leat_address *leat_connection_peer(const struct leat_connection *connection)
{
    return &connection->peer;
}

void leat_connection_close(struct leat_connection *connection)
{
    if (connection == NULL)
        return;
    struct leat_ctx *ctx = connection->sink.writer.ctx;
    if (!connection->receiver.closed)
        leat_reader_close(&connection->receiver.reader);
    if (!connection->writer_closed)
        leat_writer_close(&connection->sink.writer);
    leat_handle_release(connection->handle, leat_engine_of(ctx));
    leat_deallocate(&ctx->alloc, connection);
}
