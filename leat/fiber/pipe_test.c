/* What is written into a pipe is read from it: in every cutting of both sides, by reference, within
 * its marks, and with the fault that belongs there when either side stops or is cancelled at any
 * step. On every kind of loop. */

#include "leat/fiber/pipe.h"

#include <errno.h>
#include <string.h>

#include "leat/core/copy.h"
#include "tests/support/over.h"
#include "tests/support/memory.h"

enum { LEN = 120, HIGH = 40, LOW = 10, STEPS_MAX = 60, CUT_MAX = 50 };

/* How one side goes about it. */
enum way { BY_COMMIT, BY_FLUSH, BY_GIVE, BY_TURNS, WAYS };

struct side {
    enum way way;
    size_t cut;   /* bytes at a time */
    size_t stop;  /* close after so many; SIZE_MAX: go to the end */
    uint64_t met; /* how far it came */
    enum leat_status status;
    struct leat_fault fault;
};

static struct over over;
static struct leat_ctx ctx;
static struct leat_reader *reader;
static struct leat_writer *writer;
static struct side from, to;
static uint64_t written_max;

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251);
}

static void ctx_new(void)
{
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .engine = leat_fibers_engine(over.fibers) });
}

/* --- The two sides --- */

static enum leat_status gives(size_t len)
{
    struct leat_block *block = leat_block_create(&leat_alloc_hosted, len);
    struct leat_slice slice = { .data = block->data, .len = len, .block = block };
    for (size_t i = 0; i < len; i++)
        block->data[i] = byte_at(from.met + i);
    enum leat_status status = leat_give(writer, &slice);
    leat_slice_release(&slice);
    return status;
}

static enum leat_status commits(size_t len)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(writer, len, &room);
    if (status != LEAT_OK)
        return status;
    for (size_t i = 0; i < len; i++)
        room.data[i] = byte_at(from.met + i);
    leat_commit(writer, len);
    return LEAT_OK;
}

static enum leat_status writes_some(size_t len, unsigned turn)
{
    enum way way = from.way;
    if (way == BY_TURNS)
        way = turn % 3 == 0 ? BY_GIVE : turn % 3 == 1 ? BY_COMMIT : BY_FLUSH;
    enum leat_status status = way == BY_GIVE ? gives(len) : commits(len);
    if (status == LEAT_OK)
        from.met += len;
    if (status == LEAT_OK && way == BY_FLUSH)
        status = leat_flush(writer, LEAT_FLUSH_PUSH);
    return status;
}

static void writes(void *arg)
{
    size_t len = from.stop < LEN ? from.stop : LEN;
    (void)arg;
    from.status = LEAT_OK;
    for (unsigned turn = 0; from.met < len && from.status == LEAT_OK; turn++) {
        size_t some = len - from.met < from.cut ? (size_t)(len - from.met) : from.cut;
        from.status = writes_some(some, turn);
        uint64_t ahead = reader != NULL ? leat_writer_tell(writer) - leat_tell(reader) : 0;
        written_max = ahead > written_max ? ahead : written_max;
    }
    if (from.status == LEAT_OK && from.stop >= LEN)
        from.status = leat_flush(writer, LEAT_FLUSH_FINISH);
    if (leat_writer_fault(writer) != NULL)
        from.fault = *leat_writer_fault(writer);
    leat_writer_close(writer);
    writer = NULL;
}

static void reads(void *arg)
{
    (void)arg;
    to.status = LEAT_OK;
    while (to.status == LEAT_OK && to.met < to.stop) {
        struct leat_span span;
        to.status = leat_peek(reader, to.cut, &span);
        check((to.status == LEAT_OK) == (span.len >= to.cut));
        for (size_t i = 0; i < span.len; i++)
            check_equal(span.data[i], byte_at(to.met + i));
        size_t some = to.way == BY_COMMIT || span.len < to.cut ? span.len : to.cut;
        if (to.way == BY_GIVE && to.status == LEAT_OK) {
            struct leat_slice slice;
            check(leat_take(reader, some, &slice) == LEAT_OK);
            check(leat_fiber_yield(over.fibers) == LEAT_OK || to.cut > 0);
            for (size_t i = 0; i < some; i++)
                check_equal(slice.data[i], byte_at(to.met + i));
            leat_slice_release(&slice);
        } else {
            leat_consume(reader, some);
        }
        to.met += some;
        check_equal(leat_tell(reader), to.met);
    }
    if (leat_reader_fault(reader) != NULL)
        to.fault = *leat_reader_fault(reader);
    leat_reader_close(reader);
    reader = NULL;
}

