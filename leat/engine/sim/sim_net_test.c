/* The simulated network by itself: what one end of a connection sees of the other, however its
 * bytes are cut and late; and who is refused, cut off, kept waiting or without memory. */

#include <errno.h>
#include <string.h>

#include "leat/engine/sim/drive_test.h"
#include "tests/support/memory.h"

enum { SEEDS = 200, LEN = 200000, WINDOW = 65536, ALLOCATIONS_MAX = 200 };

#define NS_PER_S ((uint64_t)1000000000)

static uint8_t bytes[LEN], seen[LEN];

static void end(struct leat_loop *loop)
{
    check_equal(leat_sim_open_count(loop), 0);
    leat_loop_destroy(loop);
}

static void close_both(struct leat_loop *loop, const int fds[2])
{
    drive_close(loop, fds[0]);
    drive_close(loop, fds[1]);
}

static struct leat_io shuts(struct leat_loop *loop, int fd)
{
    struct leat_op op = { .code = LEAT_OP_SHUTDOWN, .fd = fd };
    return drive_op(loop, &op);
}

static void is_fault(struct leat_io io, int code)
{
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, code);
}

/* --- Two ends --- */

static void pair_of(struct leat_loop *loop, uint64_t seed, int fds[2])
{
    if (seed % 2 == 0)
        drive_connect_pair(loop, fds);
    else
        check_status(leat_sim_socketpair(loop, fds), LEAT_OK);
}

static void test_half_close(uint64_t seed)
{
    int fds[2];
    uint8_t got[9];
    struct leat_loop *loop = drive_sim(seed, true);
    pair_of(loop, seed, fds);
    check_equal(drive_send(loop, fds[0], "ab", 2).bytes, 2);
    check_status(shuts(loop, fds[0]).status, LEAT_OK);
    is_fault(drive_send(loop, fds[0], "c", 1), EPIPE);
    for (unsigned len = 0; len < 2;) {
        struct leat_io io = drive_receive(loop, fds[1], got + len, sizeof(got) - len);
        check_status(io.status, LEAT_OK);
        len += (unsigned)io.bytes;
    }
    check_bytes(got, 2, "ab", 2);
    check_status(drive_receive(loop, fds[1], got, 9).status, LEAT_END);
    check_status(drive_receive(loop, fds[1], got, 9).status, LEAT_END);
    check_equal(drive_send(loop, fds[1], "d", 1).bytes, 1);
    drive_close(loop, fds[1]);
    check_equal(drive_receive(loop, fds[0], got, 9).bytes, 1);
    check_status(drive_receive(loop, fds[0], got, 9).status, LEAT_END);
    drive_close(loop, fds[0]);
    end(loop);
}

static bool is_broken(struct leat_io io)
{
    return io.status == LEAT_FAULT && (io.code == EPIPE || io.code == ECONNRESET);
}

/* One end closes: with bytes unread, or before some come that the other sends. */
static void test_reset(uint64_t seed, bool unread)
{
    int fds[2];
    uint8_t got[9];
    struct leat_loop *loop = drive_sim(seed, true);
    pair_of(loop, seed, fds);
    if (unread) {
        check_equal(drive_send(loop, fds[1], "abc", 3).bytes, 3);
        struct leat_op wait = { .code = LEAT_OP_WAIT, .fd = fds[0], .wait = { LEAT_READY_READ } };
        check_status(drive_op(loop, &wait).status, LEAT_OK);
        drive_close(loop, fds[0]);
        is_fault(drive_receive(loop, fds[1], got, 9), ECONNRESET);
    } else {
        drive_close(loop, fds[0]);
        check_status(drive_receive(loop, fds[1], got, 9).status, LEAT_END);
    }
    struct leat_io io;
    unsigned sends = 0;
    do
        io = drive_send(loop, fds[1], "abc", 3);
    while (io.status == LEAT_OK && ++sends < 100000);
    check(is_broken(io));
    check(!unread || sends == 0);
    drive_close(loop, fds[1]);
    end(loop);
}

