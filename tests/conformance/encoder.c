/* What an encoder makes decodes to what it was made from, however it was cut, flushed and held up,
 * and both ways. */

#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/conformance/suite.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/stall.h"

/* Single bytes are for sources as long as this. */
enum { SHORT_LEN_MAX = 20000 };

static struct memory memory;
static struct leat_ctx ctx;

static void decodes_to(const struct suite *suite, const struct sink *packed,
                       const struct sink *source)
{
    struct read read;
    if (suite->format->decoder == NULL)
        return;
    drive_stage(suite->format->decoder, NULL, packed->data, packed->len, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, source->data, source->len);
    drive_read_fini(&read);
}

static void is_pulled(const struct suite *suite, const struct sample *sample)
{
    for (uint64_t i = 0; i < 4; i++) {
        check_says("cutting", i);
        struct split_plan plan = split_plan_of(suite->seed * 4 + i);
        if (sample->source.len > SHORT_LEN_MAX && plan.piece_max < 64)
            plan.piece_max = 64;
        plan.window_max = i == 1 ? 1 : 0;
        struct leat_reader *r = leat_memory(&ctx, sample->source.data, sample->source.len);
        r = leat_pull(split_reader(r, &plan), suite->format->encoder, NULL);
        struct read read;
        drive_read_wildly(r, suite->seed + i, UINT64_MAX, &read);
        check_status(read.status, LEAT_END);
        leat_reader_close(r);
        decodes_to(suite, &read.bytes, &sample->source);
        drive_read_fini(&read);
    }
}

/* So far, everything that was written can be decoded from what came out. */
static void decodes_so_far(const struct suite *suite, const struct sink *packed,
                           const struct sample *sample, size_t written)
{
    if (suite->format->decoder == NULL)
        return;
    struct leat_reader *r = stall_reader(&ctx, packed->data, packed->len);
    r = leat_pull(r, suite->format->decoder, NULL);
    struct sink out = { 0 };
    struct leat_span span;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        sink_add(&out, span.data, span.len);
        leat_consume(r, span.len);
    }
    check_status(status, LEAT_AGAIN);
    check_bytes(out.data, out.len, sample->source.data, written);
    sink_fini(&out);
    leat_reader_close(r);
}

static void writes_some(struct leat_writer *w, const struct sample *sample, size_t *at,
                        struct random *random)
{
    size_t left = sample->source.len - *at;
    if (left == 0)
        return;
    size_t some = random_len(random, left);
    size_t piece = random_len(random, some);
    if (some / piece > 5000)
        piece = some;
    check_status(drive_write(w, sample->source.data + *at, some, piece), LEAT_OK);
    *at += some;
}

/* Pushed, with a flush now and then, into a sink that may be full in the middle of each. */
static void is_pushed(const struct suite *suite, const struct sample *sample)
{
    for (uint64_t i = 0; i < 4; i++) {
        check_says("cutting", i);
        struct random random = { suite->seed * 4 + i };
        struct split_plan plan = split_plan_of(suite->seed * 4 + i);
        struct sink sink = { 0 };
        plan.piece_max = i == 1 ? 1 : plan.piece_max;
        if (sample->source.len > SHORT_LEN_MAX && plan.piece_max < 64)
            plan.piece_max = 64;
        struct leat_writer *w = sink_writer(&sink, &ctx, &plan);
        w = leat_push(w, suite->format->encoder, NULL);
        size_t at = 0;
        for (unsigned flushes = 0; at < sample->source.len && flushes < 12; flushes++) {
            writes_some(w, sample, &at, &random);
            enum leat_status status = drive_flush(w, LEAT_FLUSH_PUSH);
            check(status == LEAT_OK || status == LEAT_UNSUPPORTED);
            if (status == LEAT_OK)
                decodes_so_far(suite, &sink, sample, at);
        }
        size_t left = sample->source.len - at;
        check_status(drive_write(w, sample->source.data + at, left, 1 + left), LEAT_OK);
        check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        check_equal(sink.flushes[LEAT_FLUSH_FINISH], 1);
        leat_writer_close(w);
        decodes_to(suite, &sink, &sample->source);
        sink_fini(&sink);
    }
}

/* Closed without a finish, what was written is not whole, and does not look it. */
static void is_not_finished(const struct suite *suite, const struct sample *sample)
{
    if (!suite_has(suite, LEAT_FORMAT_ENDS) || suite->format->decoder == NULL)
        return;
    struct sink sink = { 0 };
    struct split_plan plan = { .seed = suite->seed };
    struct leat_writer *w =
        leat_push(sink_writer(&sink, &ctx, &plan), suite->format->encoder, NULL);
    check_status(drive_write(w, sample->source.data, sample->source.len, 5000), LEAT_OK);
    (void)!drive_flush(w, LEAT_FLUSH_PUSH);
    leat_writer_close(w);
    check_equal(sink.flushes[LEAT_FLUSH_FINISH], 0);
    struct read read;
    drive_stage(suite->format->decoder, NULL, sink.data, sink.len, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    drive_read_fini(&read);
    sink_fini(&sink);
}

static void lacks_memory(const struct suite *suite, const struct sample *sample)
{
    enum { ALLOCATIONS_MAX = 200 };
    if (sample->source.len > 100000)
        return;
    for (uint64_t n = 1; n < ALLOCATIONS_MAX; n++) {
        check_says("allocation", n);
        struct memory scarce;
        struct leat_ctx own;
        memory_ctx_init(&own, &scarce);
        scarce.fail_at = n;
        struct leat_reader *r = leat_memory(&own, sample->source.data, sample->source.len);
        r = leat_pull(r, suite->format->encoder, NULL);
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        if (read.status == LEAT_FAULT)
            check_text(leat_fault_code_name(read.fault.code),
                       leat_fault_code_name(LEAT_FAULT_MEMORY));
        else
            decodes_to(suite, &read.bytes, &sample->source);
        bool whole = scarce.calls < n;
        check(!whole || read.status == LEAT_END);
        drive_read_fini(&read);
        leat_reader_close(r);
        memory_ctx_fini(&own, &scarce);
        if (whole)
            return;
    }
}

void suite_encoder(const struct suite *suite)
{
    static const struct {
        const char *name;
        void (*test)(const struct suite *suite, const struct sample *sample);
    } tests[] = {
        { "pulled", is_pulled },
        { "pushed", is_pushed },
        { "not finished", is_not_finished },
        { "without memory", lacks_memory },
    };
    for (size_t i = 0; suite->format->encoder != NULL && i < suite->samples_len; i++) {
        if (!suite->samples[i].made)
            continue;
        check_says_text("sample", suite->samples[i].name);
        for (size_t j = 0; j < sizeof(tests) / sizeof(tests[0]); j++) {
            check_says_text("test", tests[j].name);
            memory_ctx_init(&ctx, &memory);
            tests[j].test(suite, &suite->samples[i]);
            memory_ctx_fini(&ctx, &memory);
        }
    }
}
