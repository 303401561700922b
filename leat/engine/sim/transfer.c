/* Trying an operation; and bytes between memory, files and connections, all in terms of how much is
 * ready at one end and how much room is at the other. */

#include <errno.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

/* --- One end --- */

/* What can be read of `d`: OK (bytes), END, AGAIN, FAULT. */
static struct leat_io ready(struct sim *sim, struct sim_descriptor *d, int64_t offset)
{
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what == SIM_FOLDER)
        return leat_io_fault(EISDIR);
    if (d->what == SIM_LISTENER)
        return leat_io_fault(ENOTCONN);
    if (!d->reads)
        return leat_io_fault(EBADF);
    if (d->what == SIM_FILE)
        return leat_sim_file_ready(d, offset);
    if (offset != LEAT_OFFSET_NONE)
        return leat_io_fault(ESPIPE);
    if (d->stream != NULL && !d->stream->is_near && leat_sim_hits(sim, LEAT_SIM_RESET))
        leat_sim_stream_break(sim, d->stream);
    return leat_sim_stream_ready(d);
}

/* How much can be written to `d`, up to `len`: OK (bytes), FULL, FAULT. */
static struct leat_io room(struct sim *sim, struct sim_descriptor *d, size_t len)
{
    if (d == NULL || !d->writes)
        return leat_io_fault(d != NULL && d->what == SIM_LISTENER ? EPIPE : EBADF);
    if (d->what == SIM_FILE)
        return leat_sim_file_room(sim, d, len);
    if (d->stream != NULL && !d->stream->is_near && leat_sim_hits(sim, LEAT_SIM_RESET))
        leat_sim_stream_break(sim, d->stream);
    struct leat_io io = leat_sim_stream_room(sim, d);
    if (io.status == LEAT_OK && io.bytes > len)
        io.bytes = len;
    return io;
}

static void take(struct sim *sim, struct sim_descriptor *d, int64_t offset, uint8_t *to, size_t len)
{
    if (d->what == SIM_FILE)
        leat_sim_file_take(d, offset, to, len);
    else
        leat_sim_stream_take(sim, d, to, len);
}

static void put(struct sim *sim, struct sim_descriptor *d, const uint8_t *from, size_t len)
{
    if (d->what == SIM_FILE)
        leat_sim_file_write(sim, d, from, len);
    else
        leat_sim_stream_put(sim, d, from, len);
}

/* All was put: a connection sends it, a file that syncs itself does. */
static void push(struct sim *sim, struct sim_descriptor *d)
{
    if (d->what != SIM_FILE)
        leat_sim_stream_push(sim, d);
    else if (d->syncs)
        leat_sim_node_settle(d->node);
}

/* --- The transfers --- */

static struct leat_io read_into(struct sim *sim, struct sim_descriptor *d, int64_t offset,
                                uint8_t *to, size_t len)
{
    leat_assert(len > 0);
    struct leat_io io = ready(sim, d, offset);
    if (io.status != LEAT_OK)
        return io;
    io.bytes = leat_sim_some(sim, io.bytes < len ? io.bytes : len);
    take(sim, d, offset, to, io.bytes);
    return io;
}

static struct leat_io receive(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    if (d != NULL && d->what != SIM_SOCKET && d->what != SIM_LISTENER)
        return leat_io_fault(ENOTSOCK);
    struct leat_io io = ready(sim, d, LEAT_OFFSET_NONE);
    if (io.status != LEAT_OK)
        return io;
    struct leat_block *block = leat_buffers_take(sim->buffers);
    if (block == NULL)
        return (struct leat_io){ .status = LEAT_AGAIN, .code = ENOBUFS };
    io.bytes = leat_sim_some(sim, io.bytes < block->size ? io.bytes : block->size);
    take(sim, d, LEAT_OFFSET_NONE, block->data, io.bytes);
    op->receive.ret_slice = (struct leat_slice){ block->data, io.bytes, block };
    return io;
}

static struct leat_io write_from(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    leat_assert(op->write.pieces_len > 0 && op->write.pieces_len <= LEAT_PIECES_MAX);
    if (op->code == LEAT_OP_SEND && d != NULL && (d->what == SIM_FILE || d->what == SIM_FOLDER))
        return leat_io_fault(ENOTSOCK);
    size_t len = 0;
    for (unsigned i = 0; i < op->write.pieces_len; i++)
        len += op->write.pieces[i].len;
    leat_assert(len > 0);
    struct leat_io io = room(sim, d, len);
    if (io.status != LEAT_OK)
        return io;
    io.bytes = leat_sim_some(sim, io.bytes);
    size_t left = io.bytes;
    for (unsigned i = 0; i < op->write.pieces_len && left > 0; i++) {
        struct leat_span piece = op->write.pieces[i];
        size_t some = piece.len < left ? piece.len : left;
        put(sim, d, piece.data, some);
        left -= some;
    }
    push(sim, d);
    return io;
}

/* Which way was found is kept in the move, as by the system: one that is UNSUPPORTED is so from its
 * first call on, and no other. */
