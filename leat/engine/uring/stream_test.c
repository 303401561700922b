/* Streams of the loop on io_uring: what runs ahead, buffers that the kernel picks and that run out,
 * ends that come right behind bytes, and closing while the kernel still looks. Where there is no
 * io_uring it is skipped. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "leat/engine/uring/uring_test.h"

/* What runs ahead of a reader is bounded, comes in order, and goes on when it was taken. */
static void test_receive_ahead_is_bounded(void)
{
    enum { BYTES = 256, ROUNDS = 64 };
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = ROUNDS, .buffer_bytes = BYTES });
    struct leat_socket socket;
    int peer = new_pair(&socket);
    uint8_t sent[BYTES];
    struct asked asked = receive_of(&socket);
    put(peer, "x", 1);
    check_status(ask(loop, &asked).status, LEAT_OK);
    leat_slice_release(&asked.op.receive.ret_slice);
    leat_loop_keep(loop);
    for (unsigned i = 0; i < ROUNDS; i++) {
        memset(sent, (int)i, BYTES);
        put(peer, sent, BYTES);
        if (i % 4 == 0)
            check(leat_loop_step(loop, 0) != LEAT_FAULT);
    }
    for (unsigned i = 0; i < 4; i++)
        check(leat_loop_step(loop, 0) != LEAT_FAULT);
    check(!socket.stream->armed);
    check(socket.stream->len > 1 && socket.stream->len < ROUNDS / 2);
    for (size_t at = 0; at < ROUNDS * BYTES;) {
        asked = receive_of(&socket);
        check_status(ask(loop, &asked).status, LEAT_OK);
        check_equal(asked.op.result.bytes, asked.op.receive.ret_slice.len);
        for (size_t i = 0; i < asked.op.receive.ret_slice.len; i++, at++)
            check_equal(asked.op.receive.ret_slice.data[i], at / BYTES);
        leat_slice_release(&asked.op.receive.ret_slice);
    }
    leat_loop_unkeep(loop);
    close(peer);
    asked = receive_of(&socket);
    check_status(ask(loop, &asked).status, LEAT_END);
    check_status(ask(loop, &asked).status, LEAT_END);
    leat_loop_close(loop, &socket);
    check_equal(home(loop), ROUNDS);
    leat_loop_destroy(loop);
}

static void *release_late(void *arg)
{
    usleep(20000);
    leat_slice_release(arg);
    return NULL;
}

/* Without a buffer a receive waits for one, and a release in another thread wakes the loop. */
static void test_starved_until_another_thread_releases(void)
{
    enum { BUFFERS = 2, BYTES = 16 };
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = BUFFERS, .buffer_bytes = BYTES });
    struct leat_socket sockets[3];
    int peers[3];
    struct asked asked[3];
    for (unsigned i = 0; i < 3; i++) {
        peers[i] = new_pair(&sockets[i]);
        asked[i] = receive_of(&sockets[i]);
    }
    put(peers[0], "0123456789abcdef0123456789abcdef", BUFFERS * BYTES);
    struct leat_slice slices[BUFFERS];
    for (unsigned i = 0; i < BUFFERS; i++) {
        check_status(ask(loop, &asked[0]).status, LEAT_OK);
        slices[i] = asked[0].op.receive.ret_slice;
    }
    for (unsigned i = 1; i < 3; i++) {
        put(peers[i], "hello", 5);
        submit(loop, &asked[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        check_status(leat_loop_step(loop, leat_loop_clock(loop) + MS), LEAT_AGAIN);
    check(sockets[1].stream->starved && sockets[2].stream->starved);
    pthread_t thread;
    check(pthread_create(&thread, NULL, release_late, &slices[0]) == 0);
    while (asked[1].done + asked[2].done == 0)
        check(leat_loop_step(loop, LEAT_NEVER) != LEAT_FAULT);
    pthread_join(thread, NULL);
    /* The other goes on when one is released here. */
    struct asked *first = asked[1].done ? &asked[1] : &asked[2];
    check_equal(first->op.receive.ret_slice.len, 5);
    leat_slice_release(&first->op.receive.ret_slice);
    struct asked *second = first == &asked[1] ? &asked[2] : &asked[1];
    check_status(finish(loop, second).status, LEAT_OK);
    leat_slice_release(&second->op.receive.ret_slice);
    leat_slice_release(&slices[1]);
    for (unsigned i = 0; i < 3; i++) {
        leat_loop_close(loop, &sockets[i]);
        close(peers[i]);
    }
    check_status(leat_loop_run(loop), LEAT_OK);
    check_equal(home(loop), BUFFERS);
    leat_loop_destroy(loop);
}

/* A starved one that is closed, or whose receive is given up, leaves the others their turn. */
static void test_starved_are_closed(void)
{
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = 1, .buffer_bytes = 16 });
    struct leat_socket sockets[4];
    int peers[4];
    struct asked asked[4];
    for (unsigned i = 0; i < 4; i++) {
        peers[i] = new_pair(&sockets[i]);
        asked[i] = receive_of(&sockets[i]);
        put(peers[i], "hello", 5);
    }
    check_status(ask(loop, &asked[0]).status, LEAT_OK);
    for (unsigned i = 1; i < 4; i++)
        submit(loop, &asked[i]);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    check(sockets[1].stream->starved && sockets[2].stream->starved && sockets[3].stream->starved);
    for (unsigned i = 1; i < 4; i += 2) {
        leat_loop_cancel(loop, &asked[i].op);
        check_equal(finish(loop, &asked[i]).code, ECANCELED);
    }
    leat_loop_close(loop, &sockets[3]);
    leat_slice_release(&asked[0].op.receive.ret_slice);
    check_status(finish(loop, &asked[2]).status, LEAT_OK);
    leat_slice_release(&asked[2].op.receive.ret_slice);
    for (unsigned i = 0; i < 4; i++) {
        if (i != 3)
            leat_loop_close(loop, &sockets[i]);
        close(peers[i]);
    }
    leat_loop_destroy(loop);
}