static void both(void *arg)
{
    struct leat_scope scope;
    const struct leat_pipe_options options = { .high = HIGH, .low = LOW };
    (void)arg;
    leat_pipe(&ctx, &options, &reader, &writer);
    leat_scope_open(&scope, over.fibers);
    check(leat_scope_spawn(&scope, writes, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, reads, NULL) == LEAT_OK);
    leat_scope_close(&scope);
}

static void sides_set(enum way from_way, size_t from_cut, enum way to_way, size_t to_cut)
{
    from = (struct side){ .way = from_way, .cut = from_cut, .stop = SIZE_MAX };
    to = (struct side){ .way = to_way, .cut = to_cut, .stop = SIZE_MAX };
    written_max = 0;
    check_says("write", from_way);
    check_says("writes of", from_cut);
    check_says("read", to_way);
    check_says("reads of", to_cut);
}

/* --- Every cutting --- */

static void test_cuttings(void)
{
    ctx_new();
    for (unsigned way = 0; way < WAYS * WAYS; way++) {
        for (size_t cut = 1; cut <= CUT_MAX; cut += cut < 12 ? 1 : 9) {
            for (size_t peek = 1; peek <= CUT_MAX; peek += peek < 12 ? 1 : 9) {
                sides_set((enum way)(way / WAYS), cut, (enum way)(way % WAYS), peek);
                over_run(&over, both, NULL);
                check_status(from.status, LEAT_OK);
                check_status(to.status, LEAT_END);
                check_equal(to.met, LEN);
                /* What is committed waits for the reader at the high mark, give or take the last
                 * piece; a reader that asks for more has the writer go on to that. */
                uint64_t most = HIGH > peek ? HIGH : peek;
                check(written_max < most + cut);
            }
        }
    }
    leat_ctx_fini(&ctx);
}

/* --- By reference --- */

enum { LARGE = 3000000, PIECE = 4096 };

