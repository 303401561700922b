/* What is special about loops on readiness, over both kinds: no news is lost whatever comes when,
 * receives share few buffers, order and directions are kept, descriptors of any mode never hold the
 * loop up, and a number that is used again is a new descriptor. */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/readiness_test.h"
#include "tests/support/random.h"

static struct check_options options;
static const char *kind;

static void socket_pair(struct leat_socket *ours, int *theirs)
{
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    check(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    *ours = (struct leat_socket){ .fd = fds[0] };
    *theirs = fds[1];
}

/* A connection over loopback; ours does not block, theirs does. */
static void tcp_pair(struct leat_socket *ours, int *theirs)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 1) == 0);
    check(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    *theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(connect(*theirs, (struct sockaddr *)&address, len) == 0);
    /* cppcheck-suppress nullPointer */
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    check(fd >= 0);
    close(listener);
    *ours = (struct leat_socket){ .fd = fd };
}

static struct counted_op receive_of(struct leat_socket *socket)
{
    return COUNTED(.code = LEAT_OP_RECEIVE, .fd = socket->fd, .receive = { .socket = socket });
}

static void tell(int fd, const char *text)
{
    check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Three receives are served in the order of their starts while a send waits in the other
 * direction; a wait between them sees what is left for it. */
static void test_directions(void)
{
    static uint8_t bulk[1 << 22];
    struct leat_loop *loop = loop_of_kind(kind, 0);
    struct leat_socket ours;
    int theirs;
    socket_pair(&ours, &theirs);
    struct leat_span piece = { bulk, sizeof(bulk) };
    struct counted_op first = receive_of(&ours), second = receive_of(&ours);
    struct counted_op send = COUNTED(.code = LEAT_OP_SEND, .fd = ours.fd,
                                     .write = { .pieces = &piece, .pieces_len = 1 });
    struct counted_op wait =
        COUNTED(.code = LEAT_OP_WAIT, .fd = ours.fd, .wait = { LEAT_READY_READ });
    leat_loop_submit(loop, &first.op);
    leat_loop_submit(loop, &wait.op);
    leat_loop_submit(loop, &second.op);
    while (leat_loop_start(loop, &send.op))
        check_status(send.op.result.status, LEAT_OK);
    tell(theirs, "one");
    loop_ends(loop, &first);
    received(&first, "one");
    loop_settles(loop);
    check(wait.done == 0 && second.done == 0 && send.done == 0);
    tell(theirs, "two");
    loop_ends(loop, &wait);
    loop_ends(loop, &second);
    check_status(wait.op.result.status, LEAT_OK);
    received(&second, "two");
    check(send.done == 0);
    for (size_t left = sizeof(bulk) / 16; send.done == 0; left--) {
        check(left > 0 && read(theirs, bulk, 4096) > 0);
        loop_settles(loop);
    }
    check_status(send.op.result.status, LEAT_OK);
    close(theirs);
    leat_loop_close(loop, &ours);
    leat_loop_destroy(loop);
}

/* --- News against calls --- */

enum { STREAM_LEN = 200000 };

struct peer {
    int fd;
    uint64_t seed;
};

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

/* Send pieces of any size with pauses of any length, and among them one urgent byte, which is no
 * part of the stream (of two, the first would be); then end. */
static void *peer_sends(void *arg)
{
    struct peer *peer = arg;
    struct random random = { peer->seed };
    static const uint8_t urgent = '!';
    uint8_t piece[20000];
    bool was_urgent = false;
    for (size_t sent = 0; sent < STREAM_LEN;) {
        size_t len = random_len(&random, sizeof(piece));
        len = len < STREAM_LEN - sent ? len : STREAM_LEN - sent;
        for (size_t i = 0; i < len; i++)
            piece[i] = byte_at(sent + i);
        check(send(peer->fd, piece, len, MSG_NOSIGNAL) == (ssize_t)len);
        sent += len;
        if (!was_urgent && random_percent(&random, 10))
            was_urgent = send(peer->fd, &urgent, 1, MSG_OOB | MSG_NOSIGNAL) == 1;
        if (random_percent(&random, 40))
            sched_yield();
        if (random_percent(&random, 5))
            usleep((useconds_t)random_below(&random, 300));
    }
    shutdown(peer->fd, SHUT_WR);
    return NULL;
}

/* Receive in every way: at once or by a step, after waiting, after having been cancelled, with time
 * passing between. What is left over at a cancel is not lost. */
static void receives_all(struct leat_loop *loop, struct leat_socket *ours, uint64_t seed)
{
    struct random random = { seed };
    size_t got = 0;
    enum leat_status status = LEAT_OK;
    while (status != LEAT_END) {
        struct counted_op op = receive_of(ours);
        if (random_percent(&random, 20)) {
            struct counted_op wait =
                COUNTED(.code = LEAT_OP_WAIT, .fd = ours->fd, .wait = { LEAT_READY_READ });
            check_status(loop_does(loop, &wait).status, LEAT_OK);
        }
        if (random_percent(&random, 10))
            usleep((useconds_t)random_below(&random, 100));
        if (!leat_loop_start(loop, &op.op)) {
            if (random_percent(&random, 20))
                loop_steps(loop, 0);
            if (random_percent(&random, 20))
                leat_loop_cancel(loop, &op.op);
            loop_ends(loop, &op);
        }
        status = op.op.result.status;
        if (status == LEAT_FAULT) {
            cancelled(&op);
            continue;
        }
        for (size_t i = 0; status == LEAT_OK && i < op.op.result.bytes; i++)
            check_equal(op.op.receive.ret_slice.data[i], byte_at(got + i));
        got += status == LEAT_OK ? op.op.result.bytes : 0;
        leat_slice_release(&op.op.receive.ret_slice);
    }
    check_equal(got, STREAM_LEN);
}

static void test_no_news_is_lost(void)
{
    for (uint64_t round = 0; round < 40 * options.rounds; round++) {
        struct leat_loop *loop = loop_of_kind(kind, 4);
        struct leat_socket ours;
        struct peer peer = { .seed = options.seed + round };
        pthread_t thread;
        check_says("seed", peer.seed);
        if (round % 4 == 3)
            socket_pair(&ours, &peer.fd);
        else
            tcp_pair(&ours, &peer.fd);
        check(pthread_create(&thread, NULL, peer_sends, &peer) == 0);
        receives_all(loop, &ours, ~peer.seed);
        pthread_join(thread, NULL);
        close(peer.fd);
        leat_loop_close(loop, &ours);
        leat_loop_destroy(loop);
    }
    check_forgets_after("test");
}

/* Bytes, their end and nothing after: one receive takes the bytes, and the next must not wait for
 * news that have passed. So with what lies behind an urgent byte. */
static void test_what_lies_behind(void)
{
    for (unsigned is_urgent = 0; is_urgent < 2; is_urgent++) {
        for (unsigned is_known = 0; is_known < 2; is_known++) {
            struct leat_loop *loop = loop_of_kind(kind, 0);
            struct leat_socket ours;
            int theirs;
            tcp_pair(&ours, &theirs);
            struct counted_op op = receive_of(&ours);
            leat_loop_submit(loop, &op.op);
            if (is_known) /* registered, and told that nothing is there */
                loop_settles(loop);
            tell(theirs, "bytes");
            if (is_urgent) {
                check(send(theirs, "!", 1, MSG_OOB) == 1);
                tell(theirs, "more");
            } else {
                shutdown(theirs, SHUT_WR);
            }
            loop_ends(loop, &op);
            received(&op, "bytes");
            if (is_urgent) {
                loop_does(loop, &op);
                received(&op, "more");
                shutdown(theirs, SHUT_WR);
            }
            check_status(loop_does(loop, &op).status, LEAT_END);
            check_status(loop_does(loop, &op).status, LEAT_END);
            close(theirs);
            leat_loop_close(loop, &ours);
            leat_loop_destroy(loop);
        }
    }
}

/* --- Buffers --- */

static void *releases(void *arg)
{
    usleep(2000);
    leat_slice_release(arg);
    return NULL;
}

/* With two buffers and five that have something to say, two speak; the others do as buffers come
 * home, in order, from this thread and from another, also while the loop sleeps. */
static void test_starved(void)
{
    enum { LEN = 5 };
    struct leat_loop *loop = loop_of_kind(kind, 2);
    struct leat_socket ours[LEN];
    struct counted_op ops[LEN];
    int theirs[LEN];
    for (unsigned i = 0; i < LEN; i++) {
        socket_pair(&ours[i], &theirs[i]);
        ops[i] = receive_of(&ours[i]);
        leat_loop_submit(loop, &ops[i].op);
    }
    loop_settles(loop);
    for (unsigned i = 0; i < LEN; i++)
        tell(theirs[i], "text");
    loop_settles(loop);
    unsigned done[LEN] = { 0 }, done_len = 0;
    struct leat_slice slices[2];
    for (unsigned i = 0; i < LEN; i++) {
        if (ops[i].done == 0)
            continue;
        check(done_len < 2);
        slices[done_len++] = ops[i].op.receive.ret_slice;
        done[i] = 1;
    }
    check_equal(done_len, 2);
    leat_slice_release(&slices[0]);
    loop_settles(loop);
    unsigned now_done = 0, last = 0;
    for (unsigned i = 0; i < LEN; i++) {
        now_done += ops[i].done;
        last = ops[i].done > done[i] ? i : last;
    }
    check_equal(now_done, 3);
    received(&ops[last], "text");
    loop_settles(loop);

    unsigned starved = 0;
    for (unsigned i = 0; i < LEN; i++)
        starved = ops[i].done == 0 ? i : starved;
    leat_loop_cancel(loop, &ops[starved].op);
    loop_ends(loop, &ops[starved]);
    cancelled(&ops[starved]);
    ops[starved] = receive_of(&ours[starved]);
    for (unsigned i = 0; i < LEN; i++) { /* the fourth, which has a buffer by now */
        if (i != last && ops[i].done != 0 && done[i] == 0)
            slices[0] = ops[i].op.receive.ret_slice;
    }
    leat_loop_submit(loop, &ops[starved].op);
    loop_settles(loop);
    check_equal(ops[starved].done, 0);
    pthread_t thread;
    check(pthread_create(&thread, NULL, releases, &slices[0]) == 0);
    loop_ends(loop, &ops[starved]);
    pthread_join(thread, NULL);
    received(&ops[starved], "text");
    leat_slice_release(&slices[1]);
    for (unsigned i = 0; i < LEN; i++) {
        close(theirs[i]);
        leat_loop_close(loop, &ours[i]);
    }
    leat_loop_destroy(loop);
}

/* Who starved longest is first, also where a buffer is home when another one asks. */
static void test_starved_in_order(void)
{
    enum { LEN = 3 };
    struct leat_loop *loop = loop_of_kind(kind, 1);
    struct leat_socket ours[LEN];
    struct counted_op ops[LEN];
    int theirs[LEN];
    for (unsigned i = 0; i < LEN; i++) {
        socket_pair(&ours[i], &theirs[i]);
        ops[i] = receive_of(&ours[i]);
        tell(theirs[i], "text");
    }
    check(leat_loop_start(loop, &ops[0].op));
    check(!leat_loop_start(loop, &ops[1].op));
    received(&ops[0], "text");
    check(!leat_loop_start(loop, &ops[2].op));
    loop_settles(loop);
    check(ops[1].done == 1 && ops[2].done == 0);
    received(&ops[1], "text");
    loop_ends(loop, &ops[2]);
    received(&ops[2], "text");
    for (unsigned i = 0; i < LEN; i++) {
        close(theirs[i]);
        leat_loop_close(loop, &ours[i]);
    }
    leat_loop_destroy(loop);
}

/* --- Descriptors of others --- */

/* A blocking pipe, and a terminal, which cannot be asked not to wait: neither holds the loop up. */
static void blocking_pair(bool is_terminal, int *from, int *to)
{
    int fds[2];
    if (!is_terminal) {
        check(pipe2(fds, O_CLOEXEC) == 0);
        *from = fds[0];
        *to = fds[1];
        return;
    }
    *to = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    check(*to >= 0 && grantpt(*to) == 0 && unlockpt(*to) == 0);
    *from = open(ptsname(*to), O_RDWR | O_NOCTTY | O_CLOEXEC);
    check(*from >= 0);
}

static void test_blocking_modes(void)
{
    for (unsigned is_terminal = 0; is_terminal < 2; is_terminal++) {
        struct leat_loop *loop = loop_of_kind(kind, 0);
        static const uint8_t bulk[300000];
        uint8_t got[64];
        int from, to;
        blocking_pair(is_terminal, &from, &to);
        struct counted_op read_op =
            COUNTED(.code = LEAT_OP_READ, .fd = from, .read = { got, sizeof(got), -1 });
        struct leat_span text = { (const uint8_t *)"line\n", 5 }, piece = { bulk, sizeof(bulk) };
        struct counted_op write_op =
            COUNTED(.code = LEAT_OP_WRITE, .fd = to, .write = { .pieces = &text, .pieces_len = 1 });
        leat_loop_submit(loop, &read_op.op);
        loop_settles(loop);
        check_equal(read_op.done, 0);
        check_status(loop_does(loop, &write_op).status, LEAT_OK);
        check_status(loop_ends(loop, &read_op).status, LEAT_OK);
        check_bytes(got, read_op.op.result.bytes, "line\n", 5);
        if (!is_terminal) {
            write_op.op.write.pieces = &piece;
            size_t written = 0;
            while (leat_loop_start(loop, &write_op.op))
                written += write_op.op.result.bytes;
            check(written > 0);
            loop_settles(loop);
            check_equal(write_op.done, 0);
            leat_loop_cancel(loop, &write_op.op);
            loop_ends(loop, &write_op);
            cancelled(&write_op);
        }
        close(from);
        close(to);
        leat_loop_destroy(loop);
    }
}

/* From a pipe to a pipe, waiting first for bytes and then for room. */
static void test_move_waits_for_both(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    int source[2], sink[2];
    uint8_t bulk[65536] = { 0 };
    check(pipe2(source, O_CLOEXEC) == 0 && pipe2(sink, O_CLOEXEC | O_NONBLOCK) == 0);
    struct leat_move move = { .from = source[0], .to = sink[1], .from_offset = -1, .len = 3 };
    struct counted_op op = COUNTED(.code = LEAT_OP_MOVE, .fd = sink[1], .move = { &move });
    while (write(sink[1], bulk, sizeof(bulk)) > 0)
        continue;
    leat_loop_submit(loop, &op.op);
    loop_settles(loop);
    tell(source[1], "abc");
    loop_settles(loop);
    check_equal(op.done, 0);
    while (read(sink[0], bulk, sizeof(bulk)) > 0)
        loop_settles(loop);
    if (op.done == 0)
        loop_ends(loop, &op);
    check_status(op.op.result.status, LEAT_OK);
    check_equal(op.op.result.bytes, 3);
    for (unsigned i = 0; i < 2; i++) {
        close(source[i]);
        close(sink[i]);
    }
    leat_loop_destroy(loop);
}

/* A descriptor that somebody waited for is closed behind the loop's back, and its number comes
 * again: as a pipe that is waited for, as a socket that the loop keeps, and as a pipe again. */
static void test_number_comes_again(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    int number = -1;
    for (unsigned round = 0; round < 30; round++) {
        int fds[2], theirs;
        struct leat_socket ours;
        check_says("round", round);
        check(pipe2(fds, O_CLOEXEC) == 0);
        check(number < 0 || fds[0] == number);
        number = fds[0];
        struct counted_op wait =
            COUNTED(.code = LEAT_OP_WAIT, .fd = fds[0], .wait = { LEAT_READY_READ });
        leat_loop_submit(loop, &wait.op);
        loop_settles(loop);
        if (round % 3 == 0)
            leat_loop_cancel(loop, &wait.op);
        else
            tell(fds[1], "x");
        loop_ends(loop, &wait);
        int copy = dup(fds[0]); /* which keeps what the system knows of it alive */
        close(fds[0]);
        close(fds[1]);
        socket_pair(&ours, &theirs);
        check_equal(ours.fd, number);
        leat_loop_submit(loop, &wait.op);
        loop_settles(loop);
        check_equal(wait.done, 0);
        leat_loop_cancel(loop, &wait.op);
        loop_ends(loop, &wait);
        struct counted_op op = receive_of(&ours);
        leat_loop_submit(loop, &op.op);
        loop_settles(loop);
        check_equal(op.done, 0);
        tell(theirs, "text");
        loop_ends(loop, &op);
        received(&op, "text");
        close(copy);
        close(theirs);
        leat_loop_close(loop, &ours);
    }
    check_forgets_after("test");
    leat_loop_destroy(loop);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = { "epoll", "poll" };
    options = check_begin(argc, argv);
    for (unsigned i = 0; i < 2; i++) {
        kind = kinds[i];
        check_says_text("kind", kind);
        check_run(test_directions);
        check_run(test_no_news_is_lost);
        check_run(test_what_lies_behind);
        check_run(test_starved);
        check_run(test_starved_in_order);
        check_run(test_blocking_modes);
        check_run(test_move_waits_for_both);
        check_run(test_number_comes_again);
    }
    return 0;
}
