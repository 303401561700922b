/* A cancel ends what waits, at every stage, once; and costs no byte. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- What waits --- */

/* An operation that cannot go on, and what it needs to. */
struct scene {
    struct call call;
    struct leat_socket near, far;
    struct leat_address address;
    int pipes[2];
    struct leat_move move;
    struct leat_span piece;
    uint8_t byte;
};

struct scene_kind {
    const char *name;
    bool real_only;
    void (*make)(struct bench *b, struct scene *scene);    /* sets its ends and call.op */
    void (*release)(struct bench *b, struct scene *scene); /* lets it go on; NULL: by itself */
};

static void receive_make(struct bench *b, struct scene *scene)
{
    bench_connect(b, bench_family(b), &scene->near, &scene->far);
    scene->call.op = op_receive(&scene->near);
}

static void receive_release(struct bench *b, struct scene *scene)
{
    struct leat_op op = op_send(&scene->far, &scene->piece);
    check_result(bench_do(b, &op), LEAT_OK);
}

static void accept_make(struct bench *b, struct scene *scene)
{
    scene->near = bench_listen(b, FAMILY_IPV4, &scene->address);
    scene->call.op = op_accept(&scene->near, NULL);
}

static void accept_release(struct bench *b, struct scene *scene)
{
    scene->far = bench_socket(b, FAMILY_IPV4);
    struct leat_op op = op_connect(scene->far.fd, &scene->address);
    check_result(bench_do(b, &op), LEAT_OK);
}

static void sleep_make(struct bench *b, struct scene *scene)
{
    scene->call.op = op_sleep(leat_loop_clock(b->loop) + 500 * BENCH_MS);
}

static void pipe_make(struct scene *scene)
{
    check(pipe2(scene->pipes, O_CLOEXEC) == 0);
}

static void pipe_release(struct bench *b, struct scene *scene)
{
    (void)b;
    check(write(scene->pipes[1], "x", 1) == 1);
}

static void read_make(struct bench *b, struct scene *scene)
{
    (void)b;
    pipe_make(scene);
    scene->call.op = op_read(scene->pipes[0], &scene->byte, 1, LEAT_OFFSET_NONE);
}

static void wait_make(struct bench *b, struct scene *scene)
{
    (void)b;
    pipe_make(scene);
    scene->call.op = op_wait(scene->pipes[0], LEAT_READY_READ);
}

static void move_make(struct bench *b, struct scene *scene)
{
    pipe_make(scene);
    struct leat_op op = op_open(b, bench_path(b), O_RDWR | O_CREAT | O_CLOEXEC);
    check_result(bench_do(b, &op), LEAT_OK);
    scene->near.fd = op.result.descriptor;
    scene->move = (struct leat_move){ scene->pipes[0], scene->near.fd, LEAT_OFFSET_NONE, 10, 0 };
    scene->call.op = op_move(&scene->move);
}

static void send_make(struct bench *b, struct scene *scene)
{
    static uint8_t zeros[65536];
    scene->near = bench_pair(b, FAMILY_UNIX, &scene->far.fd);
    while (send(scene->near.fd, zeros, sizeof(zeros), MSG_DONTWAIT) > 0)
        continue;
    while (send(scene->near.fd, zeros, 1, MSG_DONTWAIT) > 0)
        continue;
    scene->call.op = op_send(&scene->near, &scene->piece);
}

static void send_release(struct bench *b, struct scene *scene)
{
    static uint8_t got[65536];
    (void)b;
    while (recv(scene->far.fd, got, sizeof(got), MSG_DONTWAIT) > 0)
        continue;
}

static const struct scene_kind scene_kinds[] = {
    { "receive", false, receive_make, receive_release },
    { "accept", false, accept_make, accept_release },
    { "sleep", false, sleep_make, NULL },
    { "read", true, read_make, pipe_release },
    { "wait", true, wait_make, pipe_release },
    { "move", true, move_make, pipe_release },
    { "send", true, send_make, send_release },
};
enum { SCENE_KINDS = sizeof(scene_kinds) / sizeof(scene_kinds[0]) };

