/* A decoder gives what a plain reading gave, however its input is cut, whatever it is stacked on
 * and in, and whoever drives it. */

#include "leat/core/bytes.h"
#include "leat/core/view.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/stall.h"

/* Ways that go byte by byte, or once for each allocation, are for inputs as long as this. */
enum { SHORT_LEN_MAX = 20000 };

static struct memory memory;
static struct leat_ctx ctx;

static struct leat_reader *sample_reader(const struct sample *sample)
{
    return leat_memory(&ctx, sample->packed.data, sample->packed.len);
}

/* The same bytes, the same end, and the same fault at the same place. */
static void same(const struct read *read, const struct sample *sample)
{
    const struct read *plain = &sample->plain;
    check_bytes(read->bytes.data, read->bytes.len, plain->bytes.data, plain->bytes.len);
    check_status(read->status, plain->status);
    if (plain->status == LEAT_FAULT) {
        check_text(leat_fault_code_name(read->fault.code), leat_fault_code_name(plain->fault.code));
        check_text(read->fault.part, plain->fault.part);
        check_text(read->fault.reason, plain->fault.reason);
        check_equal(read->fault.offset, plain->fault.offset);
    }
}

/* Read to where the plain reading got, so that one that was cut short stays so. */
static uint64_t plain_max(const struct sample *sample)
{
    return sample->plain.status == LEAT_OK ? sample->plain.bytes.len : UINT64_MAX;
}

static void reads_the_same(struct leat_reader *r, const struct sample *sample, uint64_t seed,
                           bool wildly)
{
    struct read read;
    if (wildly)
        drive_read_wildly(r, seed, plain_max(sample), &read);
    else
        drive_read(r, plain_max(sample), &read);
    same(&read, sample);
    drive_read_fini(&read);
    leat_reader_close(r);
}

/* --- Cuttings --- */

static void reads_cut(const struct suite *suite, const struct sample *sample)
{
    const struct leat_stage *stage = suite->format->decoder;
    for (uint64_t i = 0; i < 8; i++) {
        check_says("cutting", i);
        struct split_plan plan = split_plan_of(suite->seed * 8 + i);
        if (sample->packed.len > SHORT_LEN_MAX && plan.piece_max < 64)
            plan.piece_max = 64;
        /* A window of a byte: the adapter has to see to what the stage declares. */
        plan.window_max = i == 1 ? 1 : 0;
        struct leat_reader *r = split_reader(sample_reader(sample), &plan);
        reads_the_same(leat_pull(r, stage, NULL), sample, suite->seed + i, i != 0);
    }
}

static void reads_single_bytes(const struct suite *suite, const struct sample *sample)
{
    if (sample->packed.len > SHORT_LEN_MAX)
        return;
    for (unsigned again = 0; again <= 50; again += 50) {
        check_says("again", again);
        struct split_plan plan = { suite->seed, .piece_max = 1, .again_percent = again };
        struct leat_reader *r = split_reader(sample_reader(sample), &plan);
        reads_the_same(leat_pull(r, suite->format->decoder, NULL), sample, suite->seed, false);
    }
}

/* Views above and below change nothing. */
static void reads_through_views(const struct suite *suite, const struct sample *sample)
{
    struct leat_reader *source = sample_reader(sample);
    struct leat_reader shells[4];
    struct leat_reader *r = source;
    for (unsigned i = 0; i < 3; i++)
        r = leat_limit(leat_borrow(&shells[i], r), UINT64_MAX, false);
    r = leat_pull(r, suite->format->decoder, NULL);
    r = leat_limit(leat_limit(r, UINT64_MAX, false), UINT64_MAX, false);
    struct leat_reader *outer = leat_borrow(&shells[3], r);
    reads_the_same(outer, sample, suite->seed, true);
    leat_reader_close(r);
    for (unsigned i = 2; i > 0; i--)
        leat_reader_close(shells[i].below);
    leat_reader_close(source);
}

