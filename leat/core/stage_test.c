/* A stage is written once and runs both ways: shown with small stages that each ask something else
 * of their adapter, over sources and sinks that give as little as they may. */

#include "leat/core/bytes.h"
#include "leat/core/stage.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/source.h"
#include "tests/support/toy.h"

static struct memory memory;
static struct leat_ctx ctx;

/* --- Inputs, each with what the stage is to make of it --- */

struct sample {
    const struct leat_stage *stage;
    struct sink in;
    struct sink out;
};

static void sample_fini(struct sample *sample)
{
    sink_fini(&sample->in);
    sink_fini(&sample->out);
}

static void add_byte(struct sink *sink, size_t byte)
{
    uint8_t one = (uint8_t)byte;
    sink_add(sink, &one, 1);
}

static struct sample lz_sample(struct random *random, size_t len)
{
    struct sample sample = { .stage = &toy_lz };
    while (sample.out.len < len) {
        size_t n = 1 + (size_t)random_below(random, 127);
        size_t far = sample.out.len < TOY_LZ_DISTANCE_MAX ? sample.out.len : TOY_LZ_DISTANCE_MAX;
        if (far > 0 && random_percent(random, 70)) {
            size_t distance =
                random_percent(random, 30) ? far : 1 + (size_t)random_below(random, far);
            add_byte(&sample.in, 128 + n);
            add_byte(&sample.in, distance & 255);
            add_byte(&sample.in, distance >> 8);
            for (size_t i = 0; i < n; i++)
                add_byte(&sample.out, sample.out.data[sample.out.len - distance]);
        } else {
            add_byte(&sample.in, n);
            for (size_t i = 0; i < n; i++) {
                add_byte(&sample.in, random_next(random) & 255);
                sink_add(&sample.out, sample.in.data + sample.in.len - 1, 1);
            }
        }
    }
    add_byte(&sample.in, 0);
    return sample;
}

static struct sample frames_sample(struct random *random, size_t len,
                                   const struct leat_stage *stage)
{
    struct sample sample = { .stage = stage };
    while (sample.out.len < len) {
        size_t n = random_len(random, TOY_FRAME_LEN_MAX);
        uint8_t *frame = memory_get(n);
        source_bytes(sample.out.len, frame, n);
        sink_add(&sample.out, frame, n);
        add_byte(&sample.in, n & 255);
        add_byte(&sample.in, n >> 8);
        for (size_t i = n; i > 0; i--)
            add_byte(&sample.in, frame[i - 1]);
        memory_put(frame);
    }
    return sample;
}

static struct sample unpack_sample(struct random *random, size_t len)
{
    struct sample sample = { .stage = &toy_unpack };
    while (sample.out.len < len) {
        size_t n = 1 + (size_t)random_below(random, 255);
        size_t byte = random_next(random) & 255;
        add_byte(&sample.in, n);
        add_byte(&sample.in, byte);
        for (size_t i = 0; i < n; i++)
            add_byte(&sample.out, byte);
    }
    add_byte(&sample.in, 0);
    return sample;
}

static struct sample sample_of(uint64_t seed)
{
    struct random random = { seed };
    switch (seed % 4) {
    case 0:
        return lz_sample(&random, 20000);
    case 1:
        return frames_sample(&random, 20000, &toy_frames);
    case 2:
        return frames_sample(&random, 20000, &toy_growing_frames);
    default:
        return unpack_sample(&random, 20000);
    }
}

/* --- Both ways --- */

static void pulls_through_anything(uint64_t seed)
{
    struct sample sample = sample_of(seed);
    struct split_plan plan = split_plan_of(seed);
    plan.window_max = seed % 3 == 0 ? 1 + seed % 5 : 0;
    struct leat_reader *r = leat_memory(&ctx, sample.in.data, sample.in.len);
    r = leat_pull(split_reader(r, &plan), sample.stage, NULL);
    struct read read;
    drive_read_wildly(r, seed, UINT64_MAX, &read);
    check_status(read.status, LEAT_END);
    check_bytes(read.bytes.data, read.bytes.len, sample.out.data, sample.out.len);
    drive_read_fini(&read);
    leat_reader_close(r);
    sample_fini(&sample);
}

