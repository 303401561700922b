#include "tests/support/sink.h"
#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

struct sink_end {
    struct leat_writer writer;
    struct sink *sink;
    struct split_plan plan;
    struct random random;
    uint8_t *room;
    size_t collected; /* of the room */
    bool waiting;
};

void sink_add(struct sink *sink, const uint8_t *data, size_t len)
{
    if (len == 0)
        return;
    if (sink->size - sink->len < len) {
        size_t size = 2 * sink->size + len;
        uint8_t *larger = memory_get(size);
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, larger, sink->data, sink->len);
        memory_put(sink->data);
        sink->data = larger;
        sink->size = size;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, sink->data + sink->len, data, len);
    sink->len += len;
}

void sink_fini(struct sink *sink)
{
    memory_put(sink->data);
    *sink = (struct sink){ 0 };
}

/* Take over what was committed. False when the sink has failed. */
static bool collect(struct sink_end *self)
{
    struct leat_writer *w = &self->writer;
    struct sink *sink = self->sink;
    if (self->room != NULL) {
        size_t committed = (size_t)(w->pos - self->room);
        sink_add(sink, self->room + self->collected, committed - self->collected);
        self->collected = committed;
    }
    if (sink->fails_at == 0 || sink->len < sink->fails_at)
        return true;
    leat_writer_fails(w, LEAT_FAULT_SYSTEM, "no space left", sink->len);
    return false;
}

static bool full(struct sink_end *self)
{
    if (!self->waiting)
        self->waiting = random_percent(&self->random, self->plan.again_percent);
    return self->waiting;
}

static enum leat_status sink_drain(struct leat_writer *w, size_t min)
{
    struct sink_end *self = (struct sink_end *)w;
    if (!collect(self))
        return LEAT_FAULT;
    if (full(self))
        return LEAT_FULL;
    size_t len = random_len(&self->random, self->plan.piece_max);
    len = len < min ? min : len;
    uint64_t tell = leat_writer_tell(w);
    memory_put(self->room);
    self->room = memory_get(len);
    self->collected = 0;
    w->pos = self->room;
    w->end = self->room + len;
    w->end_offset = tell + len;
    return LEAT_OK;
}

static enum leat_status sink_flush(struct leat_writer *w, enum leat_flush level)
{
    struct sink_end *self = (struct sink_end *)w;
    if (!collect(self))
        return LEAT_FAULT;
    if (full(self))
        return LEAT_FULL;
    self->sink->flushes[level]++;
    return LEAT_OK;
}

static enum leat_status sink_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct sink_end *self = (struct sink_end *)w;
    if (!self->sink->gives)
        return LEAT_UNSUPPORTED;
    if (!collect(self))
        return LEAT_FAULT;
    if (full(self))
        return LEAT_FULL;
    sink_add(self->sink, slice->data, slice->len);
    self->sink->given += slice->len;
    w->end_offset += slice->len;
    leat_slice_release(slice);
    return LEAT_OK;
}

static enum leat_status sink_pull(struct leat_writer *w, const struct leat_offer *offer,
                                  uint64_t len, uint64_t *ret_done)
{
    struct sink_end *self = (struct sink_end *)w;
    if (len == 0 || self->sink->pull_max == 0 || offer->kind != LEAT_OFFER_MEMORY)
        return LEAT_UNSUPPORTED;
    if (!collect(self))
        return LEAT_FAULT;
    if (full(self))
        return LEAT_FULL;
    uint64_t some = len < offer->len ? len : offer->len;
    some = some < self->sink->pull_max ? some : self->sink->pull_max;
    sink_add(self->sink, offer->data, (size_t)some);
    self->sink->pulled += some;
    w->end_offset += some;
    *ret_done = some;
    return LEAT_OK;
}

static enum leat_status sink_arm(struct leat_writer *w, struct leat_wake *wake)
{
    ((struct sink_end *)w)->waiting = false;
    wake->fire(wake);
    return LEAT_OK;
}

static void sink_stop(struct leat_writer *w)
{
    struct sink_end *self = (struct sink_end *)w;
    w->end_offset = leat_writer_tell(w);
    w->pos = w->end;
    memory_put(self->room);
}

struct leat_writer *sink_writer(struct sink *sink, struct leat_ctx *ctx,
                                const struct split_plan *plan)
{
    static const struct leat_writer_ops bytes_ops = {
        .name = "sink",
        .self_size = sizeof(struct sink_end),
        .drain = sink_drain,
        .flush = sink_flush,
        .arm = sink_arm,
        .stop = sink_stop,
    };
    static const struct leat_writer_ops ops = {
        .name = "sink",
        .self_size = sizeof(struct sink_end),
        .drain = sink_drain,
        .flush = sink_flush,
        .give = sink_give,
        .pull = sink_pull,
        .arm = sink_arm,
        .stop = sink_stop,
    };
    bool more = sink->gives || sink->refuses || sink->pull_max > 0;
    struct sink_end *self = leat_writer_at(ctx, more ? &ops : &bytes_ops);
    if (self == NULL)
        return &ctx->no_writer;
    self->sink = sink;
    self->plan = *plan;
    if (self->plan.piece_max == 0)
        self->plan.piece_max = 4 * LEAT_KIB;
    self->random.state = plan->seed;
    self->writer.room_max = self->plan.piece_max;
    self->writer.label = "sink";
    return &self->writer;
}
