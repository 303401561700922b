/* Simulated datagrams by themselves: each comes whole or cut, once, twice or never, in any order,
 * to whom it was sent and to nobody else; who is not there, has no room or is cut off; and all of
 * them in order inside of the machine. */

#include <errno.h>
#include <string.h>

#include "leat/engine/sim/drive_test.h"
#include "tests/support/memory.h"

enum { SEEDS = 200, LEN_MAX = 65507, SEVERAL = 10, ALLOCATIONS_MAX = 100 };

#define NS_PER_S ((uint64_t)1000000000)

static uint8_t bytes[LEN_MAX + 1];
static struct leat_ctx ctx;

static void end(struct leat_loop *loop)
{
    check_equal(leat_sim_open_count(loop), 0);
    leat_loop_destroy(loop);
}

static void is_fault(struct leat_io io, int code)
{
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, code);
}

/* --- One operation --- */

static int opens(struct leat_loop *loop, int domain)
{
    struct leat_op op = { .code = LEAT_OP_SOCKET, .socket = { domain, SOCK_DGRAM } };
    struct leat_io io = drive_op(loop, &op);
    check_status(io.status, LEAT_OK);
    return io.descriptor;
}

static struct leat_io binds(struct leat_loop *loop, int fd, const char *text, bool shared)
{
    struct leat_address address;
    check_status(leat_address_parse(text, &address), LEAT_OK);
    struct leat_op op = { .code = LEAT_OP_LISTEN,
                          .fd = fd,
                          .listen = { .address = &address, .shared = shared } };
    return drive_op(loop, &op);
}

static int bound(struct leat_loop *loop, const char *text)
{
    int fd = opens(loop, strncmp(text, "unix:", 5) == 0 ? AF_UNIX : AF_INET);
    check_status(binds(loop, fd, text, false).status, LEAT_OK);
    return fd;
}

static struct leat_address address_of(struct leat_loop *loop, int fd)
{
    struct leat_address address;
    check_status(leat_sim_address(loop, fd, &address), LEAT_OK);
    return address;
}

static struct leat_io connects(struct leat_loop *loop, int fd, const struct leat_address *to)
{
    struct leat_op op = { .code = LEAT_OP_CONNECT, .fd = fd, .connect = { to } };
    return drive_op(loop, &op);
}

static struct leat_io sends(struct leat_loop *loop, int fd, size_t len,
                            const struct leat_address *to)
{
    struct leat_op op = { .code = LEAT_OP_SEND_TO, .fd = fd, .send_to = { { bytes, len }, to } };
    struct leat_io io = drive_op(loop, &op);
    check(io.status != LEAT_OK || io.bytes == len);
    return io;
}

struct got {
    struct leat_address from;
    bool cut;
};

/* Within a minute, or ETIMEDOUT. */
static struct leat_io receives(struct leat_loop *loop, int fd, size_t len_max, struct got *ret)
{
    struct leat_op op = {
        .code = LEAT_OP_RECEIVE_FROM,
        .fd = fd,
        .receive_from = { .ctx = &ctx, .len_max = len_max, .ret_from = &ret->from },
        .deadline_ns = leat_loop_clock(loop) + 60 * NS_PER_S,
    };
    struct leat_io io = drive_op(loop, &op);
    if (io.status != LEAT_OK)
        return io;
    check_equal(op.receive_from.ret_slice.len, io.bytes);
    check_bytes(op.receive_from.ret_slice.data, io.bytes, bytes, io.bytes);
    leat_slice_release(&op.receive_from.ret_slice);
    ret->cut = op.receive_from.ret_cut;
    return io;
}

/* --- Whole, cut, in any order --- */

static void test_lengths(uint64_t seed)
{
    static const size_t lens[] = { 0, 1, 1000, LEN_MAX };
    struct leat_loop *loop = drive_sim(seed, true);
    int a = bound(loop, "10.0.0.1:7"), b = bound(loop, "10.0.0.2:0");
    struct leat_address to = address_of(loop, a), from = address_of(loop, b);
    struct got got;
    for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        check_status(sends(loop, b, lens[i], &to).status, LEAT_OK);
        struct leat_io io = receives(loop, a, LEN_MAX, &got);
        check_status(io.status, LEAT_OK);
        check_equal(io.bytes, lens[i]);
        check(!got.cut);
        check_equal(got.from.in.sin_port, from.in.sin_port);
    }
    is_fault(sends(loop, b, LEN_MAX + 1, &to), EMSGSIZE);
    check_status(sends(loop, b, 1000, &to).status, LEAT_OK);
    check_equal(receives(loop, a, 999, &got).bytes, 999);
    check(got.cut);
    is_fault(receives(loop, a, 999, &got), ETIMEDOUT);
    drive_close(loop, a);
    drive_close(loop, b);
    end(loop);
}

