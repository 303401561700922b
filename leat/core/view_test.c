/* Views show their source's own window, owe it what is consumed, and keep it from other use: shown
 * by comparing what each layer says of itself, before and after each kind of call. */

#include "leat/core/bytes.h"
#include "leat/core/copy.h"
#include "leat/core/view.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/source.h"

static struct memory memory;
static struct leat_ctx ctx;

/* A view that looks at each byte as it is settled, as a hash does. */
struct sum {
    struct leat_reader reader;
    uint64_t *sum;
};

static void sum_settle(struct leat_reader *r)
{
    struct sum *self = (struct sum *)r;
    size_t owes = leat_view_owes(r);
    for (size_t i = 0; i < owes; i++)
        *self->sum += r->pos[(ptrdiff_t)i - (ptrdiff_t)owes];
    leat_view_settle(r);
}

static enum leat_status sum_fill(struct leat_reader *r, size_t min)
{
    return leat_view_fill(r, min, UINT64_MAX);
}

static struct leat_reader *sum_view(struct leat_reader *src, uint64_t *sum)
{
    static const struct leat_reader_ops ops = {
        .name = "sum",
        .self_size = sizeof(struct sum),
        .view = true,
        .fill = sum_fill,
        .settle = sum_settle,
        .share = leat_view_share,
    };
    struct sum *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->sum = sum;
    return &self->reader;
}

static void a_view_shows_its_source_s_window(void)
{
    struct source_plan plan = { .len = 1000, .step = 100 };
    struct leat_reader *source = source_reader(&ctx, &plan);
    struct leat_reader *r = leat_limit(leat_limit(source, 500, true), 400, true);
    struct leat_span span;
    check_status(leat_peek(r, 50, &span), LEAT_OK);
    check(span.data == source->pos);
    leat_consume(r, 30);
    check_equal(leat_tell(source), 0);
    check_status(leat_peek(r, 80, &span), LEAT_OK);
    check_equal(leat_tell(source), 30);
    check_status(leat_peek(r, 371, &span), LEAT_END);
    check_equal(span.len, 370);
    check(span.data == source->pos);
    leat_consume(r, 370);
    leat_reader_close(r);
    check_equal(ctx.counts.moved, 3 * 400);
}

static void a_borrower_leaves_the_source_where_it_stopped(void)
{
    struct source_plan plan = { .len = 1000, .step = 100, .seeks = true };
    struct leat_reader *source = source_reader(&ctx, &plan);
    struct leat_span span;
    check_status(leat_peek(source, 20, &span), LEAT_OK);
    leat_consume(source, 7);
    struct leat_reader shell;
    struct leat_reader *r = leat_limit(leat_borrow(&shell, source), 50, true);
    check_status(leat_peek(r, 10, &span), LEAT_OK);
    leat_consume(r, 10);
    leat_reader_close(r);
    check_equal(leat_tell(source), 17);
    r = leat_borrow(&shell, source);
    check_equal(leat_tell(r), 17);
    uint64_t n;
    check_status(leat_size(r, &n), LEAT_OK);
    check_equal(n, 1000);
    check_status(leat_seek(r, 900), LEAT_OK);
    check_status(leat_skip(r, 50, &n), LEAT_OK);
    leat_reader_close(r);
    check_equal(leat_tell(source), 950);
    check_status(leat_peek(source, 1, &span), LEAT_OK);
    check_equal(span.data[0], source_byte(950));
    leat_reader_close(source);
}

/* A view that looks at bytes sees each once, whatever is called above it, and none that is left. */
static void a_view_that_looks_sees_what_was_consumed(uint64_t seed)
{
    enum { LEN = 5000 };
    for (uint64_t i = 0; i < 20; i++) {
        check_says("seed", seed + i);
        struct random random = { seed + i };
        struct source_plan plan = { .len = LEN, .step = random_len(&random, 500), .skips = i & 1 };
        uint64_t sum = 0;
        struct leat_reader *r = sum_view(source_reader(&ctx, &plan), &sum);
        if (i & 2)
            r = leat_limit(r, LEN - 500, false);
        struct leat_span span;
        uint64_t target = random_below(&random, LEN);
        while (leat_tell(r) < target) {
            uint64_t left = target - leat_tell(r);
            uint64_t done;
            struct leat_slice slice;
            size_t some = random_len(&random, left < 300 ? (size_t)left : 300);
            enum leat_status status;
            switch (random_below(&random, 3)) {
            case 0:
                status = leat_skip(r, some, &done);
                break;
            case 1:
                status = leat_take(r, some, &slice);
                if (status == LEAT_OK)
                    leat_slice_release(&slice);
                break;
            default:
                status = leat_peek(r, some, &span);
                leat_consume(r, span.len < some ? span.len : some);
            }
            if (status != LEAT_OK)
                break;
        }
        uint64_t wanted = 0;
        uint64_t end = leat_tell(r);
        for (uint64_t at = 0; at < end; at++)
            wanted += source_byte(at);
        leat_reader_close(r);
        check_equal(sum, wanted);
    }
}

