/* The reading end of a connection. */

#include <errno.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/socket/parts.h"

/* Of the next slice, so many bytes are copied at least behind the rest of the one before: whoever
 * looks for the end of a line asks for one more byte each time. */
enum { GATHER_LEN = 512, GATHER_RING_LEN = 4096 };

static struct leat_connection *connection_of(struct leat_reader *r)
{
    return (struct leat_connection *)(void *)r; /* its first member */
}

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* The window is empty: the memory behind it goes. */
static void window_release(struct leat_receiver *self)
{
    struct leat_reader *r = &self->reader;
    leat_assert(have(r) == 0);
    r->pos = r->end = (const uint8_t *)"";
    leat_slice_release(&self->shown);
    if (self->gathered.block != NULL)
        leat_buffer_fini(&self->gathered, r);
}

void leat_receiver_show(struct leat_receiver *self, struct leat_slice slice)
{
    struct leat_reader *r = &self->reader;
    window_release(self);
    leat_assert(self->next.len == 0);
    self->shown = slice;
    r->pos = slice.data;
    r->end = slice.data + slice.len;
    r->end_offset += slice.len;
    r->counts.copied[LEAT_CAUSE_KERNEL] += slice.len;
}

void leat_receiver_rest(struct leat_receiver *self)
{
    leat_assert(self->next.len == 0);
    window_release(self);
}

/* Have something in `next`. */
static enum leat_status receives(struct leat_receiver *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_connection *connection = connection_of(r);
    struct leat_engine *engine = leat_engine_of(r->ctx);
    struct leat_io io = leat_connection_opens(connection);
    self->arms = io.status == LEAT_FULL ? LEAT_READY_WRITE : LEAT_READY_READ;
    if (io.status == LEAT_FAULT)
        return leat_reader_fails_system(r, io.code);
    if (io.status != LEAT_OK)
        return LEAT_AGAIN;
    uint64_t timeout_ns = connection->options.receive_timeout_ns;
    struct leat_op op = {
        .code = LEAT_OP_RECEIVE,
        .fd = connection->handle->socket.fd,
        .receive = { .socket = &connection->handle->socket, .ctx = r->ctx },
        .deadline_ns = timeout_ns != 0 ? engine->ops->now_ns(engine) + timeout_ns : 0,
    };
    io = leat_engine_run(engine, &op);
    if (io.status == LEAT_FAULT)
        return leat_reader_fails_system(r, io.code);
    if (io.status != LEAT_OK)
        return io.status;
    self->next = op.receive.ret_slice;
    return LEAT_OK;
}

/* Before it is waited: what is shown moves into memory of our own, as it would when more has come,
 * so that those who send a little and then nothing keep no memory from all others. */
static enum leat_status shown_keep(struct leat_receiver *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_room room;
    if (self->shown.block == NULL)
        return LEAT_OK;
    enum leat_status status = leat_buffer_room(&self->gathered, r, min, 1, GATHER_RING_LEN, &room);
    if (status == LEAT_OK)
        leat_slice_release(&self->shown);
    return status;
}

/* Copy of `next` what `min` needs, and a little more, behind the window. */
static enum leat_status gather(struct leat_receiver *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_room room;
    size_t len = min - have(r) > GATHER_LEN ? min - have(r) : GATHER_LEN;
    if (len > self->next.len)
        len = self->next.len;
    enum leat_status status =
        leat_buffer_room(&self->gathered, r, min, len, GATHER_RING_LEN, &room);
    if (status != LEAT_OK)
        return status;
    leat_slice_release(&self->shown);
    leat_bytes_copy(&r->counts, LEAT_CAUSE_SEAM, room.data, self->next.data, len);
    leat_buffer_add(r, len);
    r->counts.copied[LEAT_CAUSE_KERNEL] += len;
    self->next.data += len;
    self->next.len -= len;
    if (self->next.len == 0)
        leat_slice_release(&self->next);
    return LEAT_OK;
}

static enum leat_status receiver_fill(struct leat_reader *r, size_t min)
{
    struct leat_receiver *self = (struct leat_receiver *)r;
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && have(r) < min) {
        /* Before it is waited for more, so that nothing is held meanwhile. */
        if (have(r) == 0)
            window_release(self);
        else if (self->next.len == 0)
            status = shown_keep(self, min);
        if (status == LEAT_OK && self->next.len == 0)
            status = receives(self);
        if (status != LEAT_OK)
            break;
        if (have(r) == 0) {
            struct leat_slice next = self->next;
            self->next = (struct leat_slice){ 0 };
            leat_receiver_show(self, next);
        } else {
            status = gather(self, min);
        }
    }
    return status;
}

static enum leat_status receiver_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct leat_receiver *self = (struct leat_receiver *)r;
    if (self->gathered.block != NULL)
        return leat_buffer_share(&self->gathered, r, n, ret);
    leat_assert(n <= have(r));
    leat_assert(self->shown.block != NULL);
    *ret = (struct leat_slice){ r->pos, n, leat_block_take(self->shown.block) };
    return LEAT_OK;
}

/* What the system has of it can be spliced, once all that came to us is consumed. An engine that
 * receives ahead may have more than we see, so only one that does not offers. */
static enum leat_status receiver_offer(struct leat_reader *r, struct leat_offer *ret)
{
    struct leat_receiver *self = (struct leat_receiver *)r;
    struct leat_handle *handle = connection_of(r)->handle;
    if (self->next.len > 0 || handle->socket.stream != NULL || !connection_of(r)->connected)
        return LEAT_UNSUPPORTED;
    *ret = (struct leat_offer){
        .kind = LEAT_OFFER_DESCRIPTOR,
        .descriptor = handle->socket.fd,
        .len = UINT64_MAX,
    };
    return LEAT_OK;
}

static void receiver_pulled(struct leat_reader *r, uint64_t n)
{
    leat_assert(have(r) == 0);
    r->end_offset += n;
}

static enum leat_status receiver_arm(struct leat_reader *r, struct leat_wake *wake)
{
    struct leat_receiver *self = (struct leat_receiver *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    int fd = connection_of(r)->handle->socket.fd;
    if (fd < 0)
        return LEAT_UNSUPPORTED;
    enum leat_status status = leat_engine_arm(engine, fd, self->arms, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

static void receiver_stop(struct leat_reader *r)
{
    struct leat_receiver *self = (struct leat_receiver *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->armed != NULL)
        leat_engine_disarm(engine, self->armed);
    self->armed = NULL;
    r->end_offset = leat_tell(r);
    r->pos = r->end;
    window_release(self);
    leat_slice_release(&self->next);
    self->closed = true;
}

void leat_receiver_init(struct leat_connection *connection, struct leat_ctx *ctx)
{
    static const struct leat_reader_ops ops = {
        .name = "connection",
        .self_size = sizeof(struct leat_receiver),
        .fill = receiver_fill,
        .share = receiver_share,
        .offer = receiver_offer,
        .pulled = receiver_pulled,
        .arm = receiver_arm,
        .stop = receiver_stop,
    };
    leat_reader_init(&connection->receiver.reader, ctx, &ops);
    connection->receiver.reader.label = connection->handle->label;
}
