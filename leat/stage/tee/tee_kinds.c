#include "leat/stage/tee/tee.h"

#include "tests/kinds/bench.h"
#include "tests/support/check.h"

/* What is written is counted where it goes: in another ctx. */
struct copied {
    struct leat_ctx ctx;
    struct sink sink;
    struct leat_writer *w;
};

static void make_with(struct kind_end *end, unsigned full_percent)
{
    struct copied *self = memory_get(sizeof(*self));
    struct split_plan plan = { .seed = end->len, .again_percent = full_percent };
    leat_ctx_init(&self->ctx, NULL);
    self->sink = (struct sink){ 0 };
    self->w = sink_writer(&self->sink, &self->ctx, &plan);
    end->own = self;
}

static void make(struct kind_end *end)
{
    make_with(end, 0);
}

static void make_slow(struct kind_end *end)
{
    make_with(end, 50);
}

static struct leat_reader *open_tee(struct kind_end *end, struct leat_reader *src)
{
    return leat_tee(src, ((struct copied *)end->own)->w);
}

static void judge(struct kind_end *end, struct leat_reader *r)
{
    struct copied *self = end->own;
    enum leat_status status;
    while ((status = leat_tee_pass(r)) == LEAT_FULL)
        drive_writer_wait(self->w);
    check_status(status, LEAT_OK);
    check_status(drive_flush(self->w, LEAT_FLUSH_PUSH), LEAT_OK);
    check_bytes(self->sink.data, self->sink.len, bench_bytes(), leat_tell(r));
}

static void unmake(struct kind_end *end)
{
    struct copied *self = end->own;
    leat_writer_close(self->w);
    leat_ctx_fini(&self->ctx);
    sink_fini(&self->sink);
    memory_put(self);
}

static const struct kind_view views[] = {
    {
        .name = "tee",
        .promises = KIND_SHARES | KIND_COPIES_NOTHING | KIND_LOOKS | KIND_OWN_OFFSETS,
        .make = make,
        .open = open_tee,
        .judge = judge,
        .unmake = unmake,
    },
    /* Bytes that could not be written yet keep it from sharing. */
    {
        .name = "tee to a slow writer",
        .promises = KIND_LOOKS | KIND_OWN_OFFSETS,
        .make = make_slow,
        .open = open_tee,
        .judge = judge,
        .unmake = unmake,
    },
    { 0 },
};

const struct kinds kinds_tee = { .name = "tee", .views = views };
