/* The encoder. */

#include "leat/stage/piece.h"
#include "leat/stage/text.h"
#include "leat/stage/quoted_printable/quoted_printable.h"

/* Bytes in a line, but for the '=' of a soft line break. */
#define LINE_LEN 75

/* What one byte of input makes at the most: two numbers, and a soft line break before each. */
#define BYTE_LEN_MAX (2 * (3 + 3))

struct quoted_printable {
    struct leat_codec codec;
    struct leat_quoted_printable_options how;
    size_t line_at; /* bytes that stand in this line */
    uint8_t held;   /* a space, a tab or a CR, whose form depends on the next byte; 0: none */
};

static enum leat_status quoted_printable_start(struct leat_codec *codec, const void *options)
{
    if (options != NULL)
        ((struct quoted_printable *)codec)->how =
            *(const struct leat_quoted_printable_options *)options;
    return LEAT_OK;
}

/* Break the line where it has no room for `len` more. */
static void put_in_line(struct quoted_printable *self, struct leat_piece *p, size_t len)
{
    if (self->line_at + len > LINE_LEN) {
        *p->out++ = '=';
        p->out = leat_put_line_end(p->out, self->how.crlf);
        self->line_at = 0;
    }
    self->line_at += len;
}

static void put_byte(struct quoted_printable *self, struct leat_piece *p, uint8_t byte)
{
    put_in_line(self, p, 1);
    *p->out++ = byte;
}

static void put_number(struct quoted_printable *self, struct leat_piece *p, uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";
    put_in_line(self, p, 3);
    *p->out++ = '=';
    *p->out++ = (uint8_t)digits[byte >> 4];
    *p->out++ = (uint8_t)digits[byte & 15];
}

static void put_line_end(struct quoted_printable *self, struct leat_piece *p, bool crlf)
{
    p->out = leat_put_line_end(p->out, crlf);
    self->line_at = 0;
}

/* What is held, now that `next` comes behind it. Returns whether `next` was written with it. */
static bool put_held(struct quoted_printable *self, struct leat_piece *p, uint8_t next)
{
    uint8_t held = self->held;
    self->held = 0;
    if (held == '\r' && next == '\n') {
        put_line_end(self, p, true);
        return true;
    }
    if (held == '\r' || next == '\r' || next == '\n')
        put_number(self, p, held);
    else
        put_byte(self, p, held);
    return false;
}

static void put_next(struct quoted_printable *self, struct leat_piece *p, uint8_t next)
{
    if (self->held != 0 && put_held(self, p, next))
        return;
    bool breaks = next == '\r' || next == '\n';
    if (next == ' ' || next == '\t' || (next == '\r' && !self->how.binary))
        self->held = next;
    else if (breaks && !self->how.binary)
        put_line_end(self, p, false);
    else if (next > ' ' && next < 0x7f && next != '=')
        put_byte(self, p, next);
    else
        put_number(self, p, next);
}

static enum leat_status quoted_printable_step(struct leat_codec *codec, struct leat_reader *in,
                                              struct leat_writer *out)
{
    struct quoted_printable *self = (struct quoted_printable *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (status == LEAT_END && self->held != 0)
        put_number(self, &p, self->held);
    while (p.in < p.in_end && leat_piece_room(&p) >= BYTE_LEN_MAX)
        put_next(self, &p, *p.in++);
    leat_piece_give(in, out, &p);
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

/* As a number, what is held is right whatever comes. */
static enum leat_status quoted_printable_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct quoted_printable *self = (struct quoted_printable *)codec;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, codec->out_min, &room);
    if (status != LEAT_OK || self->held == 0)
        return status;
    struct leat_piece p = { .out = room.data, .out_end = room.data + room.len };
    put_number(self, &p, self->held);
    self->held = 0;
    leat_commit(out, (size_t)(p.out - room.data));
    return LEAT_OK;
}

const struct leat_stage leat_stage_quoted_printable = {
    .name = "quoted-printable",
    .self_size = sizeof(struct quoted_printable),
    .out_min = BYTE_LEN_MAX,
    .start = quoted_printable_start,
    .step = quoted_printable_step,
    .flush = quoted_printable_flush,
};

struct leat_writer *leat_quoted_printable(struct leat_writer *sink,
                                          const struct leat_quoted_printable_options *options)
{
    return leat_push(sink, &leat_stage_quoted_printable, options);
}