/* A connection breaks between two who live: both hear of it, and can end. */
static void test_break(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    drive_connect_pair(loop, fds);
    check_status(drive_send(loop, fds[0], "abc", 3).status, LEAT_OK);
    if (seed % 4 < 2)
        check_status(leat_sim_break(loop, fds[0]), LEAT_OK);
    else
        leat_sim_set_fault(loop, LEAT_SIM_RESET, 1000);
    struct leat_io more = drive_send(loop, fds[seed % 2], "abc", 3);
    check(more.status == LEAT_OK || is_broken(more));
    leat_sim_calm(loop);
    for (unsigned i = 0; i < 2; i++) {
        struct leat_io io;
        size_t len = 0;
        do {
            io = drive_receive(loop, fds[i], seen + len, sizeof(seen) - len);
            len += io.status == LEAT_OK ? io.bytes : 0;
        } while (io.status == LEAT_OK);
        is_fault(io, ECONNRESET);
        check(len <= 6 && memcmp(seen, "abcabc", len) == 0);
        check(is_broken(drive_send(loop, fds[i], "abc", 3)));
    }
    close_both(loop, fds);
    end(loop);
}

/* A sender is stopped by a reader who does not read, and nothing is lost or out of order. */
static void test_window(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, seed % 2 == 0);
    if (seed % 2 != 0) {
        leat_sim_calm(loop);
        leat_sim_set_fault(loop, LEAT_SIM_SHORT, 700);
        leat_sim_set_fault(loop, LEAT_SIM_LOST, 100);
    }
    drive_connect_pair(loop, fds);
    size_t sent = 0, received = 0;
    struct leat_span piece = { bytes, LEN };
    struct driven send = { .done = true };
    while (received < LEN) {
        while (send.done && sent < LEN) {
            piece = (struct leat_span){ bytes + sent, LEN - sent };
            send = (struct driven){ .op = { .code = LEAT_OP_SEND,
                                            .fd = fds[0],
                                            .write = { .pieces = &piece, .pieces_len = 1 } } };
            drive_start(loop, &send);
            drive_time(loop, 10 * NS_PER_S);
            sent += send.done ? send.op.result.bytes : 0;
            check(sent <= received + WINDOW);
        }
        check(sent == received + WINDOW || sent == LEN);
        bool was_done = send.done;
        struct leat_io io = drive_receive(loop, fds[1], seen + received, LEN - received);
        check_status(io.status, LEAT_OK);
        received += io.bytes;
        check_status(drive_end(loop, &send).status, LEAT_OK);
        sent += was_done ? 0 : send.op.result.bytes;
    }
    check_bytes(seen, LEN, bytes, LEN);
    close_both(loop, fds);
    end(loop);
}

static void test_pipe(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_pipe(loop, fds), LEAT_OK);
    struct leat_op wrong = { .code = LEAT_OP_READ,
                             .fd = fds[1],
                             .read = { seen, 1, LEAT_OFFSET_NONE } };
    is_fault(drive_op(loop, &wrong), EBADF);
    is_fault(drive_send(loop, fds[0], "a", 1), EBADF);
    drive_write(loop, fds[1], "abc", 3);
    for (size_t len = 0; len < 3;)
        len += drive_read(loop, fds[0], seen + len, 3 - len);
    check_bytes(seen, 3, "abc", 3);
    if (seed % 2 == 0) {
        drive_close(loop, fds[1]);
        check_equal(drive_read(loop, fds[0], seen, 3), 0);
        drive_close(loop, fds[0]);
    } else {
        drive_close(loop, fds[0]);
        is_fault(drive_send(loop, fds[1], "a", 1), EPIPE);
        drive_close(loop, fds[1]);
    }
    end(loop);
}

/* --- Connecting --- */

static struct leat_io listens(struct leat_loop *loop, int fd, const struct leat_address *address,
                              bool shared)
{
    struct leat_op op = { .code = LEAT_OP_LISTEN,
                          .fd = fd,
                          .listen = { .address = address, .backlog = 1, .shared = shared } };
    return drive_op(loop, &op);
}

static struct leat_io connects(struct leat_loop *loop, int fd, const struct leat_address *to)
{
    struct leat_op op = { .code = LEAT_OP_CONNECT, .fd = fd, .connect = { to } };
    return drive_op(loop, &op);
}

