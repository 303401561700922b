/* Operations that are requests: what is asked by each, and what its completion means. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/system.h"
#include "leat/engine/uring/uring.h"

/* The kernel's own bound on one call, less what keeps the lengths aligned. */
#define REQUEST_LEN_MAX ((size_t)1 << 30)

/* How long a connect waits before it tries again. */
enum { LATER_NS = 1000 * 1000 };

/* Pieces are given to the kernel where they are: it copies the table, and they have its layout. */
_Static_assert(sizeof(struct leat_span) == sizeof(struct iovec), "a span is an iovec");
_Static_assert(offsetof(struct leat_span, data) == offsetof(struct iovec, iov_base), "its data");
_Static_assert(offsetof(struct leat_span, len) == offsetof(struct iovec, iov_len), "its length");

/* --- What is asked --- */

static uint32_t request_len(size_t len)
{
    return (uint32_t)(len < REQUEST_LEN_MAX ? len : REQUEST_LEN_MAX);
}

static struct io_uring_sqe *ask(struct leat_uring *uring, struct leat_op *op, uint8_t opcode)
{
    return leat_uring_ask(uring, opcode, op->fd, op, LEAT_URING_OP);
}

static void ask_open(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe =
        ask(uring, op, op->open.beneath ? IORING_OP_OPENAT2 : IORING_OP_OPENAT);
    sqe->fd = op->open.folder;
    sqe->addr = (uintptr_t)op->open.path;
    if (!op->open.beneath) {
        sqe->len = op->open.mode;
        sqe->open_flags = (uint32_t)op->open.flags;
        return;
    }
    struct open_how *how = &leat_ring_beside(&uring->ring, sqe)->how;
    *how = (struct open_how){
        .flags = (uint64_t)(unsigned)op->open.flags,
        .mode = op->open.flags & O_CREAT ? op->open.mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    sqe->off = (uintptr_t)how;
    sqe->len = sizeof(*how);
}

/* An offset of -1 is where the descriptor stands, there as here. */
static void ask_read(struct leat_uring *uring, struct leat_op *op)
{
    _Static_assert(LEAT_OFFSET_NONE == -1, "IORING_FEAT_RW_CUR_POS");
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_READ);
    sqe->addr = (uintptr_t)op->read.to;
    sqe->len = request_len(op->read.len);
    sqe->off = (uint64_t)op->read.offset;
}

/* The only piece that is not empty; NULL when there are more. */
static const struct leat_span *only_piece(const struct leat_op *op)
{
    const struct leat_span *only = NULL;
    leat_assert(op->write.pieces_len > 0 && op->write.pieces_len <= LEAT_PIECES_MAX);
    for (unsigned i = 0; i < op->write.pieces_len; i++) {
        if (op->write.pieces[i].len == 0)
            continue;
        if (only != NULL)
            return NULL;
        only = &op->write.pieces[i];
    }
    leat_assert(only != NULL);
    return only;
}

static void ask_write(struct leat_uring *uring, struct leat_op *op)
{
    op->write.from = lseek(op->fd, 0, SEEK_CUR);
    const struct leat_span *only = only_piece(op);
    struct io_uring_sqe *sqe = ask(uring, op, only != NULL ? IORING_OP_WRITE : IORING_OP_WRITEV);
    sqe->addr = only != NULL ? (uintptr_t)only->data : (uintptr_t)op->write.pieces;
    sqe->len = only != NULL ? request_len(only->len) : op->write.pieces_len;
    sqe->off = UINT64_MAX;
}

static size_t pieces_bytes(const struct leat_op *op)
{
    size_t len = 0;
    for (unsigned i = 0; i < op->write.pieces_len; i++)
        len += op->write.pieces[i].len;
    return len;
}

/* The kernel writes on after a part, to say why there was no more of it, and when that fails leaves
 * the descriptor where it stood before the part. What came next would be written over it. */
static void write_moves_on(const struct leat_op *op, size_t written)
{
    if (op->write.from < 0 || written == pieces_bytes(op))
        return;
    int flags = fcntl(op->fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) == 0)
        (void)lseek(op->fd, op->write.from + (int64_t)written, SEEK_SET);
}

/* Never MSG_WAITALL: a part is a result. A send without a copy has two completions, of which the
 * second says that the memory is free. */
