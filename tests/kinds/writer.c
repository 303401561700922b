/* What holds for each sink: what was written arrives, whole, once and in order, however it was
 * written and held up; what was not finished does not look whole; and a failure is one fault. */

#include "tests/kinds/bench.h"
#include "tests/kinds/unsteady.h"
#include "tests/support/check.h"

#include <errno.h>
#include <string.h>

enum { LEN = 150000, FAILURES_MAX = 1 << 20 };

static struct leat_writer *begin(struct bench *b, uint64_t seed)
{
    bench_begin(b, &(struct bench_plan){ .seed = seed });
    return bench_open_writer(b, 0);
}

/* Exactly the first `len` bytes have arrived. */
static void arrived(const struct bench *b, uint64_t len)
{
    check_bytes(b->out.got.data, b->out.got.len, bench_bytes(), len);
}

/* --- Ways to write --- */

/* Give a slice that is counted, or say that only bytes can be written. */
static enum leat_status gives(struct leat_writer *w, uint64_t at, size_t len)
{
    struct leat_block *block = leat_block_create(&w->ctx->alloc, len);
    if (block == NULL)
        return LEAT_UNSUPPORTED;
    memcpy(block->data, bench_bytes() + at, len);
    struct leat_slice slice = { block->data, len, block };
    enum leat_status status;
    while ((status = leat_give(w, &slice)) == LEAT_FULL) {
        check(slice.block == block && slice.len == len);
        drive_writer_wait(w);
    }
    check((status == LEAT_OK) == (slice.block == NULL));
    if (status != LEAT_OK)
        leat_slice_release(&slice);
    return status;
}

/* Ask for room, and leave most of it. */
static enum leat_status reserves(struct leat_writer *w, uint64_t at, size_t len)
{
    struct leat_room room;
    enum leat_status status;
    if (len > w->room_max)
        return LEAT_UNSUPPORTED;
    while ((status = leat_reserve(w, len, &room)) == LEAT_FULL)
        drive_writer_wait(w);
    check_equal(status == LEAT_OK, room.len >= len);
    if (status != LEAT_OK)
        return status;
    memcpy(room.data, bench_bytes() + at, len);
    leat_commit(w, len);
    return LEAT_OK;
}

/* Write [at, at + len) in one of the ways there are. OK or FAULT. */
static enum leat_status write_some(struct leat_writer *w, uint64_t at, size_t len, bool reserving,
                                   struct random *random)
{
    enum leat_status status = LEAT_UNSUPPORTED;
    uint64_t tell = leat_writer_tell(w);
    unsigned way = (unsigned)random_below(random, 4);
    if (way == 0)
        status = gives(w, at, len);
    else if (way == 1 && reserving)
        status = reserves(w, at, len);
    if (status == LEAT_UNSUPPORTED)
        status = drive_write(w, bench_bytes() + at, len, random_len(random, len));
    if (status == LEAT_OK)
        check_equal(leat_writer_tell(w), tell + len);
    return status;
}

/* Write all of it, with a flush now and then. OK or FAULT. Room that is reserved at once is there
 * at once or not at all, so who wants to see the last byte that fits reserves none. */
static enum leat_status write_wildly(struct leat_writer *w, uint64_t len, bool reserving,
                                     struct random *random)
{
    enum leat_status status = LEAT_OK;
    uint64_t at = 0;
    while (at < len && status == LEAT_OK) {
        size_t some = random_len(random, len - at < 40000 ? (size_t)(len - at) : 40000);
        status = write_some(w, at, some, reserving, random);
        at += some;
        if (status == LEAT_OK && random_percent(random, 10))
            status = drive_flush(w, random_percent(random, 30) ? LEAT_FLUSH_SYNC : LEAT_FLUSH_PUSH);
    }
    return status;
}

