#include "leat/engine/system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Loops on EINTR below have no bound of their own: each turn takes a signal's arrival. */

/* The kernel's own bound on one call, less what keeps the lengths aligned. */
#define CALL_LEN_MAX ((uint64_t)1 << 30)

#define NS_PER_S 1000000000

static struct leat_io moved(ssize_t n, enum leat_status would_block)
{
    if (n > 0)
        return (struct leat_io){ .status = LEAT_OK, .bytes = (size_t)n };
    if (n == 0)
        return (struct leat_io){ .status = LEAT_END };
    if (errno == EAGAIN)
        return (struct leat_io){ .status = would_block };
    return (struct leat_io){ .status = LEAT_FAULT, .code = errno };
}

struct leat_io leat_system_open(int folder, const char *path, int flags, unsigned mode)
{
    int fd;
    do
        fd = openat(folder, path, flags, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return (struct leat_io){ .status = LEAT_FAULT, .code = errno };
    return (struct leat_io){ .status = LEAT_OK, .descriptor = fd };
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
    return moved(n, LEAT_AGAIN);
}

struct leat_io leat_system_write(int fd, const struct leat_span *pieces, unsigned pieces_len)
{
    leat_assert(fd >= 0);
    leat_assert(pieces_len > 0);
    leat_assert(pieces_len <= LEAT_PIECES_MAX);
    struct iovec iov[LEAT_PIECES_MAX];
    size_t len = 0;
    for (unsigned i = 0; i < pieces_len; i++) {
        size_t some = pieces[i].len < CALL_LEN_MAX - len ? pieces[i].len : CALL_LEN_MAX - len;
        iov[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].data, some };
        len += some;
    }
    leat_assert(len > 0);
    ssize_t n;
    do
        n = writev(fd, iov, (int)pieces_len);
    while (n < 0 && errno == EINTR);
    /* A device that takes nothing and says nothing would be asked for ever. */
    if (n == 0)
        return (struct leat_io){ .status = LEAT_FAULT, .code = EIO };
    return moved(n, LEAT_FULL);
}

struct leat_io leat_system_sync(int fd)
{
    int failed;
    do
        failed = fdatasync(fd);
    while (failed < 0 && errno == EINTR);
    /* Pipes, sockets and terminals have no stable storage. */
    if (failed < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
        return (struct leat_io){ .status = LEAT_FAULT, .code = errno };
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
            return moved(n, LEAT_FULL);
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN) {
            bool starved = leat_system_wait(move->from, LEAT_READY_READ, 0).status == LEAT_AGAIN;
            return (struct leat_io){ .status = starved ? LEAT_AGAIN : LEAT_FULL };
        }
        if (!is_wrong_way(errno))
            return (struct leat_io){ .status = LEAT_FAULT, .code = errno };
        move->way++;
    }
    return (struct leat_io){ .status = LEAT_UNSUPPORTED };
}

uint64_t leat_system_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

struct leat_io leat_system_wait(int fd, enum leat_ready ready, int64_t timeout_ns)
{
    leat_assert(fd >= 0);
    leat_assert(timeout_ns >= LEAT_TIMEOUT_NONE);
    struct pollfd poll = { .fd = fd, .events = ready == LEAT_READY_READ ? POLLIN : POLLOUT };
    uint64_t start_ns = timeout_ns > 0 ? leat_system_now_ns() : 0;
    int64_t left_ns = timeout_ns;
    int n;
    for (;;) {
        struct timespec left = { left_ns / NS_PER_S, left_ns % NS_PER_S };
        n = ppoll(&poll, 1, timeout_ns == LEAT_TIMEOUT_NONE ? NULL : &left, NULL);
        if (n >= 0 || errno != EINTR)
            break;
        if (timeout_ns > 0) {
            int64_t gone_ns = (int64_t)(leat_system_now_ns() - start_ns);
            left_ns = gone_ns < timeout_ns ? timeout_ns - gone_ns : 0;
        }
    }
    if (n < 0)
        return (struct leat_io){ .status = LEAT_FAULT, .code = errno };
    if (n > 0 && (poll.revents & POLLNVAL))
        return (struct leat_io){ .status = LEAT_FAULT, .code = EBADF };
    return (struct leat_io){ .status = n > 0 ? LEAT_OK : LEAT_AGAIN };
}
