/* The memory that a loop receives into has a bound: who finds none waits until some comes home, and
 * a peer that sends to nobody waits in the system. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <sys/socket.h>
#include <unistd.h>

enum { FEW = 4, BYTES = 512 };

static const struct leat_loop_options few = { .buffers = FEW, .buffer_bytes = BYTES };

static void sends(struct bench *b, const struct leat_socket *socket, unsigned id, uint64_t at,
                  size_t len)
{
    uint8_t bytes[4 * BYTES];
    pattern_fill(id, at, bytes, len);
    struct leat_span piece = { bytes, len };
    while (piece.len > 0) {
        struct leat_op op = op_send(socket, &piece);
        check_result(bench_do(b, &op), LEAT_OK);
        piece.data += op.result.bytes;
        piece.len -= op.result.bytes;
    }
}

/* From the start of a stream, send until the loop has no buffer for it: those that it gave are
 * held, up to `at`. Returns how many; the receive that waits is `call`. */
static unsigned hold_all(struct bench *b, struct leat_socket *near, struct leat_socket *far,
                         struct leat_slice held[FEW], uint64_t *at, struct call *call)
{
    unsigned count = 0;
    uint64_t sent = 0;
    for (;;) {
        *call = (struct call){ .op = op_receive(near) };
        call_submit(b, call);
        sends(b, far, 1, sent, BYTES);
        sent += BYTES;
        for (unsigned i = 0; i < 20 && call->done == 0; i++)
            bench_pass(b, b->simulates ? 1000 * BENCH_MS : BENCH_MS); /* what arrives has by then */
        if (call->done == 0)
            break;
        check_result(call->op.result, LEAT_OK);
        check(count < FEW);
        held[count] = call->op.receive.ret_slice;
        pattern_check(1, *at, held[count].data, held[count].len);
        *at += held[count].len;
        count++;
    }
    check(count > 0);
    return count;
}

/* What is held stays as it was, and what waited goes on with one that comes home. */
static void who_finds_no_buffer_waits(struct bench *b)
{
    struct leat_socket near, far, near2, far2;
    struct leat_slice held[FEW];
    uint64_t at = 0;
    struct call call, call2;
    bench_open(b, &few);
    bench_connect(b, bench_family(b), &near, &far);
    bench_connect(b, bench_family(b), &near2, &far2);
    unsigned count = hold_all(b, &near, &far, held, &at, &call);
    call2 = (struct call){ .op = op_receive(&near2) };
    call_submit(b, &call2);
    sends(b, &far2, 2, 0, 10);
    bench_pass(b, 5 * BENCH_MS);
    uint64_t seen = 0;
    for (unsigned i = 0; i < count; i++) {
        pattern_check(1, seen, held[i].data, held[i].len);
        seen += held[i].len;
    }
    check_equal(call.done, 0);
    check_equal(call2.done, 0);
    leat_slice_release(&held[0]);
    leat_slice_release(&held[1]);
    check_result(call_await(b, &call), LEAT_OK);
    pattern_check(1, at, call.op.receive.ret_slice.data, call.op.receive.ret_slice.len);
    check_result(call_await(b, &call2), LEAT_OK);
    pattern_check(2, 0, call2.op.receive.ret_slice.data, call2.op.receive.ret_slice.len);
    leat_slice_release(&call.op.receive.ret_slice);
    leat_slice_release(&call2.op.receive.ret_slice);
    for (unsigned i = 2; i < count; i++)
        leat_slice_release(&held[i]);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close_socket(b, &near2);
    bench_close_socket(b, &far2);
    bench_close(b);
}

