/* One try of each call that waits for nothing, whatever the descriptors' modes. */

#include <fcntl.h>
#include <limits.h>

#include "leat/engine/system.h"

/* Descriptors are often shared with other processes, so their mode is left as it is: readiness is
 * asked for before each call. Ready to write promises room for PIPE_BUF bytes and no more, unless
 * the descriptor itself does not block. */

static bool is_ready(int fd, enum leat_ready ready, struct leat_io *ret)
{
    *ret = leat_system_wait(fd, ready, 0);
    return ret->status == LEAT_OK;
}

/* How much may be written to a ready `fd` without waiting. */
static size_t write_len_max(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK) ? SIZE_MAX : PIPE_BUF;
}

static struct leat_io try_read(struct leat_op *op)
{
    struct leat_io io;
    if (op->read.offset == LEAT_OFFSET_NONE && !is_ready(op->fd, LEAT_READY_READ, &io))
        return io;
    return leat_system_try(op, false);
}

/* Whether `fd` has room; `io` becomes FULL where it has not. */
static bool has_room(int fd, struct leat_io *io)
{
    if (is_ready(fd, LEAT_READY_WRITE, io))
        return true;
    io->status = io->status == LEAT_AGAIN ? LEAT_FULL : io->status;
    return false;
}

static struct leat_io try_write(struct leat_op *op)
{
    struct leat_io io;
    leat_assert(op->write.pieces_len > 0);
    leat_assert(op->write.pieces_len <= LEAT_PIECES_MAX);
    if (!has_room(op->fd, &io))
        return io;
    size_t max = write_len_max(op->fd);
    struct leat_span some[LEAT_PIECES_MAX];
    unsigned some_len = 0;
    for (; some_len < op->write.pieces_len && max > 0; some_len++) {
        some[some_len] = op->write.pieces[some_len];
        if (some[some_len].len > max)
            some[some_len].len = max;
        max -= some[some_len].len;
    }
    return leat_system_write(op->fd, some, some_len);
}

static struct leat_io try_move(struct leat_op *op)
{
    struct leat_move *move = op->move.move;
    struct leat_io io;
    if (move->from_offset == LEAT_OFFSET_NONE && !is_ready(move->from, LEAT_READY_READ, &io))
        return io;
    if (!has_room(move->to, &io))
        return io;
    uint64_t len = move->len;
    size_t max = write_len_max(move->to);
    move->len = len < max ? len : max;
    io = leat_system_move(move, false);
    move->len = len;
    return io;
}

struct leat_io leat_system_try_now(struct leat_op *op)
{
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_READ:
        return try_read(op);
    case LEAT_OP_WRITE:
        return try_write(op);
    case LEAT_OP_MOVE:
        return try_move(op);
    case LEAT_OP_OPEN:
        /* A named pipe without a writer would have the open itself wait. */
        return leat_system_open(op->open.folder, op->open.path, op->open.flags | O_NONBLOCK,
                                op->open.mode, op->open.beneath);
    default:
        return leat_system_try(op, false);
    }
}
