/* A copy moves the same bytes whichever way the two sides agree on, however often either would wait
 * and wherever either fails, and says just how many. */

#include "leat/core/bytes.h"
#include "leat/core/copy.h"
#include "leat/core/stage.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/source.h"
#include "tests/support/stall.h"
#include "tests/support/toy.h"

static struct memory memory;
static struct leat_ctx ctx;

/* Constant memory, of which a little shows and the rest is offered. */
struct offering {
    struct leat_reader reader;
    const uint8_t *data;
    size_t len;
    size_t offer_max;
};

static enum leat_status offering_fill(struct leat_reader *r, size_t min)
{
    struct offering *self = (struct offering *)r;
    size_t tell = (size_t)leat_tell(r);
    size_t more = min > 10 ? min : 10;
    more = more < self->len - tell ? more : self->len - tell;
    r->pos = self->data + tell;
    r->end = r->pos + more;
    r->end_offset = tell + more;
    return more >= min ? LEAT_OK : LEAT_END;
}

static enum leat_status offering_offer(struct leat_reader *r, struct leat_offer *ret)
{
    struct offering *self = (struct offering *)r;
    size_t left = self->len - (size_t)leat_tell(r);
    ret->kind = LEAT_OFFER_MEMORY;
    ret->data = self->data + leat_tell(r);
    ret->len = left < self->offer_max ? left : self->offer_max;
    return self->offer_max > 0 ? LEAT_OK : LEAT_UNSUPPORTED;
}

static void offering_pulled(struct leat_reader *r, uint64_t n)
{
    r->end_offset += n;
}

static struct leat_reader *offering_reader(const uint8_t *data, size_t len, size_t offer_max)
{
    static const struct leat_reader_ops ops = {
        .name = "offering",
        .self_size = sizeof(struct offering),
        .fill = offering_fill,
        .offer = offering_offer,
        .pulled = offering_pulled,
    };
    struct offering *self = leat_reader_at(&ctx, &ops);
    check(self != NULL);
    self->data = data;
    self->len = len;
    self->offer_max = offer_max;
    return &self->reader;
}

enum { LEN = 30000 };
static uint8_t bytes[LEN];

/* Any source of `bytes`, and any sink, as the numbers say. */
static struct leat_reader *any_reader(struct random *random)
{
    struct split_plan plan = split_plan_of(random_next(random));
    switch (random_below(random, 5)) {
    case 0:
        return offering_reader(bytes, LEN, random_len(random, LEN));
    case 1:
        return leat_memory(&ctx, bytes, LEN);
    case 2:
        return leat_limit(leat_memory(&ctx, bytes, LEN), LEN, true);
    case 3:
        return leat_pull(split_reader(leat_memory(&ctx, bytes, LEN), &plan), &toy_same, NULL);
    default:
        return split_reader(leat_memory(&ctx, bytes, LEN), &plan);
    }
}

static struct leat_writer *any_writer(struct random *random, struct sink *sink)
{
    struct split_plan plan = split_plan_of(random_next(random));
    plan.piece_max = plan.piece_max < 16 ? 16 : plan.piece_max;
    sink->gives = random_percent(random, 50);
    sink->refuses = random_percent(random, 50);
    sink->pull_max = random_percent(random, 50) ? random_len(random, LEN) : 0;
    struct leat_writer *w = sink_writer(sink, &ctx, &plan);
    return random_percent(random, 20) ? leat_push(w, &toy_same, NULL) : w;
}

/* Copy at most `limit`, over every wait. */
static enum leat_status copies(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                               uint64_t *ret_done)
{
    enum leat_status status;
    uint64_t read = leat_tell(r);
    uint64_t written = leat_writer_tell(w);
    *ret_done = 0;
    do {
        uint64_t done;
        status = leat_copy(w, r, limit - *ret_done, &done);
        *ret_done += done;
        check_equal(leat_tell(r), read + *ret_done);
        check_equal(leat_writer_tell(w), written + *ret_done);
        if (status == LEAT_AGAIN)
            drive_wait(r);
        else if (status == LEAT_FULL)
            drive_writer_wait(w);
    } while (status == LEAT_AGAIN || status == LEAT_FULL);
    check(status == LEAT_OK || status == LEAT_END || status == LEAT_FAULT);
    check_equal(status == LEAT_OK, *ret_done == limit);
    return status;
}

static void every_pair_copies_the_same(uint64_t seed)
{
    struct random random = { seed };
    struct sink sink = { 0 };
    struct leat_reader *r = any_reader(&random);
    struct leat_writer *w = any_writer(&random, &sink);
    enum leat_status status;
    do {
        /* Both sides buffered, as it happens: some read, some written. */
        struct leat_span span;
        uint64_t done;
        if (random_percent(&random, 50))
            (void)!leat_peek(r, random_len(&random, 100), &span);
        status = copies(w, r, random_len(&random, LEN), &done);
    } while (status == LEAT_OK);
    check_status(status, LEAT_END);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    check_bytes(sink.data, sink.len, bytes, LEN);
    leat_writer_close(w);
    leat_reader_close(r);
    sink_fini(&sink);
}

