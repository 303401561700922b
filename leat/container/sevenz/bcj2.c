#include "leat/container/sevenz/bcj2.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"

/* The range coder is LZMA's: probabilities of 11 bits that move by a 32nd. */
enum { PROBABILITY_BITS = 11, MOVE_BITS = 5, RANGE_START_LEN = 5, ADDRESS_LEN = 4 };

#define RANGE_TOP (UINT32_C(1) << 24)

/* One probability for each byte before a call, one for jumps, one for conditional jumps. */
enum { OF_JUMP = 256, OF_CONDITION = 257, PROBABILITIES = 258 };

enum { CALL = 0xe8, JUMP = 0xe9 };

#define OUT_MIN ((size_t)64)

enum state { STATE_BEGIN, STATE_COPY, STATE_BRANCH, STATE_ADDRESS };

struct bcj2 {
    struct leat_codec codec;
    const struct sz_bcj2 *options;
    enum state state;
    uint64_t made;  /* bytes so far */
    uint8_t before; /* the byte before the branch */
    uint8_t last;   /* the last byte that was copied: the branch itself */
    uint32_t range;
    uint32_t code;
    uint16_t probabilities[PROBABILITIES];
};

/* Whether an address may follow these two bytes. */
static bool is_branch(uint8_t before, uint8_t byte)
{
    return (byte & 0xfe) == CALL || (before == 0x0f && (byte & 0xf0) == 0x80);
}

/* The next `n` bytes of a stream beside the main one. */
static enum leat_status side_peek(struct bcj2 *self, enum sz_side side, size_t n,
                                  struct leat_span *ret)
{
    struct leat_reader *r = self->options->sides[side];
    enum leat_status status = leat_peek(r, n, ret);
    if (status != LEAT_FAULT)
        return status;
    const struct leat_fault *fault = leat_reader_fault(r);
    return leat_codec_fails(&self->codec, fault->code, fault->reason, fault->offset);
}

static enum leat_status step_begin(struct bcj2 *self)
{
    struct leat_span span;
    enum leat_status status = side_peek(self, SZ_SIDE_RANGE, RANGE_START_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (span.data[0] != 0)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad data", 0);
    self->code = leat_load_u32be(span.data + 1);
    self->range = UINT32_MAX;
    leat_consume(self->options->sides[SZ_SIDE_RANGE], RANGE_START_LEN);
    self->state = STATE_COPY;
    return LEAT_OK;
}

/* Copy the main stream up to the next branch. */
static enum leat_status step_copy(struct bcj2 *self, struct leat_reader *in,
                                  struct leat_writer *out, struct leat_room room)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status;
    size_t most = span.len < room.len ? span.len : room.len;
    if (most > self->options->size - self->made)
        most = (size_t)(self->options->size - self->made);
    size_t n = 0;
    bool branch = false;
    while (n < most && !branch) {
        self->before = self->last;
        self->last = span.data[n++];
        branch = is_branch(self->before, self->last);
    }
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, room.data, span.data, n);
    leat_consume(in, n);
    leat_commit(out, n);
    self->made += n;
    if (branch)
        self->state = STATE_BRANCH;
    return LEAT_OK;
}

/* Was the address taken out? */
static enum leat_status step_branch(struct bcj2 *self)
{
    if (self->range < RANGE_TOP) {
        struct leat_span span;
        enum leat_status status = side_peek(self, SZ_SIDE_RANGE, 1, &span);
        if (status != LEAT_OK)
            return status;
        self->range <<= 8;
        self->code = self->code << 8 | span.data[0];
        leat_consume(self->options->sides[SZ_SIDE_RANGE], 1);
    }
    unsigned which = self->last == CALL ? self->before : OF_CONDITION;
    if (self->last == JUMP)
        which = OF_JUMP;
    uint16_t *probability = &self->probabilities[which];
    uint32_t bound = (self->range >> PROBABILITY_BITS) * *probability;
    if (self->code < bound) {
        self->range = bound;
        *probability += (uint16_t)(((1u << PROBABILITY_BITS) - *probability) >> MOVE_BITS);
        self->state = STATE_COPY;
    } else {
        self->range -= bound;
        self->code -= bound;
        *probability -= (uint16_t)(*probability >> MOVE_BITS);
        self->state = STATE_ADDRESS;
    }
    return LEAT_OK;
}

/* Put the address back, as the distance from what follows it. */
static enum leat_status step_address(struct bcj2 *self, struct leat_writer *out,
                                     struct leat_room room)
{
    enum sz_side side = self->last == CALL ? SZ_SIDE_CALLS : SZ_SIDE_JUMPS;
    struct leat_span span;
    enum leat_status status = side_peek(self, side, ADDRESS_LEN, &span);
    if (status != LEAT_OK)
        return status;
    uint32_t distance = leat_load_u32be(span.data) - (uint32_t)(self->made + ADDRESS_LEN);
    uint64_t left = self->options->size - self->made;
    size_t n = left < ADDRESS_LEN ? (size_t)left : ADDRESS_LEN;
    leat_store_u32le(room.data, distance);
    leat_consume(self->options->sides[side], ADDRESS_LEN);
    leat_commit(out, n);
    self->made += n;
    self->last = (uint8_t)(distance >> 24);
    self->state = STATE_COPY;
    return LEAT_OK;
}

static enum leat_status bcj2_start(struct leat_codec *codec, const void *options)
{
    struct bcj2 *self = (struct bcj2 *)codec;
    self->options = options;
    for (size_t i = 0; i < PROBABILITIES; i++)
        self->probabilities[i] = 1u << (PROBABILITY_BITS - 1);
    return LEAT_OK;
}

static enum leat_status bcj2_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct bcj2 *self = (struct bcj2 *)codec;
    struct leat_room room;
    if (self->made == self->options->size)
        return LEAT_DONE;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    switch (self->state) {
    case STATE_BEGIN:
        return step_begin(self);
    case STATE_COPY:
        return step_copy(self, in, out, room);
    case STATE_BRANCH:
        return step_branch(self);
    case STATE_ADDRESS:
        return step_address(self, out, room);
    }
    return LEAT_FAULT;
}

const struct leat_stage leat_sz_stage_bcj2 = {
    .name = "bcj2",
    .self_size = sizeof(struct bcj2),
    .out_min = OUT_MIN,
    .start = bcj2_start,
    .step = bcj2_step,
};
