/* The push adapter: a stage as a writer. What is written waits in a block until the step has
 * consumed it; what the step makes goes straight into the sink's room where that is large enough,
 * else through a buffer of our own. */

#include "leat/core/buffer.h"
#include "leat/core/bytes.h"
#include "leat/core/copy.h"
#include "leat/core/stage.h"

#define IN_LEN (64 * LEAT_KIB)

enum { IDLE_STEPS_MAX = 64 };

struct push {
    struct leat_writer writer;
    struct leat_reader in;       /* what was committed and not yet consumed, as a step sees it */
    struct leat_block *in_block; /* holds it, and the room */
    struct leat_reader mid;      /* output on its way, when the sink's room will not do */
    struct leat_buffer mid_buffer;
    struct leat_writer mid_room;
    const struct leat_stage *stage;
    const void *options;
    struct leat_codec *codec; /* in this same allocation */
    uint64_t flushed_at;      /* of the input, where the stage was flushed; UINT64_MAX: nowhere */
    bool started;
    bool finishing; /* the input is at its end */
    bool done;      /* the stage said DONE */
};

/* --- What a step sees on either side: never filled, never drained, never closed --- */

static enum leat_status in_fill(struct leat_reader *r, size_t min)
{
    (void)min;
    const struct push *self = (const struct push *)((const char *)r - offsetof(struct push, in));
    return self->finishing ? LEAT_END : LEAT_AGAIN;
}

static const struct leat_reader_ops in_ops = {
    .name = "push",
    .self_size = sizeof(struct leat_reader),
    .fill = in_fill,
};

static enum leat_status room_drain(struct leat_writer *w, size_t min)
{
    (void)w;
    (void)min;
    return LEAT_FULL;
}

static enum leat_status room_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static const struct leat_writer_ops room_ops = {
    .name = "push",
    .self_size = sizeof(struct leat_writer),
    .drain = room_drain,
    .flush = room_flush,
};

/* --- Moving --- */

/* All that was committed is input now. */
static void push_show(struct push *self)
{
    size_t more = (size_t)(self->writer.pos - self->in.end);
    self->in.end = self->writer.pos;
    self->in.end_offset += more;
}

static enum leat_status push_start(struct push *self)
{
    self->started = true;
    if (self->stage->start == NULL)
        return LEAT_OK;
    return self->stage->start(self->codec, self->options);
}

static bool sink_will_do(const struct push *self)
{
    return self->codec->out_history == 0 && self->writer.below->room_max >= self->codec->out_min;
}

/* Pass on what stands in our own buffer. */
static enum leat_status mid_drains(struct push *self)
{
    size_t len = (size_t)(self->mid.end - self->mid.pos);
    if (len == 0)
        return LEAT_OK;
    size_t done;
    enum leat_status status = leat_write(self->writer.below, self->mid.pos, len, &done);
    self->mid.pos += done;
    return status;
}

typedef enum leat_status push_call(struct push *self, struct leat_writer *out);

static enum leat_status call_step(struct push *self, struct leat_writer *out)
{
    return self->stage->step(self->codec, &self->in, out);
}

static enum leat_status call_flush(struct push *self, struct leat_writer *out)
{
    return self->stage->flush(self->codec, out);
}

/* Run one call of the stage's, into our own buffer. */
static enum leat_status call_into_mid(struct push *self, push_call *call)
{
    struct leat_room room;
    self->mid_buffer.history = self->codec->out_history;
    size_t ring_len = self->codec->out_min > IN_LEN ? self->codec->out_min : IN_LEN;
    enum leat_status status =
        leat_buffer_room(&self->mid_buffer, &self->mid, 0, self->codec->out_min, ring_len, &room);
    if (status != LEAT_OK) {
        self->writer.fault = self->mid.fault;
        return status;
    }
    self->mid_room.pos = room.data;
    self->mid_room.end = room.data + room.len;
    status = call(self, &self->mid_room);
    leat_buffer_add(&self->mid, (size_t)(self->mid_room.pos - room.data));
    return status;
}