/* A peer's last bytes and its end come at once, while a receive that stays is asleep: both are
 * told, though the kernel may take them for one. */
static void test_end_right_behind_bytes(void)
{
    struct leat_loop *loop = new_loop(NULL);
    for (unsigned round = 0; round < 20; round++) {
        struct leat_socket socket;
        int peer = new_pair(&socket);
        struct asked asked = receive_of(&socket);
        submit(loop, &asked);
        check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
        put(peer, "last", 4);
        if (round % 2 == 0)
            check(shutdown(peer, SHUT_WR) == 0);
        else
            close(peer);
        check_status(finish(loop, &asked).status, LEAT_OK);
        check_equal(asked.op.receive.ret_slice.len, 4);
        leat_slice_release(&asked.op.receive.ret_slice);
        submit(loop, &asked);
        uint64_t end_ns = leat_loop_clock(loop) + 5000 * MS;
        while (asked.done == 0 && leat_loop_clock(loop) < end_ns)
            step(loop);
        check_equal(asked.done, 1);
        check_status(asked.op.result.status, LEAT_END);
        leat_loop_close(loop, &socket);
        if (round % 2 == 0)
            close(peer);
    }
    check_status(leat_loop_run(loop), LEAT_OK);
    leat_loop_destroy(loop);
}

/* The same of a reset, over TCP. */
static void test_reset_right_behind_bytes(void)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    struct leat_loop *loop = new_loop(NULL);
    struct leat_socket listener;
    struct leat_address at;
    listening(loop, &listener, &at);
    for (unsigned round = 0; round < 20; round++) {
        int peer = connected(&at);
        struct asked asked = wanted(LEAT_OP_ACCEPT, listener.fd);
        asked.op.accept.socket = &listener;
        check_status(ask(loop, &asked).status, LEAT_OK);
        struct leat_socket socket = { .fd = asked.op.result.descriptor };
        asked = receive_of(&socket);
        submit(loop, &asked);
        check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
        put(peer, "last", 4);
        check(setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
        close(peer);
        while (finish(loop, &asked).status == LEAT_OK) {
            leat_slice_release(&asked.op.receive.ret_slice);
            submit(loop, &asked);
        }
        check_status(asked.op.result.status, LEAT_FAULT);
        check_equal(asked.op.result.code, ECONNRESET);
        leat_loop_close(loop, &socket);
    }
    leat_loop_close(loop, &listener);
    check_status(leat_loop_run(loop), LEAT_OK);
    leat_loop_destroy(loop);
}

/* A receive that was made and given up before the kernel saw it is ended even so, though its first
 * look found more than it took and it is about to look again. */