/* Of several that are under way at once, each comes once. Whether in order. */
static bool test_order(uint64_t seed)
{
    bool seen[SEVERAL + 1] = { false }, in_order = true;
    struct leat_loop *loop = drive_sim(seed, true);
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a);
    struct got got;
    for (size_t len = 1; len <= SEVERAL; len++)
        check_status(sends(loop, b, len, &to).status, LEAT_OK);
    for (size_t i = 1; i <= SEVERAL; i++) {
        struct leat_io io = receives(loop, a, SEVERAL, &got);
        check_status(io.status, LEAT_OK);
        check(!seen[io.bytes]);
        seen[io.bytes] = true;
        in_order = in_order && io.bytes == i;
    }
    drive_close(loop, a);
    drive_close(loop, b);
    end(loop);
    return in_order;
}

static void test_faults(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a);
    struct got got;
    leat_sim_set_fault(loop, LEAT_SIM_LOST, 1000);
    check_status(sends(loop, b, 3, &to).status, LEAT_OK);
    is_fault(receives(loop, a, 9, &got), ETIMEDOUT);
    leat_sim_set_fault(loop, LEAT_SIM_LOST, 0);
    leat_sim_set_fault(loop, LEAT_SIM_TWICE, 1000);
    check_status(sends(loop, b, 3, &to).status, LEAT_OK);
    check_equal(receives(loop, a, 9, &got).bytes, 3);
    check_equal(receives(loop, a, 9, &got).bytes, 3);
    is_fault(receives(loop, a, 9, &got), ETIMEDOUT);
    leat_sim_calm(loop);
    check_status(leat_sim_partition(loop, seed % 2 == 0 ? &to : NULL), LEAT_OK);
    check_status(sends(loop, b, 3, &to).status, LEAT_OK);
    is_fault(receives(loop, a, 9, &got), ETIMEDOUT);
    leat_sim_heal(loop);
    check_status(sends(loop, b, 4, &to).status, LEAT_OK);
    check_equal(receives(loop, a, 9, &got).bytes, 4);
    drive_close(loop, a);
    drive_close(loop, b);
    end(loop);
}

/* --- To whom --- */

static void test_connected(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET), c = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a), back;
    struct got got;
    is_fault(sends(loop, b, 1, NULL), EDESTADDRREQ);
    check_status(connects(loop, b, &to).status, LEAT_OK);
    back = address_of(loop, b);
    check_status(sends(loop, b, 2, NULL).status, LEAT_OK);
    check_equal(receives(loop, a, 9, &got).bytes, 2);
    /* It hears that one, and nobody else. */
    check_status(sends(loop, c, 3, &back).status, LEAT_OK);
    check_status(sends(loop, a, 4, &back).status, LEAT_OK);
    check_equal(receives(loop, b, 9, &got).bytes, 4);
    is_fault(receives(loop, b, 9, &got), ETIMEDOUT);
    /* And hears that he has gone, once. */
    drive_close(loop, a);
    check_status(sends(loop, b, 5, NULL).status, LEAT_OK);
    is_fault(receives(loop, b, 9, &got), ECONNREFUSED);
    is_fault(receives(loop, b, 9, &got), ETIMEDOUT);
    check_status(sends(loop, c, 5, &to).status, LEAT_OK);
    is_fault(receives(loop, c, 9, &got), ETIMEDOUT);
    drive_close(loop, b);
    drive_close(loop, c);
    end(loop);
}

static void test_bound(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    int a = opens(loop, AF_INET), b = opens(loop, AF_INET), c = opens(loop, AF_INET);
    unsigned heard = 0;
    struct got got;
    check_status(binds(loop, a, "10.0.0.1:7", true).status, LEAT_OK);
    is_fault(binds(loop, a, "10.0.0.1:8", true), EINVAL);
    is_fault(binds(loop, b, "10.0.0.1:7", false), EADDRINUSE);
    is_fault(binds(loop, b, "[::1]:7", false), EAFNOSUPPORT);
    check_status(binds(loop, b, "10.0.0.1:7", true).status, LEAT_OK);
    struct leat_address to = address_of(loop, a);
    for (unsigned i = 0; i < SEVERAL; i++)
        check_status(sends(loop, c, 1, &to).status, LEAT_OK);
    while (receives(loop, a, 9, &got).status == LEAT_OK)
        heard++;
    while (receives(loop, b, 9, &got).status == LEAT_OK)
        heard++;
    check_equal(heard, SEVERAL);
    drive_close(loop, a);
    drive_close(loop, b);
    drive_close(loop, c);
    end(loop);
}

/* --- Room --- */