/* Everything that went in and came out of the stage: it grows with each useful call. */
static uint64_t push_moved(const struct push *self)
{
    return leat_tell(&self->in) + leat_writer_tell(self->writer.below) + self->mid.end_offset;
}

/* Run one call of the stage's to its end. FULL: the sink has to be waited for. */
static enum leat_status push_calls(struct push *self, push_call *call)
{
    enum leat_status status;
    unsigned idle = 0;
    do {
        uint64_t moved = push_moved(self);
        struct leat_room room;
        status = mid_drains(self);
        bool direct = sink_will_do(self);
        if (status == LEAT_OK && direct)
            status = leat_reserve(self->writer.below, self->codec->out_min, &room);
        if (status != LEAT_OK)
            return status;
        status = direct ? call(self, self->writer.below) : call_into_mid(self, call);
        /* FULL of a stage's is no reason to wait: there may be more room, or it wants a larger. */
        idle = push_moved(self) != moved ? 0 : idle + 1;
        leat_assert(idle < IDLE_STEPS_MAX);
    } while (status == LEAT_FULL);
    return status;
}

static enum leat_status push_fails(struct push *self, enum leat_status status)
{
    struct leat_writer *w = &self->writer;
    if (status == LEAT_END)
        return leat_writer_fails(w, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                 self->in.end_offset);
    leat_assert(status == LEAT_FAULT);
    const struct leat_fault *fault = &self->codec->fault;
    if (fault->code != LEAT_FAULT_NONE)
        return leat_writer_fails(w, fault->code, fault->reason, fault->offset);
    return LEAT_FAULT;
}

/* Step until the input is used up (OK), the stage is done (OK), or it must wait (FULL). */
static enum leat_status push_runs(struct push *self)
{
    push_show(self);
    if (!self->started && push_start(self) != LEAT_OK)
        return push_fails(self, LEAT_FAULT);
    unsigned idle = 0;
    while (!self->done) {
        uint64_t moved = push_moved(self);
        enum leat_status status = push_calls(self, call_step);
        if (status == LEAT_AGAIN)
            break;
        if (status == LEAT_FULL)
            return LEAT_FULL;
        if (status == LEAT_END || status == LEAT_FAULT)
            return push_fails(self, status);
        self->done = status == LEAT_DONE;
        idle = push_moved(self) != moved ? 0 : idle + 1;
        leat_assert(idle < IDLE_STEPS_MAX);
    }
    if (self->done && self->in.pos < self->in.end)
        return leat_writer_fails(&self->writer, LEAT_FAULT_CORRUPT, "more bytes after the end",
                                 leat_tell(&self->in));
    return mid_drains(self);
}

/* Have the stage write what it holds back: once for the same input, however often a sink that is
 * full has the caller ask again. */
static enum leat_status push_flushes(struct push *self)
{
    if (self->stage->flush == NULL || self->done || self->flushed_at == leat_tell(&self->in))
        return LEAT_OK;
    enum leat_status status = push_calls(self, call_flush);
    if (status == LEAT_OK)
        self->flushed_at = leat_tell(&self->in);
    return status;
}

/* Put what is left of the input at the block's front, and the room behind it. */
static enum leat_status push_room(struct push *self, size_t min)
{
    struct leat_writer *w = &self->writer;
    size_t left = (size_t)(self->in.end - self->in.pos);
    size_t need = left + min;
    struct leat_block *block = self->in_block;
    if (block == NULL || block->size < need) {
        block = leat_ctx_block(w->ctx, need > IN_LEN ? need + need / 2 : IN_LEN);
        if (block == NULL)
            return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
        w->counts.allocations++;
        w->counts.allocated += block->size;
        leat_bytes_copy(&w->counts, LEAT_CAUSE_GROW, block->data, self->in.pos, left);
        leat_ctx_block_return(w->ctx, self->in_block);
        self->in_block = block;
    } else if (self->in.pos != block->data) {
        leat_bytes_move(&w->counts, LEAT_CAUSE_TAIL, block->data, self->in.pos, left);
    }
    uint64_t tell = leat_writer_tell(w);
    self->in.pos = block->data;
    self->in.end = block->data + left;
    leat_writer_show(w, tell, block->data + left, block->size - left);
    return LEAT_OK;
}

