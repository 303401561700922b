/* What a stage and a sink may say in the middle of a flush, and when their sizes do not meet. */

#include "leat/core/bytes.h"
#include "leat/core/stage.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/memory.h"
#include "tests/support/toy.h"

static struct memory memory;
static struct leat_ctx ctx;

/* Each call of its flush writes five bytes, as a codec's empty block does. */
static enum leat_status marks_flush(struct leat_codec *codec, struct leat_writer *out)
{
    (void)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 5, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(codec->counts, LEAT_CAUSE_CODEC, room.data, "-----", 5);
    leat_commit(out, 5);
    return LEAT_OK;
}

static enum leat_status marks_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    return toy_same.step(codec, in, out);
}

static const struct leat_stage marks = {
    .name = "marks",
    .self_size = sizeof(struct leat_codec),
    .out_min = 5,
    .step = marks_step,
    .flush = marks_flush,
};

static void a_flush_goes_on_where_it_waited(void)
{
    for (size_t room = 1; room <= 8; room++) {
        check_says("room", room);
        struct sink sink = { 0 };
        struct split_plan plan = { .seed = room, .piece_max = room, .again_percent = 70 };
        struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &marks, NULL);
        check_status(drive_write(w, "abc", 3, 3), LEAT_OK);
        check_status(drive_flush(w, LEAT_FLUSH_PUSH), LEAT_OK);
        check_bytes(sink.data, sink.len, "abc-----", 8);
        check_equal(sink.flushes[LEAT_FLUSH_PUSH], 1);
        check_status(drive_write(w, "de", 2, 2), LEAT_OK);
        check_status(drive_flush(w, LEAT_FLUSH_SYNC), LEAT_OK);
        check_bytes(sink.data, sink.len, "abc-----de-----", 15);
        check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        leat_writer_close(w);
        sink_fini(&sink);
    }
}

static void what_cannot_be_pushed_is_said(void)
{
    struct sink sink = { 0 };
    struct split_plan plan = { 0 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_unpack, NULL);
    check_status(drive_write(w, "\3a", 2, 2), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_PUSH), LEAT_UNSUPPORTED);
    check_bytes(sink.data, sink.len, "aaa", 3);
    leat_writer_close(w);
    check_equal(sink.flushes[LEAT_FLUSH_FINISH], 0);
    sink_fini(&sink);
}

/* A demand that grows past what the sink can show is met by a buffer, and is no reason to wait. */
static void the_sink_s_largest_room_is_no_limit(void)
{
    struct sink sink = { 0 };
    struct split_plan plan = { .piece_max = 16 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_growing_frames, NULL);
    static const char frame[] = "\50\0abcdefghijklmnopqrstuvwxyzabcdefghijklmn";
    size_t done;
    check_status(leat_write(w, frame, 42, &done), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    check_bytes(sink.data, sink.len, "nmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba", 40);
    leat_writer_close(w);
    sink_fini(&sink);
}

/* A stage that says DONE while the sink is full is not called again. */
static void done_is_done(void)
{
    for (uint64_t seed = 1; seed < 40; seed++) {
        check_says("seed", seed);
        struct sink sink = { 0 };
        struct split_plan plan = { .seed = seed, .piece_max = 1, .again_percent = 60 };
        struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &toy_pack, NULL);
        check_status(drive_write(w, "aab", 3, 3), LEAT_OK);
        check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
        check_bytes(sink.data, sink.len, "\2a\1b", 5);
        leat_writer_close(w);
        sink_fini(&sink);
    }
}

/* What the adapter copies is in the ledger, the stage's own writes as well. */
static enum leat_status writes_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    size_t done;
    status = leat_write(out, span.data, span.len, &done);
    leat_consume(in, done);
    return status == LEAT_FULL && done > 0 ? LEAT_OK : status;
}

static const struct leat_stage writes = {
    .name = "writes",
    .self_size = sizeof(struct leat_codec),
    .out_min = 20,
    .step = writes_step,
};

static void what_a_stage_writes_is_counted(void)
{
    struct sink sink = { 0 };
    struct split_plan plan = { .piece_max = 10 };
    struct leat_writer *w = leat_push(sink_writer(&sink, &ctx, &plan), &writes, NULL);
    check_status(drive_write(w, "0123456789", 10, 10), LEAT_OK);
    check_status(drive_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    leat_writer_close(w);
    /* Into the adapter, by the stage, and into the sink's room. */
    check_equal(ctx.counts.copied[LEAT_CAUSE_USER], 30);
    sink_fini(&sink);
}

#define run(test) (memory_ctx_init(&ctx, &memory), check_run(test), memory_ctx_fini(&ctx, &memory))

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    run(a_flush_goes_on_where_it_waited);
    run(what_cannot_be_pushed_is_said);
    run(the_sink_s_largest_room_is_no_limit);
    run(done_is_done);
    run(what_a_stage_writes_is_counted);
    return 0;
}