static struct leat_io accepts(struct leat_loop *loop, int fd)
{
    struct leat_address peer;
    struct leat_op op = { .code = LEAT_OP_ACCEPT, .fd = fd, .accept = { .ret_peer = &peer } };
    struct leat_io io = drive_op(loop, &op);
    check(io.status != LEAT_OK || peer.any.sa_family == AF_INET);
    return io;
}

static void test_connect(uint64_t seed)
{
    struct leat_address address, every;
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_address_parse("10.0.0.1:80", &address), LEAT_OK);
    check_status(leat_address_parse("0.0.0.0:80", &every), LEAT_OK);
    int listener = drive_socket(loop), second = drive_socket(loop), client = drive_socket(loop);
    is_fault(connects(loop, client, &address), ECONNREFUSED);
    is_fault(drive_receive(loop, client, seen, 1), ENOTCONN);
    check_status(listens(loop, listener, &every, true).status, LEAT_OK);
    is_fault(listens(loop, second, &address, false), EADDRINUSE);
    check_status(listens(loop, second, &address, true).status, LEAT_OK);
    drive_close(loop, second);
    check_status(connects(loop, client, &address).status, LEAT_OK);
    /* The place for one who waits is taken; the next gets it when it is free. */
    int late = drive_socket(loop);
    struct driven call = { .op = { .code = LEAT_OP_CONNECT, .fd = late, .connect = { &address } } };
    drive_start(loop, &call);
    drive_time(loop, 2 * NS_PER_S);
    check(!call.done);
    int first = accepts(loop, listener).descriptor;
    check_status(drive_end(loop, &call).status, LEAT_OK);
    /* Who is not accepted before the listener goes is let go of. */
    drive_close(loop, listener);
    struct leat_io io = drive_receive(loop, late, seen, 1);
    check(io.status == LEAT_END || is_broken(io));
    drive_close(loop, late);
    drive_close(loop, client);
    check_status(drive_receive(loop, first, seen, 1).status, LEAT_END);
    drive_close(loop, first);
    struct leat_op socket = { .code = LEAT_OP_SOCKET,
                              .socket = { .domain = AF_INET, .type = SOCK_SEQPACKET } };
    is_fault(drive_op(loop, &socket), EPROTONOSUPPORT);
    end(loop);
}

static void test_partition(uint64_t seed)
{
    int fds[2];
    struct leat_address address;
    struct leat_loop *loop = drive_sim(seed, true);
    drive_connect_pair(loop, fds);
    check_status(leat_sim_address(loop, fds[1], &address), LEAT_OK);
    check_status(leat_sim_partition(loop, seed % 2 == 0 ? &address : NULL), LEAT_OK);
    check_equal(drive_send(loop, fds[0], "abc", 3).bytes, 3);
    struct driven receive = {
        .op = { .code = LEAT_OP_READ, .fd = fds[1], .read = { seen, 3, LEAT_OFFSET_NONE } }
    };
    drive_start(loop, &receive);
    drive_time(loop, 100 * NS_PER_S);
    check(!receive.done);
    leat_sim_heal(loop);
    check_status(drive_end(loop, &receive).status, LEAT_OK);
    check(receive.op.result.bytes <= 3 && seen[0] == 'a');
    /* And now for too long. */
    check_status(leat_sim_partition(loop, NULL), LEAT_OK);
    check_equal(drive_send(loop, fds[1], "abc", 3).bytes, 3);
    drive_time(loop, 1000 * NS_PER_S);
    is_fault(drive_receive(loop, fds[1], seen, 9), ETIMEDOUT);
    int client = drive_socket(loop);
    is_fault(connects(loop, client, &address), ETIMEDOUT);
    drive_close(loop, client);
    leat_sim_heal(loop);
    check_status(drive_send(loop, fds[0], "abc", 3).status, LEAT_OK);
    is_fault(drive_receive(loop, fds[0], seen, 9), ECONNRESET);
    close_both(loop, fds);
    end(loop);
}

/* --- What there is only so much of --- */

