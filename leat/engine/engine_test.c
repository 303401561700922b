/* Both engines do every operation on pipes and files, whole and in parts: the blocking one never
 * says AGAIN or FULL, the polled one never waits, and its wakes come once each. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/engine/polled.h"

static void make_pipe(int fds[2], int flags)
{
    leat_assert(pipe2(fds, O_CLOEXEC | flags) == 0);
}

static void close_pipe(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static int make_file(const char *text)
{
    char name[] = "/tmp/leat-engine-XXXXXX";
    int fd = mkstemp(name);
    leat_assert(fd >= 0);
    unlink(name);
    leat_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    return fd;
}

static void test_transfers(struct leat_engine *engine)
{
    int fds[2];
    char got[16];
    make_pipe(fds, 0);
    struct leat_span pieces[3] = {
        { (const uint8_t *)"ab", 2 },
        { NULL, 0 },
        { (const uint8_t *)"cde", 3 },
    };
    struct leat_io io = engine->ops->write(engine, fds[1], pieces, 3);
    leat_assert(io.status == LEAT_OK && io.bytes == 5);
    io = engine->ops->read(engine, fds[0], got, sizeof(got), LEAT_OFFSET_NONE);
    leat_assert(io.status == LEAT_OK && io.bytes == 5 && memcmp(got, "abcde", 5) == 0);
    close(fds[1]);
    io = engine->ops->read(engine, fds[0], got, sizeof(got), LEAT_OFFSET_NONE);
    leat_assert(io.status == LEAT_END);
    io = engine->ops->read(engine, fds[0], got, sizeof(got), 3);
    leat_assert(io.status == LEAT_FAULT && io.code == ESPIPE);
    leat_assert(engine->ops->sync(engine, fds[0]).status == LEAT_OK);
    close(fds[0]);
    io = engine->ops->open(engine, AT_FDCWD, "/nowhere/at/all", O_RDONLY, 0);
    leat_assert(io.status == LEAT_FAULT && io.code == ENOENT);
}

static void test_broken_pipe(struct leat_engine *engine)
{
    int fds[2];
    make_pipe(fds, 0);
    close(fds[0]);
    struct leat_span piece = { (const uint8_t *)"x", 1 };
    struct leat_io io = engine->ops->write(engine, fds[1], &piece, 1);
    leat_assert(io.status == LEAT_FAULT && io.code == EPIPE);
    close(fds[1]);
}

static void test_move(struct leat_engine *engine)
{
    int file = make_file("0123456789"), to = make_file(""), fds[2];
    struct leat_move move = { .from = file, .to = to, .from_offset = 2, .len = 5 };
    struct leat_io io = engine->ops->move(engine, &move);
    leat_assert(io.status == LEAT_OK && io.bytes == 5 && move.from_offset == 7);
    make_pipe(fds, 0);
    move = (struct leat_move){ .from = file, .to = fds[1], .from_offset = 7, .len = 50 };
    io = engine->ops->move(engine, &move);
    leat_assert(io.status == LEAT_OK && io.bytes == 3);
    leat_assert(engine->ops->move(engine, &move).status == LEAT_END);
    move = (struct leat_move){ .from = fds[0], .to = to, .from_offset = -1, .len = 50 };
    io = engine->ops->move(engine, &move);
    leat_assert(io.status == LEAT_OK && io.bytes == 3);
    char got[16];
    io = engine->ops->read(engine, to, got, sizeof(got), 0);
    leat_assert(io.status == LEAT_OK && io.bytes == 8 && memcmp(got, "23456789", 8) == 0);
    /* Neither side is a pipe, and the source has no offsets. */
    int null = open("/dev/null", O_RDWR);
    move = (struct leat_move){ .from = null, .to = null, .from_offset = -1, .len = 50 };
    leat_assert(engine->ops->move(engine, &move).status != LEAT_OK);
    close(null);
    close_pipe(fds);
    close(file);
    close(to);
}

static void *drip(void *arg)
{
    int fd = *(int *)arg;
    usleep(20000);
    leat_assert(write(fd, "late", 4) == 4);
    return NULL;
}

/* A descriptor that does not block is waited for all the same. */
static void test_blocking_waits(void)
{
    struct leat_engine *engine = &leat_engine_blocking;
    int fds[2];
    char got[16];
    make_pipe(fds, O_NONBLOCK);
    pthread_t thread;
    leat_assert(pthread_create(&thread, NULL, drip, &fds[1]) == 0);
    struct leat_io io = engine->ops->read(engine, fds[0], got, sizeof(got), LEAT_OFFSET_NONE);
    leat_assert(io.status == LEAT_OK && io.bytes == 4);
    pthread_join(thread, NULL);
    uint64_t start_ns = engine->ops->now_ns(engine);
    io = engine->ops->wait(engine, fds[0], LEAT_READY_READ, 5000000);
    leat_assert(io.status == LEAT_AGAIN);
    leat_assert(engine->ops->now_ns(engine) - start_ns >= 5000000);
    leat_assert(engine->ops->wait(engine, fds[1], LEAT_READY_WRITE, 0).status == LEAT_OK);
    close_pipe(fds);
}