static void test_close_before_it_was_seen(void)
{
    enum { BYTES = 16 };
    uint8_t sent[40 * BYTES] = { 0 };
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = 256, .buffer_bytes = BYTES });
    for (unsigned round = 0; round < 20; round++) {
        struct leat_socket socket;
        int peer = new_pair(&socket);
        struct asked asked = receive_of(&socket);
        put(peer, sent, (1 + round * 2) * BYTES);
        submit(loop, &asked);
        leat_loop_cancel(loop, &asked.op);
        check_equal(finish(loop, &asked).code, ECANCELED);
        leat_loop_close(loop, &socket);
        for (unsigned i = 0; i < 1000 && leat_uring_of(loop)->streams > 0; i++)
            check(leat_loop_step(loop, 0) != LEAT_FAULT);
        check_equal(leat_uring_of(loop)->streams, 0);
        check_equal(home(loop), 256);
        close(peer);
    }
    leat_loop_destroy(loop);
}

/* The descriptor's number stays taken while the kernel may still look at it. */
static void test_close_while_armed(void)
{
    struct leat_loop *loop = new_loop(NULL);
    struct leat_socket socket;
    unsigned all = home(loop);
    for (unsigned round = 0; round < 200; round++) {
        int peer = new_pair(&socket);
        int fd = socket.fd;
        struct asked asked = receive_of(&socket);
        put(peer, "a", 1);
        check_status(ask(loop, &asked).status, LEAT_OK);
        leat_slice_release(&asked.op.receive.ret_slice);
        check(socket.stream->armed);
        if (round % 2 == 0)
            put(peer, "ahead", 5);
        if (round % 4 == 0)
            check(leat_loop_step(loop, 0) != LEAT_FAULT);
        leat_loop_close(loop, &socket);
        check(socket.fd == -1 && socket.stream == NULL);
        check(fcntl(fd, F_GETFD) >= 0);
        if (round % 3 != 0) {
            check_status(leat_loop_run(loop), LEAT_OK);
            check(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
            check_equal(home(loop), all);
        }
        close(peer);
    }
    leat_loop_destroy(loop); /* with some under way */
}

/* --- What runs ahead --- */

enum { POOL = 64, PIECE = 64 };

/* No more than half of the pool lies in streams or may come to. */
static void check_ahead(struct leat_loop *loop)
{
    const struct leat_uring *uring = leat_uring_of(loop);
    check(uring->ahead + uring->lent[LEAT_LENT_AHEAD].len <= POOL / 2);
}

static void turn(struct leat_loop *loop)
{
    check(leat_loop_step(loop, 0) != LEAT_FAULT);
    check_ahead(loop);
}

/* Peers send as fast as they can to streams of which nobody takes: others get what they ask for,
 * also where all others ask at once, and what lay ahead is in order. */
static void test_stalled_starve_nobody(void)
{
    enum { STALLED = 2 * POOL, OTHERS = 8, ROUNDS = 50 };
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = POOL, .buffer_bytes = PIECE });
    struct leat_socket sockets[STALLED], others[OTHERS];
    int peers[STALLED], other_peers[OTHERS];
    uint8_t sent[16 * PIECE];
    struct asked asked, wait[OTHERS];
    memset(sent, 7, sizeof(sent));
    leat_loop_keep(loop);
    for (unsigned i = 0; i < STALLED; i++) {
        peers[i] = new_pair(&sockets[i]);
        put(peers[i], "x", 1);
        asked = receive_of(&sockets[i]);
        check_status(ask(loop, &asked).status, LEAT_OK);
        leat_slice_release(&asked.op.receive.ret_slice);
        put(peers[i], sent, sizeof(sent));
        turn(loop);
    }
    for (unsigned i = 0; i < OTHERS; i++)
        other_peers[i] = new_pair(&others[i]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < OTHERS; i++) {
            wait[i] = receive_of(&others[i]);
            submit(loop, &wait[i]);
        }
        turn(loop);
        for (unsigned i = 0; i < OTHERS; i++)
            put(other_peers[i], "hello", 5);
        for (unsigned i = 0; i < OTHERS; i++) {
            check_status(finish(loop, &wait[i]).status, LEAT_OK);
            check_equal(wait[i].op.receive.ret_slice.len, 5);
            check_ahead(loop);
            leat_slice_release(&wait[i].op.receive.ret_slice);
        }
    }
    for (unsigned i = 0; i < STALLED; i++) {
        for (size_t at = 0; at < sizeof(sent);) {
            asked = receive_of(&sockets[i]);
            check_status(ask(loop, &asked).status, LEAT_OK);
            check_equal(asked.op.receive.ret_slice.data[0], 7);
            at += asked.op.receive.ret_slice.len;
            leat_slice_release(&asked.op.receive.ret_slice);
            check_ahead(loop);
        }
        leat_loop_close(loop, &sockets[i]);
        close(peers[i]);
    }
    for (unsigned i = 0; i < OTHERS; i++) {
        leat_loop_close(loop, &others[i]);
        close(other_peers[i]);
    }
    leat_loop_unkeep(loop);
    check_status(leat_loop_run(loop), LEAT_OK);
    check_equal(leat_uring_of(loop)->ahead, 0);
    check_equal(leat_uring_of(loop)->once, 0);
    check_equal(home(loop), POOL);
    leat_loop_destroy(loop);
}

