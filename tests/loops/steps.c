/* A step says what it found, waits no longer than it may, does not spin, and can be driven by a
 * loop of somebody else's. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void steps_say_what_they_found(struct bench *b)
{
    struct leat_socket near, far;
    bench_open(b, NULL);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_END);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    bench_connect(b, bench_family(b), &near, &far);
    struct call call = { .op = op_receive(&near) };
    call_submit(b, &call);
    check_status(leat_loop_step(b->loop, 0), LEAT_AGAIN);
    uint64_t at_ns = leat_loop_clock(b->loop) + 3 * BENCH_MS;
    check_status(leat_loop_step(b->loop, at_ns), LEAT_AGAIN);
    check(leat_loop_now(b->loop) >= at_ns);
    check_equal(call.done, 0);
    call_cancel(b, &call);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    check_equal(call.done, 1);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_END);
    leat_loop_keep(b->loop);
    at_ns = leat_loop_clock(b->loop) + 3 * BENCH_MS;
    check_status(leat_loop_step(b->loop, at_ns), LEAT_AGAIN);
    check(leat_loop_now(b->loop) >= at_ns);
    leat_loop_unkeep(b->loop);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_END);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* What is done at once is told by start, and by nobody after that; the rest as by submit. */
static void start_says_what_is_done_at_once(struct bench *b)
{
    enum { ROUNDS = 50 };
    struct leat_socket near, far;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t byte = (uint8_t)i;
        struct leat_span piece = { &byte, 1 };
        struct leat_op op = op_send(&far, &piece);
        check_result(bench_do(b, &op), LEAT_OK); /* submits or starts, and checks that */
        op = op_receive(&near);
        check_result(bench_do(b, &op), LEAT_OK);
        check_bytes(op.receive.ret_slice.data, op.receive.ret_slice.len, &byte, 1);
        leat_slice_release(&op.receive.ret_slice);
    }
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* With operations that wait, and bytes that nobody has asked for, a step of no time takes none, and
 * one with time takes it all: it is not woken for nothing. */
static void a_step_neither_waits_nor_spins(struct bench *b)
{
    enum { ROUNDS = 1000, STEPS_MAX = 20 };
    struct leat_socket near[2], far[2];
    struct leat_span piece = { (const uint8_t *)"0123456789", 10 };
    bench_open(b, NULL);
    for (unsigned i = 0; i < 2; i++)
        bench_connect(b, bench_family(b), &near[i], &far[i]);
    struct receiver receiver = { .socket = &near[1], .id = 1, .until = 1 };
    uint8_t first = pattern(1, 0);
    struct leat_span one = { &first, 1 };
    struct leat_op op = op_send(&far[1], &one);
    check_result(bench_do(b, &op), LEAT_OK);
    receiver_start(b, &receiver);
    bench_until(b, &receiver.finished);
    op = op_send(&far[1], &piece); /* nobody takes this */
    check_result(bench_do(b, &op), LEAT_OK);
    struct call call = { .op = op_receive(&near[0]) };
    call_submit(b, &call);
    bench_pass(b, 5 * BENCH_MS);
    uint64_t start_ns = leat_loop_clock(b->loop);
    for (unsigned i = 0; i < ROUNDS; i++)
        check_status(leat_loop_step(b->loop, 0), LEAT_AGAIN);
    /* A thousand of them, on a machine that may be busy. */
    check(leat_loop_clock(b->loop) - start_ns < 800 * BENCH_MS);
    unsigned steps = 0;
    uint64_t end_ns = leat_loop_clock(b->loop) + 20 * BENCH_MS;
    while (leat_loop_clock(b->loop) < end_ns) {
        check_status(leat_loop_step(b->loop, end_ns), LEAT_AGAIN);
        steps++;
    }
    check(steps <= STEPS_MAX);
    check_equal(call.done, 0);
    call_cancel(b, &call);
    check_fault(call_await(b, &call), ECANCELED);
    for (unsigned i = 0; i < 2; i++) {
        bench_close_socket(b, &near[i]);
        bench_close_socket(b, &far[i]);
    }
    bench_close(b);
}

/* --- In a loop of somebody else's --- */

/* Both ends of a stream, a sleep and a deadline, driven by poll(2) alone. */
struct guest {
    struct sender sender;
    struct receiver receiver;
    struct call sleep;
    struct call late; /* a receive that is given up */
};

static bool guest_is_done(const struct guest *guest)
{
    return guest->sender.finished && guest->receiver.finished && guest->sleep.done > 0 &&
           guest->late.done > 0;
}

static void host_polls(struct bench *b, struct guest *guest)
{
    enum { NS_PER_MS = 1000000, STEPS_MAX = 1000000, TURN_STEPS_MAX = 1000 };
    struct pollfd poll_fd = { .fd = leat_loop_descriptor(b->loop), .events = POLLIN };
    uint64_t end_ns = leat_loop_clock(b->loop) + BENCH_PATIENCE_NS;
    unsigned idle = 0;
    while (!guest_is_done(guest)) {
        unsigned steps = 0;
        while (leat_loop_step(b->loop, 0) == LEAT_OK && steps++ < TURN_STEPS_MAX)
            idle = 0;
        if (guest_is_done(guest))
            return;
        uint64_t now_ns = leat_loop_clock(b->loop);
        uint64_t next_ns = leat_loop_next_ns(b->loop);
        check(now_ns < end_ns);
        check(idle++ < 1000);
        if (next_ns > end_ns)
            next_ns = end_ns;
        int left_ms = next_ns > now_ns ? (int)((next_ns - now_ns) / NS_PER_MS) + 1 : 0;
        check(poll(&poll_fd, 1, left_ms) >= 0);
    }
}