static void a_view_without_memory_passes_down_what_it_owes(void)
{
    struct source_plan plan = { .len = 1000, .step = 100 };
    uint64_t sum = 0;
    struct leat_reader *source = source_reader(&ctx, &plan);
    struct leat_reader *r = sum_view(source, &sum);
    struct leat_span span;
    check_status(leat_peek(r, 10, &span), LEAT_OK);
    leat_consume(r, 4);
    memory.fail_at = memory.calls + 1;
    r = leat_limit(r, 100, false);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_tell(r), 4);
    check_equal(leat_tell(source), 4);
    uint64_t wanted = 0;
    for (uint64_t at = 0; at < 4; at++)
        wanted += source_byte(at);
    check_equal(sum, wanted);
    leat_reader_close(r);
}

/* A source may drop its window at a call that fails; what stands above shows the new one. */
static void a_failed_seek_leaves_no_old_window(void)
{
    struct source_plan plan = { .len = 1000, .step = 100, .seeks = true, .seek_faults = true };
    struct leat_reader *source = source_reader(&ctx, &plan);
    struct leat_reader shell;
    struct leat_reader *r = leat_limit(leat_borrow(&shell, source), 500, true);
    struct leat_span span;
    check_status(leat_peek(r, 10, &span), LEAT_OK);
    leat_consume(r, 3);
    check_status(leat_seek(r, 200), LEAT_FAULT);
    check_status(leat_peek(r, 0, &span), LEAT_OK);
    check_equal(span.len, 0);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_text(leat_reader_fault(r)->reason, "the disk is gone");
    leat_reader_close(r);
    leat_reader_close(source);
}

/* --- Offers, through views --- */

/* Constant memory that reads by windows of ten bytes and offers the rest. */
struct offering {
    struct leat_reader reader;
    const uint8_t *data;
    size_t len;
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
    *ret = (struct leat_offer){
        .kind = LEAT_OFFER_MEMORY,
        .len = self->len - r->end_offset,
        .data = self->data + r->end_offset,
    };
    return ret->len > 0 ? LEAT_OK : LEAT_UNSUPPORTED;
}

static void offering_pulled(struct leat_reader *r, uint64_t n)
{
    leat_assert(r->pos == r->end);
    r->end_offset += n;
}

static struct leat_reader *offering_reader(const uint8_t *data, size_t len)
{
    static const struct leat_reader_ops ops = {
        .name = "offering",
        .self_size = sizeof(struct offering),
        .fill = offering_fill,
        .offer = offering_offer,
        .pulled = offering_pulled,
    };
    struct offering *self = leat_reader_at(&ctx, &ops);
    self->data = data;
    self->len = len;
    return &self->reader;
}

static void offers_go_through_borrowers(void)
{
    uint8_t bytes[1000];
    source_bytes(0, bytes, sizeof(bytes));
    for (unsigned shells = 0; shells <= 3; shells++) {
        check_says("shells", shells);
        struct leat_reader *source = offering_reader(bytes, sizeof(bytes));
        struct leat_reader shell[3];
        struct leat_reader *r = source;
        for (unsigned i = 0; i < shells; i++)
            r = leat_borrow(&shell[i], r);
        struct sink sink = { .pull_max = 300 };
        struct split_plan plan = { .seed = 1 };
        struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
        struct leat_span span;
        check_status(leat_peek(r, 4, &span), LEAT_OK);
        uint64_t done;
        check_status(leat_copy(w, r, 500, &done), LEAT_OK);
        check_equal(done, 500);
        check_equal(leat_tell(r), 500);
        check_equal(sink.pulled, 490);
        check_status(leat_peek(r, 1, &span), LEAT_OK);
        check(span.data == bytes + 500);
        check_status(leat_copy(w, r, UINT64_MAX, &done), LEAT_END);
        check_equal(done, 500);
        check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        check_bytes(sink.data, sink.len, bytes, sizeof(bytes));
        leat_writer_close(w);
        for (unsigned i = shells; i > 0; i--)
            leat_reader_close(&shell[i - 1]);
        check_equal(leat_tell(source), 1000);
        leat_reader_close(source);
        sink_fini(&sink);
    }
}

#define run(test) (memory_ctx_init(&ctx, &memory), check_run(test), memory_ctx_fini(&ctx, &memory))

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    run(a_view_shows_its_source_s_window);
    run(a_borrower_leaves_the_source_where_it_stopped);
    run(a_view_without_memory_passes_down_what_it_owes);
    run(a_failed_seek_leaves_no_old_window);
    run(offers_go_through_borrowers);
    memory_ctx_init(&ctx, &memory);
    check_says_text("test", "a_view_that_looks_sees_what_was_consumed");
    for (uint64_t i = 0; i < options.rounds; i++)
        a_view_that_looks_sees_what_was_consumed(options.seed + i);
    memory_ctx_fini(&ctx, &memory);
    return 0;
}
