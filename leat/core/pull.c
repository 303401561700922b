/* The pull adapter: a stage as a reader. */

#include "leat/core/buffer.h"
#include "leat/core/bytes.h"
#include "leat/core/stage.h"
#include "leat/core/widen.h"

#define OUT_GOOD (256 * LEAT_KIB)

/* A ratio is judged only past this much output: small inputs may well blow up. */
#define RATIO_FROM (64 * LEAT_MIB)

/* Steps in a row that may report progress and show none, before it is called a bug. */
enum { IDLE_STEPS_MAX = 64 };

struct pull {
    struct leat_reader reader;
    struct leat_buffer buffer;
    struct leat_writer out; /* the room behind the window, as the step sees it */
    const struct leat_stage *stage;
    const void *options;
    struct leat_codec *codec;  /* in this same allocation */
    uint64_t in_start;         /* where the source stood */
    uint32_t damages;          /* passed by so far */
    enum leat_status finished; /* OK, until the stage has ended: END or FAULT */
    bool started;
    bool resyncing;      /* and what was damaged has been left */
    bool anchored;       /* an origin was asked for: */
    uint64_t anchor_out; /* of the byte at this offset, */
    uint64_t anchor_in;  /* and it was this */
};

/* --- The writer that a step sees: never drained, never closed --- */

static enum leat_status out_drain(struct leat_writer *w, size_t min)
{
    (void)w;
    (void)min;
    return LEAT_FULL;
}

static enum leat_status out_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static const struct leat_writer_ops out_ops = {
    .name = "pull",
    .self_size = sizeof(struct leat_writer),
    .drain = out_drain,
    .flush = out_flush,
};

/* --- The reader --- */

static enum leat_status pull_fill(struct leat_reader *r, size_t min);

static enum leat_status pull_start(struct pull *self)
{
    struct leat_reader *r = &self->reader;
    self->started = true;
    self->in_start = leat_tell(r->below);
    if (self->stage->start == NULL)
        return LEAT_OK;
    return self->stage->start(self->codec, self->options);
}

/* The stage is over: what follows the window, now and at every later fill. */
static enum leat_status pull_finish(struct pull *self, enum leat_status status)
{
    struct leat_reader *r = &self->reader;
    if (status == LEAT_FAULT && r->fault.code != LEAT_FAULT_NONE) {
        /* The adapter's own: no memory, or a bound. */
    } else if (status == LEAT_FAULT && self->codec->fault.code != LEAT_FAULT_NONE) {
        r->fault = self->codec->fault;
        r->fault.name = leat_reader_label(r);
    } else if (status == LEAT_FAULT) {
        leat_assert(leat_reader_fault(r->below) != NULL);
        r->fault = *leat_reader_fault(r->below);
    } else if (status == LEAT_END) {
        struct leat_span rest;
        (void)!leat_peek(r->below, 0, &rest);
        leat_reader_fails(r, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                          leat_tell(r->below) + rest.len);
        status = LEAT_FAULT;
    } else {
        leat_assert(status == LEAT_DONE);
        status = LEAT_END;
    }
    self->finished = status;
    return status;
}

/* How many bytes went into the stage, or into one beneath it where those were fewer: ratios
 * multiply in what is packed more than once. */
static uint64_t went_in(const struct pull *self)
{
    const struct leat_reader *r = &self->reader;
    uint64_t least = UINT64_MAX;
    for (; r != NULL; r = r->below) {
        if (r->ops->fill != pull_fill)
            continue;
        uint64_t in = leat_tell(r->below) - ((const struct pull *)r)->in_start;
        least = in < least ? in : least;
    }
    return least;
}

/* What came out so far against what went in. Where the output is too long, just as much of it
 * stays as is allowed, however it was cut. */
static enum leat_status pull_bounds(struct pull *self, uint64_t out_before)
{
    struct leat_reader *r = &self->reader;
    const struct leat_limits *limits = &r->ctx->limits;
    uint64_t out = r->end_offset;
    r->ctx->spent.bytes += out - out_before;
    if (leat_unlikely(r->ctx->spent.bytes > r->ctx->spent.bytes_max))
        return leat_reader_fails(r, LEAT_FAULT_BOUND, "more output in all than the limit allows",
                                 leat_tell(r->below));
    if (leat_likely(out < RATIO_FROM && out <= limits->bytes_max))
        return LEAT_OK;
    if (out > limits->bytes_max) {
        size_t excess = (size_t)(out - limits->bytes_max);
        r->end -= excess;
        r->end_offset -= excess;
        return leat_reader_fails(r, LEAT_FAULT_BOUND, "more output than the limit allows",
                                 leat_tell(r->below));
    }
    if (out / limits->ratio_max > went_in(self))
        return leat_reader_fails(r, LEAT_FAULT_BOUND, "expands more than the limit allows",
                                 leat_tell(r->below));
    return LEAT_OK;
}

