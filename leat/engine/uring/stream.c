/* Accepts and receives: one request for each socket, which stays and completes many times. What it
 * brings before it is asked for waits here; where too much does, the request is ended, and made
 * again when all of that was taken. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/system.h"
#include "leat/engine/uring/uring.h"

/* How much may come ahead before the request is ended. What had come until the kernel heard of that
 * is beyond it: at most what completions there is room for. */
enum { BLOCKS_AHEAD_MAX = 8, DESCRIPTORS_AHEAD_MAX = 64 };

enum { DESCRIPTORS_SIZE_MIN = 16 };

/* --- Streams come and go --- */

/* A larger ring; false without memory. */
static bool widen(struct leat_uring *uring, struct leat_stream *stream)
{
    unsigned size = stream->descriptors.size;
    unsigned wider = size != 0 ? 2 * size : DESCRIPTORS_SIZE_MIN;
    int *of = leat_allocate(&uring->loop.alloc, wider * sizeof(of[0]));
    if (of == NULL)
        return false;
    for (unsigned i = 0; i < stream->len; i++)
        of[i] = stream->descriptors.of[(stream->descriptors.head + i) & (size - 1)];
    leat_deallocate(&uring->loop.alloc, stream->descriptors.of);
    stream->descriptors.of = of;
    stream->descriptors.size = wider;
    stream->descriptors.head = 0;
    return true;
}

/* A listening socket has room from the start: a connection that came must have a place to wait. */
static struct leat_stream *stream_open(struct leat_uring *uring, int fd, bool accepts)
{
    struct leat_stream *stream = uring->free_streams;
    if (stream != NULL)
        uring->free_streams = stream->next;
    else
        stream = leat_allocate(&uring->loop.alloc, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    *stream = (struct leat_stream){ .fd = fd, .accepts = accepts };
    if (accepts && !widen(uring, stream)) {
        stream->next = uring->free_streams;
        uring->free_streams = stream;
        return NULL;
    }
    uring->streams++;
    return stream;
}

/* Nothing is under way on it: its descriptor's number may be used again. */
static void stream_free(struct leat_uring *uring, struct leat_stream *stream)
{
    leat_assert(!stream->armed && !stream->cancelled && !stream->watched);
    leat_assert(stream->waiting.first == NULL && stream->len == 0);
    leat_assert(uring->streams > 0);
    close(stream->fd);
    if (stream->accepts)
        leat_deallocate(&uring->loop.alloc, stream->descriptors.of);
    uring->streams--;
    stream->next = uring->free_streams;
    uring->free_streams = stream;
}

void leat_uring_streams_fini(struct leat_uring *uring)
{
    while (uring->free_streams != NULL) {
        struct leat_stream *next = uring->free_streams->next;
        leat_deallocate(&uring->loop.alloc, uring->free_streams);
        uring->free_streams = next;
    }
}

/* --- Requests --- */

static void arm_accept(struct leat_uring *uring, struct leat_stream *stream)
{
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_ACCEPT, stream->fd, stream, LEAT_URING_STREAM);
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->accept_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
}

/* A receive that stays can miss the peer's end: where that comes right behind the last bytes, Linux
 * may take both wakes for one, give the bytes, and sleep (seen with 6.18, on Unix sockets). A poll
 * of its own is told even so, and after that each receive ends with one buffer, so that the next
 * looks anew. The poll is asked for first, since what waits last is woken first: the end itself is
 * then seen before the news of it. */
static void watch(struct leat_uring *uring, struct leat_stream *stream)
{
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_POLL_ADD, stream->fd, stream, LEAT_URING_STREAM_GONE);
    sqe->poll_events = POLLRDHUP;
    stream->watched = true;
}

static void arm_receive(struct leat_uring *uring, struct leat_stream *stream)
{
    stream->group = (uint8_t)leat_uring_group(uring, stream->hungry);
    stream->once = stream->gone || stream->group == LEAT_LENT_ONCE;
    if (stream->group == LEAT_LENT_ONCE)
        uring->once++;
    if (!stream->once && !stream->watched)
        watch(uring, stream);
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_RECV, stream->fd, stream, LEAT_URING_STREAM);
    sqe->ioprio = stream->once ? 0 : IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = stream->group;
}

static void arm(struct leat_uring *uring, struct leat_stream *stream)
{
    leat_assert(!stream->armed && !stream->cancelled && !stream->starved);
    leat_assert(!stream->closed);
    if (stream->accepts)
        arm_accept(uring, stream);
    else
        arm_receive(uring, stream);
    stream->armed = true;
    stream->stopping = false;
}

static void disarm(struct leat_uring *uring, struct leat_stream *stream)
{
    if (!stream->armed || stream->stopping || stream->cancelled)
        return;
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_ASYNC_CANCEL, -1, stream, LEAT_URING_STREAM_CANCEL);
    sqe->addr = (uintptr_t)stream | LEAT_URING_STREAM;
    stream->stopping = stream->cancelled = true;
}

/* --- What came ahead --- */