static void arrives_however_it_is_written(struct bench *b)
{
    static const uint64_t lens[] = { 0, 1, 777, 65536, 65537, LEN };
    for (uint64_t i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
        uint64_t len = lens[i / 2];
        check_says("len", len);
        struct leat_writer *w = begin(b, i);
        struct random random = { b->plan.seed };
        check_status(write_wildly(w, len, true, &random), LEAT_OK);
        check_equal(leat_writer_tell(w), len);
        check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        check_equal(leat_writer_tell(w), len);
        check(leat_writer_fault(w) == NULL);
        bench_close_writer(b, w);
        arrived(b, len);
        bench_end(b);
    }
}

static void demands_too_large_change_nothing(struct bench *b)
{
    struct leat_room room, before;
    struct leat_writer *w = begin(b, 0);
    check_status(leat_reserve(w, 0, &room), LEAT_OK);
    check_equal(w->counts.fills, 0);
    check_status(reserves(w, 0, 100), LEAT_OK);
    check_status(leat_reserve(w, 0, &before), LEAT_OK);
    uint64_t fills = w->counts.fills;
    for (unsigned i = 0; i < 2 && w->room_max < SIZE_MAX; i++) {
        size_t least = before.len > w->room_max ? before.len : w->room_max;
        check_status(leat_reserve(w, least + 1, &room), LEAT_LIMIT);
        check(room.data == before.data);
        check_equal(room.len, before.len);
    }
    check_equal(w->counts.fills, fills);
    check_status(reserves(w, 100, 100), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    bench_close_writer(b, w);
    arrived(b, 200);
    bench_end(b);
}

/* --- Flushing --- */

/* After a push all so far is there to be taken, but where nothing is before the finish. */
static void a_push_brings_all_so_far(struct bench *b)
{
    bench_begin(b, &(struct bench_plan){ .held = true });
    struct leat_writer *w = bench_open_writer(b, 0);
    uint64_t at = 0;
    for (size_t len = 1; len < 5000; len *= 7, at += len / 7) {
        check_status(drive_write(w, bench_bytes() + at, len, len), LEAT_OK);
        enum leat_status status = drive_flush(w, LEAT_FLUSH_PUSH);
        check(status == LEAT_OK || status == LEAT_UNSUPPORTED);
        bench_take(b, w);
        if (bench_promises(b, KIND_WHOLE))
            arrived(b, 0);
        else if (status == LEAT_OK)
            arrived(b, at + len);
    }
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    bench_close_writer(b, w);
    arrived(b, at);
    bench_end(b);
}

/* Given up at any step: what can be seen is what was written first, or nothing. */
static void unfinished_does_not_look_whole(struct bench *b)
{
    for (uint64_t i = 0; i < 20; i++) {
        struct leat_writer *w = begin(b, i);
        struct random random = { b->plan.seed };
        uint64_t len = i * 2000;
        check_status(write_wildly(w, len, true, &random), LEAT_OK);
        if (i % 3 == 0)
            check_status(drive_flush(w, LEAT_FLUSH_SYNC), LEAT_OK);
        bench_close_writer(b, w);
        check(b->out.got.len <= len);
        arrived(b, bench_promises(b, KIND_WHOLE) ? 0 : b->out.got.len);
        bench_end(b);
    }
}

/* --- Waiting --- */

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

/* Nobody takes: FULL, and no wake until somebody has taken much; then one. A writer that says so
 * has lost nothing, and one that is closed while armed never wakes. */
static void full_until_somebody_takes(struct bench *b)
{
    enum { TRIES_MAX = 1000 };
    struct alarm alarm = { { ring }, 0 };
    size_t done, at = 0;
    if (!bench_promises(b, KIND_STREAM) || bench_waits(b))
        return;
    bench_begin(b, &(struct bench_plan){ .held = true });
    struct leat_writer *w = bench_open_writer(b, 0);
    enum leat_status status = LEAT_OK;
    for (unsigned i = 0; i < TRIES_MAX && status == LEAT_OK && at + 9000 < BENCH_LEN_MAX; i++) {
        status = leat_write(w, bench_bytes() + at, 9000, &done);
        at += done;
        while (status == LEAT_FULL && done < 9000 && at < 1000)
            drive_writer_wait(w); /* not for lack of room: the engine's own whim */
    }
    if (status == LEAT_OK)
        status = leat_flush(w, LEAT_FLUSH_PUSH);
    check_status(status, LEAT_FULL);
    check(w->counts.waits > 0);
    check_equal(leat_writer_tell(w), at);
    if (b->engine != unsteady_rows) {
        check_status(leat_writer_arm(w, &alarm.wake), LEAT_OK);
        bench_turn(b);
        bench_turn(b);
        check_equal(alarm.fired, 0);
        bench_take(b, NULL);
        for (unsigned i = 0; i < 3; i++)
            bench_turn(b);
        check_equal(alarm.fired, 1);
    }
    b->plan.held = false;
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    check_status(leat_writer_arm(w, &alarm.wake), LEAT_OK);
    bench_close_writer(b, w);
    memset(&alarm, 0, sizeof(alarm));
    bench_turn(b);
    arrived(b, at);
    bench_end(b);
}

static void signals_are_not_seen(struct bench *b)
{
    struct leat_writer *w = begin(b, 0);
    struct random random = { b->plan.seed };
    bench_interrupts(true);
    check_status(write_wildly(w, BENCH_LEN_MAX, true, &random), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    bench_interrupts(false);
    bench_close_writer(b, w);
    arrived(b, BENCH_LEN_MAX);
    bench_end(b);
}

/* --- Failing --- */

/* The sink takes so many bytes and no more: they arrived, and one fault says where it was. */
static void refused(struct bench *b)
{
    static const uint64_t rooms[] = { 1, 1000, 65536, 100000 };
    for (unsigned i = 0; b->sink->refuse != NULL && i < 4; i++) {
        uint64_t room = rooms[i];
        check_says("room", room);
        bench_begin(b, &(struct bench_plan){ .seed = i, .held = true });
        struct leat_writer *w = bench_open_writer(b, room);
        struct random random = { b->plan.seed };
        bool stream = bench_promises(b, KIND_STREAM);
        if (stream)
            b->sink->refuse(&b->out.end);
        enum leat_status status = write_wildly(w, LEN, false, &random);
        if (status == LEAT_OK)
            status = drive_flush(w, LEAT_FLUSH_FINISH);
        check_status(status, LEAT_FAULT);
        const struct leat_fault *fault = leat_writer_fault(w);
        check(fault != NULL);
        check_text(leat_fault_code_name(fault->code), leat_fault_code_name(b->sink->refusal));
        check_equal(fault->system_code, b->sink->refusal_code);
        if (!bench_promises(b, KIND_OVER))
            check_equal(fault->offset, stream ? 0 : room);
        check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_FAULT);
        bench_close_writer(b, w);
        if (!stream)
            arrived(b, bench_promises(b, KIND_WHOLE) ? 0 : room);
        bench_end(b);
    }
}

/* Write and finish after something was made to fail. What came out is right so far, and after a
 * fault nothing more is done. */
static enum leat_status writes_on(struct bench *b, struct leat_writer *w)
{
    struct random random = { b->plan.seed };
    enum leat_status status = write_wildly(w, LEN, true, &random);
    if (status == LEAT_OK)
        status = drive_flush(w, LEAT_FLUSH_FINISH);
    if (status == LEAT_FAULT) {
        check(leat_writer_fault(w) != NULL);
        check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_FAULT);
    }
    return status;
}

