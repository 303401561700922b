/* Every engine is put through one script, and has to come out of it alike: what was moved, in what
 * order, what the end and each error is. How much moves at once, and whether an operation waits or
 * says that it would, is the engine's own. */

#include "tests/kinds/bench.h"
#include "tests/kinds/ends.h"
#include "tests/kinds/unsteady.h"
#include "tests/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TRIES_MAX = 100000, STREAM_LEN = 200000 };

#define TIMEOUT_NS 3000000

/* --- Operations that are done when they return --- */

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static const struct leat_engine_ops *ops_of(const struct bench *b)
{
    return b->running->ops;
}

/* Wait as AGAIN and FULL have one wait; an engine that waits by itself never says them. */
static void wait_for(struct bench *b, int fd, enum leat_ready ready)
{
    struct alarm alarm = { { ring }, 0 };
    check(!bench_waits(b));
    check_status(ops_of(b)->arm(b->running, fd, ready, &alarm.wake), LEAT_OK);
    check_equal(alarm.fired, 0);
    for (unsigned i = 0; i < TRIES_MAX && alarm.fired == 0; i++)
        bench_pass_time(b);
    check_equal(alarm.fired, 1);
    bench_turn(b);
    check_equal(alarm.fired, 1);
}

static void is_sound(struct leat_io io)
{
    check(io.status == LEAT_OK || io.code == 0 || io.status == LEAT_FAULT);
    check(io.status != LEAT_OK || io.bytes > 0);
    check(io.status != LEAT_FAULT || io.code != 0);
}

static struct leat_io read_once(struct bench *b, int fd, void *to, size_t len, int64_t offset)
{
    struct leat_io io;
    while ((io = leat_engine_read(b->running, fd, to, len, offset)).status == LEAT_AGAIN)
        wait_for(b, fd, LEAT_READY_READ);
    is_sound(io);
    check(io.status != LEAT_OK || io.bytes <= len);
    return io;
}

/* Read `len` bytes, or to the end. The number read. */
static size_t read_all(struct bench *b, int fd, uint8_t *to, size_t len, int64_t offset)
{
    size_t done = 0;
    while (done < len) {
        int64_t at = offset == LEAT_OFFSET_NONE ? offset : offset + (int64_t)done;
        struct leat_io io = read_once(b, fd, to + done, len - done, at);
        if (io.status == LEAT_END)
            break;
        check_status(io.status, LEAT_OK);
        done += io.bytes;
    }
    return done;
}

static struct leat_io write_once(struct bench *b, int fd, const struct leat_span *pieces,
                                 unsigned pieces_len)
{
    struct leat_io io;
    for (;;) {
        io = leat_engine_write(b->running, fd, pieces, pieces_len);
        if (io.status != LEAT_FULL)
            break;
        wait_for(b, fd, LEAT_READY_WRITE);
    }
    is_sound(io);
    return io;
}

/* Write the pieces in order, whatever parts of them go at once. */
static void write_all(struct bench *b, int fd, struct leat_span *pieces, unsigned pieces_len)
{
    size_t left = 0;
    for (unsigned i = 0; i < pieces_len; i++)
        left += pieces[i].len;
    while (left > 0) {
        struct leat_io io = write_once(b, fd, pieces, pieces_len);
        check_status(io.status, LEAT_OK);
        check(io.bytes <= left);
        left -= io.bytes;
        for (unsigned i = 0; i < pieces_len && io.bytes > 0; i++) {
            size_t some = io.bytes < pieces[i].len ? io.bytes : pieces[i].len;
            pieces[i].data += some;
            pieces[i].len -= some;
            io.bytes -= some;
        }
    }
}

static struct leat_io move_once(struct bench *b, struct leat_move *move)
{
    for (;;) {
        uint64_t len = move->len;
        int64_t offset = move->from_offset;
        struct leat_io io = leat_engine_move(b->running, move);
        is_sound(io);
        check_equal(move->len, len);
        if (offset != LEAT_OFFSET_NONE)
            check_equal(move->from_offset - offset, io.status == LEAT_OK ? io.bytes : 0);
        if (io.status == LEAT_AGAIN)
            wait_for(b, move->from, LEAT_READY_READ);
        else if (io.status == LEAT_FULL)
            wait_for(b, move->to, LEAT_READY_WRITE);
        else
            return io;
    }
}

