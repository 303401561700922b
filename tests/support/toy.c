#include "tests/support/toy.h"
#include "leat/core/bytes.h"

/* --- The same bytes --- */

static enum leat_status same_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    struct leat_span span;
    status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    size_t some = span.len < room.len ? span.len : room.len;
    leat_bytes_copy(codec->counts, LEAT_CAUSE_CODEC, room.data, span.data, some);
    leat_consume(in, some);
    leat_commit(out, some);
    return LEAT_OK;
}

static enum leat_status same_flush(struct leat_codec *codec, struct leat_writer *out)
{
    (void)codec;
    (void)out;
    return LEAT_OK;
}

const struct leat_stage toy_same = {
    .name = "same",
    .self_size = sizeof(struct leat_codec),
    .out_min = 1,
    .step = same_step,
    .flush = same_flush,
};

/* --- Runs --- */

struct pack {
    struct leat_codec codec;
    uint8_t byte;
    uint8_t run; /* so many of it are held back */
    bool ended;
};

static void pack_put(struct pack *self, struct leat_writer *out)
{
    out->pos[0] = self->run;
    out->pos[1] = self->byte;
    leat_commit(out, 2);
    self->run = 0;
}

static enum leat_status pack_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct pack *self = (struct pack *)codec;
    struct leat_room room;
    struct leat_span span;
    leat_assert(!self->ended);
    enum leat_status status = leat_reserve(out, 3, &room);
    if (status != LEAT_OK)
        return status;
    status = leat_peek(in, 1, &span);
    if (status == LEAT_END) {
        if (self->run > 0)
            pack_put(self, out);
        *out->pos = 0;
        leat_commit(out, 1);
        self->ended = true;
        return LEAT_DONE;
    }
    if (status != LEAT_OK)
        return status;
    if (self->run == 0)
        self->byte = span.data[0];
    size_t i = 0;
    for (; i < span.len && span.data[i] == self->byte && self->run < UINT8_MAX; i++)
        self->run++;
    leat_consume(in, i);
    if (i < span.len)
        pack_put(self, out);
    return LEAT_OK;
}

static enum leat_status pack_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct pack *self = (struct pack *)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 3, &room);
    if (status != LEAT_OK)
        return status;
    /* As with real codecs, each flush costs output: here a run of nothing would be the end. */
    if (self->run > 0)
        pack_put(self, out);
    return LEAT_OK;
}

const struct leat_stage toy_pack = {
    .name = "pack",
    .self_size = sizeof(struct pack),
    .out_min = 3,
    .step = pack_step,
    .flush = pack_flush,
};

static enum leat_status unpack_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct pack *self = (struct pack *)codec;
    struct leat_room room;
    leat_assert(!self->ended);
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    if (self->run == 0) {
        struct leat_span span;
        status = leat_peek(in, 1, &span);
        self->ended = status == LEAT_OK && span.data[0] == 0;
        if (self->ended) {
            leat_consume(in, 1);
            return LEAT_DONE;
        }
        if (status == LEAT_OK)
            status = leat_peek(in, 2, &span);
        if (status != LEAT_OK)
            return status;
        self->run = span.data[0];
        self->byte = span.data[1];
        leat_consume(in, 2);
    }
    for (; self->run > 0 && out->pos < out->end; self->run--) {
        *out->pos = self->byte;
        leat_commit(out, 1);
    }
    return LEAT_OK;
}

const struct leat_stage toy_unpack = {
    .name = "unpack",
    .self_size = sizeof(struct pack),
    .out_min = 1,
    .out_good = 100,
    .in_min = 2,
    .step = unpack_step,
};

/* --- Looking back --- */

struct lz {
    struct leat_codec codec;
    const uint8_t *run_start; /* where the output went on after it last jumped */
    const uint8_t *run_end;   /* what was written last */
    const uint8_t *old_end;   /* the end of what was written before the jump */
    uint64_t total;
    bool ended;
};