/* Who sends waits while much is under way; who does not receive keeps what he has room for. */
static void test_room(uint64_t seed)
{
    enum { SENT = 100, LEN = 3000, WINDOW = 20000 };
    const struct leat_sim_options options = { .seed = seed, .calm = true, .window_bytes = WINDOW };
    struct leat_loop *loop = leat_sim_create(&options);
    unsigned heard = 0;
    struct got got;
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a);
    uint64_t began_ns = leat_loop_clock(loop);
    for (unsigned i = 0; i < SENT; i++)
        check_status(sends(loop, b, LEN, &to).status, LEAT_OK);
    check(leat_loop_clock(loop) > began_ns);
    drive_time(loop, NS_PER_S);
    while (receives(loop, a, LEN, &got).status == LEAT_OK)
        heard++;
    check_equal(heard, WINDOW / (LEN + 64));
    drive_close(loop, a);
    drive_close(loop, b);
    end(loop);
}

static bool is_done_soon(struct leat_loop *loop, const struct driven *driven)
{
    drive_time(loop, NS_PER_S);
    return driven->done;
}

/* Inside of the machine: in order, and who finds no room waits for it, or for the end. */
static void test_near(uint64_t seed)
{
    const struct leat_sim_options options = { .seed = seed, .calm = true, .window_bytes = 1000 };
    struct leat_loop *loop = leat_sim_create(&options);
    struct got got;
    int a = bound(loop, "unix:/a"), b = opens(loop, AF_UNIX);
    struct leat_address to = address_of(loop, a);
    check_status(connects(loop, b, &to).status, LEAT_OK);
    for (size_t len = 1; len <= SEVERAL; len++)
        check_status(sends(loop, b, len, NULL).status, LEAT_OK);
    struct driven waits = {
        .op = { .code = LEAT_OP_SEND_TO, .fd = b, .send_to = { { bytes, 900 }, &to } }
    };
    drive_start(loop, &waits);
    check(!is_done_soon(loop, &waits));
    for (size_t len = 1; len <= SEVERAL; len++) {
        check_equal(receives(loop, a, 9 * SEVERAL, &got).bytes, len);
        check_equal(got.from.len, 0);
    }
    check_status(drive_end(loop, &waits).status, LEAT_OK);
    drive_start(loop, &waits);
    check(!is_done_soon(loop, &waits));
    drive_close(loop, a);
    is_fault(drive_end(loop, &waits), ECONNREFUSED);
    is_fault(sends(loop, b, 1, NULL), ECONNREFUSED);
    drive_close(loop, b);
    end(loop);
}

/* --- The end --- */

/* With some under way, some that nobody received, and one who waits. */
static void test_end(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a);
    leat_sim_set_fault(loop, LEAT_SIM_SLOW, 300);
    leat_sim_set_fault(loop, LEAT_SIM_LOST, 300);
    leat_sim_set_fault(loop, LEAT_SIM_TWICE, 300);
    struct driven waits = { .op = { .code = LEAT_OP_RECEIVE_FROM,
                                    .fd = b,
                                    .receive_from = { .ctx = &ctx, .len_max = 9 } } };
    drive_start(loop, &waits);
    for (unsigned i = 0; i < SEVERAL; i++)
        (void)sends(loop, b, 9, &to);
    if (!waits.done)
        leat_loop_cancel(loop, &waits.op);
    check_status(drive_end(loop, &waits).status, LEAT_FAULT);
    drive_close(loop, seed % 2 == 0 ? a : b);
    if (seed % 3 == 0)
        drive_time(loop, NS_PER_S);
    drive_close(loop, seed % 2 == 0 ? b : a);
    end(loop);
}

static void with_memory_until(uint64_t n)
{
    struct memory memory;
    struct got got;
    memory_init(&memory);
    const struct leat_sim_options options = { .seed = n, .calm = true, .alloc = memory.alloc };
    struct leat_loop *loop = leat_sim_create(&options);
    int a = bound(loop, "10.0.0.1:7"), b = opens(loop, AF_INET);
    struct leat_address to = address_of(loop, a);
    memory.fail_at = memory.calls + n;
    struct leat_io io = sends(loop, b, 9, &to);
    if (io.status != LEAT_OK)
        is_fault(io, ENOMEM);
    struct leat_io heard = receives(loop, a, 9, &got);
    check(heard.status == LEAT_OK || heard.code == ENOMEM || io.status != LEAT_OK);
    drive_close(loop, a);
    drive_close(loop, b);
    end(loop);
    memory_fini(&memory);
}

int main(void)
{
    unsigned in_order = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    leat_ctx_init(&ctx, NULL);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        test_lengths(seed);
        in_order += test_order(seed);
        test_faults(seed);
        test_connected(seed);
        test_bound(seed);
        test_room(seed);
        test_near(seed);
        test_end(seed);
    }
    check(in_order < SEEDS);
    for (uint64_t n = 1; n <= ALLOCATIONS_MAX; n++)
        with_memory_until(n);
    leat_ctx_fini(&ctx);
    return 0;
}