static uint64_t move_all(struct bench *b, struct leat_move *move)
{
    uint64_t done = 0;
    while (move->len > 0) {
        struct leat_io io = move_once(b, move);
        if (io.status == LEAT_END)
            break;
        check_status(io.status, LEAT_OK);
        check(io.bytes <= move->len);
        move->len -= io.bytes;
        done += io.bytes;
    }
    return done;
}

/* --- The script --- */

static int make_file(struct bench *b, size_t len)
{
    struct leat_io io = leat_engine_open(b->running, AT_FDCWD, b->in.end.path,
                                         O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct leat_span piece = { bench_bytes(), len };
    check_status(io.status, LEAT_OK);
    check(unlink(b->in.end.path) == 0);
    if (len > 0)
        write_all(b, io.descriptor, &piece, 1);
    return io.descriptor;
}

static void pieces_go_in_order(struct bench *b)
{
    uint8_t got[1000];
    bench_begin(b, &(struct bench_plan){ .held = true });
    int file = make_file(b, 0);
    ends_pipe_in(&b->in.end);
    int fds[] = { file, b->in.end.far_fd };
    for (unsigned i = 0; i < 2; i++) {
        struct leat_span pieces[LEAT_PIECES_MAX];
        size_t len = 0;
        for (unsigned at = 0; at < LEAT_PIECES_MAX; at++) {
            pieces[at] = (struct leat_span){ bench_bytes() + len, at * 17 % 50 };
            len += pieces[at].len;
        }
        write_all(b, fds[i], pieces, LEAT_PIECES_MAX);
        int from = i == 0 ? file : b->in.end.near_fd;
        check_equal(read_all(b, from, got, len, i == 0 ? 0 : LEAT_OFFSET_NONE), len);
        bench_check(got, 0, len);
    }
    check_status(leat_engine_sync(b->running, b->in.end.near_fd).status, LEAT_OK);
    ends_finish(&b->in.end);
    check_status(read_once(b, b->in.end.near_fd, got, 10, LEAT_OFFSET_NONE).status, LEAT_END);
    check_status(read_once(b, file, got, 10, 5000).status, LEAT_END);
    close(b->in.end.near_fd);
    close(file);
    bench_end(b);
}

static void moves_between_any_two(struct bench *b)
{
    enum { LEN = 5000, HALF = LEN / 2 };
    uint8_t got[LEN];
    bench_begin(b, &(struct bench_plan){ .held = true });
    int from = make_file(b, LEN);
    int to = make_file(b, 0);
    struct leat_move move = { .from = from, .to = to, .from_offset = 10, .len = HALF };
    check_equal(move_all(b, &move), HALF);
    check_status(move_once(b, &(struct leat_move){ from, to, LEN, 10, 0 }).status, LEAT_END);
    /* Through a pipe, piece by piece: it may hold only a few. */
    ends_pipe_in(&b->in.end);
    struct leat_io io;
    move = (struct leat_move){ from, b->in.end.far_fd, 10 + HALF, LEN, 0 };
    while ((io = move_once(b, &move)).status == LEAT_OK) {
        struct leat_move on = { b->in.end.near_fd, to, LEAT_OFFSET_NONE, io.bytes, 0 };
        check_equal(move_all(b, &on), io.bytes);
    }
    check_status(io.status, LEAT_END);
    check_equal(move.from_offset, LEN);
    ends_finish(&b->in.end);
    move = (struct leat_move){ b->in.end.near_fd, to, LEAT_OFFSET_NONE, 10, 0 };
    check_status(move_once(b, &move).status, LEAT_END);
    check_equal(read_all(b, to, got, LEN, 0), LEN - 10);
    bench_check(got, 10, LEN - 10);
    /* Neither is a pipe, and the source has no offsets. */
    ends_socket(&b->out.end);
    check(write(b->out.end.far_fd, "x", 1) == 1);
    move = (struct leat_move){ b->out.end.near_fd, to, LEAT_OFFSET_NONE, 10, 0 };
    check_status(move_once(b, &move).status, LEAT_UNSUPPORTED);
    close(b->out.end.near_fd);
    ends_finish(&b->out.end);
    close(b->in.end.near_fd);
    close(from);
    close(to);
    bench_end(b);
}

static void errors_come_as_their_numbers(struct bench *b)
{
    uint8_t byte = 'x';
    struct leat_span piece = { &byte, 1 };
    bench_begin(b, &(struct bench_plan){ .held = true });
    struct leat_io io = leat_engine_open(b->running, AT_FDCWD, b->in.end.path, O_RDONLY, 0);
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, ENOENT);
    ends_pipe_in(&b->in.end);
    check_equal(read_once(b, b->in.end.near_fd, &byte, 1, 3).code, ESPIPE);
    close(b->in.end.near_fd);
    check_equal(write_once(b, b->in.end.far_fd, &piece, 1).code, EPIPE);
    ends_finish(&b->in.end);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    check_equal(write_once(b, full, &piece, 1).code, ENOSPC);
    int file = make_file(b, 10);
    struct leat_move move = { file, full, 0, 10, 0 };
    io = move_once(b, &move);
    check(io.status == LEAT_UNSUPPORTED || (io.status == LEAT_FAULT && io.code == ENOSPC));
    close(file);
    close(full);
    bench_end(b);
}