static void writes_large(void *arg)
{
    (void)arg;
    for (uint64_t at = 0; at < LARGE;) {
        struct leat_room room;
        check(leat_reserve(writer, 1, &room) == LEAT_OK);
        size_t some = room.len < LARGE - at ? room.len : (size_t)(LARGE - at);
        for (size_t i = 0; i < some; i++)
            room.data[i] = byte_at(at + i);
        leat_commit(writer, some);
        at += some;
    }
    check(leat_flush(writer, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(writer);
}

static void reads_large(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_pipe(&ctx, NULL, &reader, &writer);
    leat_scope_open(&scope, over.fibers);
    check(leat_scope_spawn(&scope, writes_large, NULL) == LEAT_OK);
    uint64_t at = 0;
    struct leat_span span;
    while (leat_peek(reader, 1, &span) == LEAT_OK) {
        for (size_t i = 0; i < span.len; i++)
            check(span.data[i] == byte_at(at + i));
        at += span.len;
        leat_consume(reader, span.len);
    }
    check_equal(at, LARGE);
    leat_reader_close(reader);
    leat_scope_close(&scope);
}

static void test_copies_nothing(void)
{
    ctx_new();
    over_run(&over, reads_large, NULL);
    check_equal(leat_counts_copied(&ctx.counts), 0);
    /* The blocks go round: not one for each piece. */
    check(ctx.counts.allocated < LARGE * 2);
    leat_ctx_fini(&ctx);
}

/* Slices come out as they were put in. */
static void slices_through(void *arg)
{
    static const uint8_t text[] = "memory that lives for ever";
    struct leat_block *block = leat_block_create(&leat_alloc_hosted, PIECE);
    struct leat_slice slice = { .data = block->data, .len = PIECE, .block = block };
    struct leat_slice constant = { .data = text, .len = sizeof(text) };
    const uint8_t *data = block->data;
    struct leat_span span;
    (void)arg;
    memset(block->data, 'x', PIECE);
    leat_pipe(&ctx, NULL, &reader, &writer);
    check(leat_give(writer, &slice) == LEAT_OK);
    check(leat_give(writer, &constant) == LEAT_OK);
    check(leat_flush(writer, LEAT_FLUSH_FINISH) == LEAT_OK);
    check(leat_peek(reader, 1, &span) == LEAT_OK);
    check(span.data == data && span.len == PIECE);
    leat_consume(reader, PIECE - 1);
    check(leat_take(reader, 1, &slice) == LEAT_OK);
    check(slice.data == data + PIECE - 1 && slice.block == block);
    leat_slice_release(&slice);
    check(leat_peek(reader, 1, &span) == LEAT_OK);
    check(span.data == text && span.len == sizeof(text));
    check(leat_take(reader, 6, &slice) == LEAT_OK);
    check(slice.data == text && slice.block == NULL);
    leat_consume(reader, span.len - 6);
    check(leat_peek(reader, 1, &span) == LEAT_END);
    leat_reader_close(reader);
    leat_writer_close(writer);
}

static void test_slices(void)
{
    ctx_new();
    over_run(&over, slices_through, NULL);
    check_equal(leat_counts_copied(&ctx.counts), 0);
    leat_ctx_fini(&ctx);
}

/* --- Either side stops --- */

static void test_writer_stops(void)
{
    ctx_new();
    for (unsigned way = 0; way < WAYS; way++) {
        for (size_t stop = 0; stop < LEN; stop += 3) {
            sides_set((enum way)way, 7, BY_COMMIT, 5);
            from.stop = stop;
            check_says("stop", stop);
            over_run(&over, both, NULL);
            check_status(to.status, LEAT_FAULT);
            check_equal(to.fault.code, LEAT_FAULT_TRUNCATED);
            check_equal(to.met, stop);
        }
    }
    leat_ctx_fini(&ctx);
}

static void test_reader_stops(void)
{
    ctx_new();
    for (unsigned way = 0; way < WAYS; way++) {
        for (size_t stop = 0; stop < LEN - HIGH - 10; stop += 3) {
            sides_set((enum way)way, 7, BY_FLUSH, 5);
            to.stop = stop;
            check_says("stop", stop);
            over_run(&over, both, NULL);
            check_status(to.status, LEAT_OK);
            check_status(from.status, LEAT_FAULT);
            check_equal(from.fault.code, LEAT_FAULT_SYSTEM);
            check_equal(from.fault.system_code, EPIPE);
        }
    }
    leat_ctx_fini(&ctx);
}

/* --- Cancelled at every step --- */

static unsigned steps;

static void cancelled_both(void *arg)
{
    struct leat_scope scope;
    const struct leat_pipe_options options = { .high = HIGH, .low = LOW };
    (void)arg;
    leat_pipe(&ctx, &options, &reader, &writer);
    leat_scope_open(&scope, over.fibers);
    check(leat_scope_spawn(&scope, writes, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, reads, NULL) == LEAT_OK);
    for (unsigned i = 0; i < steps; i++)
        check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_scope_cancel(&scope);
    leat_scope_close(&scope);
}

static bool end_is_known(const struct side *side)
{
    if (side->status != LEAT_FAULT)
        return true;
    const struct leat_fault *fault = &side->fault;
    return fault->code == LEAT_FAULT_CANCELLED || fault->code == LEAT_FAULT_TRUNCATED ||
           (fault->code == LEAT_FAULT_SYSTEM && fault->system_code == EPIPE);
}

static void test_cancel(void)
{
    ctx_new();
    unsigned cancelled = 0;
    for (unsigned way = 0; way < WAYS * WAYS; way++) {
        for (steps = 0; steps < STEPS_MAX; steps++) {
            sides_set((enum way)(way / WAYS), 7, (enum way)(way % WAYS), 5);
            check_says("steps", steps);
            over_run(&over, cancelled_both, NULL);
            check(end_is_known(&from));
            check(end_is_known(&to));
            check(to.met <= from.met);
            cancelled += from.status == LEAT_FAULT || to.status == LEAT_FAULT;
        }
    }
    check(cancelled > 0);
    leat_ctx_fini(&ctx);
}

/* --- A writer's own fault --- */

static void fault_passes(void *arg)
{
    struct leat_fault fault = {
        .code = LEAT_FAULT_CHECKSUM, .part = "part", .reason = "why", .name = "x", .offset = 9
    };
    struct leat_span span;
    size_t done;
    (void)arg;
    leat_pipe(&ctx, NULL, &reader, &writer);
    check(leat_write(writer, "abc", 3, &done) == LEAT_OK);
    leat_pipe_fail(writer, &fault);
    leat_writer_close(writer);
    check(leat_peek(reader, 3, &span) == LEAT_OK);
    check(leat_peek(reader, 4, &span) == LEAT_FAULT);
    check_equal(span.len, 3);
    check_equal(leat_reader_fault(reader)->code, LEAT_FAULT_CHECKSUM);
    check_text(leat_reader_fault(reader)->part, "part");
    check_text(leat_reader_fault(reader)->reason, "why");
    leat_reader_close(reader);
}

static void test_fault(void)
{
    ctx_new();
    over_run(&over, fault_passes, NULL);
    leat_ctx_fini(&ctx);
}

/* --- Generators --- */

static enum leat_status counts_up(struct leat_writer *out, void *arg)
{
    uint32_t count = *(const uint32_t *)arg;
    for (uint32_t i = 0; i < count; i++) {
        size_t done;
        enum leat_status status = leat_write(out, &i, sizeof(i), &done);
        if (status != LEAT_OK)
            return status;
    }
    return count % 2 == 0 ? LEAT_OK : LEAT_FAULT;
}

static enum leat_status count_read(struct leat_reader *r, uint32_t limit, uint32_t *ret)
{
    struct leat_span span;
    enum leat_status status = LEAT_OK;
    for (*ret = 0; *ret < limit; (*ret)++) {
        status = leat_peek(r, sizeof(*ret), &span);
        if (status != LEAT_OK)
            return status;
        check(memcmp(span.data, ret, sizeof(*ret)) == 0);
        leat_consume(r, sizeof(*ret));
    }
    return status;
}

static void generates(void *arg)
{
    struct leat_scope scope;
    uint32_t many = 100000, odd = 70001, met;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    struct leat_reader *r = leat_generate(&ctx, &scope, counts_up, &many);
    check_status(count_read(r, UINT32_MAX, &met), LEAT_END);
    check_equal(met, many);
    leat_reader_close(r);

    r = leat_generate(&ctx, &scope, counts_up, &odd);
    check_status(count_read(r, UINT32_MAX, &met), LEAT_FAULT);
    check_equal(met, odd);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_TRUNCATED);
    leat_reader_close(r);

    /* Closed early: the generator ends, and the scope with it. */
    r = leat_generate(&ctx, &scope, counts_up, &many);
    check_status(count_read(r, 1000, &met), LEAT_OK);
    leat_reader_close(r);
    r = leat_generate(&ctx, &scope, counts_up, &many);
    leat_reader_close(r);
    leat_scope_join(&scope);

    leat_scope_cancel(&scope);
    struct leat_span span;
    r = leat_generate(&ctx, &scope, counts_up, &many);
    check_status(leat_peek(r, 1, &span), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->code, LEAT_FAULT_CANCELLED);
    leat_reader_close(r);
    leat_scope_close(&scope);
}

static void test_generate(void)
{
    ctx_new();
    over_run(&over, generates, NULL);
    leat_ctx_fini(&ctx);
}

/* --- Through a copy, from pipe to pipe --- */

static struct leat_reader *copy_from;

static enum leat_status copies(struct leat_writer *out, void *arg)
{
    uint64_t done;
    (void)arg;
    enum leat_status status = leat_copy(out, copy_from, UINT64_MAX, &done);
    leat_reader_close(copy_from);
    return status == LEAT_END ? LEAT_OK : status;
}

static void copy_chain(void *arg)
{
    struct leat_scope scope;
    uint32_t many = 100000, met;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    copy_from = leat_generate(&ctx, &scope, counts_up, &many);
    struct leat_reader *r = leat_generate(&ctx, &scope, copies, NULL);
    check_status(count_read(r, UINT32_MAX, &met), LEAT_END);
    check_equal(met, many);
    leat_reader_close(r);
    leat_scope_close(&scope);
}

static void test_copy(void)
{
    ctx_new();
    over_run(&over, copy_chain, NULL);
    /* The generator's own writes, and a seam here and there. */
    check_equal(ctx.counts.copied[LEAT_CAUSE_USER], 400000);
    check(leat_counts_copied(&ctx.counts) < 400000 + 40000);
    leat_ctx_fini(&ctx);
}

/* --- Without memory --- */

static void generates_with(void *arg)
{
    struct leat_scope scope;
    uint32_t many = 100000, met;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    struct leat_reader *r = leat_generate(&ctx, &scope, counts_up, &many);
    enum leat_status status = count_read(r, UINT32_MAX, &met);
    check(status == LEAT_FAULT || (status == LEAT_END && met == many));
    leat_reader_close(r);
    leat_scope_close(&scope);
}

static void test_memory(void)
{
    struct memory memory;
    uint64_t fail_at = 0;
    do {
        memory_init(&memory);
        memory.fail_at = ++fail_at;
        check_says("fail_at", fail_at);
        leat_ctx_init(&ctx, &(struct leat_ctx_options){ .engine = leat_fibers_engine(over.fibers),
                                                        .alloc = memory.alloc });
        over_run(&over, generates_with, NULL);
        leat_ctx_fini(&ctx);
        memory_fini(&memory);
    } while (memory.calls >= fail_at);
    check(fail_at > 4);
}

static void test_all(void)
{
    check_run(test_cuttings);
    check_run(test_copies_nothing);
    check_run(test_slices);
    check_run(test_writer_stops);
    check_run(test_reader_stops);
    check_run(test_cancel);
    check_run(test_fault);
    check_run(test_generate);
    check_run(test_copy);
    check_run(test_memory);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
