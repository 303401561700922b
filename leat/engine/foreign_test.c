/* A loop inside somebody else's, of each kind that can be: here that is poll(2), which takes one
 * step of ours whenever it wakes and sleeps as long as it is told, for ever if so. What was begun
 * by callbacks, by the host itself or by other threads must not be slept through; a watchdog ends
 * who does. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/engine/loop.h"
#include "tests/support/check.h"

enum { ROUNDS = 300, WATCHDOG_S = 20 };

#define MS_NS ((uint64_t)1000000)

static struct leat_loop *loop;

/* What a host does: sleep as told, and take a step. */
static void host_turn(void)
{
    struct pollfd poll_fd = { .fd = leat_loop_descriptor(loop), .events = POLLIN };
    uint64_t next_ns = leat_loop_next_ns(loop), now_ns = leat_loop_clock(loop);
    int timeout_ms = -1;
    if (next_ns != LEAT_NEVER)
        timeout_ms = next_ns <= now_ns ? 0 : (int)((next_ns - now_ns + MS_NS - 1) / MS_NS);
    check(poll(&poll_fd, 1, timeout_ms) >= 0);
    check(leat_loop_step(loop, 0) != LEAT_FAULT);
}

/* An operation that counts how often it was done; `owner` is this. */
struct asked {
    struct leat_op op;
    unsigned done;
    void (*then)(struct asked *asked);
};

static void is_done(struct leat_op *op)
{
    struct asked *asked = op->owner;
    asked->done++;
    if (asked->then != NULL)
        asked->then(asked);
}

static void submit(struct asked *asked)
{
    asked->op.done = is_done;
    asked->op.owner = asked;
    leat_loop_submit(loop, &asked->op);
}

static struct asked receive_of(struct leat_socket *socket)
{
    return (struct asked){
        .op = { .code = LEAT_OP_RECEIVE, .fd = socket->fd, .receive = { .socket = socket } }
    };
}

static void new_pair(struct leat_socket *near, struct leat_socket *far)
{
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
    *near = (struct leat_socket){ .fd = fds[0] };
    *far = (struct leat_socket){ .fd = fds[1] };
}

static void put(int fd, const char *text)
{
    size_t len = check_text_len(text);
    check_equal(write(fd, text, len), len);
}

/* --- By callbacks --- */

/* One of two who throw a ball: each receives, and sends it on from the callback of that. */
struct player {
    struct asked receive, send;
    struct leat_span piece;
    struct leat_socket socket;
    unsigned *throws;
};

static void player_waits(struct asked *send)
{
    struct player *player = LEAT_CONTAINER_OF(send, struct player, send);
    check_status(send->op.result.status, LEAT_OK);
    submit(&player->receive);
}

static void player_catches(struct asked *receive)
{
    struct player *player = (struct player *)receive; /* its first member */
    if (receive->op.result.status == LEAT_FAULT)
        return; /* the game is over */
    check_status(receive->op.result.status, LEAT_OK);
    leat_slice_release(&receive->op.receive.ret_slice);
    if (++*player->throws < ROUNDS)
        submit(&player->send);
}

static void player_begins(struct player *player, struct leat_socket socket, unsigned *throws)
{
    *player = (struct player){
        .socket = socket,
        .piece = { (const uint8_t *)"o", 1 },
        .throws = throws,
    };
    player->receive = receive_of(&player->socket);
    player->receive.then = player_catches;
    player->send = (struct asked){
        .op = { .code = LEAT_OP_SEND, .fd = socket.fd, .write = { &player->piece, 1, false } },
        .then = player_waits,
    };
}

static void test_callbacks_begin_more(void)
{
    struct player players[2];
    struct leat_socket near, far;
    unsigned throws = 0;
    new_pair(&near, &far);
    player_begins(&players[0], near, &throws);
    player_begins(&players[1], far, &throws);
    submit(&players[0].receive);
    submit(&players[1].send);
    while (throws < ROUNDS)
        host_turn();
    for (unsigned i = 0; i < 2; i++)
        leat_loop_cancel(loop, &players[i].receive.op);
    while (players[0].receive.op.state != LEAT_OP_IDLE ||
           players[1].receive.op.state != LEAT_OP_IDLE)
        host_turn();
    for (unsigned i = 0; i < 2; i++)
        leat_loop_close(loop, &players[i].socket);
}

/* --- By the host --- */