/* What is skipped is what would have been consumed. */
static void skips(const struct suite *suite, const struct sample *sample)
{
    struct random random = { suite->seed };
    struct split_plan plan = split_plan_of(suite->seed);
    struct leat_reader *r = split_reader(sample_reader(sample), &plan);
    r = leat_pull(r, suite->format->decoder, NULL);
    size_t len = sample->plain.bytes.len;
    while (leat_tell(r) < len) {
        uint64_t at = leat_tell(r);
        uint64_t left = len - at;
        uint64_t n = random_len(&random, (size_t)left);
        uint64_t done;
        struct leat_span span;
        enum leat_status status = leat_skip(r, n, &done);
        check_equal(leat_tell(r), at + done);
        check_equal(status == LEAT_OK, done == n);
        if (status == LEAT_AGAIN)
            drive_wait(r);
        else
            check_status(status, LEAT_OK);
        check_status(leat_peek(r, 0, &span), LEAT_OK);
        size_t seen = span.len < len - (size_t)leat_tell(r) ? span.len : len - (size_t)leat_tell(r);
        check_bytes(span.data, seen, sample->plain.bytes.data + leat_tell(r), seen);
        leat_consume(r, random_below(&random, 2) ? seen / 2 : 0);
    }
    leat_reader_close(r);
}

/* --- Ends --- */

/* Where only the input's end tells what its last bytes mean, so many wait for it: part of a group,
 * or of a character, and no encoder's own output needs that; or the whole piece, by the trait. */
static size_t held_max(const struct suite *suite, const struct sample *sample)
{
    if (suite_has(suite, LEAT_FORMAT_HOLDS))
        return 64 * 1024;
    return sample->made || suite_has(suite, LEAT_FORMAT_ENDS) ? 0 : 4;
}

/* What has come is given before more is waited for, all of it. */
static void gives_all_before_it_waits(const struct suite *suite, const struct sample *sample)
{
    if (sample->plain.status != LEAT_END)
        return;
    struct leat_reader *r = stall_reader(&ctx, sample->packed.data, sample->packed.len);
    r = leat_pull(r, suite->format->decoder, NULL);
    struct sink out = { 0 };
    struct leat_span span;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        sink_add(&out, span.data, span.len);
        leat_consume(r, span.len);
    }
    check(status == LEAT_AGAIN || status == LEAT_END);
    size_t len = sample->plain.bytes.len;
    if (status == LEAT_AGAIN && out.len < len && len - out.len <= held_max(suite, sample))
        len = out.len;
    check_bytes(out.data, out.len, sample->plain.bytes.data, len);
    sink_fini(&out);
    leat_reader_close(r);
}

/* Bytes after the logical end stay where they are. */
static void leaves_what_follows(const struct suite *suite, const struct sample *sample)
{
    static const char rest[] = "\1 what follows";
    if (!sample->made || !suite_has(suite, LEAT_FORMAT_ENDS))
        return;
    struct sink both = { 0 };
    sink_add(&both, sample->packed.data, sample->packed.len);
    sink_add(&both, (const uint8_t *)rest, sizeof(rest));
    for (unsigned piece_max = 0; piece_max <= 1; piece_max++) {
        struct split_plan plan = { suite->seed, .piece_max = piece_max };
        if (piece_max == 1 && both.len > SHORT_LEN_MAX)
            break;
        struct leat_reader *source = leat_memory(&ctx, both.data, both.len);
        source = split_reader(source, &plan);
        struct leat_reader shell;
        struct leat_reader *r = leat_borrow(&shell, source);
        r = leat_pull(r, suite->format->decoder, NULL);
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        check_bytes(read.bytes.data, read.bytes.len, sample->plain.bytes.data,
                    sample->plain.bytes.len);
        /* After the last member the reference tools of formats that join differ. */
        if (!suite_has(suite, LEAT_FORMAT_JOINS))
            check_status(read.status, LEAT_END);
        leat_reader_close(r);
        struct leat_span span;
        if (read.status == LEAT_END) {
            check_equal(leat_tell(source), sample->packed.len);
            check_status(leat_peek(source, sizeof(rest), &span), LEAT_OK);
            check_bytes(span.data, sizeof(rest), rest, sizeof(rest));
        }
        drive_read_fini(&read);
        leat_reader_close(source);
    }
    sink_fini(&both);
}

static void joins(const struct suite *suite, const struct sample *sample)
{
    if (!sample->made || !suite_has(suite, LEAT_FORMAT_JOINS))
        return;
    struct sample twice = { .plain = { .status = LEAT_END } };
    for (unsigned i = 0; i < 2; i++) {
        sink_add(&twice.packed, sample->packed.data, sample->packed.len);
        sink_add(&twice.plain.bytes, sample->plain.bytes.data, sample->plain.bytes.len);
    }
    struct split_plan plan = split_plan_of(suite->seed);
    struct leat_reader *r = split_reader(sample_reader(&twice), &plan);
    reads_the_same(leat_pull(r, suite->format->decoder, NULL), &twice, suite->seed, true);
    sink_fini(&twice.packed);
    sink_fini(&twice.plain.bytes);
}