/* While callers hold more than half, a stream that nobody takes from has one piece ahead. */
static void test_few_are_home(void)
{
    enum { HELD = POOL / 2 + 4 };
    struct leat_loop *loop =
        new_loop(&(struct leat_loop_options){ .buffers = POOL, .buffer_bytes = PIECE });
    struct leat_socket holds, idle;
    struct leat_slice held[HELD];
    uint8_t sent[PIECE] = { 0 };
    int peer = new_pair(&holds), idle_peer = new_pair(&idle);
    struct asked asked;
    for (unsigned i = 0; i < HELD; i++) {
        put(peer, sent, PIECE);
        asked = receive_of(&holds);
        check_status(ask(loop, &asked).status, LEAT_OK);
        held[i] = asked.op.receive.ret_slice;
    }
    put(idle_peer, "x", 1);
    asked = receive_of(&idle);
    check_status(ask(loop, &asked).status, LEAT_OK);
    leat_slice_release(&asked.op.receive.ret_slice);
    leat_loop_keep(loop);
    for (unsigned i = 0; i < 10; i++) {
        put(idle_peer, sent, 1);
        turn(loop);
        turn(loop);
    }
    check(idle.stream->len <= 1 && !idle.stream->armed);
    leat_loop_unkeep(loop);
    for (unsigned i = 0; i < HELD; i++)
        leat_slice_release(&held[i]);
    leat_loop_close(loop, &holds);
    leat_loop_close(loop, &idle);
    close(peer);
    close(idle_peer);
    check_status(leat_loop_run(loop), LEAT_OK);
    check_equal(home(loop), POOL);
    leat_loop_destroy(loop);
}

/* More are lent when many arrive at once, and fewer again when that was long ago. */
static void test_lent_follow_the_need(void)
{
    enum { STREAMS = 100, QUIET = 5000, AT_FIRST = 16 };
    struct leat_loop *loop = new_loop(NULL);
    const struct leat_lent *lent = &leat_uring_of(loop)->lent[LEAT_LENT_AHEAD];
    struct leat_socket sockets[STREAMS];
    int peers[STREAMS];
    struct asked asked[STREAMS];
    for (unsigned i = 0; i < STREAMS; i++)
        peers[i] = new_pair(&sockets[i]);
    check_equal(lent->max, AT_FIRST);
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < STREAMS; i++) {
            asked[i] = receive_of(&sockets[i]);
            submit(loop, &asked[i]);
        }
        check(leat_loop_step(loop, 0) != LEAT_FAULT);
        for (unsigned i = 0; i < STREAMS; i++)
            put(peers[i], "x", 1);
        for (unsigned i = 0; i < STREAMS; i++) {
            check_status(finish(loop, &asked[i]).status, LEAT_OK);
            leat_slice_release(&asked[i].op.receive.ret_slice);
        }
    }
    check(lent->max > AT_FIRST);
    for (unsigned i = 0; i < QUIET; i++) {
        put(peers[0], "x", 1);
        check_status(ask(loop, &asked[0]).status, LEAT_OK);
        leat_slice_release(&asked[0].op.receive.ret_slice);
    }
    check_equal(lent->max, AT_FIRST);
    for (unsigned i = 0; i < STREAMS; i++) {
        leat_loop_close(loop, &sockets[i]);
        close(peers[i]);
    }
    check_status(leat_loop_run(loop), LEAT_OK);
    leat_loop_destroy(loop);
}

int main(void)
{
    struct leat_loop_choice choice;
    if (!is_here(&choice)) {
        printf("skipped: %s: %s\n", choice.reason, strerror(choice.code));
        return SKIPPED;
    }
    check_run(test_receive_ahead_is_bounded);
    check_run(test_starved_until_another_thread_releases);
    check_run(test_starved_are_closed);
    check_run(test_end_right_behind_bytes);
    check_run(test_reset_right_behind_bytes);
    check_run(test_close_before_it_was_seen);
    check_run(test_close_while_armed);
    check_run(test_stalled_starve_nobody);
    check_run(test_few_are_home);
    check_run(test_lent_follow_the_need);
    return 0;
}
