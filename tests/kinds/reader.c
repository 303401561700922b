/* What holds for each reader, whatever is below it: a source and a view pass the same tests. The
 * seed says how the input is cut, how it is asked for, and what the engine does. */

#include "tests/kinds/bench.h"
#include "tests/kinds/unsteady.h"
#include "tests/support/check.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* Allocations or operations of one reading; more is a hang. */
enum { FAILURES_MAX = 1 << 20 };

static struct leat_reader *begin(struct bench *b, const struct bench_plan *plan, uint64_t len)
{
    bench_begin(b, plan);
    return bench_open(b, len);
}

static void end(struct bench *b, struct leat_reader *r)
{
    bench_close(b, r);
    bench_end(b);
}

/* --- Every cutting, every window --- */

static void is_read(struct bench *b, const struct bench_plan *plan, size_t len, bool wildly)
{
    struct read read;
    struct leat_reader *r = begin(b, plan, len);
    if (wildly)
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
    else
        drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, bench_bytes(), len);
    check_equal(leat_tell(r), len);
    drive_read_fini(&read);
    end(b, r);
}

static void the_same_however_it_is_read(struct bench *b)
{
    static const size_t lens[] = { 0, 1, 2, 777, 4096, 65536, 65537, BENCH_LEN_MAX - 100 };
    for (uint64_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        check_says("len", lens[i]);
        if (bench_promises(b, KIND_SLOW) && lens[i] > 5000)
            break;
        is_read(b, &(struct bench_plan){ .seed = i }, lens[i], false);
        is_read(b, &(struct bench_plan){ .seed = i }, lens[i], true);
    }
}

static void the_same_in_any_window(struct bench *b)
{
    static const size_t windows[] = { 1, 2, 3, 100, 4096, 70000 };
    for (uint64_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        if (!bench_tries(b, i))
            continue;
        check_says("window", windows[i]);
        struct bench_plan plan = { .seed = i, .window_max = windows[i] };
        size_t len = windows[i] < 100 || bench_promises(b, KIND_SLOW) ? 3000 : 100000;
        plan.below = b->view != NULL && i % 2 ? BELOW_SPLIT : BELOW_MEMORY;
        is_read(b, &plan, len, true);
    }
}

/* --- Odd demands and ends --- */

static void demands_too_large_change_nothing(struct bench *b)
{
    struct leat_span span, before;
    struct leat_reader *r = begin(b, &(struct bench_plan){ .window_max = 5000 }, 9000);
    check_status(leat_peek(r, 0, &span), LEAT_OK);
    check_equal(r->counts.fills, 0);
    check_status(bench_peek(r, 10, &before), LEAT_OK);
    uint64_t fills = b->ctx.counts.fills + r->counts.fills;
    uint64_t below = r->below != NULL ? r->below->counts.fills : 0;
    if (r->window_max < SIZE_MAX) {
        for (unsigned i = 0; i < 2; i++) {
            size_t least = before.len > r->window_max ? before.len : r->window_max;
            check_status(leat_peek(r, least + 1, &span), LEAT_LIMIT);
            check(span.data == before.data);
            check_equal(span.len, before.len);
            struct leat_slice slice;
            check_status(leat_take(r, least + 1, &slice), LEAT_LIMIT);
        }
    }
    check_status(leat_peek(r, 0, &span), LEAT_OK);
    check_status(leat_peek(r, before.len, &span), LEAT_OK);
    check(span.data == before.data);
    check_equal(b->ctx.counts.fills + r->counts.fills, fills);
    check_equal(r->below != NULL ? r->below->counts.fills : 0, below);
    check_status(bench_peek(r, 4000, &span), LEAT_OK);
    bench_check(span.data, leat_tell(r), 4000);
    end(b, r);
}

static void the_end_sticks_and_hides_nothing(struct bench *b)
{
    enum { LEN = 30000 };
    struct leat_span span;
    uint64_t done;
    struct leat_reader *r = begin(b, &(struct bench_plan){ 0 }, LEN);
    for (unsigned i = 0; i < 3; i++) {
        check_status(bench_peek(r, LEN + 1, &span), LEAT_END);
        check_equal(span.len, LEN);
        bench_check(span.data, 0, LEN);
        check_status(leat_peek(r, LEN, &span), LEAT_OK);
    }
    leat_consume(r, LEN - 10);
    check_status(leat_peek(r, 11, &span), LEAT_END);
    check_status(leat_peek(r, 10, &span), LEAT_OK);
    bench_check(span.data, LEN - 10, 10);
    check_status(leat_skip(r, 11, &done), LEAT_END);
    check_equal(done, 10);
    check_status(leat_peek(r, 1, &span), LEAT_END);
    check_equal(span.len, 0);
    check(leat_reader_fault(r) == NULL);
    end(b, r);
}