static void pushes_through_anything(uint64_t seed)
{
    struct sample sample = sample_of(seed);
    struct split_plan plan = split_plan_of(seed);
    if (seed % 3 == 0)
        plan.piece_max = 1 + seed % 7;
    struct sink sink = { 0 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), sample.stage, NULL);
    check_status(drive_write(w, sample.in.data, sample.in.len, 1 + seed % 5000), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    leat_writer_close(w);
    check_equal(sink.flushes[LEAT_FLUSH_FINISH], 1);
    check_bytes(sink.data, sink.len, sample.out.data, sample.out.len);
    sink_fini(&sink);
    sample_fini(&sample);
}

/* --- Ends and faults --- */

static struct leat_reader *pull_text(const char *text, size_t len, const struct leat_stage *stage)
{
    return leat_pull(leat_memory(&ctx, text, len), stage, NULL);
}

static void an_end_too_early_is_a_fault_after_the_data(void)
{
    struct leat_reader *r = pull_text("\3a\2", 3, &toy_unpack);
    struct leat_span span;
    check_status(leat_peek(r, 4, &span), LEAT_FAULT);
    check_bytes(span.data, span.len, "aaa", 3);
    check_status(leat_peek(r, 3, &span), LEAT_OK);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_TRUNCATED);
    check_equal(leat_reader_fault(r)->offset, 3);
    check_text(leat_reader_fault(r)->part, "unpack");
    leat_reader_close(r);

    struct sink sink = { 0 };
    struct split_plan plan = { 0 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_unpack, NULL);
    check_status(drive_write(w, "\3a\2", 3, 3), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_FAULT);
    check_equal(leat_writer_fault(w)->code, LEAT_FAULT_TRUNCATED);
    check_equal(leat_writer_fault(w)->offset, 3);
    check_equal(sink.flushes[LEAT_FLUSH_FINISH], 0);
    leat_writer_close(w);
    sink_fini(&sink);
}

static void bytes_after_the_logical_end_stay_in_the_source(void)
{
    struct leat_reader *source = leat_memory(&ctx, "\3a\0rest", 7);
    struct leat_reader shell;
    struct leat_reader *r = leat_pull(leat_borrow(&shell, source), &toy_unpack, NULL);
    struct leat_span span;
    check_status(leat_peek(r, 4, &span), LEAT_END);
    check_bytes(span.data, span.len, "aaa", 3);
    leat_reader_close(r);
    check_status(leat_peek(source, 4, &span), LEAT_OK);
    check_bytes(span.data, span.len, "rest", 4);
    leat_reader_close(source);

    struct sink sink = { 0 };
    struct split_plan plan = { 0 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_unpack, NULL);
    check_status(drive_write(w, "\3a\0rest", 7, 7), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_FAULT);
    check_equal(leat_writer_fault(w)->code, LEAT_FAULT_CORRUPT);
    check_equal(leat_writer_fault(w)->offset, 3);
    leat_writer_close(w);
    sink_fini(&sink);
}

static void faults_keep_their_origin_through_layers(void)
{
    struct source_plan plan = { .len = 100, .faults_at = 60, .step = 9 };
    struct leat_reader *r = leat_limit(source_reader(&ctx, &plan), 80, true);
    for (unsigned i = 0; i < 5; i++)
        r = leat_limit(leat_pull(r, &toy_same, NULL), 70, false);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_equal(read.bytes.len, 60);
    check_equal(read.fault.code, LEAT_FAULT_SYSTEM);
    check_equal(read.fault.offset, 60);
    check_text(read.fault.part, "source");
    check_text(read.fault.name, "a source");
    drive_read_fini(&read);
    leat_reader_close(r);

    struct sink sink = { .fails_at = 10 };
    struct split_plan small = { .piece_max = 4 };
    struct leat_writer *w = sink_writer(&sink, &ctx, &small);
    w = leat_push(leat_push(w, &toy_same, NULL), &toy_same, NULL);
    enum leat_status status = drive_write(w, "0123456789012345", 16, 16);
    if (status == LEAT_OK)
        status = drive_flush(w, LEAT_FLUSH_FINISH);
    check_status(status, LEAT_FAULT);
    check_text(leat_writer_fault(w)->reason, "no space left");
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_FAULT);
    leat_writer_close(w);
    sink_fini(&sink);
}