/* --- Waiting --- */

/* A descriptor that is not ready: waited for just so long, or looked at once. */
static void waits_as_long_as_told(struct bench *b)
{
    bench_begin(b, &(struct bench_plan){ .held = true });
    ends_pipe_in(&b->in.end);
    int near = b->in.end.near_fd;
    uint64_t start_ns = ops_of(b)->now_ns(b->running);
    struct leat_io io = leat_engine_wait(b->running, near, LEAT_READY_READ, TIMEOUT_NS);
    uint64_t took_ns = ops_of(b)->now_ns(b->running) - start_ns;
    check_status(io.status, LEAT_AGAIN);
    if (bench_waits(b))
        check(took_ns >= TIMEOUT_NS);
    io = leat_engine_wait(b->running, near, LEAT_READY_READ, 0);
    check_status(io.status, LEAT_AGAIN);
    check(write(b->in.end.far_fd, "x", 1) == 1);
    if (b->engine != unsteady_rows) {
        io = leat_engine_wait(b->running, near, LEAT_READY_READ, LEAT_TIMEOUT_NONE);
        check_status(io.status, LEAT_OK);
        io = leat_engine_wait(b->running, b->in.end.far_fd, LEAT_READY_WRITE, 0);
        check_status(io.status, LEAT_OK);
    }
    close(near);
    ends_finish(&b->in.end);
    bench_end(b);
}

/* Interrupted by signals, a wait is neither cut short nor made longer than it has to be. */
static void signals_do_not_end_a_wait(struct bench *b)
{
    if (!bench_waits(b))
        return;
    bench_begin(b, &(struct bench_plan){ .held = true });
    ends_pipe_in(&b->in.end);
    bench_interrupts(true);
    uint64_t start_ns = ops_of(b)->now_ns(b->running);
    struct leat_io io =
        leat_engine_wait(b->running, b->in.end.near_fd, LEAT_READY_READ, 5 * (int64_t)TIMEOUT_NS);
    uint64_t took_ns = ops_of(b)->now_ns(b->running) - start_ns;
    bench_interrupts(false);
    check_status(io.status, LEAT_AGAIN);
    check(took_ns >= (uint64_t)5 * TIMEOUT_NS);
    close(b->in.end.near_fd);
    ends_finish(&b->in.end);
    bench_end(b);
}

/* More than a pipe holds, with somebody at the other end now and then, in either mode. */
static void a_stream_is_read_whole(struct bench *b, bool nonblocking)
{
    static const struct kind_source source = {
        .promises = KIND_STREAM,
        .feed = ends_feed,
        .finish = ends_finish,
    };
    b->source = &source;
    bench_begin(b, &(struct bench_plan){ 0 });
    struct kind_end *end = &b->in.end;
    uint8_t *got = memory_get(STREAM_LEN + 1);
    end->len = STREAM_LEN;
    if (nonblocking)
        ends_pipe_in_nonblocking(end);
    else
        ends_pipe_in(end);
    bench_attend(b, true);
    check_equal(read_all(b, end->near_fd, got, STREAM_LEN + 1, LEAT_OFFSET_NONE), STREAM_LEN);
    bench_check(got, 0, STREAM_LEN);
    bench_attend(b, false);
    memory_put(got);
    close(end->near_fd);
    b->source = NULL;
    bench_end(b);
}