static void an_operation_fails(struct bench *b)
{
    bool failed = true;
    if (b->engine != unsteady_rows)
        return;
    for (uint64_t n = 1; failed; n++) {
        check_says("operation", n);
        check(n < FAILURES_MAX);
        bench_begin(b, &(struct bench_plan){ .seed = n });
        unsteady_fails_at(b->running, n);
        struct leat_writer *w = bench_open_writer(b, 0);
        enum leat_status status = writes_on(b, w);
        failed = unsteady_failed(b->running);
        uint64_t offset = 0;
        if (status == LEAT_FAULT) {
            check_text(leat_fault_code_name(leat_writer_fault(w)->code), "system error");
            check_equal(leat_writer_fault(w)->system_code, EIO);
            if (!bench_promises(b, KIND_OVER))
                check_text(leat_writer_fault(w)->part, w->part);
            offset = leat_writer_fault(w)->offset;
        }
        check_status(status, failed ? LEAT_FAULT : LEAT_OK);
        bench_close_writer(b, w);
        uint64_t whole = failed && bench_promises(b, KIND_WHOLE) ? 0 : b->out.got.len;
        arrived(b, failed ? whole : LEN);
        if (failed && !bench_promises(b, KIND_WHOLE) && !bench_promises(b, KIND_OVER))
            check_equal(offset, b->out.got.len);
        bench_end(b);
        n += n > 30 ? n / 8 : 0;
    }
}

