/* Each allocation of a loop fails once: making it fails, or an operation does, and nothing leaks.
 */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS_MAX = 10000 };

static bool is_short(struct leat_io io)
{
    if (io.status == LEAT_FAULT)
        check_equal(io.code, ENOMEM);
    return io.status == LEAT_FAULT;
}

/* Exchange some bytes over a connection, so far as memory allows. */
static void exchange(struct bench *b, struct leat_socket *listener, const struct leat_address *to,
                     enum bench_family family)
{
    struct leat_socket far = { .fd = -1 };
    struct leat_span piece = { (const uint8_t *)"hello", 5 };
    struct leat_op op = op_of(LEAT_OP_SOCKET, -1);
    op.socket.domain = bench_domain(family);
    op.socket.type = SOCK_STREAM;
    if (is_short(bench_do(b, &op)))
        return;
    struct leat_socket near = { op.result.descriptor, NULL };
    struct call connect = { .op = op_connect(near.fd, to) };
    struct call accept = { .op = op_accept(listener, NULL) };
    call_submit(b, &connect);
    call_submit(b, &accept);
    /* Who could not be told of it may be connected all the same. */
    if (is_short(call_await(b, &connect)))
        call_cancel(b, &accept);
    if (call_await(b, &accept).status == LEAT_OK)
        far.fd = accept.op.result.descriptor;
    op = op_send(&near, &piece);
    if (far.fd >= 0 && connect.op.result.status == LEAT_OK && !is_short(bench_do(b, &op))) {
        op = op_receive(&far);
        if (!is_short(bench_do(b, &op)))
            leat_slice_release(&op.receive.ret_slice);
    }
    bench_close_socket(b, &near);
    if (far.fd >= 0)
        bench_close_socket(b, &far);
}

static void listen_and_exchange(struct bench *b, enum bench_family family)
{
    struct leat_address address;
    struct leat_op op = op_of(LEAT_OP_SOCKET, -1);
    op.socket.domain = bench_domain(family);
    op.socket.type = SOCK_STREAM;
    if (is_short(bench_do(b, &op)))
        return;
    struct leat_socket listener = { op.result.descriptor, NULL };
    if (!is_short(bench_listen_at(b, &listener, family, &address)))
        exchange(b, &listener, &address, family);
    bench_close_socket(b, &listener);
}

static void each_allocation_fails_once(struct bench *b)
{
    enum bench_family family = bench_family(b);
    struct leat_loop_options options = { .buffers = 4, .buffer_bytes = 1024, .entries = 8 };
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        check_says("allocation", n);
        check(n < CALLS_MAX);
        bench_prepare(b);
        b->memory.fail_at = n;
        if (bench_try_open(b, &options) != NULL) {
            listen_and_exchange(b, family);
            bench_destroy(b);
        }
        failed = b->memory.calls >= n;
        bench_gone(b);
    }
}

const struct loop_test tests_memory[] = {
    { "each allocation fails once", each_allocation_fails_once, 0, 2 },
    { 0 },
};