/* The kernel filled `block` with `len` (> 0) bytes for a receive of the stream. */
static void add_block(struct leat_uring *uring, struct leat_stream *stream,
                      struct leat_block *block, uint32_t len)
{
    uint32_t *filled = &uring->filled[leat_buffers_id(uring->buffers, block)];
    *filled = len;
    leat_assert(!stream->once || stream->len == 0);
    if (stream->group == LEAT_LENT_ONCE) {
        leat_assert(stream->once); /* so nobody has more than one that way */
    } else {
        *filled |= LEAT_LENT_IS_AHEAD;
        uring->ahead++;
    }
    block->next = NULL;
    if (stream->len++ == 0)
        stream->blocks.first = block;
    else
        stream->blocks.last->next = block;
    stream->blocks.last = block;
}

static struct leat_block *take_block(struct leat_uring *uring, struct leat_stream *stream,
                                     size_t *ret_len)
{
    leat_assert(stream->len > 0);
    struct leat_block *block = stream->blocks.first;
    uint32_t filled = uring->filled[leat_buffers_id(uring->buffers, block)];
    stream->blocks.first = block->next;
    stream->len--;
    if (filled & LEAT_LENT_IS_AHEAD) {
        leat_assert(uring->ahead > 0);
        uring->ahead--;
    }
    *ret_len = filled & ~LEAT_LENT_IS_AHEAD;
    return block;
}

/* A connection that there is no room for is closed: its peer sees that, and may try again. */
static void add_descriptor(struct leat_uring *uring, struct leat_stream *stream, int fd)
{
    if (stream->len == stream->descriptors.size && !widen(uring, stream)) {
        close(fd);
        return;
    }
    unsigned at = stream->descriptors.head + stream->len++;
    stream->descriptors.of[at & (stream->descriptors.size - 1)] = fd;
}

static int take_descriptor(struct leat_stream *stream)
{
    leat_assert(stream->len > 0);
    stream->len--;
    return stream->descriptors.of[stream->descriptors.head++ & (stream->descriptors.size - 1)];
}

static void drop_ahead(struct leat_uring *uring, struct leat_stream *stream)
{
    size_t len;
    while (stream->len > 0) {
        if (stream->accepts)
            close(take_descriptor(stream));
        else
            leat_block_release(take_block(uring, stream, &len));
    }
}

/* --- Operations that wait --- */

static void accepted(struct leat_op *op, int fd)
{
    struct leat_address *peer = op->accept.ret_peer;
    op->result = (struct leat_io){ .status = LEAT_OK, .descriptor = fd };
    if (peer == NULL)
        return;
    /* One address for all that an accept brings would be of no use, so it is asked for here. Who
     * has gone already has none. */
    peer->len = sizeof(*peer) - offsetof(struct leat_address, any);
    if (getpeername(fd, &peer->any, &peer->len) < 0)
        peer->len = 0;
}

/* Set the result of `op` to what is there. False: nothing is. */
static bool serve(struct leat_uring *uring, struct leat_stream *stream, struct leat_op *op)
{
    if (stream->len > 0 && stream->accepts) {
        accepted(op, take_descriptor(stream));
    } else if (stream->len > 0) {
        size_t len;
        struct leat_block *block = take_block(uring, stream, &len);
        op->receive.ret_slice = (struct leat_slice){ block->data, len, block };
        op->result = (struct leat_io){ .status = LEAT_OK, .bytes = len };
    } else if (stream->code != 0) {
        op->result = leat_io_fault(stream->code);
        /* A listening socket goes on when there are descriptors again. */
        if (stream->accepts)
            stream->code = 0;
    } else if (stream->ended) {
        op->result = (struct leat_io){ .status = LEAT_END };
    } else {
        return false;
    }
    return true;
}

/* Whether what is armed should end, while nobody waits. */
static bool is_enough(const struct leat_uring *uring, const struct leat_stream *stream)
{
    if (stream->accepts)
        return stream->len > DESCRIPTORS_AHEAD_MAX;
    unsigned ahead_max = leat_uring_is_short(uring) ? 0 : BLOCKS_AHEAD_MAX;
    return stream->once || stream->len > ahead_max;
}

/* Do what is to be done after anything has changed. */
void leat_uring_settle(struct leat_uring *uring, struct leat_stream *stream)
{
    if (stream->closed) {
        drop_ahead(uring, stream);
        disarm(uring, stream);
        if (!stream->armed && !stream->cancelled && !stream->watched) {
            leat_loop_unkeep(&uring->loop);
            stream_free(uring, stream);
        }
        return;
    }
    while (stream->waiting.first != NULL && serve(uring, stream, stream->waiting.first)) {
        struct leat_op *op = stream->waiting.first;
        leat_op_list_remove(&stream->waiting, op);
        leat_uring_finish(uring, op, op->result);
    }
    if (stream->waiting.first == NULL) {
        if (is_enough(uring, stream))
            disarm(uring, stream);
    } else if (!stream->armed && !stream->cancelled && !stream->starved) {
        arm(uring, stream);
    }
}

