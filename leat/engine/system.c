#include "leat/engine/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Loops on EINTR below have no bound of their own: each turn takes a signal's arrival. */

/* The kernel's own bound on one call, less what keeps the lengths aligned. */
#define CALL_LEN_MAX ((uint64_t)1 << 30)

#define NS_PER_S 1000000000

/* What a call without a result came to. */
static struct leat_io done(int failed)
{
    return failed < 0 ? leat_io_fault(errno) : (struct leat_io){ .status = LEAT_OK };
}

struct leat_io leat_system_moved(ssize_t n, enum leat_status would_block)
{
    if (n > 0)
        return (struct leat_io){ .status = LEAT_OK, .bytes = (size_t)n };
    if (n == 0)
        return (struct leat_io){ .status = LEAT_END };
    if (errno == EAGAIN)
        return (struct leat_io){ .status = would_block };
    return leat_io_fault(errno);
}

/* The C library has no openat2. A kernel without it opens nothing that is to stay beneath: who
 * asks for that wants no guess. */
static int open_beneath(int folder, const char *path, int flags, unsigned mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags,
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

struct leat_io leat_system_open(int folder, const char *path, int flags, unsigned mode,
                                bool beneath)
{
    int fd;
    do
        fd = beneath ? open_beneath(folder, path, flags, mode) : openat(folder, path, flags, mode);
    while (fd < 0 && (errno == EINTR || (beneath && errno == EAGAIN)));
    if (fd < 0)
        return leat_io_fault(errno);
    return (struct leat_io){ .status = LEAT_OK, .descriptor = fd };
}

static struct leat_io stat_of(int fd, struct leat_stat *ret)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return leat_io_fault(errno);
    *ret = (struct leat_stat){
        .kind = S_ISREG(stat.st_mode)   ? LEAT_KIND_FILE
                : S_ISDIR(stat.st_mode) ? LEAT_KIND_FOLDER
                : S_ISBLK(stat.st_mode) ? LEAT_KIND_DISK
                                        : LEAT_KIND_OTHER,
        .mode = stat.st_mode & 07777,
        .size = (uint64_t)stat.st_size,
        .device = (uint64_t)stat.st_dev,
        .number = (uint64_t)stat.st_ino,
        .modified_ns = (int64_t)stat.st_mtim.tv_sec * NS_PER_S + stat.st_mtim.tv_nsec,
    };
    return (struct leat_io){ .status = LEAT_OK };
}

struct leat_io leat_system_read(int fd, void *to, size_t len, int64_t offset)
{
    leat_assert(fd >= 0);
    leat_assert(len > 0);
    if (len > CALL_LEN_MAX)
        len = CALL_LEN_MAX;
    ssize_t n;
    do
        n = offset == LEAT_OFFSET_NONE ? read(fd, to, len) : pread(fd, to, len, offset);
    while (n < 0 && errno == EINTR);
    return leat_system_moved(n, LEAT_AGAIN);
}

size_t leat_system_gather(const struct leat_span *pieces, unsigned pieces_len, struct iovec *iov)
{
    size_t len = 0;
    leat_assert(pieces_len > 0);
    leat_assert(pieces_len <= LEAT_PIECES_MAX);
    for (unsigned i = 0; i < pieces_len; i++) {
        size_t some = pieces[i].len < CALL_LEN_MAX - len ? pieces[i].len : CALL_LEN_MAX - len;
        iov[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].data, some };
        len += some;
    }
    leat_assert(len > 0);
    return len;
}

struct leat_io leat_system_write(int fd, const struct leat_span *pieces, unsigned pieces_len)
{
    leat_assert(fd >= 0);
    struct iovec iov[LEAT_PIECES_MAX];
    leat_system_gather(pieces, pieces_len, iov);
    ssize_t n;
    do
        n = writev(fd, iov, (int)pieces_len);
    while (n < 0 && errno == EINTR);
    /* A device that takes nothing and says nothing would be asked for ever. */
    if (n == 0)
        return leat_io_fault(EIO);
    return leat_system_moved(n, LEAT_FULL);
}

static struct leat_io sync_of(int fd, bool whole)
{
    int failed;
    do
        failed = whole ? fsync(fd) : fdatasync(fd);
    while (failed < 0 && errno == EINTR);
    /* Pipes, sockets and terminals have no stable storage. */
    if (failed < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
        return leat_io_fault(errno);
    return (struct leat_io){ .status = LEAT_OK };
}

/* Whether an error says that this call cannot do it here, and another may. */
static bool is_wrong_way(int code)
{
    switch (code) {
    case EINVAL:
    case EXDEV:
    case ENOSYS:
    case EOPNOTSUPP:
    case EBADF: /* copy_file_range to a descriptor that appends */
    case EISDIR:
    case EPERM:
    case ESPIPE:
    case ETXTBSY:
    case EOVERFLOW:
        return true;
    default:
        return false;
    }
}

static ssize_t move_once(struct leat_move *move, bool patient)
{
    loff_t offset = move->from_offset;
    bool stands = move->from_offset == LEAT_OFFSET_NONE;
    loff_t *at = stands ? NULL : &offset;
    size_t len = move->len < CALL_LEN_MAX ? (size_t)move->len : CALL_LEN_MAX;
    ssize_t n = -1;
    if (move->way == LEAT_MOVE_COPY_RANGE)
        n = copy_file_range(move->from, at, move->to, NULL, len, 0);
    else if (move->way == LEAT_MOVE_SENDFILE)
        n = sendfile(move->to, move->from, at, len);
    else
        n = splice(move->from, at, move->to, NULL, len,
                   SPLICE_F_MOVE | (patient ? 0 : SPLICE_F_NONBLOCK));
    if (n > 0 && !stands)
        move->from_offset += n;
    return n;
}

struct leat_io leat_system_move(struct leat_move *move, bool patient)
{
    leat_assert(move->from >= 0);
    leat_assert(move->to >= 0);
    leat_assert(move->len > 0);
    /* Only splice takes from what cannot be sought in. */
    if (move->from_offset == LEAT_OFFSET_NONE && move->way < LEAT_MOVE_SPLICE)
        move->way = LEAT_MOVE_SPLICE;
    while (move->way < LEAT_MOVE_WAYS) {
        ssize_t n = move_once(move, patient);
        if (n >= 0)
            return leat_system_moved(n, LEAT_FULL);
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN) {
            bool starved = leat_system_wait(move->from, LEAT_READY_READ, 0).status == LEAT_AGAIN;
            return (struct leat_io){ .status = starved ? LEAT_AGAIN : LEAT_FULL };
        }
        if (!is_wrong_way(errno))
            return leat_io_fault(errno);
        move->way++;
    }
    return (struct leat_io){ .status = LEAT_UNSUPPORTED };
}

