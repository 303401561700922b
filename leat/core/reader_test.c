/* What holds for each reader: shown on a source whose bytes follow from their offsets, whole and
 * cut into pieces, by a consumer that asks in every way there is. */

#include "leat/core/bytes.h"
#include "leat/core/widen.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/source.h"

static struct memory memory;
static struct leat_ctx ctx;

/* --- The window --- */

static void peeks_show_what_is_there(void)
{
    struct source_plan plan = { .len = 1000, .step = 10 };
    struct leat_reader *r = source_reader(&ctx, &plan);
    struct leat_span span;
    check_status(leat_peek(r, 0, &span), LEAT_OK);
    check_equal(span.len, 0);
    check_equal(r->counts.fills, 0);
    check_status(leat_peek(r, 1, &span), LEAT_OK);
    check_equal(span.len, 10);
    check_status(leat_peek(r, 25, &span), LEAT_OK);
    check_equal(span.len, 25);
    check_status(leat_peek(r, 3, &span), LEAT_OK);
    check_equal(span.len, 25);
    check_equal(span.data[24], source_byte(24));
    leat_consume(r, 20);
    check_equal(leat_tell(r), 20);
    check_status(leat_peek(r, r->window_max + 1, &span), LEAT_LIMIT);
    check_equal(span.len, 5);
    check_status(leat_peek(r, 5, &span), LEAT_OK);
    check_equal(r->counts.fills, 2);
    leat_reader_close(r);
}

static void what_follows_the_window_sticks(void)
{
    struct source_plan plan = { .len = 30, .step = 8 };
    struct leat_reader *r = source_reader(&ctx, &plan);
    struct leat_span span;
    check_status(leat_peek(r, 31, &span), LEAT_END);
    check_equal(span.len, 30);
    check_status(leat_peek(r, 30, &span), LEAT_OK);
    check_status(leat_peek(r, r->window_max + 1, &span), LEAT_LIMIT);
    leat_consume(r, 30);
    check_status(leat_peek(r, 1, &span), LEAT_END);
    check_equal(span.len, 0);
    check(leat_reader_fault(r) == NULL);
    check_equal(r->counts.fills, 1);
    leat_reader_close(r);
}

static void data_comes_before_a_fault(void)
{
    struct source_plan plan = { .len = 100, .faults_at = 42, .step = 16, .skips = true };
    struct leat_reader *r = leat_widen(leat_limit(source_reader(&ctx, &plan), 90, true), 64);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_equal(read.bytes.len, 42);
    check_status(read.status, LEAT_FAULT);
    check_text(read.fault.part, "source");
    check_text(read.fault.name, "a source");
    check_equal(read.fault.offset, 42);
    drive_read_fini(&read);
    leat_reader_close(r);
}

/* --- Skip, take, seek --- */

static void skip_drops_what_consume_would(void)
{
    static const struct source_plan plans[] = {
        { .len = 5000, .step = 7 },
        { .len = 5000, .step = 7, .skips = true },
        { .len = 5000, .step = 7, .skips = true, .faults_at = 4000 },
    };
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        struct leat_reader *r = source_reader(&ctx, &plans[i]);
        uint64_t end = plans[i].faults_at > 0 ? plans[i].faults_at : plans[i].len;
        struct leat_span span;
        uint64_t done;
        check_status(leat_peek(r, 3, &span), LEAT_OK);
        check_status(leat_skip(r, 0, &done), LEAT_OK);
        check_equal(done, 0);
        check_status(leat_skip(r, 2, &done), LEAT_OK);
        check_equal(done, 2);
        check_status(leat_skip(r, 1000, &done), LEAT_OK);
        check_equal(done, 1000);
        check_equal(leat_tell(r), 1002);
        check_status(leat_peek(r, 1, &span), LEAT_OK);
        check_equal(span.data[0], source_byte(1002));
        check_status(leat_skip(r, 1u << 20, &done), plans[i].faults_at > 0 ? LEAT_FAULT : LEAT_END);
        check_equal(done, end - 1002);
        check_equal(leat_tell(r), end);
        leat_reader_close(r);
    }
}