static void scene_make(struct bench *b, struct scene *scene, const struct scene_kind *kind)
{
    *scene = (struct scene){
        .near = { .fd = -1 }, .far = { .fd = -1 }, .pipes = { -1, -1 }, .byte = 'y'
    };
    scene->piece = (struct leat_span){ &scene->byte, 1 };
    kind->make(b, scene);
}

static void scene_unmake(struct bench *b, struct scene *scene)
{
    struct leat_op *op = &scene->call.op;
    if (op->code == LEAT_OP_RECEIVE && op->result.status == LEAT_OK)
        leat_slice_release(&op->receive.ret_slice);
    if (op->code == LEAT_OP_ACCEPT && op->result.status == LEAT_OK)
        bench_close_fd(b, op->result.descriptor);
    if (scene->near.fd >= 0)
        bench_close_socket(b, &scene->near);
    if (scene->far.fd >= 0)
        bench_close_socket(b, &scene->far);
    for (unsigned i = 0; i < 2; i++) {
        if (scene->pipes[i] >= 0)
            bench_close_fd(b, scene->pipes[i]);
    }
}

/* Whatever waits, after any number of steps, cancelled once or twice; and can then be done after
 * all. */
static void a_cancel_ends_what_waits(struct bench *b)
{
    for (unsigned i = 0; i < SCENE_KINDS; i++) {
        const struct scene_kind *kind = &scene_kinds[i];
        struct scene scene;
        if (b->simulates && kind->real_only)
            continue;
        check_says_text("operation", kind->name);
        bench_open(b, NULL);
        scene_make(b, &scene, kind);
        for (unsigned steps = 0; steps < 4; steps++) {
            check_says("steps", steps);
            call_submit(b, &scene.call);
            for (unsigned step = 0; step < steps; step++)
                check(leat_loop_step(b->loop, 0) != LEAT_END);
            check_equal(scene.call.done, 0);
            call_cancel(b, &scene.call);
            if (random_percent(&b->random, 50))
                call_cancel(b, &scene.call);
            if (random_percent(&b->random, 30) && scene.call.done == 0) {
                (void)!leat_loop_step(b->loop, 0);
                call_cancel(b, &scene.call);
            }
            check_fault(call_await(b, &scene.call), ECANCELED);
            call_cancel(b, &scene.call);
            (void)!leat_loop_step(b->loop, 0);
            check_equal(scene.call.done, 1);
        }
        call_submit(b, &scene.call);
        if (kind->release != NULL)
            kind->release(b, &scene);
        check_result(call_await(b, &scene.call), LEAT_OK);
        call_cancel(b, &scene.call);
        scene_unmake(b, &scene);
        bench_close(b);
    }
}

/* One that is done, though nobody was told yet, stays as it is. */
static void what_is_done_is_not_cancelled(struct bench *b)
{
    for (unsigned i = 0; i < SCENE_KINDS; i++) {
        const struct scene_kind *kind = &scene_kinds[i];
        struct scene scene;
        if ((b->simulates && kind->real_only) || kind->release == NULL)
            continue;
        check_says_text("operation", kind->name);
        bench_open(b, NULL);
        scene_make(b, &scene, kind);
        bool before = random_percent(&b->random, 50);
        if (before)
            kind->release(b, &scene);
        call_submit(b, &scene.call);
        if (!before)
            kind->release(b, &scene);
        if (random_percent(&b->random, 50))
            (void)!leat_loop_step(b->loop, 0);
        uint8_t state = scene.call.op.state;
        call_cancel(b, &scene.call);
        struct leat_io io = call_await(b, &scene.call);
        if (state == LEAT_OP_DONE || state == LEAT_OP_IDLE || io.status != LEAT_FAULT)
            check_result(io, LEAT_OK);
        else
            check_fault(io, ECANCELED);
        scene_unmake(b, &scene);
        bench_close(b);
    }
}

/* --- Bytes --- */