/* Interrupted, it is closed even so. */
struct leat_io leat_system_close(int fd)
{
    return close(fd) < 0 && errno != EINTR ? leat_io_fault(errno) : done(0);
}

uint64_t leat_system_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

struct timespec *leat_system_left(uint64_t deadline_ns, struct timespec *ret)
{
    if (deadline_ns == LEAT_NEVER)
        return NULL;
    uint64_t now_ns = deadline_ns > 0 ? leat_system_now_ns() : 0;
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    *ret = (struct timespec){ (time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S) };
    return ret;
}

struct leat_io leat_system_wait(int fd, enum leat_ready ready, uint64_t deadline_ns)
{
    leat_assert(fd >= 0);
    struct pollfd poll = { .fd = fd, .events = ready == LEAT_READY_READ ? POLLIN : POLLOUT };
    struct timespec left;
    int n;
    do
        n = ppoll(&poll, 1, leat_system_left(deadline_ns, &left), NULL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return leat_io_fault(errno);
    if (n > 0 && (poll.revents & POLLNVAL))
        return leat_io_fault(EBADF);
    return (struct leat_io){ .status = n > 0 ? LEAT_OK : LEAT_AGAIN };
}

/* --- By operation --- */

/* How much arrives at once at most, where no loop has buffers of its own. */
#define RECEIVE_LEN (16 * LEAT_KIB)

/* The memory comes and goes with the bytes, so that whoever waits has none. */
static struct leat_io receive(struct leat_op *op)
{
    struct leat_block *block = leat_ctx_block(op->receive.ctx, RECEIVE_LEN);
    if (block == NULL)
        return leat_io_fault(ENOMEM);
    struct leat_io io = leat_system_receive(op->fd, block->data, block->size);
    if (io.status == LEAT_OK)
        op->receive.ret_slice = (struct leat_slice){ block->data, io.bytes, block };
    else
        leat_ctx_block_return(op->receive.ctx, block);
    return io;
}

struct leat_io leat_system_try(struct leat_op *op, bool patient)
{
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_OPEN:
        return leat_system_open(op->open.folder, op->open.path, op->open.flags, op->open.mode,
                                op->open.beneath);
    case LEAT_OP_STAT:
        return stat_of(op->fd, op->stat.ret);
    case LEAT_OP_READ:
        return leat_system_read(op->fd, op->read.to, op->read.len, op->read.offset);
    case LEAT_OP_WRITE:
        return leat_system_write(op->fd, op->write.pieces, op->write.pieces_len);
    case LEAT_OP_MOVE:
        return leat_system_move(op->move.move, patient);
    case LEAT_OP_SYNC:
        return sync_of(op->fd, op->sync.whole);
    case LEAT_OP_RENAME:
        return done(renameat(op->name.folder, op->name.from, op->name.folder, op->name.to));
    case LEAT_OP_UNLINK:
        return done(unlinkat(op->name.folder, op->name.from, 0));
    case LEAT_OP_WAIT:
        return leat_system_wait(op->fd, op->wait.ready,
                                !patient               ? 0
                                : op->deadline_ns != 0 ? op->deadline_ns
                                                       : LEAT_NEVER);
    case LEAT_OP_SOCKET:
        return leat_system_socket(op->socket.domain, op->socket.type);
    case LEAT_OP_LISTEN:
        return leat_system_listen(op->fd, op->listen.address, op->listen.backlog,
                                  op->listen.shared);
    case LEAT_OP_ACCEPT:
        return leat_system_accept(op->fd, op->accept.ret_peer);
    case LEAT_OP_CONNECT:
        return leat_system_connect(op->fd, op->connect.to);
    case LEAT_OP_RECEIVE:
        return receive(op);
    case LEAT_OP_SEND:
        return leat_system_send(op->fd, op->write.pieces, op->write.pieces_len, op->write.more);
    case LEAT_OP_SHUTDOWN:
        return leat_system_shutdown(op->fd);
    case LEAT_OP_RECEIVE_FROM:
        return leat_system_receive_from(op);
    case LEAT_OP_SEND_TO:
        return leat_system_send_to(op);
    case LEAT_OP_SLEEP:
    case LEAT_OPS:
        break;
    }
    leat_assert(!"an operation that the system has");
    return leat_io_fault(EINVAL);
}

int leat_system_awaits(const struct leat_op *op, enum leat_status status, enum leat_ready *ret)
{
    leat_assert(status == LEAT_AGAIN || status == LEAT_FULL);
    *ret = status == LEAT_AGAIN ? LEAT_READY_READ : LEAT_READY_WRITE;
    if (op->code == LEAT_OP_MOVE)
        return status == LEAT_AGAIN ? op->move.move->from : op->move.move->to;
    return op->fd;
}