/* A receive that waits for a buffer ends by a cancel, and by its deadline. */
static void a_wait_for_a_buffer_ends(struct bench *b)
{
    struct leat_socket near, far;
    struct leat_slice held[FEW];
    uint64_t at = 0;
    struct call call;
    bench_open(b, &few);
    bench_connect(b, bench_family(b), &near, &far);
    unsigned count = hold_all(b, &near, &far, held, &at, &call);
    call_cancel(b, &call);
    check_status(call_await(b, &call).status, LEAT_FAULT);
    call.op.deadline_ns = leat_loop_clock(b->loop) + 2 * BENCH_MS;
    call_submit(b, &call);
    check_status(call_await(b, &call).status, LEAT_FAULT);
    call.op.deadline_ns = 0;
    for (unsigned i = 0; i < count; i++)
        leat_slice_release(&held[i]);
    call_submit(b, &call);
    check_result(call_await(b, &call), LEAT_OK);
    pattern_check(1, at, call.op.receive.ret_slice.data, call.op.receive.ret_slice.len);
    leat_slice_release(&call.op.receive.ret_slice);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* --- Other threads --- */

struct releaser {
    struct leat_note note; /* sent when it is done */
    struct bench *bench;
    struct leat_slice *held;
    unsigned count;
    bool told;
};

static void released(struct leat_note *note)
{
    ((struct releaser *)note)->told = true;
}

static void *release_all(void *own)
{
    struct releaser *self = own;
    usleep(3000);
    for (unsigned i = 0; i < self->count; i++)
        leat_slice_release(&self->held[i]);
    if (self->bench != NULL)
        leat_loop_notify(self->bench->loop, &self->note);
    return NULL;
}

/* They come home from another thread, which tells the loop. */
static void another_thread_releases(struct bench *b)
{
    struct leat_socket near, far;
    struct leat_slice held[FEW];
    uint64_t at = 0;
    struct call call;
    pthread_t thread;
    bench_open(b, &few);
    bench_connect(b, bench_family(b), &near, &far);
    unsigned count = hold_all(b, &near, &far, held, &at, &call);
    struct releaser releaser = { { .fire = released }, b, held, count, false };
    check(pthread_create(&thread, NULL, release_all, &releaser) == 0);
    check_result(call_await(b, &call), LEAT_OK);
    pattern_check(1, at, call.op.receive.ret_slice.data, call.op.receive.ret_slice.len);
    leat_slice_release(&call.op.receive.ret_slice);
    leat_loop_keep(b->loop);
    bench_until(b, &releaser.told);
    leat_loop_unkeep(b->loop);
    check(pthread_join(thread, NULL) == 0);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* Slices are good when their socket and their loop are gone. */
static void slices_outlive_their_loop(struct bench *b)
{
    struct leat_socket near, far;
    struct leat_slice held[FEW];
    uint64_t at = 0, seen = 0;
    struct call call;
    pthread_t thread;
    bench_open(b, &few);
    bench_connect(b, bench_family(b), &near, &far);
    unsigned count = hold_all(b, &near, &far, held, &at, &call);
    call_cancel(b, &call);
    check_status(call_await(b, &call).status, LEAT_FAULT);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bool before = random_percent(&b->random, 50);
    struct releaser releaser = { .held = held + 1, .count = count - 1 };
    if (before)
        check(pthread_create(&thread, NULL, release_all, &releaser) == 0);
    bench_destroy(b);
    if (!before) {
        for (unsigned i = 0; i < count; i++) {
            pattern_check(1, seen, held[i].data, held[i].len);
            seen += held[i].len;
        }
        check(pthread_create(&thread, NULL, release_all, &releaser) == 0);
    }
    pattern_check(1, 0, held[0].data, held[0].len);
    leat_slice_release(&held[0]);
    check(pthread_join(thread, NULL) == 0);
    bench_gone(b);
}

/* --- Back-pressure --- */

static void nobody_takes_what_a_peer_sends(struct bench *b)
{
    enum { LEN = 10000000 };
    struct leat_loop_options options = { .buffers = 32, .buffer_bytes = 4096 };
    int far;
    bench_open(b, &options);
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    struct receiver receiver = { .socket = &near, .id = 5, .until = 1 };
    struct peer peer = {
        .fd = far, .id = 5, .len = LEN, .cut_max = 200000, .random = { random_next(&b->random) }
    };
    peer_sends(&peer);
    receiver_start(b, &receiver);
    bench_until(b, &receiver.finished);
    uint64_t before = b->memory.live_bytes_max;
    bench_pass(b, 30 * BENCH_MS);
    check(b->memory.live_bytes_max <= before + 65536);
    /* Others live on while this stream fills. */
    int far2;
    struct leat_socket near2 = bench_pair(b, FAMILY_UNIX, &far2);
    struct receiver other = { .socket = &near2, .id = 6 };
    struct peer peer2 = { .fd = far2, .id = 6, .len = 100000, .cut_max = 5000 };
    peer_sends(&peer2);
    receiver_start(b, &other);
    bench_until(b, &other.finished);
    check_result(other.last, LEAT_END);
    check_equal(other.at, peer2.len);
    peer_join(&peer2);
    bench_close_socket(b, &near2);
    receiver.until = 0;
    receiver_start(b, &receiver);
    while (!receiver.finished)
        bench_step(b);
    check_result(receiver.last, LEAT_END);
    check_equal(receiver.at, LEN);
    check(b->memory.live_bytes_max <= before + 65536);
    peer_join(&peer);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* Streams that nobody takes from, whatever has come for them, leave memory for who asks. */
static void who_is_left_alone_starves_nobody(struct bench *b)
{
    enum { ALONE = 16, LEN = 100000 };
    static uint8_t bytes[LEN];
    struct leat_loop_options options = { .buffers = 64, .buffer_bytes = 4096 };
    struct leat_socket near[ALONE];
    int far[ALONE], other_far;
    bench_open(b, &options);
    pattern_fill(1, 0, bytes, LEN);
    for (unsigned i = 0; i < ALONE; i++) {
        near[i] = bench_pair(b, bench_family(b), &far[i]);
        struct receiver receiver = { .socket = &near[i], .id = 1, .until = 1 };
        receiver_start(b, &receiver);
        check(send(far[i], bytes, LEN, MSG_DONTWAIT) > 0);
        bench_until(b, &receiver.finished);
        check_result(receiver.last, LEAT_OK);
    }
    for (unsigned i = 0; i < ALONE; i++) { /* and as much more as the system takes */
        while (send(far[i], bytes, LEN, MSG_DONTWAIT) > 0)
            (void)!leat_loop_step(b->loop, 0);
    }
    bench_pass(b, 5 * BENCH_MS);
    struct leat_socket other = bench_pair(b, FAMILY_UNIX, &other_far);
    struct receiver receiver = { .socket = &other, .id = 6 };
    struct peer peer = { .fd = other_far, .id = 6, .len = LEN, .cut_max = 5000 };
    peer_sends(&peer);
    receiver_start(b, &receiver);
    bench_until(b, &receiver.finished);
    check_result(receiver.last, LEAT_END);
    check_equal(receiver.at, LEN);
    peer_join(&peer);
    bench_close_socket(b, &other);
    for (unsigned i = 0; i < ALONE; i++) {
        bench_close_socket(b, &near[i]);
        close(far[i]);
    }
    bench_close(b);
}

const struct loop_test tests_buffers[] = {
    { "who finds no buffer waits", who_finds_no_buffer_waits, 0, 4 },
    { "a wait for a buffer ends", a_wait_for_a_buffer_ends, 0, 4 },
    { "another thread releases", another_thread_releases, REAL_ONLY, 4 },
    { "slices outlive their loop", slices_outlive_their_loop, REAL_ONLY, 6 },
    { "who is left alone starves nobody", who_is_left_alone_starves_nobody, REAL_ONLY, 3 },
    { "nobody takes what a peer sends", nobody_takes_what_a_peer_sends, REAL_ONLY, 3 },
    { 0 },
};