static void slices_outlive_the_reader(void)
{
    enum { SLICES = 40, LEN = 100 };
    struct source_plan plan = { .len = SLICES * LEN, .step = 64 };
    struct leat_reader *r = source_reader(&ctx, &plan);
    struct leat_slice slices[SLICES];
    for (size_t i = 0; i < SLICES; i++)
        check_status(leat_take(r, LEN, &slices[i]), LEAT_OK);
    struct leat_slice none;
    check_status(leat_take(r, 1, &none), LEAT_END);
    check_status(leat_take(r, r->window_max + 1, &none), LEAT_LIMIT);
    leat_reader_close(r);
    for (size_t i = 0; i < SLICES; i++) {
        uint8_t bytes[LEN];
        source_bytes(i * LEN, bytes, LEN);
        check_bytes(slices[i].data, slices[i].len, bytes, LEN);
        leat_slice_release(&slices[i]);
        check(slices[i].block == NULL);
    }
}

static void a_slice_is_whole_or_not_there(void)
{
    struct split_plan plan = { .seed = 1, .piece_max = 3, .again_percent = 50 };
    static const char text[] = "0123456789";
    struct leat_reader *r = split_reader(leat_memory(&ctx, text, 10), &plan);
    struct leat_slice slice = { 0 };
    enum leat_status status;
    while ((status = leat_share(r, 8, &slice)) == LEAT_AGAIN) {
        check_equal(leat_tell(r), 0);
        drive_wait(r);
    }
    check_status(status, LEAT_OK);
    check_equal(leat_tell(r), 0);
    check_bytes(slice.data, slice.len, text, 8);
    leat_slice_release(&slice);
    leat_reader_close(r);
}

static void seek_gets_over_the_end_and_faults(void)
{
    struct source_plan plan = { .len = 500, .step = 100, .seeks = true };
    struct leat_reader *r = source_reader(&ctx, &plan);
    struct leat_reader *fork;
    struct leat_span span;
    uint64_t n;
    check_status(leat_size(r, &n), LEAT_OK);
    check_equal(n, 500);
    check_status(leat_peek(r, 501, &span), LEAT_END);
    leat_consume(r, 200);
    check_status(leat_fork(r, NULL, &fork), LEAT_OK);
    check_status(leat_seek(r, 10), LEAT_OK);
    check_status(leat_peek(r, 20, &span), LEAT_OK);
    check_equal(span.data[0], source_byte(10));
    check_status(leat_seek(r, 1000), LEAT_OK);
    check_equal(leat_tell(r), 1000);
    check_status(leat_peek(r, 1, &span), LEAT_END);
    leat_reader_close(r);
    check_status(leat_peek(fork, 1, &span), LEAT_OK);
    check_equal(span.data[0], source_byte(200));
    leat_reader_close(fork);
    /* 200 at the first place, none at the others. */
    check_equal(ctx.counts.moved, 200);
}

static void what_cannot_be_done_changes_nothing(void)
{
    struct source_plan plan = { .len = 500 };
    struct leat_reader *r = source_reader(&ctx, &plan);
    struct leat_reader *fork = NULL;
    uint64_t n = 77;
    struct leat_span span;
    check_status(leat_peek(r, 5, &span), LEAT_OK);
    leat_consume(r, 5);
    check_status(leat_seek(r, 0), LEAT_UNSUPPORTED);
    check_status(leat_fork(r, NULL, &fork), LEAT_UNSUPPORTED);
    check_status(leat_size(r, &n), LEAT_UNSUPPORTED);
    check(fork == NULL);
    check_equal(n, 77);
    check_equal(leat_tell(r), 5);
    leat_reader_close(r);
}

static void offsets_pass_four_gib(void)
{
    const uint64_t far = ((uint64_t)5 << 30) + 12345;
    struct source_plan plan = { .len = far + 1000, .step = 100, .skips = true };
    struct leat_reader *r = leat_limit(source_reader(&ctx, &plan), far + 500, true);
    uint64_t done;
    struct leat_span span;
    check_status(leat_skip(r, far, &done), LEAT_OK);
    check_equal(done, far);
    check_equal(leat_tell(r), far);
    check_status(leat_peek(r, 501, &span), LEAT_END);
    check_equal(span.len, 500);
    check_equal(span.data[499], source_byte(far + 499));
    leat_consume(r, 1);
    leat_reader_close(r);
    check_equal(ctx.counts.moved, 2 * (far + 1));
}

/* --- Asked in every way --- */