/* --- Bounds --- */

/* Just as many bytes as are allowed come out, however the output is cut. */
static void output_is_bounded(void)
{
    for (size_t len = 0; len < 4; len++) {
        struct leat_ctx small;
        struct leat_ctx_options options = { .alloc = memory.alloc,
                                            .limits = { .bytes_max = 253 + 255 * len } };
        leat_ctx_init(&small, &options);
        static const char text[] = "\377a\377b\377c\377d";
        struct leat_reader *r = leat_pull(leat_memory(&small, text, 9), &toy_unpack, NULL);
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        check_status(read.status, LEAT_FAULT);
        check_equal(read.fault.code, LEAT_FAULT_BOUND);
        check_equal(read.bytes.len, options.limits.bytes_max);
        drive_read_fini(&read);
        leat_reader_close(r);
        check_equal(small.open, 0);
        leat_ctx_fini(&small);
    }
}

/* Also where all of it comes in the step that reaches the end. */
static void the_last_step_is_bounded_too(void)
{
    struct leat_ctx small;
    struct leat_ctx_options options = { .alloc = memory.alloc, .limits = { .bytes_max = 100 } };
    leat_ctx_init(&small, &options);
    struct leat_reader *r = leat_pull(leat_memory(&small, "\377a\0", 3), &toy_unpack, NULL);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.bytes.len, 100);
    drive_read_fini(&read);
    leat_reader_close(r);
    leat_ctx_fini(&small);
}

/* What all stages together give for one input is bounded, and begins anew with the next. */
static void all_output_is_bounded(void)
{
    struct leat_ctx small;
    struct leat_ctx_options options = { .alloc = memory.alloc, .limits = { .total_max = 600 } };
    leat_ctx_init(&small, &options);
    for (unsigned i = 0; i < 4; i++) {
        check_says("input", i);
        struct leat_reader *r = leat_memory(&small, "\377a\0", 3);
        r = leat_pull(leat_pull(r, &toy_unpack, NULL), &toy_same, NULL);
        struct read read;
        drive_read(r, UINT64_MAX, &read);
        check_status(read.status, i == 1 ? LEAT_FAULT : LEAT_END);
        check(i != 1 || read.fault.code == LEAT_FAULT_BOUND);
        drive_read_fini(&read);
        leat_reader_close(r);
        if (i > 0)
            leat_ctx_spends_anew(&small);
    }
    leat_ctx_fini(&small);
}

/* What is packed twice expands by the product of two ratios, each of which is allowed. */
static void ratios_multiply(void)
{
    enum { RUNS = 6000 };
    static uint8_t runs[2 * RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        runs[2 * i] = 255;
        runs[2 * i + 1] = 'a';
    }
    for (uint32_t ratio = 1000; ratio <= 10000; ratio *= 10) {
        struct leat_ctx small;
        struct leat_ctx_options options = { .alloc = memory.alloc,
                                            .limits = { .ratio_max = ratio } };
        leat_ctx_init(&small, &options);
        struct leat_reader *r = leat_memory(&small, runs, sizeof(runs));
        r = leat_pull(leat_pull(r, &toy_unpack, NULL), &toy_unpack, NULL);
        uint64_t done;
        check_status(leat_skip(r, UINT64_MAX, &done), LEAT_FAULT);
        check_equal(leat_reader_fault(r)->code,
                    ratio == 1000 ? LEAT_FAULT_BOUND : LEAT_FAULT_TRUNCATED);
        check(leat_tell(r) >= 64 * LEAT_MIB);
        leat_reader_close(r);
        leat_ctx_fini(&small);
    }
}