/* The byte `distance` before `to`. */
static uint8_t lz_back(const struct lz *self, const uint8_t *to, size_t distance)
{
    size_t run = (size_t)(to - self->run_start);
    return distance <= run ? to[-(ptrdiff_t)distance]
                           : self->old_end[(ptrdiff_t)run - (ptrdiff_t)distance];
}

static enum leat_status lz_match(struct lz *self, struct leat_reader *in, struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 3, &span);
    if (status != LEAT_OK)
        return status;
    size_t len = span.data[0] & 127u;
    size_t distance = (size_t)(span.data[1] | span.data[2] << 8);
    if (distance == 0 || distance > TOY_LZ_DISTANCE_MAX || distance > self->total)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "a distance too far",
                                leat_tell(in));
    for (size_t i = 0; i < len; i++) {
        *out->pos = lz_back(self, out->pos, distance);
        leat_commit(out, 1);
    }
    leat_consume(in, 3);
    self->total += len;
    return LEAT_OK;
}

static enum leat_status lz_literals(struct lz *self, struct leat_reader *in,
                                    struct leat_writer *out, size_t len)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1 + len, &span);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, out->pos, span.data + 1, len);
    leat_commit(out, len);
    leat_consume(in, 1 + len);
    self->total += len;
    return LEAT_OK;
}

static enum leat_status lz_step(struct leat_codec *codec, struct leat_reader *in,
                                struct leat_writer *out)
{
    struct lz *self = (struct lz *)codec;
    struct leat_room room;
    leat_assert(!self->ended);
    enum leat_status status = leat_reserve(out, 127, &room);
    if (status != LEAT_OK)
        return status;
    if (room.data != self->run_end) {
        self->old_end = self->run_end;
        self->run_start = room.data;
    }
    struct leat_span span;
    status = leat_peek(in, 1, &span);
    if (status == LEAT_OK && span.data[0] == 0) {
        leat_consume(in, 1);
        self->ended = true;
        status = LEAT_DONE;
    } else if (status == LEAT_OK) {
        status =
            span.data[0] & 128 ? lz_match(self, in, out) : lz_literals(self, in, out, span.data[0]);
    }
    self->run_end = out->pos;
    return status;
}

const struct leat_stage toy_lz = {
    .name = "lz",
    .self_size = sizeof(struct lz),
    .out_min = 127,
    .out_good = 1000,
    .out_history = TOY_LZ_DISTANCE_MAX,
    .in_min = 128,
    .step = lz_step,
};

/* --- Frames --- */

static enum leat_status frame_turns(struct leat_reader *in, struct leat_writer *out, size_t len)
{
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 2 + len, &span);
    if (status != LEAT_OK)
        return status;
    status = leat_reserve(out, len, &room);
    if (status != LEAT_OK)
        return status;
    for (size_t i = 0; i < len; i++)
        room.data[i] = span.data[2 + len - 1 - i];
    leat_consume(in, 2 + len);
    leat_commit(out, len);
    return LEAT_OK;
}

static enum leat_status frames_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END)
        return LEAT_DONE;
    if (status == LEAT_OK)
        status = leat_peek(in, 2, &span);
    if (status != LEAT_OK)
        return status;
    size_t len = (size_t)(span.data[0] | span.data[1] << 8);
    if (len > TOY_FRAME_LEN_MAX)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "a frame too long", leat_tell(in));
    if (codec->out_min < len || codec->in_min < 2 + len) {
        codec->out_min = codec->out_min < len ? len : codec->out_min;
        codec->in_min = codec->in_min < 2 + len ? 2 + len : codec->in_min;
        return LEAT_FULL;
    }
    return frame_turns(in, out, len);
}

const struct leat_stage toy_frames = {
    .name = "frames",
    .self_size = sizeof(struct leat_codec),
    .out_min = TOY_FRAME_LEN_MAX,
    .out_good = TOY_FRAME_LEN_MAX,
    .in_min = 2 + TOY_FRAME_LEN_MAX,
    .step = frames_step,
};

const struct leat_stage toy_growing_frames = {
    .name = "growing frames",
    .self_size = sizeof(struct leat_codec),
    .out_min = 1,
    .out_good = 10,
    .in_min = 2,
    .step = frames_step,
};
