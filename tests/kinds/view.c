/* What holds for each view over any source: it shows the source's window and its faults, owes it
 * what was consumed, says so in its own offsets, and can be stacked. */

#include <stdlib.h>
#include <string.h>

#include "leat/endpoint/file/file.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/kinds/bench.h"
#include "tests/kinds/ends.h"
#include "tests/support/check.h"

enum { LEN = 50000 };

/* --- Windows and offsets --- */

/* Nothing below is touched but by reference: it may be memory that cannot be read. */
static void shows_what_it_may_not_read(struct bench *b)
{
    struct leat_span span;
    struct leat_slice slice;
    uint64_t done;
    if (!bench_promises(b, KIND_COPIES_NOTHING) || bench_promises(b, KIND_LOOKS))
        return;
    bench_begin(b, &(struct bench_plan){ .below = BELOW_UNREAD });
    struct leat_reader *r = bench_open(b, LEN);
    check_status(leat_peek(r, 100, &span), LEAT_OK);
    check_status(leat_skip(r, 100, &done), LEAT_OK);
    check_status(leat_take(r, 1000, &slice), LEAT_OK);
    check_status(leat_peek(r, 1, &span), LEAT_OK);
    check(span.data == slice.data + 1000);
    leat_slice_release(&slice);
    while (leat_peek(r, 1, &span) == LEAT_OK)
        leat_consume(r, span.len);
    check_equal(leat_tell(r), LEN);
    bench_close(b, r);
    check_equal(leat_counts_copied(&b->ctx.counts), 0);
    bench_end(b);
}

static void begins_where_its_source_stands(struct bench *b)
{
    static const uint64_t begins[] = { 1, 50, 5000 };
    struct leat_span span;
    for (unsigned i = 0; i < 6; i++) {
        uint64_t at = begins[i / 2];
        struct bench_plan plan = { .begins = at, .below = i % 2 ? BELOW_SPLIT : BELOW_MEMORY };
        bench_begin(b, &plan);
        struct leat_reader *r = bench_open(b, LEN);
        uint64_t first = leat_tell(r);
        check_equal(first, bench_promises(b, KIND_OWN_OFFSETS) ? 0 : at);
        check_status(bench_peek(r, 10, &span), LEAT_OK);
        bench_check(span.data, at, 10);
        struct read read;
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
        check_equal(read.bytes.len, LEN);
        bench_check(read.bytes.data, at, LEN);
        check_equal(leat_tell(r), first + LEN);
        drive_read_fini(&read);
        /* What the view does beside is of all that it showed, which begins elsewhere. */
        leat_reader_close(r);
        bench_end(b);
    }
}

/* Closed above a borrower, the source stands behind what was consumed, and goes on there. */
static void a_borrowed_source_goes_on(struct bench *b)
{
    struct leat_reader shell;
    struct leat_span span;
    for (uint64_t i = 0; i < 8; i++) {
        bench_begin(b, &(struct bench_plan){ .seed = i });
        struct split_plan plan = split_plan_of(b->plan.seed);
        struct random random = { b->plan.seed };
        struct leat_reader *source = leat_memory(&b->ctx, bench_bytes(), LEN);
        source = split_reader(source, &plan);
        struct leat_reader *r = bench_open_over(b, leat_borrow(&shell, source), LEN);
        uint64_t consumed = random_below(&random, LEN / 2);
        for (uint64_t left = consumed; left > 0;) {
            size_t some = random_len(&random, left < 3000 ? (size_t)left : 3000);
            check_status(bench_peek(r, some, &span), LEAT_OK);
            leat_consume(r, some);
            left -= some;
        }
        bench_close(b, r);
        bench_unmake(b);
        if (bench_promises(b, KIND_COPIES_NOTHING))
            check_equal(leat_tell(source), consumed);
        check(leat_tell(source) >= consumed);
        check_status(bench_peek(source, 1, &span), LEAT_OK);
        bench_check(span.data, leat_tell(source), 1);
        leat_reader_close(source);
        bench_end(b);
    }
}

/* A source that moves its window whenever it is asked for something, and spoils what was there. */
struct restless {
    struct leat_reader reader;
    uint8_t *blocks[2];
    unsigned now;
};