static void ask_send(struct leat_uring *uring, struct leat_op *op)
{
    const struct leat_span *only = only_piece(op);
    bool copied = uring->zero_copy_from == SIZE_MAX || pieces_bytes(op) < uring->zero_copy_from;
    uint8_t opcode = only != NULL ? (copied ? IORING_OP_SEND : IORING_OP_SEND_ZC)
                                  : (copied ? IORING_OP_SENDMSG : IORING_OP_SENDMSG_ZC);
    struct io_uring_sqe *sqe = ask(uring, op, opcode);
    sqe->msg_flags = MSG_NOSIGNAL | (op->write.more ? MSG_MORE : 0);
    sqe->ioprio = copied ? 0 : IORING_SEND_ZC_REPORT_USAGE;
    if (only != NULL) {
        sqe->addr = (uintptr_t)only->data;
        sqe->len = request_len(only->len);
        return;
    }
    struct msghdr *message = &leat_ring_beside(&uring->ring, sqe)->message;
    *message = (struct msghdr){ .msg_iov = (struct iovec *)(uintptr_t)op->write.pieces,
                                .msg_iovlen = op->write.pieces_len };
    sqe->addr = (uintptr_t)message;
    sqe->len = 1;
}

static void ask_sync(struct leat_uring *uring, struct leat_op *op)
{
    unsigned flags = op->sync.whole ? 0 : IORING_FSYNC_DATASYNC;
    ask(uring, op, IORING_OP_FSYNC)->fsync_flags = flags;
}

static void ask_rename(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_RENAMEAT);
    sqe->fd = op->name.folder;
    sqe->addr = (uintptr_t)op->name.from;
    sqe->addr2 = (uintptr_t)op->name.to;
    sqe->len = (uint32_t)op->name.folder;
}

static void ask_unlink(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_UNLINKAT);
    sqe->fd = op->name.folder;
    sqe->addr = (uintptr_t)op->name.from;
}

static void ask_ready(struct leat_uring *uring, struct leat_op *op, int fd, enum leat_ready ready)
{
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_POLL_ADD);
    sqe->fd = fd;
    sqe->poll_events = ready == LEAT_READY_READ ? POLLIN : POLLOUT;
}

static void ask_wait(struct leat_uring *uring, struct leat_op *op)
{
    ask_ready(uring, op, op->fd, op->wait.ready);
}

static void ask_connect(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_CONNECT);
    sqe->addr = (uintptr_t)&op->connect.to->any;
    sqe->addr2 = op->connect.to->len;
}

/* --- What came --- */

/* What a completion's number is, where it is not an error. */
enum meaning {
    NOTHING,
    A_DESCRIPTOR,
    BYTES_IN,  /* 0: the end */
    BYTES_OUT, /* 0: a device that takes nothing, and would be asked for ever */
    EVENTS,    /* of poll(2) */
};

/* The operations that are one request, and may be asked again. Those without `ask` are tried. */
static const struct {
    void (*ask)(struct leat_uring *uring, struct leat_op *op);
    enum meaning meaning;
} requests[LEAT_OPS] = {
    [LEAT_OP_OPEN] = { ask_open, A_DESCRIPTOR }, [LEAT_OP_READ] = { ask_read, BYTES_IN },
    [LEAT_OP_WRITE] = { ask_write, BYTES_OUT },  [LEAT_OP_SYNC] = { ask_sync, NOTHING },
    [LEAT_OP_RENAME] = { ask_rename, NOTHING },  [LEAT_OP_UNLINK] = { ask_unlink, NOTHING },
    [LEAT_OP_WAIT] = { ask_wait, EVENTS },       [LEAT_OP_CONNECT] = { ask_connect, NOTHING },
    [LEAT_OP_SEND] = { ask_send, BYTES_OUT },
};

static struct leat_io fault_of(const struct leat_op *op, int code)
{
    /* Pipes, sockets and terminals have no stable storage. */
    bool fine =
        (op->code == LEAT_OP_SYNC && (code == EINVAL || code == EROFS || code == ENOTSUP)) ||
        (op->code == LEAT_OP_CONNECT && code == EISCONN);
    if (fine)
        return (struct leat_io){ .status = LEAT_OK };
    return leat_io_fault(code);
}

static struct leat_io meant(const struct leat_op *op, int res)
{
    if (res < 0)
        return fault_of(op, -res);
    switch (requests[op->code].meaning) {
    case A_DESCRIPTOR:
        return (struct leat_io){ .status = LEAT_OK, .descriptor = res };
    case BYTES_IN:
    case BYTES_OUT:
        if (res > 0 && op->code == LEAT_OP_WRITE)
            write_moves_on(op, (size_t)res);
        if (res > 0)
            return (struct leat_io){ .status = LEAT_OK, .bytes = (size_t)res };
        if (requests[op->code].meaning == BYTES_IN)
            return (struct leat_io){ .status = LEAT_END };
        return leat_io_fault(EIO);
    case EVENTS:
        if (res & POLLNVAL)
            return leat_io_fault(EBADF);
        break;
    case NOTHING:
        break;
    }
    return (struct leat_io){ .status = LEAT_OK };
}