static void every_cutting_gives_the_same(uint64_t seed)
{
    enum { LEN = 20000 };
    uint8_t *bytes = memory_get(LEN);
    source_bytes(0, bytes, LEN);
    for (uint64_t i = 0; i < 30; i++) {
        check_says("seed", seed + i);
        struct split_plan split = split_plan_of(seed + i);
        struct source_plan plan = { .len = LEN, .step = 1 + split.piece_max / 2 };
        struct leat_reader *r = split_reader(source_reader(&ctx, &plan), &split);
        if (i % 3 == 1)
            r = leat_widen(r, 100 * LEAT_KIB);
        if (i % 3 == 2)
            r = leat_limit(r, LEN - 1000, true);
        struct read read;
        drive_read_wildly(r, seed + i, UINT64_MAX, &read);
        check_status(read.status, LEAT_END);
        check_bytes(read.bytes.data, read.bytes.len, bytes, i % 3 == 2 ? LEN - 1000 : LEN);
        drive_read_fini(&read);
        leat_reader_close(r);
    }
    memory_put(bytes);
}

/* --- Without memory --- */

static void a_fault_stands_in_for_what_has_no_memory(void)
{
    memory.fail_at = memory.calls + 1;
    struct leat_reader *r = leat_limit(leat_memory(&ctx, "abc", 3), 2, false);
    struct leat_span span;
    check(leat_tell(r) == 0);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(span.len, 0);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_MEMORY);
    leat_reader_close(r);

    r = leat_memory(&ctx, "abc", 3);
    memory.fail_at = memory.calls + 1;
    r = leat_limit(r, 2, false);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_text(leat_reader_fault(r)->part, "limit");
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_MEMORY);
    check_status(leat_seek(r, 0), LEAT_UNSUPPORTED);
    leat_reader_close(r);
}

/* Two constructors may both find no memory; each hands out the ctx's one reader for that. */
static void two_may_lack_memory_at_once(void)
{
    memory.fail_at = memory.calls + 1;
    struct leat_reader *a = leat_memory(&ctx, "abc", 3);
    memory.fail_at = memory.calls + 1;
    struct leat_reader *b = leat_memory(&ctx, "abc", 3);
    struct leat_span span;
    a = leat_limit(a, 2, false);
    b = leat_limit(b, 2, false);
    check_status(leat_peek(a, 1, &span), LEAT_FAULT);
    check_status(leat_peek(b, 1, &span), LEAT_FAULT);
    leat_reader_close(a);
    check_equal(leat_reader_fault(b)->code, LEAT_FAULT_MEMORY);
    leat_reader_close(b);
}

/* A slice that finds no memory is a fault of the reader that was asked, through views as well. */
static void a_slice_without_memory_is_a_fault(void)
{
    struct split_plan plan = { .seed = 1 };
    struct leat_reader *r = split_reader(leat_memory(&ctx, "abcdef", 6), &plan);
    r = leat_limit(leat_limit(r, 6, true), 6, true);
    struct leat_span span;
    struct leat_slice slice;
    check_status(leat_peek(r, 6, &span), LEAT_OK);
    memory.fail_at = memory.calls + 1;
    check_status(leat_take(r, 4, &slice), LEAT_FAULT);
    check(leat_reader_fault(r) != NULL);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_MEMORY);
    check_status(leat_peek(r, 6, &span), LEAT_OK);
    leat_reader_close(r);
}

#define run(test) (memory_ctx_init(&ctx, &memory), check_run(test), memory_ctx_fini(&ctx, &memory))

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    run(peeks_show_what_is_there);
    run(what_follows_the_window_sticks);
    run(data_comes_before_a_fault);
    run(skip_drops_what_consume_would);
    run(slices_outlive_the_reader);
    run(a_slice_is_whole_or_not_there);
    run(seek_gets_over_the_end_and_faults);
    run(what_cannot_be_done_changes_nothing);
    run(offsets_pass_four_gib);
    run(a_fault_stands_in_for_what_has_no_memory);
    run(two_may_lack_memory_at_once);
    run(a_slice_without_memory_is_a_fault);
    memory_ctx_init(&ctx, &memory);
    check_says_text("test", "every_cutting_gives_the_same");
    for (uint64_t i = 0; i < options.rounds; i++)
        every_cutting_gives_the_same(options.seed + i);
    memory_ctx_fini(&ctx, &memory);
    return 0;
}