struct counted_wake {
    struct leat_wake wake;
    unsigned fired;
    struct leat_polled *polled;
    struct leat_wake *victim;
};

static void count_fire(struct leat_wake *wake)
{
    struct counted_wake *self = (struct counted_wake *)wake;
    self->fired++;
    if (self->victim != NULL)
        self->polled->engine.ops->disarm(&self->polled->engine, self->victim);
}

/* However full a pipe is, and whatever its mode, nothing waits. */
static void test_polled_never_waits(struct leat_polled *polled, int flags)
{
    static const uint8_t zeros[100000];
    struct leat_engine *engine = &polled->engine;
    struct leat_span piece = { zeros, sizeof(zeros) };
    int fds[2], file = make_file("0123456789");
    uint8_t got[4096];
    make_pipe(fds, flags);
    struct leat_io io = engine->ops->read(engine, fds[0], got, sizeof(got), LEAT_OFFSET_NONE);
    leat_assert(io.status == LEAT_AGAIN);
    struct leat_move move = { .from = fds[0], .to = file, .from_offset = -1, .len = 10 };
    leat_assert(engine->ops->move(engine, &move).status == LEAT_AGAIN);
    size_t written = 0;
    while ((io = engine->ops->write(engine, fds[1], &piece, 1)).status == LEAT_OK)
        written += io.bytes;
    leat_assert(io.status == LEAT_FULL);
    leat_assert(written > 0);
    move = (struct leat_move){ .from = file, .to = fds[1], .from_offset = 0, .len = 10 };
    leat_assert(engine->ops->move(engine, &move).status == LEAT_FULL);

    struct counted_wake wake = { .wake = { count_fire } };
    leat_assert(engine->ops->arm(engine, fds[1], LEAT_READY_WRITE, &wake.wake) == LEAT_OK);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    while (leat_polled_turn(polled, 0) == LEAT_AGAIN)
        leat_assert(engine->ops->read(engine, fds[0], got, sizeof(got), -1).status == LEAT_OK);
    leat_assert(wake.fired == 1);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    leat_assert(wake.fired == 1);
    close_pipe(fds);
    close(file);
}

static void test_wakes(struct leat_polled *polled)
{
    struct leat_engine *engine = &polled->engine;
    int fds[2];
    make_pipe(fds, 0);
    leat_assert(write(fds[1], "x", 1) == 1);
    /* One that is due may take another, due as well, away. */
    struct counted_wake second = { .wake = { count_fire } };
    struct counted_wake first = { { count_fire }, 0, polled, &second.wake };
    leat_assert(engine->ops->arm(engine, fds[0], LEAT_READY_READ, &first.wake) == LEAT_OK);
    leat_assert(engine->ops->arm(engine, fds[0], LEAT_READY_READ, &second.wake) == LEAT_OK);
    leat_assert(leat_polled_turn(polled, LEAT_TIMEOUT_NONE) == LEAT_OK);
    leat_assert(first.fired == 1 && second.fired == 0);
    for (unsigned i = 0; i < LEAT_POLLED_ARMED_MAX; i++)
        leat_assert(engine->ops->arm(engine, fds[0], LEAT_READY_READ, &second.wake) == LEAT_OK);
    leat_assert(engine->ops->arm(engine, fds[0], LEAT_READY_READ, &first.wake) == LEAT_LIMIT);
    engine->ops->disarm(engine, &second.wake);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    leat_assert(leat_engine_blocking.ops->arm(&leat_engine_blocking, fds[0], LEAT_READY_READ,
                                              &first.wake) == LEAT_UNSUPPORTED);
    close_pipe(fds);
}

int main(void)
{
    struct leat_polled polled;
    leat_polled_init(&polled);
    signal(SIGPIPE, SIG_IGN);
    struct leat_engine *engines[] = { &leat_engine_blocking, &polled.engine };
    for (unsigned i = 0; i < 2; i++) {
        test_transfers(engines[i]);
        test_broken_pipe(engines[i]);
        test_move(engines[i]);
    }
    test_blocking_waits();
    test_polled_never_waits(&polled, 0);
    test_polled_never_waits(&polled, O_NONBLOCK);
    test_wakes(&polled);
    return 0;
}