/* --- Skipping and slices --- */

static void skips_what_would_be_consumed(struct bench *b)
{
    enum { LEN = 200000 };
    for (uint64_t i = 0; i < 4; i++) {
        struct bench_plan plan = { .seed = i, .below = i % 2 ? BELOW_SPLIT : BELOW_MEMORY };
        struct leat_reader *r = begin(b, &plan, LEN);
        struct random random = { b->plan.seed };
        struct leat_span span;
        enum leat_status status = LEAT_OK;
        uint64_t at = 0;
        while (status != LEAT_END) {
            uint64_t n = random_below(&random, 10) > 0 ? random_len(&random, 20000) : 0;
            uint64_t done;
            status = leat_skip(r, n, &done);
            at += done;
            check(done <= n);
            check_equal(status == LEAT_OK, done == n);
            check_equal(leat_tell(r), at);
            if (status == LEAT_AGAIN)
                drive_wait(r);
            if (random_percent(&random, 50))
                (void)bench_peek(r, random_len(&random, 300), &span);
            check_status(leat_peek(r, 0, &span), LEAT_OK);
            bench_check(span.data, at, span.len);
        }
        check_equal(at, LEN);
        end(b, r);
    }
}

struct slices {
    struct leat_slice slice[40];
    uint64_t offset[40];
    unsigned len;
};

/* On another thread: what each was, and its last release. */
static void *releases(void *arg)
{
    struct slices *slices = arg;
    for (unsigned i = 0; i < slices->len; i++) {
        bench_check(slices->slice[i].data, slices->offset[i], slices->slice[i].len);
        leat_slice_release(&slices->slice[i]);
        check(slices->slice[i].block == NULL);
    }
    return NULL;
}

/* Slices are all or nothing, share alone consumes nothing, and they outlive all else. */
static void slices_stay_as_they_were(struct bench *b)
{
    struct slices slices = { .len = 0 };
    struct bench_plan plan = { .hosted = true };
    struct leat_reader *r = begin(b, &plan, BENCH_LEN_MAX - 1000);
    struct random random = { b->plan.seed };
    struct leat_span span;
    while (slices.len < 40) {
        struct leat_slice *slice = &slices.slice[slices.len];
        size_t n = random_len(&random, 7000);
        uint64_t at = leat_tell(r);
        check_status(bench_peek(r, n, &span), LEAT_OK);
        check_status(leat_share(r, n, slice), LEAT_OK);
        check_equal(slice->len, n);
        check(slice->data == span.data || !bench_promises(b, KIND_SHARES));
        check_equal(leat_tell(r), at);
        slices.offset[slices.len++] = at;
        leat_consume(r, random_below(&random, n + 1));
    }
    size_t step = bench_promises(b, KIND_SLOW) ? 1000 : 1;
    while (bench_peek(r, step, &span) == LEAT_OK)
        leat_consume(r, span.len);
    leat_consume(r, span.len);
    struct leat_slice none;
    check_status(leat_take(r, 1, &none), LEAT_END);
    bench_close(b, r);
    pthread_t thread;
    check(pthread_create(&thread, NULL, releases, &slices) == 0);
    check(pthread_join(thread, NULL) == 0);
    bench_end(b);
}

/* --- What is copied --- */

static void copies_nothing(struct bench *b)
{
    struct read read;
    if (!bench_promises(b, KIND_COPIES_NOTHING))
        return;
    struct leat_reader *r = begin(b, &(struct bench_plan){ 0 }, BENCH_LEN_MAX - 1000);
    drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
    bench_close(b, r);
    check_equal(leat_counts_copied(&b->ctx.counts), 0);
    drive_read_fini(&read);
    bench_end(b);
}

/* A descriptor is offered by who says so, and by nobody else. */
static void offers_what_it_promises(struct bench *b)
{
    struct leat_offer offer = { .descriptor = -1 };
    if (b->source == NULL)
        return;
    struct leat_reader *r = begin(b, &(struct bench_plan){ 0 }, 5000);
    bool empty = r->pos == r->end;
    if (empty && bench_promises(b, KIND_OFFERS)) {
        check_status(leat_offer(r, &offer), LEAT_OK);
        check_equal(offer.kind, LEAT_OFFER_DESCRIPTOR);
        check(offer.descriptor >= 0);
        check_equal(offer.seekable, bench_promises(b, KIND_SEEKS));
    } else if (empty) {
        check_status(leat_offer(r, &offer), LEAT_UNSUPPORTED);
        check_equal(offer.descriptor, -1);
    }
    check(empty || !bench_promises(b, KIND_OFFERS));
    end(b, r);
}

/* --- Failing --- */