static void test_memory_to_receive(uint64_t seed)
{
    int fds[2];
    const struct leat_sim_options options = {
        .seed = seed, .calm = true, .buffers = 1, .buffer_bytes = 2
    };
    struct leat_loop *loop = leat_sim_create(&options);
    check_status(leat_sim_socketpair(loop, fds), LEAT_OK);
    check_equal(drive_send(loop, fds[0], "abcd", 4).bytes, 4);
    struct leat_op first = { .code = LEAT_OP_RECEIVE, .fd = fds[1] };
    check_status(drive_op(loop, &first).status, LEAT_OK);
    check(first.result.bytes <= 2);
    struct driven second = { .op = { .code = LEAT_OP_RECEIVE, .fd = fds[1] } };
    drive_start(loop, &second);
    drive_time(loop, NS_PER_S);
    check(!second.done);
    leat_slice_release(&first.receive.ret_slice);
    check_status(drive_end(loop, &second).status, LEAT_OK);
    leat_slice_release(&second.op.receive.ret_slice);
    close_both(loop, fds);
    end(loop);
}

static void test_descriptors(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    leat_sim_limit_descriptors(loop, 1);
    check_status(leat_sim_pipe(loop, fds), LEAT_FAULT);
    int last = drive_socket(loop);
    check_status(leat_sim_break(loop, last), LEAT_FAULT);
    struct leat_op op = { .code = LEAT_OP_SOCKET,
                          .socket = { .domain = AF_INET, .type = SOCK_STREAM } };
    is_fault(drive_op(loop, &op), EMFILE);
    drive_close(loop, last);
    check(drive_socket(loop) > last);
    drive_close(loop, last + 1);
    is_fault(drive_send(loop, last, "a", 1), EBADF);
    end(loop);
}

/* A little of everything, where an allocation fails: faults, and nothing lost. */
static bool runs_with_memory(struct memory *memory, uint64_t seed)
{
    const struct leat_sim_options options = { .seed = seed, .calm = true, .alloc = memory->alloc };
    struct leat_address address;
    struct leat_loop *loop = leat_sim_create(&options);
    if (loop == NULL)
        return false;
    bool all = leat_sim_folder(loop, "/d") == LEAT_OK;
    all = leat_sim_file_put(loop, "/d/f", "abc", 3) == LEAT_OK && all;
    all = leat_sim_file_replace(loop, "/d/f", "def", 3, 0) == LEAT_OK && all;
    check_status(leat_address_parse("10.0.0.1:80", &address), LEAT_OK);
    struct leat_op listener = { .code = LEAT_OP_SOCKET,
                                .socket = { .domain = AF_INET, .type = SOCK_STREAM } };
    struct leat_op client = listener;
    bool two = drive_op(loop, &listener).status == LEAT_OK;
    two = drive_op(loop, &client).status == LEAT_OK && two;
    if (two && listens(loop, listener.result.descriptor, &address, false).status == LEAT_OK &&
        connects(loop, client.result.descriptor, &address).status == LEAT_OK) {
        struct leat_io io = accepts(loop, listener.result.descriptor);
        if (io.status == LEAT_OK)
            drive_close(loop, io.descriptor);
        all = io.status == LEAT_OK && all;
    } else {
        all = false;
    }
    leat_loop_destroy(loop); /* with what is still open */
    return all;
}

static void test_no_memory(uint64_t seed)
{
    bool all = false;
    for (uint64_t n = 1; n < ALLOCATIONS_MAX && !all; n++) {
        struct memory memory;
        memory_init(&memory);
        memory.fail_at = n;
        check_says("allocation", n);
        all = runs_with_memory(&memory, seed) && memory.calls < n;
        memory_fini(&memory);
    }
    check(all);
    check_forgets_after("seed");
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    for (uint64_t i = 0; i < SEEDS * options.rounds; i++) {
        uint64_t seed = options.seed + i;
        test_half_close(seed);
        test_reset(seed, false);
        test_reset(seed, true);
        test_break(seed);
        test_pipe(seed);
        test_connect(seed);
        test_partition(seed);
        test_memory_to_receive(seed);
        test_descriptors(seed);
        if (i % 10 == 0) {
            test_window(seed + i / 10 % 2);
            test_no_memory(seed);
        }
    }
    return 0;
}
