/* One source to every sink of every part: the same bytes, counts and offsets, whichever way the two
 * agree on, with both sides holding bytes already, at limits, and failing part of the way. */

#include "leat/core/copy.h"
#include "leat/stage/limit/limit.h"
#include "tests/kinds/bench.h"
#include "tests/support/check.h"

/* Retries of one copy on an engine that does not wait. */
enum { ROUNDS_MAX = 1000000 };

/* How the source is shown to the copy. */
enum way {
    WAY_DIRECT,   /* with all that it can offer */
    WAY_BORROWED, /* the same, through a view that passes offers on */
    WAY_LIMITED,  /* by a view that does not */
    WAYS,
};

static void wait_for(enum leat_status status, struct leat_writer *w, struct leat_reader *r)
{
    if (status == LEAT_AGAIN)
        drive_wait(r);
    else
        drive_writer_wait(w);
}

static enum leat_status copy_all(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                                 uint64_t *ret_done)
{
    *ret_done = 0;
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        uint64_t read = leat_tell(r), written = leat_writer_tell(w), done;
        enum leat_status status = leat_copy(w, r, limit - *ret_done, &done);
        *ret_done += done;
        check_equal(leat_tell(r), read + done);
        check_equal(leat_writer_tell(w), written + done);
        if (status != LEAT_AGAIN && status != LEAT_FULL)
            return status;
        wait_for(status, w, r);
    }
    check(false);
    return LEAT_FAULT;
}

struct pair {
    struct leat_reader *source, *r;
    struct leat_reader shell;
    struct leat_writer *w;
};

static void pair_open(struct bench *b, struct pair *pair, uint64_t len, enum way way)
{
    pair->source = pair->r = bench_open(b, len);
    pair->w = bench_open_writer(b, 0);
    if (way == WAY_BORROWED)
        pair->r = leat_borrow(&pair->shell, pair->source);
    else if (way == WAY_LIMITED)
        pair->r = pair->source = leat_limit(pair->source, len + 1, false);
}

static void pair_close(struct bench *b, struct pair *pair)
{
    if (pair->r != pair->source)
        leat_reader_close(pair->r);
    bench_close(b, pair->source);
    bench_close_writer(b, pair->w);
}

/* --- Whole --- */

struct size {
    uint64_t len;
    uint64_t limit;
    bool buffered; /* both sides hold bytes before */
};

/* What takes a call for each byte is tried with fewer. */
static uint64_t scaled(const struct bench *b, uint64_t len)
{
    return b->source->promises & KIND_SLOW && len < UINT64_MAX ? (len + 69) / 70 : len;
}

static void copies(struct bench *b, const struct size *of, enum way way, uint64_t seed)
{
    const struct size scaled_size = { scaled(b, of->len), scaled(b, of->limit), of->buffered };
    const struct size *size = &scaled_size;
    struct pair pair;
    struct leat_span span;
    uint64_t done, before = size->buffered ? 7 : 0;
    bench_begin(b, &(struct bench_plan){ .seed = seed });
    pair_open(b, &pair, size->len, way);
    if (size->buffered) {
        check_status(bench_peek(pair.r, 10, &span), LEAT_OK);
        leat_consume(pair.r, before);
        check_status(drive_write(pair.w, bench_bytes(), before, before), LEAT_OK);
    }
    uint64_t left = size->len - before;
    uint64_t expected = size->limit < left ? size->limit : left;
    check_status(copy_all(pair.w, pair.r, size->limit, &done),
                 size->limit <= left ? LEAT_OK : LEAT_END);
    check_equal(done, expected);
    check_equal(leat_tell(pair.r), before + expected);
    /* The reader goes on where the copy stopped. */
    if (expected < left) {
        check_status(bench_peek(pair.r, 1, &span), LEAT_OK);
        bench_check(span.data, before + expected, 1);
    }
    check_status(drive_flush(pair.w, LEAT_FLUSH_FINISH), LEAT_OK);
    pair_close(b, &pair);
    check_bytes(b->out.got.data, b->out.got.len, bench_bytes(), before + expected);
    bench_end(b);
}

static void the_same_by_every_way(struct bench *b)
{
    static const struct size sizes[] = {
        { 0, UINT64_MAX, false },     { 1, UINT64_MAX, false }, { 70000, 70000, false },
        { 300000, UINT64_MAX, true }, { 200000, 80000, true },
    };
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]) * WAYS; i++) {
        /* All of them on one engine, and on the others what the seed says. */
        if ((b->engine->turn != NULL || b->engine->third != 0) &&
            i % WAYS != (b->seed + i / WAYS) % WAYS)
            continue;
        check_says("size", i / WAYS);
        check_says("way", i % WAYS);
        copies(b, &sizes[i / WAYS], (enum way)(i % WAYS), i);
    }
}