/* What was read before is right, and the fault says just where it was. */
static void failed_well(const struct read *read, enum leat_fault_code code)
{
    bench_check(read->bytes.data, 0, read->bytes.len);
    check_status(read->status, LEAT_FAULT);
    check_text(leat_fault_code_name(read->fault.code), leat_fault_code_name(code));
}

static void an_operation_fails(struct bench *b)
{
    enum { LEN = 100000 };
    bool failed = true;
    if (b->engine != unsteady_rows)
        return;
    for (uint64_t n = 1; failed; n++) {
        check_says("operation", n);
        check(n < FAILURES_MAX);
        bench_begin(b, &(struct bench_plan){ .seed = n });
        unsteady_fails_at(b->running, n);
        struct leat_reader *r = bench_open(b, LEN);
        struct read read;
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
        failed = unsteady_failed(b->running);
        if (failed) {
            failed_well(&read, LEAT_FAULT_SYSTEM);
            check_equal(read.fault.system_code, EIO);
            if (!bench_promises(b, KIND_OVER)) {
                check_equal(read.fault.offset, read.bytes.len);
                check_text(read.fault.part, r->part);
            }
            check_text(read.fault.name, leat_reader_label(r));
        } else {
            check_status(read.status, LEAT_END);
        }
        drive_read_fini(&read);
        end(b, r);
        n += n > 30 ? n / 8 : 0; /* the later ones are all alike */
    }
}

/* The n-th allocation fails, for each n: a fault that says so, or it could do without. */
static void memory_fails(struct bench *b)
{
    const size_t len = bench_promises(b, KIND_SLOW) ? 20000 : 150000;
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        if (!bench_tries(b, n))
            continue;
        check_says("allocation", n);
        check(n < FAILURES_MAX);
        struct bench_plan plan = { .seed = n / 16 };
        plan.below = b->view != NULL && n % 2 ? BELOW_SPLIT : BELOW_MEMORY;
        bench_begin(b, &plan);
        b->memory.fail_at = n;
        struct leat_reader *r = bench_open(b, len);
        struct read read;
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
        failed = b->memory.calls >= n;
        if (read.status == LEAT_FAULT)
            failed_well(&read, LEAT_FAULT_MEMORY);
        else
            check_bytes(read.bytes.data, read.bytes.len, bench_bytes(), len);
        check(failed || read.status == LEAT_END);
        drive_read_fini(&read);
        end(b, r);
        n += n > 40 ? n / 4 : 0;
    }
}

/* Closed after any number of steps, armed or not: nothing is left, and no wake comes late. */
static void fire(struct leat_wake *wake)
{
    (void)wake;
}

static void closes_at_every_step(struct bench *b)
{
    enum { STEPS_MAX = 30, LEN = 100000 };
    for (unsigned steps = 0; steps <= STEPS_MAX; steps++) {
        check_says("steps", steps);
        struct bench_plan plan = { .seed = steps % 5 };
        plan.below = b->view != NULL && steps % 2 ? BELOW_SPLIT : BELOW_MEMORY;
        struct leat_reader *r = begin(b, &plan, LEN);
        struct random random = { b->plan.seed };
        struct leat_wake wake = { fire };
        enum leat_status status = LEAT_OK;
        for (unsigned i = 0; i < steps; i++) {
            struct leat_span span;
            uint64_t done;
            if (random_percent(&random, 70))
                status = leat_peek(r, random_len(&random, 5000), &span);
            else
                status = leat_skip(r, random_len(&random, 5000), &done);
            check_status(leat_peek(r, 0, &span), LEAT_OK);
            leat_consume(r, random_below(&random, span.len + 1));
            if (status == LEAT_AGAIN && i + 1 < steps)
                drive_wait(r);
        }
        if (status == LEAT_AGAIN)
            check_status(leat_arm(r, &wake), LEAT_OK);
        bench_close(b, r);
        /* Were it still armed, this would touch it. */
        memset(&wake, 0, sizeof(wake));
        bench_turn(b);
        bench_end(b);
    }
}

void suite_reader(struct bench *b)
{
    bench_run(b, "the same however it is read", the_same_however_it_is_read);
    bench_run(b, "the same in any window", the_same_in_any_window);
    bench_run(b, "demands too large", demands_too_large_change_nothing);
    bench_run(b, "the end sticks", the_end_sticks_and_hides_nothing);
    bench_run(b, "skips", skips_what_would_be_consumed);
    if (bench_tries(b, 0))
        bench_run(b, "slices", slices_stay_as_they_were);
    bench_run(b, "copies nothing", copies_nothing);
    bench_run(b, "offers", offers_what_it_promises);
    bench_run(b, "an operation fails", an_operation_fails);
    bench_run(b, "memory fails", memory_fails);
    bench_run(b, "closes at every step", closes_at_every_step);
}