static struct leat_socket *socket_of(const struct leat_op *op)
{
    return op->code == LEAT_OP_ACCEPT ? op->accept.socket : op->receive.socket;
}

bool leat_uring_stream_start(struct leat_uring *uring, struct leat_op *op)
{
    struct leat_socket *socket = socket_of(op);
    bool accepts = op->code == LEAT_OP_ACCEPT;
    leat_assert(socket->fd >= 0);
    if (socket->stream == NULL)
        socket->stream = stream_open(uring, socket->fd, accepts);
    struct leat_stream *stream = socket->stream;
    if (stream == NULL) {
        op->result = leat_io_fault(ENOMEM);
        return true;
    }
    leat_assert(stream->accepts == accepts);
    leat_assert(!stream->closed);
    if (stream->waiting.first == NULL && serve(uring, stream, op))
        return true;
    leat_op_list_add(&stream->waiting, op);
    leat_uring_settle(uring, stream);
    return false;
}

void leat_uring_stream_drop(struct leat_uring *uring, struct leat_op *op)
{
    struct leat_stream *stream = socket_of(op)->stream;
    leat_assert(op->state == LEAT_OP_QUEUED);
    leat_op_list_remove(&stream->waiting, op);
    leat_uring_finish(uring, op, leat_io_fault(ECANCELED));
    leat_uring_settle(uring, stream);
}

/* --- Completions --- */

static void stream_failed(struct leat_uring *uring, struct leat_stream *stream, int code)
{
    bool stopped = code == ECANCELED && stream->stopping;
    if (stopped || code == EINTR || code == EAGAIN)
        return;
    if (code == ENOBUFS && !stream->accepts) {
        leat_uring_lend_more(uring, stream->group);
        stream->hungry = true;
        if (leat_buffers_home(uring->buffers) == 0 && stream->waiting.first != NULL)
            leat_uring_starve(uring, stream);
        return;
    }
    /* A connection that was given up before it was taken is not the listener's fault. */
    if (stream->accepts && leat_system_is_of_connection(code))
        return;
    stream->code = code;
}

/* The kernel may give a buffer back that nothing came into. */
static void filled(struct leat_uring *uring, struct leat_stream *stream, unsigned id, int res)
{
    struct leat_block *block = leat_buffers_take_by_id(uring->buffers, id);
    leat_uring_lent_came(uring, stream->group);
    if (res > 0) {
        add_block(uring, stream, block, (uint32_t)res);
        stream->hungry = false;
    } else {
        leat_block_release(block);
    }
}

void leat_uring_stream_came(struct leat_uring *uring, struct leat_stream *stream, int res,
                            unsigned flags)
{
    leat_assert(stream->armed);
    stream->armed = (flags & IORING_CQE_F_MORE) != 0;
    leat_assert(!stream->armed || !stream->once);
    if (stream->group == LEAT_LENT_ONCE && !stream->accepts) {
        leat_assert(uring->once > 0);
        uring->once--;
    }
    if (flags & IORING_CQE_F_BUFFER)
        filled(uring, stream, flags >> IORING_CQE_BUFFER_SHIFT, res);
    if (res >= 0 && stream->accepts)
        add_descriptor(uring, stream, res);
    else if (res == 0)
        stream->ended = true;
    else if (res < 0 && !stream->closed)
        stream_failed(uring, stream, -res);
    leat_uring_settle(uring, stream);
}

/* The kernel does not find a request that it is about to try again: that one goes on. */
void leat_uring_stream_cancel_came(struct leat_uring *uring, struct leat_stream *stream, int res)
{
    leat_assert(stream->cancelled);
    stream->cancelled = false;
    if (res == -ENOENT)
        stream->stopping = false;
    leat_uring_settle(uring, stream);
}

/* The receive that stays may have missed it. */
void leat_uring_stream_gone_came(struct leat_uring *uring, struct leat_stream *stream, int res)
{
    leat_assert(stream->watched);
    stream->watched = false;
    stream->gone = res > 0;
    if (stream->gone && !stream->once)
        disarm(uring, stream);
    leat_uring_settle(uring, stream);
}

/* --- Closing --- */

struct leat_io leat_uring_close(struct leat_loop *loop, struct leat_socket *socket)
{
    struct leat_uring *uring = leat_uring_of(loop);
    struct leat_stream *stream = socket->stream;
    if (stream == NULL)
        return leat_system_close(socket->fd);
    leat_assert(stream->waiting.first == NULL);
    leat_assert(!stream->closed);
    if (stream->starved)
        leat_uring_starve_no_more(uring, stream);
    if (stream->watched) {
        struct io_uring_sqe *sqe =
            leat_uring_ask(uring, IORING_OP_ASYNC_CANCEL, -1, uring, LEAT_URING_NOTHING);
        sqe->addr = (uintptr_t)stream | LEAT_URING_STREAM_GONE;
    }
    stream->closed = true;
    /* The number stays taken until the kernel has let go of it, and the loop turns until then. */
    leat_loop_keep(loop);
    leat_uring_settle(uring, stream);
    return (struct leat_io){ .status = LEAT_OK };
}