static void memory_fails(struct bench *b)
{
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        if (!bench_tries(b, n))
            continue;
        check_says("allocation", n);
        check(n < FAILURES_MAX);
        bench_begin(b, &(struct bench_plan){ .seed = n / 16 });
        b->memory.fail_at = n;
        struct leat_writer *w = bench_open_writer(b, 0);
        enum leat_status status = writes_on(b, w);
        failed = b->memory.calls >= n;
        if (status == LEAT_FAULT)
            check_text(leat_fault_code_name(leat_writer_fault(w)->code), "out of memory");
        check(failed || status == LEAT_OK);
        bench_close_writer(b, w);
        check(status == LEAT_FAULT || b->out.got.len == LEN);
        arrived(b, b->out.got.len);
        if (status == LEAT_FAULT && bench_promises(b, KIND_WHOLE))
            arrived(b, 0);
        bench_end(b);
    }
}

/* Closed after any step, armed or not, with bytes and slices still to be written. */
static void fire(struct leat_wake *wake)
{
    (void)wake;
}

static void closes_at_every_step(struct bench *b)
{
    enum { STEPS_MAX = 25 };
    for (unsigned steps = 0; steps < STEPS_MAX; steps++) {
        check_says("steps", steps);
        struct leat_writer *w = begin(b, steps % 5);
        struct random random = { b->plan.seed };
        struct leat_wake wake = { fire };
        uint64_t at = 0;
        for (unsigned i = 0; i < steps; i++) {
            size_t len = random_len(&random, 9000);
            size_t done = len;
            if (i % 3 == 0)
                check_status(write_some(w, at, len, true, &random), LEAT_OK);
            else
                check(leat_write(w, bench_bytes() + at, len, &done) != LEAT_FAULT);
            at += done;
            if (random_percent(&random, 20))
                (void)!leat_flush(w, LEAT_FLUSH_PUSH);
        }
        bool armed = leat_writer_arm(w, &wake) == LEAT_OK;
        bench_close_writer(b, w);
        memset(&wake, 0, sizeof(wake));
        if (armed)
            bench_turn(b);
        check(b->out.got.len <= at);
        arrived(b, b->out.got.len);
        bench_end(b);
    }
}

void suite_writer(struct bench *b)
{
    bench_run(b, "arrives however it is written", arrives_however_it_is_written);
    bench_run(b, "demands too large", demands_too_large_change_nothing);
    bench_run(b, "a push brings all so far", a_push_brings_all_so_far);
    bench_run(b, "unfinished", unfinished_does_not_look_whole);
    bench_run(b, "full", full_until_somebody_takes);
    bench_run(b, "signals", signals_are_not_seen);
    bench_run(b, "refused", refused);
    bench_run(b, "an operation fails", an_operation_fails);
    bench_run(b, "memory fails", memory_fails);
    bench_run(b, "closes at every step", closes_at_every_step);
}