static void a_stream_is_written_whole(struct bench *b, bool nonblocking)
{
    static const struct kind_sink sink = { .promises = KIND_STREAM, .take = ends_take };
    b->sink = &sink;
    bench_begin(b, &(struct bench_plan){ 0 });
    struct kind_end *end = &b->out.end;
    ends_pipe_out(end);
    if (nonblocking)
        check(fcntl(end->near_fd, F_SETFL, O_NONBLOCK) == 0);
    bench_attend(b, true);
    struct leat_span piece = { bench_bytes(), STREAM_LEN };
    write_all(b, end->near_fd, &piece, 1);
    close(end->near_fd);
    bench_attend(b, false);
    bench_take(b, NULL);
    check_equal(b->out.got.len, STREAM_LEN);
    bench_check(b->out.got.data, 0, STREAM_LEN);
    ends_finish(end);
    b->sink = NULL;
    bench_end(b);
}

static void streams_pass_whole(struct bench *b)
{
    for (unsigned nonblocking = 0; nonblocking < 2; nonblocking++) {
        check_says("nonblocking", nonblocking);
        a_stream_is_read_whole(b, nonblocking);
        a_stream_is_written_whole(b, nonblocking);
    }
}

/* --- Wakes --- */

struct taker {
    struct alarm alarm;
    struct leat_engine *engine;
    struct leat_wake *victim;
};

static void ring_and_take(struct leat_wake *wake)
{
    struct taker *self = (struct taker *)wake;
    self->alarm.fired++;
    leat_engine_disarm(self->engine, self->victim);
}

/* A wake may take another away that is due as well; one that was disarmed never comes; an engine
 * has a bound on how many are armed, or none, and one that waits by itself has no wakes. */
static void wakes_come_once_or_never(struct bench *b)
{
    enum { ARMED_MAX = 100000 };
    struct alarm second = { { ring }, 0 };
    bench_begin(b, &(struct bench_plan){ .held = true });
    struct taker first = { { { ring_and_take }, 0 }, b->running, &second.wake };
    ends_pipe_in(&b->in.end);
    int near = b->in.end.near_fd;
    enum leat_status status = leat_engine_arm(b->running, near, LEAT_READY_READ, &first.alarm.wake);
    check_status(status, bench_waits(b) ? LEAT_UNSUPPORTED : LEAT_OK);
    if (status == LEAT_OK) {
        check_status(leat_engine_arm(b->running, near, LEAT_READY_READ, &second.wake), LEAT_OK);
        bench_turn(b);
        check_equal(first.alarm.fired + second.fired, 0);
        check(write(b->in.end.far_fd, "x", 1) == 1);
        bench_turn(b);
        bench_turn(b);
        check_equal(first.alarm.fired, 1);
        check_equal(second.fired, 0);
        unsigned armed = 0;
        while (armed < ARMED_MAX && (status = leat_engine_arm(b->running, near, LEAT_READY_READ,
                                                              &second.wake)) == LEAT_OK)
            armed++;
        check(armed > 0);
        check(status == LEAT_LIMIT || armed == ARMED_MAX);
        leat_engine_disarm(b->running, &second.wake);
        bench_turn(b);
        check_equal(second.fired, 0);
    }
    close(near);
    ends_finish(&b->in.end);
    bench_end(b);
}

void suite_engine(struct bench *b)
{
    bench_run(b, "pieces go in order", pieces_go_in_order);
    bench_run(b, "moves between any two", moves_between_any_two);
    bench_run(b, "errors come as their numbers", errors_come_as_their_numbers);
    bench_run(b, "waits as long as told", waits_as_long_as_told);
    bench_run(b, "signals", signals_do_not_end_a_wait);
    bench_run(b, "streams pass whole", streams_pass_whole);
    bench_run(b, "wakes", wakes_come_once_or_never);
}