/* As many bytes as a limit allows, and then a fault that says so. */
static void is_bounded(const struct suite *suite, const struct sample *sample)
{
    size_t len = sample->plain.bytes.len;
    if (!sample->made || len < 2)
        return;
    struct leat_ctx small;
    struct leat_ctx_options options = { .alloc = memory.alloc,
                                        .limits = { .bytes_max = len - 1 },
                                        .keys = &memory_keys };
    leat_ctx_init(&small, &options);
    struct leat_reader *r = leat_memory(&small, sample->packed.data, sample->packed.len);
    r = leat_pull(r, suite->format->decoder, NULL);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_BOUND);
    check_bytes(read.bytes.data, read.bytes.len, sample->plain.bytes.data, len - 1);
    drive_read_fini(&read);
    leat_reader_close(r);
    check_equal(small.open, 0);
    leat_ctx_fini(&small);
}

/* --- Pushed --- */

/* The push adapter agrees with the pull adapter. */
static void pushes_the_same(const struct suite *suite, const struct sample *sample)
{
    /* What follows the logical end stays in a source; pushed, it has nowhere to stay. */
    if (sample->plain.status == LEAT_OK || !sample->made)
        return;
    for (uint64_t i = 0; i < 4; i++) {
        check_says("cutting", i);
        struct random random = { suite->seed * 4 + i };
        struct split_plan plan = split_plan_of(suite->seed * 4 + i);
        struct sink sink = { 0 };
        plan.piece_max = i == 1 ? 1 : plan.piece_max;
        if (sample->plain.bytes.len > SHORT_LEN_MAX && plan.piece_max < 64)
            plan.piece_max = 64;
        struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
        w = leat_push(w, suite->format->decoder, NULL);
        size_t piece = i == 2 ? 1 : random_len(&random, sample->packed.len + 1);
        enum leat_status status = drive_write(w, sample->packed.data, sample->packed.len, piece);
        if (status == LEAT_OK)
            status = drive_flush(w, LEAT_FLUSH_FINISH);
        check_status(status, LEAT_OK);
        check_equal(sink.flushes[LEAT_FLUSH_FINISH], 1);
        check_bytes(sink.data, sink.len, sample->plain.bytes.data, sample->plain.bytes.len);
        leat_writer_close(w);
        sink_fini(&sink);
    }
}

/* --- The probe --- */

static void is_probed(const struct suite *suite, const struct sample *sample)
{
    const struct leat_format *format = suite->format;
    if (format->probe == NULL || !sample->made)
        return;
    enum leat_match match = LEAT_MATCH_MORE;
    for (size_t len = 0; len <= sample->packed.len && len <= 2 * format->probe_max; len++) {
        check_says("probed", len);
        /* A copy of just the size, so that a look past it is found. */
        uint8_t *front = memory_get(len);
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, front, sample->packed.data, len);
        enum leat_match was = match;
        match = format->probe(front, len);
        check(match != LEAT_MATCH_NO);
        check(was == LEAT_MATCH_MORE || match == was);
        check(match == LEAT_MATCH_YES || len < format->probe_max);
        memory_put(front);
    }
}

void suite_decoder(const struct suite *suite)
{
    static const struct {
        const char *name;
        void (*test)(const struct suite *suite, const struct sample *sample);
    } tests[] = {
        { "cut", reads_cut },
        { "single bytes", reads_single_bytes },
        { "views", reads_through_views },
        { "skip", skips },
        { "all before it waits", gives_all_before_it_waits },
        { "what follows", leaves_what_follows },
        { "joined", joins },
        { "bound", is_bounded },
        { "pushed", pushes_the_same },
        { "probe", is_probed },
    };
    for (size_t i = 0; suite->format->decoder != NULL && i < suite->samples_len; i++) {
        check_says_text("sample", suite->samples[i].name);
        for (size_t j = 0; j < sizeof(tests) / sizeof(tests[0]); j++) {
            check_says_text("test", tests[j].name);
            memory_ctx_init(&ctx, &memory);
            tests[j].test(suite, &suite->samples[i]);
            memory_ctx_fini(&ctx, &memory);
        }
    }
}
