#ifndef LEAT_ENGINE_URING_URING_TEST_H
#define LEAT_ENGINE_URING_URING_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/uring/uring.h"
#include "tests/support/check.h"

/* What the tests of this loop stand on. */

enum { SKIPPED = 77, STEPS_MAX = 100000 };

#define MS ((uint64_t)1000000)

/* --- A loop, an operation that is waited for --- */

struct asked {
    struct leat_op op;
    unsigned done;
};

static inline void is_done(struct leat_op *op)
{
    ((struct asked *)(void *)op)->done++;
}

static inline struct leat_loop *new_loop(const struct leat_loop_options *options)
{
    struct leat_loop_options uring = options != NULL ? *options : (struct leat_loop_options){ 0 };
    uring.kind = "uring";
    struct leat_loop *loop = leat_loop_create(&uring, NULL);
    check(loop != NULL);
    return loop;
}

static inline void submit(struct leat_loop *loop, struct asked *asked)
{
    asked->done = 0;
    asked->op.done = is_done;
    leat_loop_submit(loop, &asked->op);
}

static inline void step(struct leat_loop *loop)
{
    enum leat_status status = leat_loop_step(loop, leat_loop_clock(loop) + 100 * MS);
    check(status == LEAT_OK || status == LEAT_AGAIN || status == LEAT_END);
}

static inline struct leat_io finish(struct leat_loop *loop, struct asked *asked)
{
    for (unsigned i = 0; i < STEPS_MAX && asked->done == 0; i++)
        step(loop);
    check_equal(asked->done, 1);
    return asked->op.result;
}

static inline struct leat_io ask(struct leat_loop *loop, struct asked *asked)
{
    submit(loop, asked);
    return finish(loop, asked);
}

static inline struct asked wanted(enum leat_op_code code, int fd)
{
    return (struct asked){ .op = { .code = (uint8_t)code, .fd = fd } };
}

static inline struct asked receive_of(struct leat_socket *socket)
{
    struct asked asked = wanted(LEAT_OP_RECEIVE, socket->fd);
    asked.op.receive.socket = socket;
    return asked;
}

/* Two ends of a connection: the loop's, and one that blocks. */
static inline int new_pair(struct leat_socket *ret)
{
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    check(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    *ret = (struct leat_socket){ .fd = fds[0] };
    return fds[1];
}

static inline void put(int fd, const void *from, size_t len)
{
    check_equal(write(fd, from, len), len);
}

static inline unsigned home(struct leat_loop *loop)
{
    leat_buffers_collect(leat_uring_of(loop)->buffers);
    return leat_buffers_home(leat_uring_of(loop)->buffers);
}

static inline int listening(struct leat_loop *loop, struct leat_socket *socket,
                            struct leat_address *at)
{
    check_status(leat_address_parse("127.0.0.1:0", at), LEAT_OK);
    struct asked asked = wanted(LEAT_OP_SOCKET, -1);
    asked.op.socket.domain = AF_INET;
    asked.op.socket.type = SOCK_STREAM;
    check(leat_loop_start(loop, &asked.op));
    *socket = (struct leat_socket){ .fd = asked.op.result.descriptor };
    asked = wanted(LEAT_OP_LISTEN, socket->fd);
    asked.op.listen.address = at;
    asked.op.listen.backlog = 512;
    check(leat_loop_start(loop, &asked.op));
    check_status(asked.op.result.status, LEAT_OK);
    check(getsockname(socket->fd, &at->any, &at->len) == 0);
    return socket->fd;
}

static inline int connected(const struct leat_address *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0 && connect(fd, &to->any, to->len) == 0);
    return fd;
}

/* Whether there is io_uring here; `ret` says why not. */
static inline bool is_here(struct leat_loop_choice *ret)
{
    struct leat_loop *loop = leat_loop_create(&(struct leat_loop_options){ .kind = "uring" }, ret);
    leat_loop_destroy(loop);
    return loop != NULL;
}

#endif