/* Its last completion is there; where it was cancelled, that request's own is to come or has. */
static void op_came_to(struct leat_uring *uring, struct leat_op *op, struct leat_io io)
{
    leat_assert(op->held > 0);
    op->result = io;
    op->held--;
    if (op->held == 0)
        leat_uring_finish(uring, op, io);
}

/* Have the kernel end the request of `op`. */
static void ask_cancel(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_ASYNC_CANCEL, -1, op, LEAT_URING_OP_CANCEL);
    sqe->addr = (uintptr_t)op | LEAT_URING_OP;
}

/* The kernel does not find a request that it is about to try again, and its completion is not there
 * either: then it is asked once more. What only waits for its memory cannot be found. */
void leat_uring_op_cancel_came(struct leat_uring *uring, struct leat_op *op, int res)
{
    leat_assert(op->state == LEAT_OP_CANCELLING);
    leat_assert(op->held > 0);
    if (res == -ENOENT && op->held > 1 && op->stage != LEAT_URING_NOTED) {
        ask_cancel(uring, op);
        return;
    }
    op->held--;
    if (op->held == 0)
        leat_uring_finish(uring, op, op->result);
}

void leat_uring_when_ready(struct leat_uring *uring, struct leat_op *op, int fd,
                           enum leat_ready ready)
{
    op->stage = LEAT_URING_READY;
    ask_ready(uring, op, fd, ready);
}

/* --- Sends without a copy --- */

/* A kernel that cannot report, a kind of socket that must copy: then all are copied, and this one
 * is asked for again. */
static bool sends_copied(struct leat_uring *uring, struct leat_op *op, struct leat_io io)
{
    bool refused = io.status == LEAT_FAULT && (io.code == EINVAL || io.code == EOPNOTSUPP);
    if (!refused || uring->zero_copy_from == SIZE_MAX || op->state == LEAT_OP_CANCELLING)
        return false;
    uring->zero_copy_from = SIZE_MAX;
    op->stage = LEAT_URING_ASKED;
    ask_send(uring, op);
    return true;
}

/* The first completion of two holds the result, and the second says whether the kernel copied after
 * all, as it does on loopback: then doing so at once is cheaper. True: `res` was dealt with. */
static bool goes_on_sending(struct leat_uring *uring, struct leat_op *op, int res, unsigned flags)
{
    if (flags & IORING_CQE_F_NOTIF) {
        leat_assert(op->stage == LEAT_URING_NOTED);
        if (sends_copied(uring, op, op->result))
            return true;
        if ((unsigned)res & IORING_NOTIF_USAGE_ZC_COPIED)
            uring->zero_copy_from = SIZE_MAX;
        op_came_to(uring, op, op->result);
        return true;
    }
    if (flags & IORING_CQE_F_MORE) {
        op->result = meant(op, res);
        op->stage = LEAT_URING_NOTED;
        return true;
    }
    return op->stage == LEAT_URING_ASKED && sends_copied(uring, op, meant(op, res));
}

/* --- The table's part --- */

/* A Unix socket's listener that has no room tells nobody when it has (connect(2): EAGAIN). */
static void ask_later(struct leat_uring *uring, struct leat_op *op)
{
    struct io_uring_sqe *sqe = ask(uring, op, IORING_OP_TIMEOUT);
    struct __kernel_timespec *time = &leat_ring_beside(&uring->ring, sqe)->time;
    *time = (struct __kernel_timespec){ .tv_nsec = LATER_NS };
    sqe->fd = -1;
    sqe->addr = (uintptr_t)time;
    sqe->len = 1;
    op->stage = LEAT_URING_LATER;
}

/* Whether what came says: not yet. Of an open that stays beneath, EAGAIN says that a name on its
 * way was changed just then (openat2(2)). */
static bool is_again(const struct leat_op *op, int res)
{
    bool can_wait = requests[op->code].meaning == BYTES_IN ||
                    requests[op->code].meaning == BYTES_OUT || op->code == LEAT_OP_CONNECT ||
                    (op->code == LEAT_OP_OPEN && op->open.beneath);
    return res == -EINTR || (res == -EAGAIN && can_wait) ||
           (res == -ETIME && op->stage == LEAT_URING_LATER);
}

/* Ask again, for a signal or since it is ready now; or wait until it is. A descriptor that was set
 * to not block has reads and writes say EAGAIN; receives and sends wait in the kernel. */
static void ask_again(struct leat_uring *uring, struct leat_op *op, int res)
{
    enum leat_ready ready;
    if (op->code == LEAT_OP_CONNECT && res == -EAGAIN) {
        ask_later(uring, op);
        return;
    }
    if (op->stage == LEAT_URING_ASKED && res == -EAGAIN && op->code != LEAT_OP_OPEN) {
        enum leat_status status = requests[op->code].meaning == BYTES_IN ? LEAT_AGAIN : LEAT_FULL;
        int fd = leat_system_awaits(op, status, &ready);
        leat_uring_when_ready(uring, op, fd, ready);
        return;
    }
    op->stage = LEAT_URING_ASKED;
    requests[op->code].ask(uring, op);
}

