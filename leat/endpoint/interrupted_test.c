/* Signals that arrive all the time lose nothing: what is read, written and copied is the same while
 * a timer interrupts each call that waits, on both engines, through pipes, sockets and stdio. That
 * calls are interrupted is shown first, by plain ones. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/stdio/stdio.h"
#include "leat/engine/polled.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"

/* Slow enough on the other side that each call of this one waits for several signals. */
enum { PERIOD_US = 100, PAUSE_US = 300, PIECE_MAX = 8192, PIPE_LEN = 4096, PLAIN_CALLS_MAX = 1000 };

#define TEXT_LEN (100 * LEAT_KIB)

static uint8_t text[TEXT_LEN];
static atomic_ulong signals;
static struct leat_polled polled;

static void on_alarm(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Without SA_RESTART: a call that waits ends with EINTR. */
static void interrupt(bool on)
{
    struct sigaction action = { .sa_handler = on_alarm };
    const suseconds_t period = on ? PERIOD_US : 0;
    const struct itimerval timer = { { 0, period }, { 0, period } };
    check(sigaction(SIGALRM, &action, NULL) == 0);
    check(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

/* --- The other side --- */

/* A thread that is not interrupted, and takes its time. */
struct other {
    pthread_t thread;
    int fd;
    size_t len;              /* what it has read */
    uint8_t bytes[TEXT_LEN]; /* so far */
};

static void mask_alarm(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    check(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

static void *feed(void *arg)
{
    struct other *other = arg;
    uint64_t seed = 1;
    mask_alarm();
    for (size_t at = 0; at < TEXT_LEN;) {
        size_t some = 1 + drip_random(&seed, PIECE_MAX);
        some = some < TEXT_LEN - at ? some : TEXT_LEN - at;
        usleep(PAUSE_US);
        check(write(other->fd, text + at, some) == (ssize_t)some);
        at += some;
    }
    close(other->fd);
    return NULL;
}

static void *drain(void *arg)
{
    struct other *other = arg;
    mask_alarm();
    for (ssize_t n = 1; n > 0;) {
        usleep(PAUSE_US);
        size_t room = TEXT_LEN - other->len;
        uint8_t past;
        n = room > 0
                ? read(other->fd, other->bytes + other->len, room < PIECE_MAX ? room : PIECE_MAX)
                : read(other->fd, &past, 1);
        check(n >= 0 && (room > 0 || n == 0));
        other->len += (size_t)n;
    }
    close(other->fd);
    return NULL;
}

static void begin(struct other *other, int fd, void *(*run)(void *))
{
    other->fd = fd;
    other->len = 0;
    check(pthread_create(&other->thread, NULL, run, other) == 0);
}

static void end(struct other *other)
{
    check(pthread_join(other->thread, NULL) == 0);
}

/* --- Ways between the two --- */

static void make_pipe(int ends[2])
{
    check(pipe(ends) == 0);
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_LEN);
}

static void make_socket(int ends[2])
{
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
}

static void (*const makes[])(int ends[2]) = { make_pipe, make_socket };
enum { WAYS = sizeof(makes) / sizeof(makes[0]) };

/* The timer does interrupt a call that waits. */
static void test_interrupts(void)
{
    int ends[2];
    char byte;
    make_pipe(ends);
    unsigned interrupted = 0;
    for (int i = 0; i < PLAIN_CALLS_MAX && interrupted == 0; i++)
        interrupted += read(ends[0], &byte, 1) < 0 && errno == EINTR;
    check(interrupted > 0);
    close(ends[0]);
    close(ends[1]);
}

struct heard {
    struct leat_wake wake;
    bool fired;
};

static void hear(struct leat_wake *wake)
{
    ((struct heard *)wake)->fired = true;
}

/* Until the wake that was armed has fired: a signal ends a turn without. */
static void turn(struct heard *heard)
{
    while (!heard->fired)
        check(leat_polled_turn(&polled, LEAT_TIMEOUT_NONE) != LEAT_FAULT);
    heard->fired = false;
}

static void wait_to_read(struct leat_reader *r)
{
    struct heard heard = { { hear }, false };
    check_status(leat_arm(r, &heard.wake), LEAT_OK);
    turn(&heard);
}

static void wait_to_write(struct leat_writer *w)
{
    struct heard heard = { { hear }, false };
    check_status(leat_writer_arm(w, &heard.wake), LEAT_OK);
    turn(&heard);
}

static void read_all(struct leat_reader *r)
{
    struct leat_span window;
    enum leat_status status;
    size_t at = 0;
    while ((status = leat_peek(r, 1, &window)) != LEAT_END) {
        if (status == LEAT_AGAIN) {
            wait_to_read(r);
            continue;
        }
        check_status(status, LEAT_OK);
        check(window.len <= TEXT_LEN - at);
        check_bytes(window.data, window.len, text + at, window.len);
        at += window.len;
        leat_consume(r, window.len);
    }
    check_equal(at, TEXT_LEN);
    leat_reader_close(r);
}

static void finish(struct leat_writer *w)
{
    enum leat_status status;
    while ((status = leat_flush(w, LEAT_FLUSH_FINISH)) == LEAT_FULL)
        wait_to_write(w);
    check_status(status, LEAT_OK);
    leat_writer_close(w);
}

static void write_all(struct leat_writer *w)
{
    for (size_t at = 0; at < TEXT_LEN;) {
        size_t done, some = TEXT_LEN - at < PIECE_MAX ? TEXT_LEN - at : PIECE_MAX;
        enum leat_status status = leat_write(w, text + at, some, &done);
        at += done;
        if (status == LEAT_FULL)
            wait_to_write(w);
        else
            check_status(status, LEAT_OK);
    }
    finish(w);
}

static void check_drained(struct other *other)
{
    end(other);
    check_bytes(other->bytes, other->len, text, TEXT_LEN);
}

static void test_read(struct leat_ctx *ctx, void (*make)(int ends[2]), bool stdio)
{
    static struct other other;
    int ends[2];
    make(ends);
    begin(&other, ends[1], feed);
    read_all(stdio ? leat_from_stdio(ctx, fdopen(ends[0], "r"), true)
                   : leat_descriptor(ctx, ends[0], true, "in"));
    end(&other);
}

static void test_write(struct leat_ctx *ctx, void (*make)(int ends[2]))
{
    static struct other other;
    int ends[2];
    make(ends);
    begin(&other, ends[0], drain);
    write_all(leat_descriptor_writer(ctx, ends[1], true, "out"));
    check_drained(&other);
}

/* From one descriptor to another, which the kernel moves where it can. */
static void test_copy(struct leat_ctx *ctx, void (*make_in)(int ends[2]),
                      void (*make_out)(int ends[2]))
{
    static struct other feeder, drainer;
    int in[2], out[2];
    make_in(in);
    make_out(out);
    begin(&feeder, in[1], feed);
    begin(&drainer, out[0], drain);
    struct leat_reader *r = leat_descriptor(ctx, in[0], true, "in");
    struct leat_writer *w = leat_descriptor_writer(ctx, out[1], true, "out");
    uint64_t done, sum = 0;
    enum leat_status status;
    while ((status = leat_copy(w, r, UINT64_MAX, &done)) != LEAT_END) {
        sum += done;
        if (status == LEAT_AGAIN)
            wait_to_read(r);
        else if (status == LEAT_FULL)
            wait_to_write(w);
        else
            check_status(status, LEAT_END);
    }
    check_equal(sum + done, TEXT_LEN);
    finish(w);
    leat_reader_close(r);
    end(&feeder);
    check_drained(&drainer);
}

static void test_engine(struct leat_engine *engine)
{
    struct leat_ctx_options options = { .engine = engine };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    for (size_t i = 0; i < WAYS; i++) {
        check_says("way", i);
        test_read(&ctx, makes[i], false);
        test_read(&ctx, makes[i], true);
        test_write(&ctx, makes[i]);
        for (size_t k = 0; k < WAYS; k++)
            test_copy(&ctx, makes[i], makes[k]);
    }
    leat_ctx_fini(&ctx);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)drip_random(&options.seed, 256);
    signal(SIGPIPE, SIG_IGN);
    leat_polled_init(&polled);
    interrupt(true);
    check_run(test_interrupts);
    check_says_text("engine", "blocking");
    test_engine(&leat_engine_blocking);
    check_says_text("engine", "polled");
    test_engine(&polled.engine);
    interrupt(false);
    check(atomic_load(&signals) > 0);
    return 0;
}