static enum leat_status restless_moves(struct leat_reader *r)
{
    struct restless *self = (struct restless *)r;
    size_t at = (size_t)leat_tell(r);
    memset(self->blocks[self->now], 0xdd, LEN);
    self->now = 1 - self->now;
    memcpy(self->blocks[self->now], bench_bytes(), LEN);
    r->pos = self->blocks[self->now] + at;
    r->end = self->blocks[self->now] + LEN;
    r->end_offset = LEN;
    return LEAT_OK;
}

static enum leat_status restless_fill(struct leat_reader *r, size_t min)
{
    restless_moves(r);
    return (size_t)(r->end - r->pos) >= min ? LEAT_OK : LEAT_END;
}

static enum leat_status restless_size(struct leat_reader *r, uint64_t *ret)
{
    *ret = LEN;
    return restless_moves(r);
}

static enum leat_status restless_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                      struct leat_reader **ret)
{
    (void)ctx;
    (void)ret;
    restless_moves(r);
    return LEAT_AGAIN;
}

static enum leat_status restless_seek(struct leat_reader *r, uint64_t offset)
{
    restless_moves(r);
    if (offset >= LEN)
        return LEAT_AGAIN;
    r->pos = r->end - (LEN - offset);
    return LEAT_OK;
}

static void restless_stop(struct leat_reader *r)
{
    free(((struct restless *)r)->blocks[0]);
    free(((struct restless *)r)->blocks[1]);
}

static struct leat_reader *restless(struct leat_ctx *ctx)
{
    static const struct leat_reader_ops ops = {
        .name = "restless",
        .self_size = sizeof(struct restless),
        .fill = restless_fill,
        .seek = restless_seek,
        .fork = restless_fork,
        .size = restless_size,
        .stop = restless_stop,
    };
    struct restless *self = leat_reader_at(ctx, &ops);
    check(self != NULL);
    for (unsigned i = 0; i < 2; i++)
        self->blocks[i] = malloc(LEN);
    check(self->blocks[0] != NULL && self->blocks[1] != NULL);
    return &self->reader;
}

static void shows_from(struct leat_reader *r, uint64_t at)
{
    struct leat_span span;
    check_status(leat_peek(r, 1, &span), LEAT_OK);
    bench_check(span.data, at, span.len);
}

/* Whatever the source is asked for through the view, and whatever it answers, the view shows its
 * present window. */
static void follows_its_source(struct bench *b)
{
    struct leat_reader *fork;
    uint64_t size;
    bench_begin(b, &(struct bench_plan){ 0 });
    struct leat_reader *r = bench_open_over(b, restless(&b->ctx), LEN);
    shows_from(r, 0);
    leat_consume(r, 10);
    (void)!leat_size(r, &size);
    shows_from(r, 10);
    if (leat_fork(r, NULL, &fork) == LEAT_OK)
        leat_reader_close(fork);
    shows_from(r, 10);
    bool waits = leat_seek(r, LEN) != LEAT_OK; /* the source does, and what keeps its bytes not */
    if (waits)
        shows_from(r, 10);
    bool seeks = leat_seek(r, 30) == LEAT_OK;
    shows_from(r, seeks ? 30 : 10);
    bench_close(b, r);
    bench_end(b);
}

/* --- Faults --- */

static void its_source_s_fault_comes_through(struct bench *b)
{
    struct read read;
    for (uint64_t i = 0; i < 4; i++) {
        bench_begin(b, &(struct bench_plan){ .seed = i, .below = BELOW_FAULTY });
        struct leat_reader *r = bench_open(b, LEN - i);
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
        uint64_t all =
            LEN - i + (bench_promises(b, KIND_CUTS) ? BENCH_CUT_LEN : 0) - BENCH_FAULT_LEN;
        check_bytes(read.bytes.data, read.bytes.len, bench_bytes(), all);
        check_status(read.status, LEAT_FAULT);
        check_text(read.fault.part, "source");
        check_text(read.fault.reason, "a bad sector");
        check_text(read.fault.name, "a source");
        check_equal(read.fault.offset, all);
        drive_read_fini(&read);
        bench_close(b, r);
        bench_end(b);
    }
}

