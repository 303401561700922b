/* A peer that sends when it likes: what came is shown without waiting for more, a wake comes once
 * when there is more and not before, drips take linear time, and signals are not seen. */

#include "tests/kinds/bench.h"
#include "tests/support/check.h"

enum { LEN = 40000 };

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static struct leat_reader *begin_held(struct bench *b, uint64_t seed)
{
    bench_begin(b, &(struct bench_plan){ .seed = seed, .held = true });
    return bench_open(b, LEN);
}

/* Where the engine waits, a hang is the failure. */
static void never_waits_once_there_is_enough(struct bench *b)
{
    struct leat_span span;
    struct leat_slice slice;
    uint64_t done;
    struct leat_reader *r = begin_held(b, 0);
    bench_feed(b, 100);
    check_status(bench_peek(r, 1, &span), LEAT_OK);
    bench_check(span.data, 0, span.len);
    check_status(bench_peek(r, 100, &span), LEAT_OK);
    check_equal(span.len, 100);
    leat_consume(r, 50);
    check_status(leat_skip(r, 50, &done), LEAT_OK);
    bench_feed(b, 300);
    check_status(bench_peek(r, 100, &span), LEAT_OK);
    check_status(leat_take(r, 100, &slice), LEAT_OK);
    bench_check(slice.data, 100, slice.len);
    leat_slice_release(&slice);
    while (leat_skip(r, 400 - leat_tell(r), &done) == LEAT_AGAIN)
        drive_wait(r);
    check_equal(leat_tell(r), 400);
    bench_feed(b, 7);
    bench_finish(b);
    check_status(bench_peek(r, 8, &span), LEAT_END);
    check_equal(span.len, 7);
    bench_check(span.data, 400, 7);
    bench_close(b, r);
    bench_end(b);
}

/* Nothing has come: no wake, however often the engine turns. Then just one. */
static void wakes_once_when_there_is_more(struct bench *b)
{
    struct leat_span span;
    uint64_t done;
    if (bench_waits(b))
        return;
    struct leat_reader *r = begin_held(b, 0);
    for (size_t len = 1; len < 400; len *= 3) {
        struct alarm alarm = { { ring }, 0 };
        uint64_t waits = r->counts.waits;
        check_status(leat_peek(r, len, &span), LEAT_AGAIN);
        check_equal(r->want, len);
        check_equal(r->counts.waits, waits + 1);
        check_status(leat_arm(r, &alarm.wake), LEAT_OK);
        bench_turn(b);
        bench_turn(b);
        check_equal(alarm.fired, 0);
        check_status(leat_skip(r, 1, &done), LEAT_AGAIN);
        check_equal(done, 0);
        bench_feed(b, len);
        for (unsigned i = 0; i < 3; i++)
            bench_turn(b);
        check_equal(alarm.fired, 1);
        check_status(bench_peek(r, len, &span), LEAT_OK);
        bench_check(span.data, leat_tell(r), len);
        leat_consume(r, len);
    }
    /* The end is worth a wake as well. */
    struct alarm alarm = { { ring }, 0 };
    check_status(leat_peek(r, 1, &span), LEAT_AGAIN);
    check_status(leat_arm(r, &alarm.wake), LEAT_OK);
    bench_finish(b);
    bench_turn(b);
    check_equal(alarm.fired, 1);
    check_status(bench_peek(r, 1, &span), LEAT_END);
    bench_close(b, r);
    bench_end(b);
}

/* Closed while it waits, armed: the wake is forgotten, though bytes come. */
static void a_closed_one_never_wakes(struct bench *b)
{
    struct leat_span span;
    if (bench_waits(b))
        return;
    struct leat_reader *r = begin_held(b, 0);
    struct alarm alarm = { { ring }, 0 };
    check_status(leat_peek(r, 1, &span), LEAT_AGAIN);
    check_status(leat_arm(r, &alarm.wake), LEAT_OK);
    bench_feed(b, 10);
    bench_close(b, r);
    bench_turn(b);
    check_equal(alarm.fired, 0);
    bench_end(b);
}

/* Single bytes, each asked for in one window with all before it; fewer where each is framed. */
static void drips_take_linear_time(struct bench *b)
{
    const size_t frame = b->source->frame_bytes;
    const size_t len = frame > 0 ? LEN / 8 : LEN;
    struct leat_span span;
    struct leat_reader *r = begin_held(b, 0);
    for (size_t i = 0; i < len; i++) {
        bench_feed(b, 1);
        check_status(bench_peek(r, i + 1, &span), LEAT_OK);
        check_equal(span.len, i + 1);
        check_equal(span.data[i], kind_byte(i));
        check_equal(span.data[i / 2], kind_byte(i / 2));
    }
    check(leat_counts_copied(&r->counts) < (6 + frame) * len);
    /* And each consumed: bounded memory. */
    leat_consume(r, len);
    check(b->memory.live_bytes_max < 12 * len + 256 * LEAT_KIB);
    bench_finish(b);
    check_status(bench_peek(r, 1, &span), LEAT_END);
    bench_close(b, r);
    bench_end(b);
}

static void signals_are_not_seen(struct bench *b)
{
    struct read read;
    bench_begin(b, &(struct bench_plan){ 0 });
    bench_interrupts(true);
    struct leat_reader *r = bench_open(b, BENCH_LEN_MAX - 10);
    drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, bench_bytes(), BENCH_LEN_MAX - 10);
    bench_interrupts(false);
    drive_read_fini(&read);
    bench_close(b, r);
    bench_end(b);
}

void suite_waiting(struct bench *b)
{
    if (!bench_promises(b, KIND_STREAM))
        return;
    bench_run(b, "never waits once there is enough", never_waits_once_there_is_enough);
    bench_run(b, "wakes once", wakes_once_when_there_is_more);
    bench_run(b, "a closed one never wakes", a_closed_one_never_wakes);
    bench_run(b, "drips", drips_take_linear_time);
    bench_run(b, "signals", signals_are_not_seen);
}
