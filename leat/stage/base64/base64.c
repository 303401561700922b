/* The encoder. */

#include "leat/stage/base64/base64.h"
#include "leat/stage/base64/blocks.h"
#include "leat/stage/piece.h"
#include "leat/stage/text.h"

#define LINE_LEN 76

/* A group and a line end, or a block of the vectors. */
#define OUT_MIN 64

struct base64 {
    struct leat_codec codec;
    struct leat_base64_options how;
    leat_base64_encodes *encodes;
    size_t line_left; /* digits that this line has room for */
    uint8_t held[3];
    uint8_t held_len; /* bytes that wait for their group's others: 0 .. 2 between steps */
};

static enum leat_status base64_start(struct leat_codec *codec, const void *options)
{
    struct base64 *self = (struct base64 *)codec;
    if (options != NULL)
        self->how = *(const struct leat_base64_options *)options;
    size_t len = self->how.line_len > 0 ? self->how.line_len : LINE_LEN;
    self->how.line_len = len < 4 ? 4 : len / 4 * 4;
    self->line_left = self->how.line_len;
    self->encodes = leat_base64_encoder();
    return LEAT_OK;
}

static bool has_lines(const struct base64 *self)
{
    return self->how.line_len != LEAT_BASE64_ONE_LINE / 4 * 4;
}

/* `len` digits were put into the line. */
static void put_in_line(struct base64 *self, struct leat_piece *p, size_t len)
{
    leat_assert(len <= self->line_left);
    if (!has_lines(self))
        return;
    self->line_left -= len;
    if (self->line_left > 0)
        return;
    p->out = leat_put_line_end(p->out, self->how.crlf);
    self->line_left = self->how.line_len;
}

/* As many whole groups as the input, the line and the room have. Leaves room for a line end. */
static void put_groups(struct base64 *self, struct leat_piece *p)
{
    size_t groups = leat_piece_left(p) / 3;
    size_t room = (leat_piece_room(p) - 2) / 4;
    groups = groups < room ? groups : room;
    groups = groups < self->line_left / 4 ? groups : self->line_left / 4;
    self->encodes(p->in, leat_piece_left(p), groups, p->out, leat_piece_room(p), self->how.url);
    p->in += 3 * groups;
    p->out += 4 * groups;
    put_in_line(self, p, 4 * groups);
}

/* A byte of a group that the input's windows cut. */
static void put_byte(struct base64 *self, struct leat_piece *p)
{
    self->held[self->held_len++] = *p->in++;
    if (self->held_len < 3)
        return;
    self->held_len = 0;
    leat_base64_group(self->held, p->out, self->how.url);
    p->out += 4;
    put_in_line(self, p, 4);
}

/* The group that is not whole, and the last line's end. */
static void put_end(struct base64 *self, struct leat_piece *p)
{
    if (self->held_len > 0) {
        uint8_t len = self->held_len;
        for (uint8_t i = len; i < 3; i++)
            self->held[i] = 0;
        leat_base64_group(self->held, p->out, self->how.url);
        for (uint8_t i = len + 1; i < 4; i++)
            p->out[i] = '=';
        p->out += self->how.no_padding ? len + 1 : 4;
        self->held_len = 0;
        put_in_line(self, p, 4);
    }
    if (has_lines(self) && self->line_left < self->how.line_len)
        p->out = leat_put_line_end(p->out, self->how.crlf);
}

static enum leat_status base64_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct base64 *self = (struct base64 *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (status == LEAT_END)
        put_end(self, &p);
    while (p.in < p.in_end && leat_piece_room(&p) >= 4 + 2) {
        if (self->held_len == 0 && leat_piece_left(&p) >= 3)
            put_groups(self, &p);
        else
            put_byte(self, &p);
    }
    leat_piece_give(in, out, &p);
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

const struct leat_stage leat_stage_base64 = {
    .name = "base64",
    .self_size = sizeof(struct base64),
    .out_min = OUT_MIN,
    .start = base64_start,
    .step = base64_step,
};

struct leat_writer *leat_base64(struct leat_writer *sink, const struct leat_base64_options *options)
{
    return leat_push(sink, &leat_stage_base64, options);
}