/* --- The writer --- */

static enum leat_status push_drain(struct leat_writer *w, size_t min)
{
    struct push *self = (struct push *)w;
    enum leat_status status = push_runs(self);
    if (status == LEAT_FAULT)
        return status;
    size_t left = (size_t)(self->in.end - self->in.pos);
    /* What waits for a slow sink is moved only where that makes more room than it moves. */
    if (status == LEAT_FULL && left >= IN_LEN / 2)
        return LEAT_FULL;
    /* A stage that wants to see more input at once than there is room for gets more room. */
    if (status == LEAT_OK && self->in.want > left && self->in.want - left > min)
        min = self->in.want - left;
    return push_room(self, min);
}

static enum leat_status push_flush(struct leat_writer *w, enum leat_flush level)
{
    struct push *self = (struct push *)w;
    if (level == LEAT_FLUSH_FINISH)
        self->finishing = true;
    enum leat_status status = push_runs(self);
    if (status == LEAT_OK)
        status = push_flushes(self);
    if (status == LEAT_OK)
        status = mid_drains(self);
    if (status == LEAT_FAULT)
        return push_fails(self, status);
    if (status != LEAT_OK)
        return status;
    leat_assert(!self->finishing || self->done);
    status = leat_flush(w->below, level);
    /* A stage without a flush may hold something back until the end. */
    bool promised = self->stage->flush != NULL || self->done;
    return status == LEAT_OK && !promised ? LEAT_UNSUPPORTED : status;
}

static void push_stop(struct leat_writer *w)
{
    struct push *self = (struct push *)w;
    if (self->started && self->stage->stop != NULL)
        self->stage->stop(self->codec);
    leat_buffer_fini(&self->mid_buffer, &self->mid);
    leat_writer_show_none(w);
    leat_ctx_block_return(w->ctx, self->in_block);
    leat_counts_add_inside(&w->counts, &self->in.counts);
    leat_counts_add_inside(&w->counts, &self->mid.counts);
    leat_counts_add_inside(&w->counts, &self->mid_room.counts);
}

#define CODEC_AT ((sizeof(struct push) + 63) / 64 * 64)

static void push_init(struct push *self, const struct leat_stage *stage, const void *options)
{
    struct leat_ctx *ctx = self->writer.ctx;
    self->stage = stage;
    self->options = options;
    self->flushed_at = UINT64_MAX;
    self->in = (struct leat_reader){
        .pos = self->writer.pos,
        .end = self->writer.end,
        .ops = &in_ops,
        .ctx = ctx,
        .window_max = SIZE_MAX,
        .part = stage->name,
        .label = "",
    };
    self->mid = (struct leat_reader){
        .pos = self->writer.pos,
        .end = self->writer.end,
        .ops = &in_ops,
        .ctx = ctx,
        .window_max = SIZE_MAX,
        .part = stage->name,
        .label = "",
    };
    self->mid_room = (struct leat_writer){
        .ops = &room_ops,
        .ctx = ctx,
        .room_max = SIZE_MAX,
        .part = stage->name,
        .label = "",
    };
    self->codec = (struct leat_codec *)((uint8_t *)self + CODEC_AT);
    leat_codec_init(self->codec, stage, ctx, &self->writer.counts);
}

struct leat_writer *leat_push(struct leat_writer *sink, const struct leat_stage *stage,
                              const void *options)
{
    static const struct leat_writer_ops ops = {
        .name = "push",
        .self_size = sizeof(struct push),
        .drain = push_drain,
        .flush = push_flush,
        .stop = push_stop,
    };
    leat_assert(stage->out_min > 0);
    leat_assert(stage->self_size >= sizeof(struct leat_codec));
    struct push *self =
        leat_writer_over_named(sink, &ops, CODEC_AT + stage->self_size, stage->name);
    if (self == NULL)
        return sink;
    push_init(self, stage, options);
    return &self->writer;
}