static struct leat_io move(struct sim *sim, struct leat_op *op)
{
    struct leat_move *what = op->move.move;
    struct sim_descriptor *from = leat_sim_descriptor(sim, what->from);
    struct sim_descriptor *to = leat_sim_descriptor(sim, op->fd);
    leat_assert(what->to == op->fd);
    leat_assert(what->len > 0);
    if (what->way == LEAT_MOVE_COPY_RANGE) {
        bool can = !leat_sim_hits(sim, LEAT_SIM_NO_MOVE);
        what->way = can ? LEAT_MOVE_SENDFILE : LEAT_MOVE_WAYS;
    }
    if (what->way == LEAT_MOVE_WAYS)
        return (struct leat_io){ .status = LEAT_UNSUPPORTED };
    struct leat_io io = ready(sim, from, what->from_offset);
    if (io.status != LEAT_OK)
        return io;
    size_t len = io.bytes < SIM_SCRATCH_BYTES ? io.bytes : SIM_SCRATCH_BYTES;
    len = len < what->len ? len : (size_t)what->len;
    io = room(sim, to, len);
    if (io.status != LEAT_OK)
        return io;
    io.bytes = leat_sim_some(sim, io.bytes);
    take(sim, from, what->from_offset, sim->scratch, io.bytes);
    put(sim, to, sim->scratch, io.bytes);
    push(sim, to);
    if (what->from_offset != LEAT_OFFSET_NONE)
        what->from_offset += (int64_t)io.bytes;
    return io;
}

/* --- Readiness, and what is known of a file --- */

static struct leat_io wait_for(struct sim *sim, struct leat_op *op)
{
    const struct leat_io is_ready = { .status = LEAT_OK };
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    bool reads = op->wait.ready == LEAT_READY_READ;
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what == SIM_LISTENER && reads)
        return d->pending_len > 0 ? is_ready : (struct leat_io){ .status = LEAT_AGAIN };
    if (d->what == SIM_DATAGRAMS)
        return leat_sim_datagrams_ready(sim, d, op->wait.ready);
    if (d->what != SIM_SOCKET)
        return is_ready;
    struct leat_io io = reads ? leat_sim_stream_ready(d) : leat_sim_stream_room(sim, d);
    return io.status == LEAT_AGAIN || io.status == LEAT_FULL ? io : is_ready;
}

static struct leat_io stat_of(struct sim *sim, struct leat_op *op)
{
    const struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->stale)
        return leat_io_fault(EIO);
    struct leat_stat stat = { .kind = LEAT_KIND_OTHER, .mode = 0777 };
    if (d->node != NULL) {
        stat = (struct leat_stat){
            .kind = d->node->is_folder ? LEAT_KIND_FOLDER : LEAT_KIND_FILE,
            .mode = d->node->mode,
            .size = d->node->cached_len,
            .device = 1,
            .number = d->node->number,
            .modified_ns = d->node->modified_ns,
        };
    }
    *op->stat.ret = stat;
    return (struct leat_io){ .status = LEAT_OK };
}

static struct leat_io shutdown_of(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    if (d == NULL)
        return leat_io_fault(EBADF);
    if (d->what != SIM_SOCKET || (d->stream != NULL && d->stream->is_pipe))
        return leat_io_fault(d->what == SIM_LISTENER ? ENOTCONN : ENOTSOCK);
    return leat_sim_stream_shutdown(sim, d);
}

static struct leat_io sync_of(struct sim *sim, struct leat_op *op)
{
    struct sim_descriptor *d = leat_sim_descriptor(sim, op->fd);
    return d == NULL ? leat_io_fault(EBADF) : leat_sim_sync(sim, d);
}

struct leat_io leat_sim_try(struct sim *sim, struct leat_op *op)
{
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_OPEN:
        return leat_sim_open_file(sim, op);
    case LEAT_OP_STAT:
        return stat_of(sim, op);
    case LEAT_OP_READ:
        return read_into(sim, leat_sim_descriptor(sim, op->fd), op->read.offset, op->read.to,
                         op->read.len);
    case LEAT_OP_WRITE:
    case LEAT_OP_SEND:
        return write_from(sim, op);
    case LEAT_OP_MOVE:
        return move(sim, op);
    case LEAT_OP_SYNC:
        return sync_of(sim, op);
    case LEAT_OP_RENAME:
        return leat_sim_rename(sim, op);
    case LEAT_OP_UNLINK:
        return leat_sim_unlink(sim, op);
    case LEAT_OP_WAIT:
        return wait_for(sim, op);
    case LEAT_OP_SOCKET:
        return leat_sim_socket(sim, op->socket.domain, op->socket.type);
    case LEAT_OP_LISTEN:
        return leat_sim_listen(sim, op);
    case LEAT_OP_ACCEPT:
        return leat_sim_accept(sim, op);
    case LEAT_OP_CONNECT:
        return leat_sim_connect(sim, op);
    case LEAT_OP_RECEIVE:
        return receive(sim, op);
    case LEAT_OP_SHUTDOWN:
        return shutdown_of(sim, op);
    case LEAT_OP_RECEIVE_FROM:
        return leat_sim_receive_from(sim, op);
    case LEAT_OP_SEND_TO:
        return leat_sim_send_to(sim, op);
    case LEAT_OP_SLEEP:
    case LEAT_OPS:
        break;
    }
    leat_assert(!"an operation that a loop hands on");
    return leat_io_fault(EINVAL);
}