bool leat_uring_threads_pipes(void)
{
    int pipes[2];
    char byte;
    struct iovec iov = { &byte, 1 };
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return true;
    bool is_threaded = preadv2(pipes[0], &iov, 1, -1, RWF_NOWAIT) >= 0 || errno != EAGAIN;
    close(pipes[0]);
    close(pipes[1]);
    return is_threaded;
}

/* Whether the kernel would have a thread do what `op` asks though its pipe can be waited for. */
static bool is_threaded(const struct leat_uring *uring, const struct leat_op *op)
{
    struct stat stat;
    if (leat_likely(!uring->threads_pipes))
        return false;
    if (op->code != LEAT_OP_WRITE &&
        (op->code != LEAT_OP_READ || op->read.offset != LEAT_OFFSET_NONE))
        return false;
    return fstat(op->fd, &stat) == 0 && S_ISFIFO(stat.st_mode);
}

/* What is no request is done at once where it can be, and where it cannot, tried again when it may:
 * a move, a datagram, what a thread would do. True: op->result is what came of it. */
static bool tries(struct leat_uring *uring, struct leat_op *op)
{
    if (op->code == LEAT_OP_MOVE)
        return leat_uring_move(uring, op, op->stage == LEAT_URING_PAGES);
    op->result = leat_system_try_now(op);
    if (op->result.status != LEAT_AGAIN && op->result.status != LEAT_FULL)
        return true;
    enum leat_ready ready;
    int fd = leat_system_awaits(op, op->result.status, &ready);
    leat_uring_when_ready(uring, op, fd, ready);
    return false;
}

static void tries_again(struct leat_uring *uring, struct leat_op *op, int res)
{
    if (op->stage == LEAT_URING_READY && res < 0 && res != -EINTR)
        op_came_to(uring, op, leat_io_fault(-res));
    else if (tries(uring, op))
        op_came_to(uring, op, op->result);
}

void leat_uring_op_came(struct leat_uring *uring, struct leat_op *op, int res, unsigned flags)
{
    leat_assert(op->state == LEAT_OP_IN_FLIGHT || op->state == LEAT_OP_CANCELLING);
    if (op->code == LEAT_OP_SEND && goes_on_sending(uring, op, res, flags))
        return;
    bool waited = op->stage != LEAT_URING_ASKED;
    if (op->state == LEAT_OP_CANCELLING && (waited || is_again(op, res)))
        op_came_to(uring, op, leat_io_fault(ECANCELED));
    else if (requests[op->code].ask == NULL || is_threaded(uring, op))
        tries_again(uring, op, res);
    else if ((waited && res >= 0) || is_again(op, res))
        ask_again(uring, op, res);
    else
        op_came_to(uring, op, meant(op, res));
}

/* A read at an offset is of a file, whose pages are mostly there: then it needs no request. Of what
 * has no offsets the ring would read even so, and this says what is wrong with that. */
static bool is_read_already(struct leat_op *op)
{
    struct iovec iov = { op->read.to, request_len(op->read.len) };
    if (op->read.offset == LEAT_OFFSET_NONE)
        return false;
    ssize_t n = preadv2(op->fd, &iov, 1, op->read.offset, RWF_NOWAIT);
    /* The device would have to be waited for, or this file system cannot tell. */
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EOPNOTSUPP || errno == EINVAL))
        return false;
    op->result = leat_system_moved(n, LEAT_AGAIN);
    return true;
}

bool leat_uring_start(struct leat_loop *loop, struct leat_op *op)
{
    struct leat_uring *uring = leat_uring_of(loop);
    op->stage = LEAT_URING_ASKED;
    op->held = 0;
    if (op->code == LEAT_OP_ACCEPT || op->code == LEAT_OP_RECEIVE)
        return leat_uring_stream_start(uring, op);
    if (op->code == LEAT_OP_READ && is_read_already(op))
        return true;
    if (requests[op->code].ask != NULL && !is_threaded(uring, op))
        requests[op->code].ask(uring, op);
    else if (tries(uring, op))
        return true;
    op->held = 1;
    op->state = LEAT_OP_IN_FLIGHT;
    return false;
}

void leat_uring_cancel(struct leat_loop *loop, struct leat_op *op)
{
    struct leat_uring *uring = leat_uring_of(loop);
    if (op->state == LEAT_OP_QUEUED) {
        leat_uring_stream_drop(uring, op);
        return;
    }
    leat_assert(op->state == LEAT_OP_IN_FLIGHT);
    ask_cancel(uring, op);
    op->state = LEAT_OP_CANCELLING;
    op->held++;
}
