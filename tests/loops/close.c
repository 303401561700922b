/* A socket that is closed takes with it what the loop keeps of it, and its number means nothing of
 * that to the next one. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_all(struct bench *b, const struct leat_socket *socket, unsigned id, size_t len)
{
    struct sender sender = { .socket = socket, .id = id, .len = len, .cut_max = len };
    sender_start(b, &sender);
    bench_until(b, &sender.finished);
    check(!sender.stopped);
    sender_fini(&sender);
}

/* Receives some, with much more that has come; then the next socket has the same number. */
static void what_came_ahead_goes_with_its_socket(struct bench *b)
{
    enum { ROUNDS = 30, LEN_MAX = 60000 };
    struct leat_loop_options options = { .buffers = 16, .buffer_bytes = 4096 };
    bench_open(b, &options);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct leat_socket near, far;
        enum bench_family family = bench_family(b);
        size_t len = random_len(&b->random, b->simulates ? 2000 : LEN_MAX);
        check_says("round", i);
        bench_connect(b, family, &near, &far);
        struct receiver receiver = { .socket = &near, .id = i, .until = 1 };
        receiver_start(b, &receiver);
        send_all(b, &far, i, len);
        bench_until(b, &receiver.finished);
        check_result(receiver.last, LEAT_OK);
        if (random_percent(&b->random, 50))
            send_all(b, &far, i, 500);
        if (random_percent(&b->random, 50))
            (void)!leat_loop_step(b->loop, 0);
        if (random_percent(&b->random, 50)) {
            bench_close_socket(b, &near);
            bench_close_socket(b, &far);
        } else {
            bench_close_socket(b, &far);
            bench_close_socket(b, &near);
        }
    }
    bench_close(b);
}

/* Right after its receive was cancelled, from its own callback: the number is taken again at
 * once. */
struct closing {
    struct call call;
    struct leat_socket near;
};

static void closing_ended(struct call *call)
{
    struct closing *closing = call->own;
    if (call->op.result.status == LEAT_OK)
        leat_slice_release(&call->op.receive.ret_slice);
    else
        check_fault(call->op.result, ECANCELED);
    bench_close_socket(call->bench, &closing->near);
}

static void a_number_is_used_again_at_once(struct bench *b)
{
    enum { ROUNDS = 100 };
    bench_open(b, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct closing closing = { .call = { .then = closing_ended } };
        struct leat_socket far;
        struct leat_span piece = { (const uint8_t *)"old", 3 };
        check_says("round", i);
        bench_connect(b, FAMILY_UNIX, &closing.near, &far);
        closing.call.own = &closing;
        closing.call.op = op_receive(&closing.near);
        call_submit(b, &closing.call);
        for (unsigned step = 0; step < i % 3; step++)
            (void)!leat_loop_step(b->loop, 0);
        bool sends = random_percent(&b->random, 50);
        struct leat_op op = op_send(&far, &piece);
        if (sends && random_percent(&b->random, 50)) {
            check_result(bench_do(b, &op), LEAT_OK);
            sends = false;
        }
        struct call send = { .op = op };
        if (sends)
            call_submit(b, &send);
        call_cancel(b, &closing.call);
        call_await(b, &closing.call);
        if (sends)
            (void)call_await(b, &send);
        bench_close_socket(b, &far);
    }
    bench_close(b);
}

/* Connections that nobody took go with their listener: their far ends hear of it, and no
 * descriptor stays. */
