/* The encoder. */

#include "leat/core/load.h"
#include "leat/stage/ascii85/ascii85.h"
#include "leat/stage/piece.h"

#define LINE_LEN     75
#define LINE_LEN_MIN 8

/* A line end, a group, a line end and "~>\n" at the most. */
#define OUT_MIN 16

struct ascii85 {
    struct leat_codec codec;
    struct leat_ascii85_options how;
    size_t line_at; /* digits that stand in this line */
    uint8_t held[4];
    uint8_t held_len; /* bytes that wait for their group's others: 0 .. 3 between steps */
    bool begun;
};

static enum leat_status ascii85_start(struct leat_codec *codec, const void *options)
{
    struct ascii85 *self = (struct ascii85 *)codec;
    if (options != NULL)
        self->how = *(const struct leat_ascii85_options *)options;
    size_t len = self->how.line_len > 0 ? self->how.line_len : LINE_LEN;
    self->how.line_len = len < LINE_LEN_MIN ? LINE_LEN_MIN : len;
    return LEAT_OK;
}

/* Begin a new line where this one has no room for `len` more, which belong together. */
static void put_in_line(struct ascii85 *self, struct leat_piece *p, size_t len)
{
    if (len > self->how.line_len - self->line_at) {
        *p->out++ = '\n';
        self->line_at = 0;
    }
    if (self->how.line_len != LEAT_ASCII85_ONE_LINE)
        self->line_at += len;
}

/* The first `len` digits of a group. */
static void put_digits(struct ascii85 *self, struct leat_piece *p, uint32_t group, size_t len)
{
    put_in_line(self, p, len);
    uint32_t divisor = 85 * 85 * 85 * 85;
    for (size_t i = 0; i < len; i++, divisor /= 85)
        *p->out++ = (uint8_t)('!' + group / divisor % 85);
}

static void put_group(struct ascii85 *self, struct leat_piece *p, const uint8_t *bytes)
{
    uint32_t group = leat_load_u32be(bytes);
    if (group != 0) {
        put_digits(self, p, group, 5);
        return;
    }
    put_in_line(self, p, 1);
    *p->out++ = 'z';
}

static void put_bytes(struct ascii85 *self, struct leat_piece *p)
{
    if (self->held_len == 0 && leat_piece_left(p) >= 4) {
        put_group(self, p, p->in);
        p->in += 4;
        return;
    }
    self->held[self->held_len++] = *p->in++;
    if (self->held_len == 4) {
        put_group(self, p, self->held);
        self->held_len = 0;
    }
}

static void put_begin(struct ascii85 *self, struct leat_piece *p)
{
    self->begun = true;
    if (self->how.no_frame)
        return;
    put_in_line(self, p, 2);
    *p->out++ = '<';
    *p->out++ = '~';
}

/* The group that is not whole, "~>", and the last line's end. */
static void put_end(struct ascii85 *self, struct leat_piece *p)
{
    for (size_t i = self->held_len; i < 4; i++)
        self->held[i] = 0;
    if (self->held_len > 0)
        put_digits(self, p, leat_load_u32be(self->held), self->held_len + (size_t)1);
    if (!self->how.no_frame) {
        put_in_line(self, p, 2);
        *p->out++ = '~';
        *p->out++ = '>';
    }
    if (self->line_at > 0)
        *p->out++ = '\n';
}

static enum leat_status ascii85_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct ascii85 *self = (struct ascii85 *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, self->begun ? 1 : 0, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (!self->begun)
        put_begin(self, &p);
    else if (status == LEAT_END)
        put_end(self, &p);
    while (p.in < p.in_end && leat_piece_room(&p) >= 5 + 1)
        put_bytes(self, &p);
    leat_piece_give(in, out, &p);
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

const struct leat_stage leat_stage_ascii85 = {
    .name = "ascii85",
    .self_size = sizeof(struct ascii85),
    .out_min = OUT_MIN,
    .start = ascii85_start,
    .step = ascii85_step,
};

struct leat_writer *leat_ascii85(struct leat_writer *sink,
                                 const struct leat_ascii85_options *options)
{
    return leat_push(sink, &leat_stage_ascii85, options);
}