/* Both sides are cancelled again and again, and go on where they were. */
static void no_byte_is_lost_by_cancels(struct bench *b)
{
    struct leat_socket near, far;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    struct sender sender = {
        .socket = &near,
        .id = 11,
        .len = random_len(&b->random, 200000) + 5000,
        .cut_max = random_len(&b->random, 50000) + 100,
        .shuts = true,
    };
    struct receiver receiver = { .socket = &far, .id = 11 };
    unsigned often = 5 + (unsigned)random_below(&b->random, 60);
    sender_start(b, &sender);
    receiver_start(b, &receiver);
    uint64_t end_ns = bench_limit_ns(b);
    while (!receiver.finished || receiver.last.status != LEAT_END) {
        check(leat_loop_clock(b->loop) < end_ns);
        if (receiver.finished) {
            check_fault(receiver.last, ECANCELED);
            receiver_start(b, &receiver);
        }
        if (sender.stopped) {
            check_fault(sender.call.op.result, ECANCELED);
            sender_start(b, &sender);
        }
        if (random_percent(&b->random, often))
            call_cancel(b, &receiver.call);
        if (random_percent(&b->random, often))
            call_cancel(b, &sender.call);
        if (random_percent(&b->random, 50))
            (void)!leat_loop_step(b->loop, 0);
        else
            bench_step(b);
    }
    check_equal(receiver.at, sender.len);
    bench_until(b, &sender.finished);
    sender_fini(&sender);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* The same while a peer sends at its own time. */
static void no_byte_is_lost_while_a_peer_sends(struct bench *b)
{
    int far;
    bench_open(b, NULL);
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    struct receiver receiver = { .socket = &near, .id = 12 };
    struct peer peer = {
        .fd = far,
        .id = 12,
        .len = 20000,
        .cut_max = random_len(&b->random, 300),
        .rests = true,
        .random = { random_next(&b->random) },
    };
    peer_sends(&peer);
    receiver_start(b, &receiver);
    while (receiver.last.status != LEAT_END) {
        if (receiver.finished) {
            check_fault(receiver.last, ECANCELED);
            receiver_start(b, &receiver);
        }
        if (random_percent(&b->random, 30))
            call_cancel(b, &receiver.call);
        bench_step(b);
    }
    check_equal(receiver.at, peer.len);
    peer_join(&peer);
    bench_close_socket(b, &near);
    bench_close(b);
}

/* The memory of a read is its owner's again when it is told, and not written to after that. */
struct loan {
    struct call call;
    uint64_t at; /* of the stream */
    bool ended;
};

static void loan_returns(struct call *call)
{
    struct loan *loan = call->own;
    if (call->op.result.status == LEAT_OK) {
        pattern_check(13, loan->at, call->op.read.to, call->op.result.bytes);
        loan->at += call->op.result.bytes;
    } else if (call->op.result.status == LEAT_END) {
        loan->ended = true;
    } else {
        check_fault(call->op.result, ECANCELED);
    }
    memory_put(call->op.read.to);
    call->op.read.to = NULL;
}

static void memory_of_a_read_comes_back(struct bench *b)
{
    enum { ROUNDS = 200, CUT_MAX = 500 };
    uint8_t bytes[CUT_MAX];
    int pipes[2];
    struct loan loan = { .call = { .then = loan_returns } };
    uint64_t sent = 0;
    bench_open(b, NULL);
    check(pipe2(pipes, O_CLOEXEC | (random_percent(&b->random, 50) ? O_NONBLOCK : 0)) == 0);
    loan.call.own = &loan;
    for (unsigned i = 0; !loan.ended; i++) {
        size_t len = random_len(&b->random, CUT_MAX);
        loan.call.op = op_read(pipes[0], memory_get(len), len, LEAT_OFFSET_NONE);
        call_submit(b, &loan.call);
        for (unsigned step = 0; step < i % 3 && loan.call.done == 0; step++)
            (void)!leat_loop_step(b->loop, 0);
        bool late = random_percent(&b->random, 50);
        if (late)
            call_cancel(b, &loan.call);
        if (i < ROUNDS && random_percent(&b->random, 60)) {
            size_t cut = random_len(&b->random, CUT_MAX);
            pattern_fill(13, sent, bytes, cut);
            check(write(pipes[1], bytes, cut) == (ssize_t)cut);
            sent += cut;
        } else if (i == ROUNDS) {
            close(pipes[1]);
        }
        if (!late && i < ROUNDS)
            call_cancel(b, &loan.call);
        call_await(b, &loan.call);
    }
    check_equal(loan.at, sent);
    bench_close_fd(b, pipes[0]);
    bench_close(b);
}

/* --- From callbacks --- */

struct rival {
    struct receiver receiver; /* its call's then is replaced */
    struct rival *other;
    void (*then)(struct call *call);
};

static void rival_got(struct call *call)
{
    struct rival *rival = call->own;
    bool inside = call->bench->inside;
    call_cancel(call->bench, &rival->other->receiver.call);
    call->bench->inside = inside;
    call->own = &rival->receiver;
    rival->then(call);
    call->own = rival;
}

/* Of two that are ready at once the first to be told cancels the other, and itself, which is
 * idle. */
static void a_callback_cancels_another(struct bench *b)
{
    enum { LEN = 3000 };
    struct leat_socket near[2], far[2];
    struct rival rivals[2] = { 0 };
    struct sender senders[2] = { 0 };
    bench_open(b, NULL);
    for (unsigned i = 0; i < 2; i++) {
        bench_connect(b, bench_family(b), &near[i], &far[i]);
        rivals[i].receiver = (struct receiver){ .socket = &near[i], .id = i };
        rivals[i].other = &rivals[i ^ 1];
        receiver_start(b, &rivals[i].receiver);
        rivals[i].then = rivals[i].receiver.call.then;
        rivals[i].receiver.call.then = rival_got;
        rivals[i].receiver.call.own = &rivals[i];
        senders[i] =
            (struct sender){ .socket = &far[i], .id = i, .len = LEN, .cut_max = 30, .shuts = true };
    }
    for (unsigned i = 0; i < 2; i++)
        sender_start(b, &senders[i]);
    uint64_t end_ns = bench_limit_ns(b);
    for (unsigned ended = 0; ended < 2;) {
        check(leat_loop_clock(b->loop) < end_ns);
        bench_step(b);
        ended = 0;
        for (unsigned i = 0; i < 2; i++) {
            struct receiver *receiver = &rivals[i].receiver;
            if (receiver->finished && receiver->last.status == LEAT_END) {
                ended++;
            } else if (receiver->finished) {
                check_fault(receiver->last, ECANCELED);
                receiver->finished = false;
                call_submit(b, &receiver->call);
            }
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        check_equal(rivals[i].receiver.at, LEN);
        bench_until(b, &senders[i].finished);
        sender_fini(&senders[i]);
        bench_close_socket(b, &near[i]);
        bench_close_socket(b, &far[i]);
    }
    bench_close(b);
}

/* All of many at once, in any order, on sockets and asleep. */
static void many_are_cancelled_at_once(struct bench *b)
{
    enum { COUNT = 100 };
    struct leat_socket near[COUNT], far[COUNT];
    static struct call calls[2 * COUNT];
    bench_open(b, NULL);
    for (unsigned i = 0; i < COUNT; i++) {
        bench_connect(b, FAMILY_UNIX, &near[i], &far[i]);
        calls[i] = (struct call){ .op = op_receive(&near[i]) };
        calls[COUNT + i] =
            (struct call){ .op = op_sleep(leat_loop_clock(b->loop) + 1000 * BENCH_PATIENCE_NS) };
        call_submit(b, &calls[i]);
        call_submit(b, &calls[COUNT + i]);
    }
    if (random_percent(&b->random, 50))
        (void)!leat_loop_step(b->loop, 0);
    for (unsigned i = 0; i < 2 * COUNT; i++)
        call_cancel(b, &calls[i * 77 % (2 * COUNT)]);
    for (unsigned i = 0; i < 2 * COUNT; i++)
        check_fault(call_await(b, &calls[i]), ECANCELED);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        bench_close_socket(b, &near[i]);
        bench_close_socket(b, &far[i]);
    }
    bench_close(b);
}

const struct loop_test tests_cancel[] = {
    { "a cancel ends what waits", a_cancel_ends_what_waits, 0, 4 },
    { "what is done is not cancelled", what_is_done_is_not_cancelled, 0, 8 },
    { "no byte is lost by cancels", no_byte_is_lost_by_cancels, 0, 20 },
    { "no byte is lost while a peer sends", no_byte_is_lost_while_a_peer_sends, REAL_ONLY, 10 },
    { "memory of a read comes back", memory_of_a_read_comes_back, REAL_ONLY, 10 },
    { "a callback cancels another", a_callback_cancels_another, 0, 8 },
    { "many are cancelled at once", many_are_cancelled_at_once, 0, 2 },
    { 0 },
};