/* Of what is known to have so many bytes, no more than the ratio allows: here the least bound. */
static void all_output_is_bounded_by_the_input(void)
{
    struct leat_ctx small;
    struct leat_ctx_options options = { .alloc = memory.alloc, .limits = { .ratio_max = 1 << 20 } };
    leat_ctx_init(&small, &options);
    check_equal(small.spent.bytes_max, small.limits.total_max);
    leat_ctx_spends_of(&small, 8192);
    check_equal(small.spent.bytes_max, (uint64_t)8192 << 20);
    leat_ctx_spends_of(&small, 1);
    check_equal(small.spent.bytes_max, (uint64_t)4096 << 20);
    leat_ctx_spends_of(&small, UINT64_MAX);
    check_equal(small.spent.bytes_max, small.limits.total_max);
    leat_ctx_fini(&small);
}

static uint64_t cpu_used_ns;

static uint64_t cpu_ns(const struct leat_ctx *of)
{
    (void)of;
    return cpu_used_ns += 1000;
}

/* A stage that goes on and on is stopped, and has given what it had by then; what begins after that
 * gives nothing. */
static void time_is_bounded(void)
{
    struct leat_ctx small;
    struct leat_ctx_options options = {
        .alloc = memory.alloc,
        .limits = { .time_max_ns = 5000 },
        .cpu_ns = cpu_ns,
    };
    leat_ctx_init(&small, &options);
    struct source_plan plan = { .len = 1000000, .step = 1 };
    struct leat_reader *r = leat_pull(source_reader(&small, &plan), &toy_same, NULL);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_status(read.status, LEAT_FAULT);
    check_equal(read.fault.code, LEAT_FAULT_BOUND);
    check(read.bytes.len > 0 && read.bytes.len < 1000);
    drive_read_fini(&read);
    leat_reader_close(r);
    struct leat_span span;
    r = leat_pull(source_reader(&small, &plan), &toy_same, NULL);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_BOUND);
    leat_reader_close(r);
    leat_ctx_fini(&small);
}

static void keep_blocks(struct leat_ctx *of, size_t count)
{
    struct leat_block *blocks[8];
    for (size_t i = 0; i < count; i++)
        check((blocks[i] = leat_ctx_block(of, 1000)) != NULL);
    for (size_t i = 0; i < count; i++)
        leat_ctx_block_return(of, blocks[i]);
}

/* What one ctx keeps becomes another's, which keeps no more for that than it may. */
static void blocks_change_hands(void)
{
    struct leat_ctx from, to;
    struct leat_ctx_options options = { .alloc = memory.alloc };
    leat_ctx_init(&from, &options);
    leat_ctx_init(&to, &options);
    keep_blocks(&from, 4);
    struct leat_block *last = from.blocks;
    leat_ctx_hand_over(&to, &from);
    check(from.blocks == NULL && from.blocks_len == 0 && to.blocks_len == 4);
    check(to.blocks != last && to.blocks->next->next->next == last);
    keep_blocks(&from, 4);
    leat_ctx_hand_over(&to, &from);
    check(from.blocks_len == 0 && to.blocks_len > 4 && to.blocks_len < 8);
    leat_ctx_fini(&from);
    leat_ctx_fini(&to);
}

/* --- Time --- */

/* A line without an end, looked for by asking for one byte more each time, in drips of one byte:
 * what is copied stays within a few times its length. */
static void a_long_line_is_gathered_in_linear_time(void)
{
    enum { LEN = 300000 };
    static const struct leat_stage *const stages[] = { &toy_same, &toy_unpack, NULL };
    for (size_t i = 0; i < 3; i++) {
        check_says("stage", i);
        struct source_plan plan = { .len = LEN, .step = 1 };
        struct leat_reader *r = source_reader(&ctx, &plan);
        if (stages[i] != NULL)
            r = leat_pull(r, stages[i], NULL);
        struct leat_span span = { 0 };
        enum leat_status status = LEAT_OK;
        while (status == LEAT_OK && span.len < LEN)
            status = leat_peek(r, span.len + 1, &span);
        uint64_t moved = leat_counts_copied(&r->counts) - r->counts.copied[LEAT_CAUSE_CODEC];
        check_says("copied", moved);
        check_says("len", span.len);
        check(moved < 8 * LEN);
        leat_reader_close(r);
    }
}

