/* Moves from descriptor to descriptor. The ring has only splices, each of which costs a worker
 * thread, so a move is tried at once, and where it cannot go on the ring waits for what it lacks:
 * bytes, room, or a file's pages. */

#include <errno.h>
#include <sys/uio.h>

#include "leat/engine/system.h"
#include "leat/engine/uring/uring.h"

/* How much is moved in one try from a file. The loop stands still meanwhile, for as long as it
 * takes to copy so much: some 80 us to a socket. */
enum { PIECE_BYTES = 1024 * LEAT_KIB };

/* How much is read where pages are missing. */
enum { PAGES_BYTES = 256 * LEAT_KIB };

/* Whether the byte at `offset` would have to be read from the device. Where the file system cannot
 * say (EOPNOTSUPP), it counts as there. */
static bool is_missing(int fd, int64_t offset)
{
    char byte;
    struct iovec iov = { &byte, 1 };
    return preadv2(fd, &iov, 1, offset, RWF_NOWAIT) < 0 && errno == EAGAIN;
}

/* Pages come and go in runs: the first and the last byte speak for those between. */
static bool has_pages(const struct leat_move *move, int64_t len)
{
    len = move->len < (uint64_t)len ? (int64_t)move->len : len;
    return !is_missing(move->from, move->from_offset) &&
           (move->from_offset > INT64_MAX - len ||
            !is_missing(move->from, move->from_offset + len - 1));
}

/* How much can be moved now; 0: its pages are to be read first. */
static int64_t piece_len(const struct leat_move *move, bool were_read)
{
    if (move->from_offset == LEAT_OFFSET_NONE)
        return INT64_MAX;
    if (were_read)
        return PAGES_BYTES;
    if (has_pages(move, PIECE_BYTES))
        return PIECE_BYTES;
    return has_pages(move, PAGES_BYTES) ? PAGES_BYTES : 0;
}

/* All that need pages read them to the same place, since nobody looks at it: what is wanted is that
 * the system has them. False without memory: then the move itself waits for the device. */
static bool ask_pages(struct leat_uring *uring, struct leat_op *op)
{
    const struct leat_move *move = op->move.move;
    if (uring->pages == NULL)
        uring->pages = leat_allocate(&uring->loop.alloc, PAGES_BYTES);
    if (uring->pages == NULL)
        return false;
    struct io_uring_sqe *sqe = leat_uring_ask(uring, IORING_OP_READ, move->from, op, LEAT_URING_OP);
    sqe->addr = (uintptr_t)uring->pages;
    sqe->len = (uint32_t)(move->len < PAGES_BYTES ? move->len : PAGES_BYTES);
    sqe->off = (uint64_t)move->from_offset;
    op->stage = LEAT_URING_PAGES;
    return true;
}

static struct leat_io move_piece(struct leat_move *move, int64_t piece)
{
    uint64_t len = move->len;
    if (len > (uint64_t)piece)
        move->len = (uint64_t)piece;
    struct leat_io io = leat_system_move(move, false);
    move->len = len;
    return io;
}

bool leat_uring_move(struct leat_uring *uring, struct leat_op *op, bool were_read)
{
    struct leat_move *move = op->move.move;
    leat_assert(op->code == LEAT_OP_MOVE);
    leat_assert(move->len > 0);
    int64_t piece = piece_len(move, were_read);
    if (piece == 0 && ask_pages(uring, op))
        return false;
    struct leat_io io = move_piece(move, piece > 0 ? piece : PAGES_BYTES);
    if (io.status == LEAT_AGAIN || io.status == LEAT_FULL) {
        enum leat_ready ready;
        int fd = leat_system_awaits(op, io.status, &ready);
        leat_uring_when_ready(uring, op, fd, ready);
        return false;
    }
    op->result = io;
    return true;
}
