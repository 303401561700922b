/* What loops on readiness do with files. The system calls every file ready, and lets whoever reads
 * one wait for the disk. So what is in memory is taken at once, by the calls that can be asked not
 * to wait, and everything else is done by a thread that may. */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leat/engine/readiness.h"
#include "leat/engine/system.h"

/* How much of a file is moved to a socket at once, and read ahead where it is not in memory: so
 * much that a try costs little beside it, and so little that its first and last byte, which are
 * looked for, speak for what is between. */
#define AHEAD_LEN (128 * LEAT_KIB)

enum leat_place leat_readiness_place(struct leat_io io)
{
    return io.status == LEAT_AGAIN  ? LEAT_PLACE_READ
           : io.status == LEAT_FULL ? LEAT_PLACE_WRITE
                                    : LEAT_PLACE_NONE;
}

/* Whether a call on `fd` waits for a device, and not for a peer. */
static bool is_file(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && (S_ISREG(stat.st_mode) || S_ISBLK(stat.st_mode));
}

/* Such a read passes memory by, and waits for the device even where it is asked not to wait. */
static bool is_direct(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_DIRECT) != 0;
}

/* Whether this descriptor, or this system, cannot be asked not to wait. */
static bool is_unheard_of(int code)
{
    return code == EOPNOTSUPP || code == ENOSYS;
}

/* A read or a write came to `n`. */
static enum leat_place settled(struct leat_op *op, ssize_t n, enum leat_status would_block,
                               struct leat_io *ret)
{
    if (n < 0 && (errno == EAGAIN || is_unheard_of(errno))) {
        bool is_unknown = errno != EAGAIN;
        if (is_file(op->fd))
            return LEAT_PLACE_POOL;
        *ret = is_unknown ? leat_system_try_now(op) : (struct leat_io){ would_block };
    } else {
        *ret = leat_system_moved(n, would_block);
    }
    return leat_readiness_place(*ret);
}

/* A pipe of any mode is read in this way as well, where the system knows how. */
static enum leat_place try_read(struct leat_op *op, struct leat_io *ret)
{
    struct iovec iov = { op->read.to, op->read.len };
    leat_assert(op->read.len > 0);
    if (is_direct(op->fd) && is_file(op->fd))
        return LEAT_PLACE_POOL;
    ssize_t n;
    do
        n = preadv2(op->fd, &iov, 1, op->read.offset, RWF_NOWAIT);
    while (n < 0 && errno == EINTR);
    return settled(op, n, LEAT_AGAIN, ret);
}

/* Few file systems can be asked to write without waiting, so none is. */
static enum leat_place try_write(struct leat_op *op, struct leat_io *ret)
{
    struct iovec iov[LEAT_PIECES_MAX];
    if (is_file(op->fd))
        return LEAT_PLACE_POOL;
    leat_system_gather(op->write.pieces, op->write.pieces_len, iov);
    ssize_t n;
    do
        n = pwritev2(op->fd, iov, (int)op->write.pieces_len, LEAT_OFFSET_NONE, RWF_NOWAIT);
    while (n < 0 && errno == EINTR);
    if (n == 0) { /* as leat_system_write says */
        *ret = leat_io_fault(EIO);
        return LEAT_PLACE_NONE;
    }
    return settled(op, n, LEAT_FULL, ret);
}

/* Whether the byte at `offset` would have to be read from the disk. */
static bool is_away(int fd, int64_t offset)
{
    char byte;
    struct iovec iov = { &byte, 1 };
    return preadv2(fd, &iov, 1, offset, RWF_NOWAIT) < 0 &&
           (errno == EAGAIN || is_unheard_of(errno));
}

static enum leat_place try_move(struct leat_op *op, struct leat_io *ret)
{
    struct leat_move *move = op->move.move;
    bool from_file = is_file(move->from);
    leat_assert(move->len > 0);
    if (is_file(move->to)) {
        if (from_file)
            return LEAT_PLACE_POOL;
        /* A thread is not to wait for what has not been sent. */
        *ret = leat_system_wait(move->from, LEAT_READY_READ, 0);
        return ret->status == LEAT_OK ? LEAT_PLACE_POOL : leat_readiness_place(*ret);
    }
    uint64_t len = move->len;
    if (from_file && move->from_offset != LEAT_OFFSET_NONE) {
        bool is_ahead = (op->held & LEAT_PLACE_AHEAD) != 0;
        uint64_t some = len < AHEAD_LEN ? len : AHEAD_LEN;
        /* What was read ahead may have been dropped again. It is not read twice for one try, so
         * that every try moves something in the end. */
        op->held = 0;
        if (!is_ahead && (is_away(move->from, move->from_offset) ||
                          is_away(move->from, move->from_offset + (int64_t)some - 1))) {
            op->held = LEAT_PLACE_AHEAD;
            return LEAT_PLACE_POOL;
        }
        move->len = some;
    }
    *ret = leat_system_try_now(op);
    move->len = len;
    return leat_readiness_place(*ret);
}

/* A path of which every part is in memory is opened at once. The kernel says EAGAIN where one is
 * not, and to what makes or cuts files; an older one knows no such question. */
static enum leat_place try_open(struct leat_op *op, struct leat_io *ret)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)op->open.flags | O_NONBLOCK,
        .mode = op->open.flags & O_CREAT ? op->open.mode : 0,
        .resolve =
            RESOLVE_CACHED | (op->open.beneath ? RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS : 0),
    };
    long fd = syscall(SYS_openat2, op->open.folder, op->open.path, &how, sizeof(how));
    if (fd >= 0)
        *ret = (struct leat_io){ .status = LEAT_OK, .descriptor = (int)fd };
    else if (errno == EAGAIN || errno == EINVAL || errno == EINTR || is_unheard_of(errno))
        return LEAT_PLACE_POOL;
    else
        *ret = leat_io_fault(errno);
    return LEAT_PLACE_NONE;
}

enum leat_place leat_readiness_try_file(struct leat_op *op, struct leat_io *ret)
{
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_READ:
        return try_read(op, ret);
    case LEAT_OP_WRITE:
        return try_write(op, ret);
    case LEAT_OP_MOVE:
        return try_move(op, ret);
    case LEAT_OP_OPEN:
        return try_open(op, ret);
    default:
        return LEAT_PLACE_POOL;
    }
}

/* Have what a move is to send in memory. What goes wrong, the move itself will meet. */
static void read_ahead(const struct leat_move *move)
{
    uint8_t piece[16 * LEAT_KIB];
    uint64_t len = move->len < AHEAD_LEN ? move->len : AHEAD_LEN, done = 0;
    while (done < len) {
        struct leat_io io =
            leat_system_read(move->from, piece, sizeof(piece), move->from_offset + (int64_t)done);
        if (io.status != LEAT_OK)
            return;
        done += io.bytes;
    }
}

struct leat_io leat_readiness_run_file(struct leat_op *op)
{
    if (op->code == LEAT_OP_OPEN) /* which waits for no peer of a named pipe */
        return leat_system_try_now(op);
    if (op->code != LEAT_OP_MOVE || !(op->held & LEAT_PLACE_AHEAD))
        return leat_system_try(op, false);
    read_ahead(op->move.move);
    return (struct leat_io){ .status = LEAT_OK };
}