/* A sink that takes a byte at a time costs a few copies of each byte, not one of all that waits. */
static void a_slow_sink_costs_linear_time(void)
{
    enum { LEN = 200000 };
    struct sink sink = { 0 };
    struct split_plan plan = { .piece_max = 1, .again_percent = 50 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_same, NULL);
    uint8_t *bytes = memory_get(LEN);
    source_bytes(0, bytes, LEN);
    check_status(drive_write(w, bytes, LEN, LEN), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    check_bytes(sink.data, sink.len, bytes, LEN);
    check_says("copied", leat_counts_copied(&w->counts));
    check(leat_counts_copied(&w->counts) < 6 * LEN);
    leat_writer_close(w);
    memory_put(bytes);
    sink_fini(&sink);
}

/* --- Memory --- */

/* However far it gets without memory, it ends with one fault, or whole, and nothing is lost. */
static bool whole_without(uint64_t fail_at, bool push)
{
    struct random random = { 4 };
    struct sample sample = lz_sample(&random, 9000);
    memory_ctx_init(&ctx, &memory);
    memory.fail_at = fail_at;
    struct split_plan plan = { .seed = 7, .piece_max = 300 };
    struct read read = { 0 };
    if (push) {
        struct leat_writer *w = sink_writer(&read.bytes, &ctx, &plan);
        w = leat_push(leat_push(w, &toy_same, NULL), sample.stage, NULL);
        read.status = drive_write(w, sample.in.data, sample.in.len, 1000);
        if (read.status == LEAT_OK)
            read.status = drive_flush(w, LEAT_FLUSH_FINISH);
        if (read.status == LEAT_FAULT)
            read.fault = *leat_writer_fault(w);
        leat_writer_close(w);
    } else {
        struct leat_reader *r = leat_memory(&ctx, sample.in.data, sample.in.len);
        r = leat_pull(split_reader(r, &plan), sample.stage, NULL);
        r = leat_limit(leat_pull(leat_limit(r, UINT64_MAX, false), &toy_frames, NULL), 10, false);
        leat_reader_close(r);
        r = leat_memory(&ctx, sample.in.data, sample.in.len);
        r = leat_limit(leat_pull(split_reader(r, &plan), sample.stage, NULL), 8000, true);
        drive_read(r, UINT64_MAX, &read);
        leat_reader_close(r);
    }
    bool failed = read.status == LEAT_FAULT;
    if (failed)
        check_equal(read.fault.code, LEAT_FAULT_MEMORY);
    else
        check_bytes(read.bytes.data, read.bytes.len, sample.out.data, push ? sample.out.len : 8000);
    bool reached = memory.calls >= fail_at;
    drive_read_fini(&read);
    sample_fini(&sample);
    memory_ctx_fini(&ctx, &memory);
    return !reached;
}

static void each_allocation_may_fail(void)
{
    for (unsigned push = 0; push < 2; push++) {
        uint64_t n = 1;
        check_says("push", push);
        do {
            check_says("allocation", n);
        } while (!whole_without(n++, push));
        check(n > 5);
    }
}

#define run(test) (memory_ctx_init(&ctx, &memory), check_run(test), memory_ctx_fini(&ctx, &memory))

static void every_way(uint64_t seed)
{
    check_says("seed", seed);
    check_says_text("test", "pulls_through_anything");
    memory_ctx_init(&ctx, &memory);
    pulls_through_anything(seed);
    check_says_text("test", "pushes_through_anything");
    pushes_through_anything(seed);
    memory_ctx_fini(&ctx, &memory);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    run(an_end_too_early_is_a_fault_after_the_data);
    run(bytes_after_the_logical_end_stay_in_the_source);
    run(faults_keep_their_origin_through_layers);
    run(output_is_bounded);
    run(the_last_step_is_bounded_too);
    run(all_output_is_bounded);
    run(ratios_multiply);
    run(all_output_is_bounded_by_the_input);
    run(time_is_bounded);
    run(blocks_change_hands);
    run(a_long_line_is_gathered_in_linear_time);
    run(a_slow_sink_costs_linear_time);
    check_run(each_allocation_may_fail);
    for (uint64_t i = 0; i < 40 * options.rounds; i++)
        every_way(options.seed + i);
    return 0;
}
