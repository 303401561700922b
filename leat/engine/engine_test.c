/* What is special about the polled engine: it waits for no descriptor, whatever its mode, and has a
 * bound on what is armed. The operations of every engine are shown by tests/kinds. */

#include <fcntl.h>
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

struct counted_wake {
    struct leat_wake wake;
    unsigned fired;
};

static void count_fire(struct leat_wake *wake)
{
    ((struct counted_wake *)wake)->fired++;
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
    struct leat_io io = leat_engine_read(engine, fds[0], got, sizeof(got), LEAT_OFFSET_NONE);
    leat_assert(io.status == LEAT_AGAIN);
    struct leat_move move = { .from = fds[0], .to = file, .from_offset = -1, .len = 10 };
    leat_assert(leat_engine_move(engine, &move).status == LEAT_AGAIN);
    size_t written = 0;
    while ((io = leat_engine_write(engine, fds[1], &piece, 1)).status == LEAT_OK)
        written += io.bytes;
    leat_assert(io.status == LEAT_FULL);
    leat_assert(written > 0);
    move = (struct leat_move){ .from = file, .to = fds[1], .from_offset = 0, .len = 10 };
    leat_assert(leat_engine_move(engine, &move).status == LEAT_FULL);

    struct counted_wake wake = { .wake = { count_fire } };
    leat_assert(leat_engine_arm(engine, fds[1], LEAT_READY_WRITE, &wake.wake) == LEAT_OK);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    while (leat_polled_turn(polled, 0) == LEAT_AGAIN)
        leat_assert(leat_engine_read(engine, fds[0], got, sizeof(got), -1).status == LEAT_OK);
    leat_assert(wake.fired == 1);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    leat_assert(wake.fired == 1);
    close_pipe(fds);
    close(file);
}

static void test_limit(struct leat_polled *polled)
{
    struct leat_engine *engine = &polled->engine;
    struct counted_wake first = { .wake = { count_fire } };
    struct counted_wake second = { .wake = { count_fire } };
    int fds[2];
    make_pipe(fds, 0);
    for (unsigned i = 0; i < LEAT_POLLED_ARMED_MAX; i++)
        leat_assert(leat_engine_arm(engine, fds[0], LEAT_READY_READ, &second.wake) == LEAT_OK);
    leat_assert(leat_engine_arm(engine, fds[0], LEAT_READY_READ, &first.wake) == LEAT_LIMIT);
    leat_engine_disarm(engine, &second.wake);
    leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
    close_pipe(fds);
}

int main(void)
{
    struct leat_polled polled;
    leat_polled_init(&polled);
    test_polled_never_waits(&polled, 0);
    test_polled_never_waits(&polled, O_NONBLOCK);
    test_limit(&polled);
    return 0;
}