static void either_side_may_fail_on_the_way(uint64_t seed)
{
    struct random random = { seed };
    size_t at = random_len(&random, LEN - 1);
    struct sink sink = { 0 };
    struct source_plan plan = { .len = LEN, .step = random_len(&random, 3000) };
    bool reader_fails = seed % 2;
    if (reader_fails)
        plan.faults_at = at;
    struct leat_writer *w = any_writer(&random, &sink);
    if (!reader_fails)
        sink.fails_at = at;
    struct leat_reader *r = source_reader(&ctx, &plan);
    uint64_t done;
    enum leat_status status = copies(w, r, UINT64_MAX, &done);
    if (reader_fails) {
        check_status(status, LEAT_FAULT);
        check_text(leat_reader_fault(r)->reason, "a bad sector");
        check(leat_writer_fault(w) == NULL);
        check_equal(done, at);
        check_status(drive_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        check_bytes(sink.data, sink.len, bytes, at);
    } else {
        /* What was still in the writer's room fails at the flush. */
        if (status == LEAT_END)
            status = drive_flush(w, LEAT_FLUSH_FINISH);
        check_status(status, LEAT_FAULT);
        check_text(leat_writer_fault(w)->reason, "no space left");
        check(leat_reader_fault(r) == NULL);
        check(sink.len >= at);
        check_bytes(sink.data, sink.len, bytes, sink.len);
    }
    leat_writer_close(w);
    leat_reader_close(r);
    sink_fini(&sink);
}

/* A peer that waits for our answer before it sends more must get it. */
static void a_stalled_reader_flushes_the_writer(void)
{
    for (unsigned push = 0; push < 2; push++) {
        struct sink sink = { 0 };
        struct split_plan plan = { 0 };
        struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
        if (push)
            w = leat_push(w, &toy_same, NULL);
        struct leat_reader *r = stall_reader(&ctx, "a request", 9);
        uint64_t done;
        check_status(leat_copy(w, r, UINT64_MAX, &done), LEAT_AGAIN);
        check_equal(done, 9);
        check_bytes(sink.data, sink.len, "a request", 9);
        check_equal(sink.flushes[LEAT_FLUSH_PUSH], 1);
        check_status(leat_copy(w, r, UINT64_MAX, &done), LEAT_AGAIN);
        check_equal(done, 0);
        check_equal(sink.len, 9);
        leat_reader_close(r);
        leat_writer_close(w);
        sink_fini(&sink);
    }
}

static void nothing_is_asked_for_beyond_the_limit(void)
{
    struct sink sink = { 0 };
    struct split_plan plan = { 0 };
    struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
    struct leat_reader *r = stall_reader(&ctx, "a request", 9);
    uint64_t done = 5;
    check_status(leat_copy(w, r, 0, &done), LEAT_OK);
    check_equal(done, 0);
    check_status(leat_copy(w, r, 9, &done), LEAT_OK);
    check_equal(done, 9);
    check_equal(sink.flushes[LEAT_FLUSH_PUSH], 0);
    leat_reader_close(r);
    leat_writer_close(w);
    sink_fini(&sink);
}

/* By reference and by offer nothing is copied, and a slow way that copies counts it. */
static void the_ledger_says_which_way_it_was(void)
{
    for (unsigned way = 0; way < 3; way++) {
        check_says("way", way);
        struct leat_counts before = ctx.counts;
        struct sink sink = { .gives = way == 1, .pull_max = way == 2 ? LEN : 0 };
        struct split_plan plan = { 0 };
        struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
        struct leat_reader *r =
            way == 2 ? offering_reader(bytes, LEN, LEN) : leat_memory(&ctx, bytes, LEN);
        uint64_t done;
        check_status(leat_copy(w, r, UINT64_MAX, &done), LEAT_END);
        check_equal(done, LEN);
        leat_reader_close(r);
        leat_writer_close(w);
        uint64_t copied = leat_counts_copied(&ctx.counts) - leat_counts_copied(&before);
        check_equal(copied, way == 0 ? LEN : 0);
        check_equal(ctx.counts.moved - before.moved, 2 * LEN);
        check_equal(sink.given + sink.pulled, way == 0 ? 0 : LEN);
        sink_fini(&sink);
    }
}

#define run(test) (memory_ctx_init(&ctx, &memory), check_run(test), memory_ctx_fini(&ctx, &memory))

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    source_bytes(0, bytes, LEN);
    run(a_stalled_reader_flushes_the_writer);
    run(nothing_is_asked_for_beyond_the_limit);
    run(the_ledger_says_which_way_it_was);
    for (uint64_t i = 0; i < 60 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        memory_ctx_init(&ctx, &memory);
        check_says_text("test", "every_pair_copies_the_same");
        every_pair_copies_the_same(options.seed + i);
        check_says_text("test", "either_side_may_fail_on_the_way");
        either_side_may_fail_on_the_way(options.seed + i);
        memory_ctx_fini(&ctx, &memory);
    }
    return 0;
}