static void a_foreign_loop_drives_it(struct bench *b)
{
    struct leat_socket near, far, other, other_far;
    bench_open(b, NULL);
    if (leat_loop_descriptor(b->loop) < 0) {
        bench_close(b);
        return;
    }
    bench_connect(b, bench_family(b), &near, &far);
    bench_connect(b, bench_family(b), &other, &other_far);
    uint64_t now_ns = leat_loop_clock(b->loop);
    struct guest guest = {
        .sender = { .socket = &near, .id = 3, .len = 2000000, .cut_max = 100000, .shuts = true },
        .receiver = { .socket = &far, .id = 3 },
        .sleep = { .op = op_sleep(now_ns + 20 * BENCH_MS) },
        .late = { .op = op_receive(&other) },
    };
    guest.late.op.deadline_ns = now_ns + 30 * BENCH_MS;
    sender_start(b, &guest.sender);
    receiver_start(b, &guest.receiver);
    call_submit(b, &guest.sleep);
    call_submit(b, &guest.late);
    host_polls(b, &guest);
    check_equal(guest.receiver.at, guest.sender.len);
    check_result(guest.receiver.last, LEAT_END);
    check_result(guest.sleep.op.result, LEAT_OK);
    check_fault(guest.late.op.result, ETIMEDOUT);
    sender_fini(&guest.sender);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close_socket(b, &other);
    bench_close_socket(b, &other_far);
    bench_close(b);
}

/* The same, with the bytes and notes coming from other threads while the host sleeps. */
struct ringing {
    struct leat_note note;
    struct bench *bench;
    bool came;
};

static void ringing_came(struct leat_note *note)
{
    ((struct ringing *)note)->came = true;
}

static void *ring_later(void *own)
{
    struct ringing *self = own;
    usleep(10000);
    leat_loop_notify(self->bench->loop, &self->note);
    return NULL;
}

static void a_foreign_loop_hears_others(struct bench *b)
{
    int far;
    pthread_t thread;
    bench_open(b, NULL);
    if (leat_loop_descriptor(b->loop) < 0) {
        bench_close(b);
        return;
    }
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    struct receiver receiver = { .socket = &near, .id = 4 };
    struct ringing ringing = { { .fire = ringing_came }, b, false };
    struct peer peer = { .fd = far,
                         .id = 4,
                         .len = 100000,
                         .cut_max = 5000,
                         .rests = true,
                         .random = { random_next(&b->random) } };
    peer_sends(&peer);
    receiver_start(b, &receiver);
    struct pollfd poll_fd = { .fd = leat_loop_descriptor(b->loop), .events = POLLIN };
    unsigned at_once = 0;
    enum { AT_ONCE_MAX = 10000 };
    while (!receiver.finished) {
        while (leat_loop_step(b->loop, 0) == LEAT_OK)
            continue;
        if (receiver.finished)
            break;
        /* What a step asked for may have to go out in another, now and then. Asked twice, it may
         * say two things: the kernel goes on meanwhile. */
        uint64_t next_ns = leat_loop_next_ns(b->loop);
        if (next_ns == 0) {
            check(++at_once < AT_ONCE_MAX);
            continue;
        }
        check(next_ns == LEAT_NEVER);
        check(poll(&poll_fd, 1, 5000) == 1);
    }
    check_equal(receiver.at, peer.len);
    peer_join(&peer);
    leat_loop_keep(b->loop);
    check(leat_loop_step(b->loop, 0) != LEAT_END);
    check(pthread_create(&thread, NULL, ring_later, &ringing) == 0);
    while (!ringing.came) {
        check(poll(&poll_fd, 1, 5000) == 1);
        check(leat_loop_step(b->loop, 0) != LEAT_END);
    }
    check(pthread_join(thread, NULL) == 0);
    leat_loop_unkeep(b->loop);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* --- Making one --- */

static void a_kind_is_chosen_by_name(struct bench *b)
{
    struct leat_loop_choice choice;
    struct leat_loop_options options = { .kind = "none of these" };
    check(leat_loop_create(&options, &choice) == NULL);
    check_text(choice.refused, "none of these");
    check(choice.reason != NULL);
    options.kind = b->kind;
    struct leat_loop *loop = leat_loop_create(&options, &choice);
    check(loop != NULL);
    check(choice.refused == NULL);
    check_text(leat_loop_name(loop), b->kind);
    leat_loop_destroy(loop);
    leat_loop_destroy(NULL);
    loop = leat_loop_create(NULL, &choice);
    check((loop == NULL) == (choice.refused != NULL && leat_loop_kinds[0]->only_by_name));
    leat_loop_destroy(loop);
}

const struct loop_test tests_steps[] = {
    { "a kind is chosen by name", a_kind_is_chosen_by_name, 0, 1 },
    { "steps say what they found", steps_say_what_they_found, 0, 4 },
    { "start says what is done at once", start_says_what_is_done_at_once, 0, 4 },
    { "a step neither waits nor spins", a_step_neither_waits_nor_spins, 0, 4 },
    { "a foreign loop drives it", a_foreign_loop_drives_it, 0, 4 },
    { "a foreign loop hears others", a_foreign_loop_hears_others, REAL_ONLY, 4 },
    { 0 },
};