/* Begun and cancelled between two sleeps; and what has a time comes at that time. */
static void test_the_host_begins_more(void)
{
    struct leat_socket near, far;
    new_pair(&near, &far);
    for (unsigned round = 0; round < 20; round++) {
        struct asked receive = receive_of(&near);
        submit(&receive);
        put(far.fd, "x");
        while (receive.done == 0)
            host_turn();
        check_status(receive.op.result.status, LEAT_OK);
        leat_slice_release(&receive.op.receive.ret_slice);

        struct asked late = receive_of(&near), never = receive_of(&far);
        uint64_t begun_ns = leat_loop_clock(loop);
        late.op.deadline_ns = begun_ns + 3 * MS_NS;
        submit(&late);
        submit(&never);
        while (late.done == 0)
            host_turn();
        check_equal(late.op.result.code, ETIMEDOUT);
        check(leat_loop_clock(loop) - begun_ns >= 3 * MS_NS);
        leat_loop_cancel(loop, &never.op);
        while (never.done == 0)
            host_turn();
        check_equal(never.op.result.code, ECANCELED);
    }
    leat_loop_close(loop, &near);
    leat_loop_close(loop, &far);
}

/* With nothing to do it sleeps: it is not told to look again and again. */
static void test_the_host_sleeps(void)
{
    struct leat_socket near, far;
    struct asked sleep = { .op = { .code = LEAT_OP_SLEEP } };
    new_pair(&near, &far);
    struct asked receive = receive_of(&near);
    submit(&receive);
    sleep.op.deadline_ns = leat_loop_clock(loop) + 50 * MS_NS;
    submit(&sleep);
    unsigned turns = 0;
    for (; sleep.done == 0; turns++)
        host_turn();
    check(turns < 20);
    leat_loop_cancel(loop, &receive.op);
    while (receive.done == 0)
        host_turn();
    leat_loop_close(loop, &near);
    leat_loop_close(loop, &far);
}

/* --- By other threads --- */

struct ringer {
    struct leat_note note;
    unsigned rung;
    struct leat_slice *slice;
};

static void rings(struct leat_note *note)
{
    ((struct ringer *)(void *)note)->rung++;
}

static void *ring_later(void *arg)
{
    struct ringer *ringer = arg;
    usleep(2000);
    leat_loop_notify(loop, &ringer->note);
    return NULL;
}

static void test_notes_wake_the_host(void)
{
    struct ringer ringer = { .note = { .fire = rings } };
    leat_loop_keep(loop);
    for (unsigned round = 1; round <= 20; round++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, ring_later, &ringer) == 0);
        while (ringer.rung < round)
            host_turn();
        check(pthread_join(thread, NULL) == 0);
    }
    leat_loop_unkeep(loop);
}

static void *release_later(void *arg)
{
    struct ringer *ringer = arg;
    usleep(2000);
    leat_slice_release(ringer->slice);
    return NULL;
}

/* Its only buffer is in use: a receive goes on when the host lets go of it, or another thread. */
static void test_a_buffer_wakes_the_host(void)
{
    struct leat_socket near, far;
    struct leat_slice held = { 0 };
    new_pair(&near, &far);
    for (unsigned round = 0; round < 20; round++) {
        struct asked receive = receive_of(&near);
        struct ringer ringer = { .slice = &held };
        pthread_t thread;
        bool threaded = held.len > 0 && round % 2 == 1;
        put(far.fd, "x");
        submit(&receive);
        if (threaded)
            check(pthread_create(&thread, NULL, release_later, &ringer) == 0);
        else if (held.len > 0) {
            for (unsigned turn = 0; turn < 3; turn++) { /* it starves */
                if (leat_loop_next_ns(loop) == 0)
                    host_turn();
            }
            check_equal(receive.done, 0);
            leat_slice_release(&held);
        }
        while (receive.done == 0)
            host_turn();
        if (threaded)
            check(pthread_join(thread, NULL) == 0);
        check_status(receive.op.result.status, LEAT_OK);
        held = receive.op.receive.ret_slice;
    }
    leat_slice_release(&held);
    leat_loop_close(loop, &near);
    leat_loop_close(loop, &far);
}

/* --- Over all kinds --- */

/* Whether there is a kind of loop for a foreign one, with so many buffers. */
static bool begin(const char *kind, unsigned buffers)
{
    struct leat_loop_options options = { .kind = kind, .buffers = buffers };
    loop = leat_loop_create(&options, NULL);
    if (loop == NULL)
        return false;
    if (leat_loop_descriptor(loop) >= 0)
        return true;
    leat_loop_destroy(loop);
    return false;
}

static unsigned test_kind(const char *kind)
{
    if (!begin(kind, 0))
        return 0;
    check_run(test_callbacks_begin_more);
    check_run(test_the_host_begins_more);
    check_run(test_the_host_sleeps);
    check_run(test_notes_wake_the_host);
    leat_loop_destroy(loop);
    check(begin(kind, 1));
    check_run(test_a_buffer_wakes_the_host);
    leat_loop_destroy(loop);
    return 1;
}

int main(void)
{
    unsigned kinds = 0;
    alarm(WATCHDOG_S);
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        check_says_text("loop", leat_loop_kinds[i]->name);
        if (!leat_loop_kinds[i]->only_by_name)
            kinds += test_kind(leat_loop_kinds[i]->name);
    }
    return kinds > 0 ? 0 : 77;
}