static void a_listener_takes_its_connections_along(struct bench *b)
{
    enum { COUNT = 20 };
    struct leat_socket far[COUNT];
    struct leat_address address;
    bench_open(b, NULL);
    enum bench_family family = bench_family(b);
    struct leat_socket listener = bench_listen(b, family, &address);
    for (unsigned i = 0; i < COUNT; i++) {
        far[i] = bench_socket(b, family);
        struct leat_op op = op_connect(far[i].fd, &address);
        check_result(bench_do(b, &op), LEAT_OK);
    }
    unsigned takes = (unsigned)random_below(&b->random, 3);
    for (unsigned i = 0; i < takes; i++) {
        struct leat_op op = op_accept(&listener, NULL);
        check_result(bench_do(b, &op), LEAT_OK);
        bench_close_fd(b, op.result.descriptor);
    }
    if (random_percent(&b->random, 50))
        (void)!leat_loop_step(b->loop, 0);
    bench_close_socket(b, &listener);
    for (unsigned i = 0; i < COUNT; i++) {
        struct leat_op op = op_receive(&far[i]);
        struct leat_io io = bench_do(b, &op);
        if (io.status != LEAT_END)
            check_fault(io, ECONNRESET);
        bench_close_socket(b, &far[i]);
    }
    bench_close(b);
}

/* Each has what was sent to it, whatever number it got and whoever had that before. */
static void numbers_come_and_go(struct bench *b)
{
    enum { PAIRS = 8, ROUNDS = 300 };
    struct leat_socket near[PAIRS], far[PAIRS];
    struct receiver receivers[PAIRS] = { 0 };
    bench_open(b, NULL);
    for (unsigned i = 0; i < PAIRS; i++)
        near[i].fd = -1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned at = (unsigned)random_below(&b->random, PAIRS);
        struct receiver *receiver = &receivers[at];
        check_says("round", i);
        if (near[at].fd < 0) {
            bench_connect(b, bench_family(b), &near[at], &far[at]);
            *receiver = (struct receiver){ .socket = &near[at], .id = i, .until = 1 };
            receiver_start(b, receiver);
        } else if (!receiver->finished && random_percent(&b->random, 50)) {
            send_all(b, &far[at], receiver->id, random_len(&b->random, 2000));
            bench_until(b, &receiver->finished);
            check_result(receiver->last, LEAT_OK);
        } else {
            if (!receiver->finished) {
                call_cancel(b, &receiver->call);
                check_fault(call_await(b, &receiver->call), ECANCELED);
            }
            bench_close_socket(b, &near[at]);
            bench_close_socket(b, &far[at]);
        }
    }
    for (unsigned at = 0; at < PAIRS; at++) {
        if (near[at].fd < 0)
            continue;
        if (!receivers[at].finished) {
            call_cancel(b, &receivers[at].call);
            check_fault(call_await(b, &receivers[at].call), ECANCELED);
        }
        bench_close_socket(b, &near[at]);
        bench_close_socket(b, &far[at]);
    }
    bench_close(b);
}

/* A descriptor that is no socket, of which the loop keeps nothing or something. */
static void any_descriptor_is_closed(struct bench *b)
{
    enum { ROUNDS = 50 };
    bench_open(b, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        int pipes[2];
        uint8_t byte;
        check(pipe(pipes) == 0);
        struct call read = { .op = op_read(pipes[0], &byte, 1, LEAT_OFFSET_NONE) };
        struct call wait = { .op = op_wait(pipes[0], LEAT_READY_READ) };
        call_submit(b, &read);
        call_submit(b, &wait);
        if (i % 2 == 0)
            (void)!leat_loop_step(b->loop, 0);
        call_cancel(b, &read);
        call_cancel(b, &wait);
        check_fault(call_await(b, &read), ECANCELED);
        check_fault(call_await(b, &wait), ECANCELED);
        bench_close_fd(b, pipes[i / 2 % 2]);
        bench_close_fd(b, pipes[i / 2 % 2 ^ 1]);
    }
    bench_close(b);
}

const struct loop_test tests_close[] = {
    { "what came ahead goes with its socket", what_came_ahead_goes_with_its_socket, 0, 4 },
    { "a number is used again at once", a_number_is_used_again_at_once, 0, 3 },
    { "a listener takes its connections along", a_listener_takes_its_connections_along, 0, 8 },
    { "numbers come and go", numbers_come_and_go, 0, 6 },
    { "any descriptor is closed", any_descriptor_is_closed, REAL_ONLY, 2 },
    { 0 },
};