/* One step into the room behind the window. OK, or why not; AGAIN included. */
static enum leat_status pull_step(struct pull *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_codec *codec = self->codec;
    size_t good = self->stage->out_good > 0 ? self->stage->out_good : OUT_GOOD;
    if (good < codec->out_min)
        good = codec->out_min;
    if (r->below->window_max < codec->in_min)
        r->below = leat_widen(r->below, codec->in_min);
    self->buffer.history = codec->out_history;
    /* Without history the ring is as long as one good piece, and half of one will do: were more
     * asked for, each small output would make the window's tail jump. */
    size_t room_min = codec->out_history > 0 ? codec->out_min : good / 2;
    if (room_min < codec->out_min)
        room_min = codec->out_min;
    struct leat_room room;
    enum leat_status status = leat_buffer_room(&self->buffer, r, min, room_min, good, &room);
    if (status != LEAT_OK)
        return status;
    self->out.pos = room.data;
    self->out.end = room.data + room.len;
    self->out.end_offset = r->end_offset + room.len;
    status = self->stage->step(codec, r->below, &self->out);
    leat_buffer_add(r, (size_t)(self->out.pos - room.data));
    return status;
}

static enum leat_status pull_fill(struct leat_reader *r, size_t min)
{
    struct pull *self = (struct pull *)r;
    if (self->finished != LEAT_OK)
        return self->finished;
    if (leat_unlikely(r->ctx->breathe != NULL))
        r->ctx->breathe(r->ctx);
    if (!self->started && pull_start(self) != LEAT_OK)
        return pull_finish(self, LEAT_FAULT);
    if (leat_unlikely(leat_ctx_is_late(r->ctx))) {
        leat_reader_fails(r, LEAT_FAULT_BOUND, "takes longer than the limit allows",
                          leat_tell(r->below));
        return pull_finish(self, LEAT_FAULT);
    }
    unsigned idle = 0;
    while ((size_t)(r->end - r->pos) < min) {
        uint64_t in = leat_tell(r->below);
        uint64_t out = r->end_offset;
        enum leat_status status = pull_step(self, min);
        if (pull_bounds(self, out) != LEAT_OK)
            status = LEAT_FAULT;
        if (status == LEAT_DONE || status == LEAT_END || status == LEAT_FAULT) {
            status = pull_finish(self, status);
            return (size_t)(r->end - r->pos) >= min ? LEAT_OK : status;
        }
        if (status == LEAT_AGAIN)
            return (size_t)(r->end - r->pos) >= min ? LEAT_OK : LEAT_AGAIN;
        leat_assert(status == LEAT_OK || status == LEAT_FULL);
        bool moved = leat_tell(r->below) != in || r->end_offset != out;
        idle = moved ? 0 : idle + 1;
        leat_assert(idle < IDLE_STEPS_MAX);
    }
    return LEAT_OK;
}

/* What the source stands on is part of the damage. OK, AGAIN, END, FAULT. */
static enum leat_status pull_passes_damage(struct pull *self)
{
    if (self->resyncing)
        return LEAT_OK;
    uint64_t done;
    enum leat_status status = leat_skip(self->reader.below, 1, &done);
    self->resyncing = status == LEAT_OK;
    return status;
}

/* Have the stage look for its next mark, behind the damage of the source that was told as well. OK,
 * AGAIN, END, UNSUPPORTED, or FAULT: the source met more of it on the way. */
static enum leat_status pull_finds_mark(struct pull *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_reader *in = r->below;
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        status = pull_passes_damage(self);
        if (status == LEAT_OK)
            status = self->stage->resync(self->codec, in);
        const struct leat_fault *met = leat_reader_fault(in);
        if (status != LEAT_FAULT || met == NULL || !leat_fault_same(met, &r->fault))
            break;
        leat_consume(in, (size_t)(in->end - in->pos));
        status = leat_resync(in);
        self->resyncing = true;
    }
    return status;
}

