#include "tests/kinds/ends.h"
#include "tests/support/check.h"
#include "tests/support/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t kind_byte(uint64_t offset)
{
    return source_byte(offset);
}

/* --- Pipes and sockets --- */

static void keep(struct kind_end *end, int near_fd, int far_fd)
{
    end->near_fd = near_fd;
    end->far_fd = far_fd;
    check(fcntl(far_fd, F_SETFL, O_NONBLOCK) == 0);
}

void ends_pipe_in(struct kind_end *end)
{
    int fds[2];
    check(pipe2(fds, O_CLOEXEC) == 0);
    keep(end, fds[0], fds[1]);
}

void ends_pipe_in_nonblocking(struct kind_end *end)
{
    ends_pipe_in(end);
    check(fcntl(end->near_fd, F_SETFL, O_NONBLOCK) == 0);
}

void ends_pipe_out(struct kind_end *end)
{
    int fds[2];
    check(pipe2(fds, O_CLOEXEC) == 0);
    keep(end, fds[1], fds[0]);
}

void ends_socket(struct kind_end *end)
{
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    keep(end, fds[0], fds[1]);
}

size_t ends_feed(struct kind_end *end, const void *data, size_t len)
{
    ssize_t n = write(end->far_fd, data, len);
    check(n > 0 || errno == EAGAIN || errno == EINTR || errno == EPIPE || errno == ECONNRESET);
    return n > 0 ? (size_t)n : 0;
}

void ends_finish(struct kind_end *end)
{
    close(end->far_fd);
    end->far_fd = -1;
}

size_t ends_take(struct kind_end *end, struct leat_writer *w, void *to, size_t len)
{
    (void)w;
    if (end->far_fd < 0)
        return 0;
    ssize_t n = read(end->far_fd, to, len);
    return n > 0 ? (size_t)n : 0;
}

void ends_hang_up(struct kind_end *end)
{
    ends_finish(end);
}

/* --- Files --- */

void ends_put_file(struct kind_end *end, uint64_t offset, const void *data, size_t len)
{
    int fd = open(end->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    check(fd >= 0);
    check_equal(pwrite(fd, data, len, (off_t)offset), len);
    close(fd);
}

size_t ends_take_file(struct kind_end *end, struct leat_writer *w, void *to, size_t len)
{
    (void)w;
    int fd = open(end->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = pread(fd, to, len, (off_t)end->taken);
    close(fd);
    check(n >= 0);
    end->taken += (uint64_t)n;
    return (size_t)n;
}

static void allow(rlim_t bytes)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    check(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

void ends_refuse_file(struct kind_end *end)
{
    allow(end->room);
}

void ends_unmake(struct kind_end *end)
{
    if (end->far_fd >= 0)
        ends_finish(end);
    allow(RLIM_INFINITY);
    if (end->path != NULL)
        (void)unlink(end->path);
}