/* --- Failing --- */

/* All before the source's fault arrives, and the fault is the reader's. */
static void the_source_ends_early(struct bench *b)
{
    const uint64_t len = scaled(b, 100000);
    struct pair pair;
    uint64_t done;
    bench_begin(b, &(struct bench_plan){ 0 });
    pair_open(b, &pair, len, WAY_DIRECT);
    pair.source = pair.r = leat_limit(pair.source, len + 1, true);
    check_status(copy_all(pair.w, pair.r, UINT64_MAX, &done), LEAT_FAULT);
    check_equal(done, len);
    check_equal(leat_reader_fault(pair.r)->code, LEAT_FAULT_TRUNCATED);
    check(leat_writer_fault(pair.w) == NULL);
    check_status(drive_flush(pair.w, LEAT_FLUSH_FINISH), LEAT_OK);
    pair_close(b, &pair);
    check_bytes(b->out.got.data, b->out.got.len, bench_bytes(), len);
    bench_end(b);
}

/* The sink takes a part and no more: the fault is the writer's, and what it took is right. */
static void the_sink_refuses(struct bench *b)
{
    const uint64_t len = scaled(b, 200000), room = scaled(b, 120000);
    struct pair pair;
    uint64_t done;
    if (b->sink->refuse == NULL || (b->sink->promises & KIND_STREAM))
        return;
    bench_begin(b, &(struct bench_plan){ 0 });
    pair.source = pair.r = bench_open(b, len);
    pair.w = bench_open_writer(b, room);
    enum leat_status status = copy_all(pair.w, pair.r, UINT64_MAX, &done);
    if (status == LEAT_END)
        status = drive_flush(pair.w, LEAT_FLUSH_FINISH);
    check_status(status, LEAT_FAULT);
    check(leat_reader_fault(pair.r) == NULL);
    check_equal(leat_writer_fault(pair.w)->code, b->sink->refusal);
    check_equal(leat_writer_fault(pair.w)->system_code, b->sink->refusal_code);
    pair_close(b, &pair);
    check_bytes(b->out.got.data, b->out.got.len, bench_bytes(),
                b->sink->promises & KIND_WHOLE ? 0 : room);
    bench_end(b);
}

static void memory_fails(struct bench *b)
{
    enum { ALLOCATIONS_MAX = 1000 };
    const uint64_t len = scaled(b, 100000);
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct pair pair;
        uint64_t done;
        if (!bench_tries(b, n))
            continue;
        check_says("allocation", n);
        check(n < ALLOCATIONS_MAX);
        bench_begin(b, &(struct bench_plan){ 0 });
        b->memory.fail_at = n;
        pair_open(b, &pair, len, WAY_DIRECT);
        enum leat_status status = copy_all(pair.w, pair.r, UINT64_MAX, &done);
        if (status == LEAT_END)
            status = drive_flush(pair.w, LEAT_FLUSH_FINISH);
        failed = b->memory.calls >= n;
        check(status == LEAT_OK || (status == LEAT_FAULT && failed));
        if (status == LEAT_FAULT) {
            const struct leat_fault *fault = leat_reader_fault(pair.r);
            fault = fault != NULL ? fault : leat_writer_fault(pair.w);
            check_equal(fault->code, LEAT_FAULT_MEMORY);
        }
        pair_close(b, &pair);
        check(status != LEAT_OK || b->out.got.len == len);
        bench_check(b->out.got.data, 0, b->out.got.len);
        bench_end(b);
    }
}

static void copy_suite(struct bench *b)
{
    bench_run(b, "copies the same by every way", the_same_by_every_way);
    bench_run(b, "copies from a source that ends early", the_source_ends_early);
    bench_run(b, "copies to a sink that refuses", the_sink_refuses);
    bench_run(b, "copies without memory", memory_fails);
}

/* Ends that talk take their time: of their pairs each engine tries one of four, as the seed says.
 */
static bool tries(const struct bench *b, const struct kind_sink *sink, unsigned pair)
{
    bool talks = b->source->talk != NULL || sink->talk != NULL;
    return !talks || (b->seed + b->number + pair) % 4 == 0;
}

void suite_copy(struct bench *b)
{
    unsigned pair = 0;
    for (size_t i = 0; kinds_parts[i] != NULL; i++) {
        const struct kind_sink *sink = kinds_parts[i]->sinks;
        for (; sink != NULL && sink->name != NULL; sink++, pair++) {
            if (!tries(b, sink, pair))
                continue;
            check_says_text("to", sink->name);
            b->sink = sink;
            copy_suite(b);
        }
    }
    b->sink = NULL;
    check_says_text("to", "nothing");
}