static enum leat_status pull_resync(struct leat_reader *r)
{
    struct pull *self = (struct pull *)r;
    if (self->stage->resync == NULL || !self->started)
        return LEAT_UNSUPPORTED;
    if (self->damages >= r->ctx->limits.damages_max)
        return LEAT_END;
    self->codec->fault = (struct leat_fault){ 0 };
    enum leat_status status = pull_finds_mark(self);
    if (status == LEAT_OK) {
        self->damages++;
        self->resyncing = false;
        self->finished = LEAT_OK;
        self->anchored = false; /* what was lost lies between */
    } else if (status == LEAT_FAULT) {
        const struct leat_fault *fault = leat_reader_fault(r->below);
        r->fault = fault != NULL ? *fault : self->codec->fault;
        self->damages++;
    }
    return status == LEAT_UNSUPPORTED ? LEAT_END : status;
}

static enum leat_status pull_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&((struct pull *)r)->buffer, r, n, ret);
}

/* From the last byte that was asked for, where it is still in the window and comes before this one;
 * else back from the end, of which is known how much was read for it. */
static enum leat_status pull_origin(struct leat_reader *r, const uint8_t *at, uint64_t *ret)
{
    struct pull *self = (struct pull *)r;
    /* Where a bound cut the output short, its end is not that of what was read. */
    if (self->stage->origin == NULL || !self->started || r->fault.code == LEAT_FAULT_BOUND)
        return LEAT_UNSUPPORTED;
    leat_assert(at >= r->pos && at <= r->end);
    while (at > r->pos && at < r->end && (*at & 0xc0) == 0x80)
        at--;
    uint64_t out = r->end_offset - (uint64_t)(r->end - at);
    bool forward = self->anchored && self->anchor_out >= leat_tell(r) && self->anchor_out <= out &&
                   at < r->end;
    struct leat_span text = { at, (size_t)(r->end - at) };
    if (forward) {
        text.len = (size_t)(out - self->anchor_out);
        text.data = at - text.len;
    }
    uint64_t len;
    enum leat_status status = self->stage->origin(self->codec, text, !forward, &len);
    if (status != LEAT_OK)
        return status;
    self->anchor_in = forward ? self->anchor_in + len : leat_tell(r->below) - len;
    self->anchor_out = out;
    self->anchored = true;
    *ret = self->anchor_in;
    return LEAT_OK;
}

static void pull_stop(struct leat_reader *r)
{
    struct pull *self = (struct pull *)r;
    if (self->started && self->stage->stop != NULL)
        self->stage->stop(self->codec);
    leat_buffer_fini(&self->buffer, r);
    leat_counts_add_inside(&r->counts, &self->out.counts);
}

/* The struct, and behind it the stage's. */
#define CODEC_AT ((sizeof(struct pull) + 63) / 64 * 64)

struct leat_reader *leat_pull(struct leat_reader *src, const struct leat_stage *stage,
                              const void *options)
{
    static const struct leat_reader_ops ops = {
        .name = "pull",
        .self_size = sizeof(struct pull),
        .fill = pull_fill,
        .share = pull_share,
        .resync = pull_resync,
        .origin = pull_origin,
        .stop = pull_stop,
    };
    leat_assert(stage->out_min > 0);
    leat_assert(stage->self_size >= sizeof(struct leat_codec));
    struct pull *self = leat_reader_over_named(src, &ops, CODEC_AT + stage->self_size, stage->name);
    if (self == NULL)
        return src;
    self->stage = stage;
    self->options = options;
    self->codec = (struct leat_codec *)((uint8_t *)self + CODEC_AT);
    leat_codec_init(self->codec, stage, src->ctx, &self->reader.counts);
    self->out = (struct leat_writer){
        .ops = &out_ops,
        .ctx = src->ctx,
        .room_max = SIZE_MAX,
        .part = stage->name,
        .state = LEAT_WRITER_FOREIGN,
    };
    return &self->reader;
}

enum leat_status leat_codec_fails(struct leat_codec *codec, enum leat_fault_code code,
                                  const char *reason, uint64_t offset)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (codec->fault.code == LEAT_FAULT_NONE) {
        codec->fault = (struct leat_fault){
            .code = code,
            .part = codec->stage->name,
            .reason = reason,
            .offset = offset,
        };
    }
    return LEAT_FAULT;
}
