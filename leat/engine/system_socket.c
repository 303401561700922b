/* One try of each call on sockets. */

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/system.h"

static struct leat_io opened(int fd)
{
    if (fd < 0)
        return leat_io_fault(errno);
    return (struct leat_io){ .status = LEAT_OK, .descriptor = fd };
}

struct leat_io leat_system_socket(int domain, int type)
{
    return opened(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

struct leat_io leat_system_listen(int fd, const struct leat_address *address, unsigned backlog,
                                  bool shared)
{
    const int on = 1, off = 0;
    leat_assert(address->len > 0);
    if (address->any.sa_family != AF_UNIX) {
        /* Of datagrams it would have another take them. */
        if (backlog > 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
            return leat_io_fault(errno);
        if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
            return leat_io_fault(errno);
    }
    /* An address of every address takes those of IPv4 as well. */
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        return leat_io_fault(errno);
    if (bind(fd, &address->any, address->len) < 0 || (backlog > 0 && listen(fd, (int)backlog) < 0))
        return leat_io_fault(errno);
    return (struct leat_io){ .status = LEAT_OK };
}

/* A connection that was given up before it was taken is not the listener's fault (accept(2)). That
 * page has EOPNOTSUPP among these errors too, but it also says that a socket takes none at all. */
bool leat_system_is_of_connection(int code)
{
    switch (code) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EINTR:
        return true;
    default:
        return false;
    }
}

struct leat_io leat_system_accept(int fd, struct leat_address *ret_peer)
{
    struct leat_address peer;
    int got;
    do {
        peer.len = sizeof(peer) - offsetof(struct leat_address, any);
        got = accept4(fd, &peer.any, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (got < 0 && leat_system_is_of_connection(errno));
    if (got < 0 && errno == EAGAIN)
        return (struct leat_io){ .status = LEAT_AGAIN };
    if (got >= 0 && ret_peer != NULL)
        *ret_peer = peer;
    return opened(got);
}

/* Asked again when the socket is ready, connect(2) says what became of it. */
struct leat_io leat_system_connect(int fd, const struct leat_address *to)
{
    if (connect(fd, &to->any, to->len) == 0 || errno == EISCONN)
        return (struct leat_io){ .status = LEAT_OK };
    if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR)
        return (struct leat_io){ .status = LEAT_FULL };
    return leat_io_fault(errno);
}

struct leat_io leat_system_receive(int fd, void *to, size_t len)
{
    ssize_t n;
    leat_assert(len > 0);
    do
        n = recv(fd, to, len, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return leat_system_moved(n, LEAT_AGAIN);
}

struct leat_io leat_system_send(int fd, const struct leat_span *pieces, unsigned pieces_len,
                                bool more)
{
    struct iovec iov[LEAT_PIECES_MAX];
    struct msghdr message = { .msg_iov = iov, .msg_iovlen = pieces_len };
    leat_system_gather(pieces, pieces_len, iov);
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
    ssize_t n;
    do /* a message of one piece needs no list of them to be brought in */
        n = pieces_len == 1 ? send(fd, iov[0].iov_base, iov[0].iov_len, flags)
                            : sendmsg(fd, &message, flags);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return leat_io_fault(EIO);
    return leat_system_moved(n, LEAT_FULL);
}

struct leat_io leat_system_shutdown(int fd)
{
    if (shutdown(fd, SHUT_WR) < 0)
        return leat_io_fault(errno);
    return (struct leat_io){ .status = LEAT_OK };
}

/* What `n` says of a datagram, which may be empty. */
static struct leat_io moved_datagram(ssize_t n, enum leat_status would_block)
{
    if (n == 0)
        return (struct leat_io){ .status = LEAT_OK, .bytes = 0 };
    return leat_system_moved(n, would_block);
}

/* The memory comes and goes with the bytes, as a receive's does. */
struct leat_io leat_system_receive_from(struct leat_op *op)
{
    struct leat_block *block = leat_ctx_block(op->receive_from.ctx, op->receive_from.len_max);
    if (block == NULL)
        return leat_io_fault(ENOMEM);
    struct leat_address from = { .len = 0 };
    struct iovec room = { block->data, op->receive_from.len_max };
    struct msghdr message = { .msg_name = &from.any,
                              .msg_namelen = sizeof(from) - offsetof(struct leat_address, any),
                              .msg_iov = &room,
                              .msg_iovlen = 1 };
    ssize_t n;
    do
        n = recvmsg(op->fd, &message, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    struct leat_io io = moved_datagram(n, LEAT_AGAIN);
    if (io.status != LEAT_OK) {
        leat_ctx_block_return(op->receive_from.ctx, block);
        return io;
    }
    op->receive_from.ret_slice = (struct leat_slice){ block->data, io.bytes, block };
    op->receive_from.ret_cut = (message.msg_flags & MSG_TRUNC) != 0;
    from.len = message.msg_namelen;
    if (op->receive_from.ret_from != NULL)
        *op->receive_from.ret_from = from;
    return io;
}

struct leat_io leat_system_send_to(const struct leat_op *op)
{
    const struct leat_address *to = op->send_to.to;
    ssize_t n;
    do
        n = sendto(op->fd, op->send_to.bytes.data, op->send_to.bytes.len,
                   MSG_NOSIGNAL | MSG_DONTWAIT, to != NULL ? &to->any : NULL,
                   to != NULL ? to->len : 0);
    while (n < 0 && errno == EINTR);
    return moved_datagram(n, LEAT_FULL);
}