/* --- Stacks --- */

/* Five of a kind are as one, and where one copies nothing five do not. */
static void five_are_as_one(struct bench *b)
{
    struct read read;
    for (unsigned i = 0; i < 4; i++) {
        struct bench_plan plan = { .seed = i, .below = i % 2 ? BELOW_SPLIT : BELOW_MEMORY };
        if (b->view->make != NULL || bench_promises(b, KIND_CUTS))
            return;
        bench_begin(b, &plan);
        struct leat_reader *r = bench_open(b, LEN);
        for (unsigned layer = 1; layer < 5; layer++)
            r = bench_open_over(b, r, LEN);
        drive_read_wildly(r, b->plan.seed, UINT64_MAX, &read);
        check_status(read.status, LEAT_END);
        check_bytes(read.bytes.data, read.bytes.len, bench_bytes(), LEN);
        drive_read_fini(&read);
        bench_close(b, r);
        if (bench_promises(b, KIND_COPIES_NOTHING) && plan.below == BELOW_MEMORY)
            check_equal(leat_counts_copied(&b->ctx.counts), 0);
        bench_end(b);
    }
}

/* --- What it may not do --- */

/* Bytes that a view must look at, or whose place it changes, are never offered past it. */
static void offers_nothing_that_it_must_see(struct bench *b)
{
    struct leat_offer offer;
    if (!bench_promises(b, KIND_LOOKS) && bench_promises(b, KIND_COPIES_NOTHING))
        return;
    bench_begin(b, &(struct bench_plan){ 0 });
    ends_put_file(&b->in.end, 0, bench_bytes(), LEN);
    struct leat_reader *r = leat_file(&b->ctx, b->in.end.path);
    check_status(leat_offer(r, &offer), LEAT_OK);
    r = bench_open_over(b, r, LEN);
    check_equal(r->end - r->pos, 0);
    check_status(leat_offer(r, &offer), LEAT_UNSUPPORTED);
    bench_close(b, r);
    ends_unmake(&b->in.end);
    bench_end(b);
}

/* Whatever is peeked at, skipped, taken, shared or left: what the view does beside is done to just
 * those that were consumed. bench_close has that judged. */
static void sees_what_was_consumed(struct bench *b)
{
    for (uint64_t i = 0; b->view->judge != NULL && i < 60; i++) {
        struct bench_plan plan = { .seed = i, .below = i % 3 ? BELOW_SPLIT : BELOW_MEMORY };
        bench_begin(b, &plan);
        struct leat_reader *r = bench_open(b, LEN);
        struct random random = { b->plan.seed };
        for (uint64_t steps = random_below(&random, 100); steps > 0; steps--) {
            struct leat_span span;
            struct leat_slice slice;
            uint64_t done;
            size_t n = random_len(&random, 2000);
            enum leat_status status = leat_peek(r, n, &span);
            bool takes = status == LEAT_OK && random_percent(&random, 30);
            if (takes && (random_percent(&random, 50) ? leat_take(r, n, &slice)
                                                      : leat_share(r, n, &slice)) == LEAT_OK)
                leat_slice_release(&slice);
            if (random_percent(&random, 30))
                (void)!leat_skip(r, n, &done);
            check_status(leat_peek(r, 0, &span), LEAT_OK);
            leat_consume(r, random_below(&random, span.len + 1));
            if (status == LEAT_AGAIN)
                drive_wait(r);
        }
        bench_close(b, r);
        bench_end(b);
    }
}

void suite_view(struct bench *b)
{
    bench_run(b, "shows what it may not read", shows_what_it_may_not_read);
    bench_run(b, "begins where its source stands", begins_where_its_source_stands);
    bench_run(b, "a borrowed source goes on", a_borrowed_source_goes_on);
    bench_run(b, "follows its source", follows_its_source);
    bench_run(b, "its source's fault", its_source_s_fault_comes_through);
    bench_run(b, "five are as one", five_are_as_one);
    bench_run(b, "offers nothing", offers_nothing_that_it_must_see);
    bench_run(b, "sees what was consumed", sees_what_was_consumed);
}
