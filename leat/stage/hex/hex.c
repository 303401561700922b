/* The encoder. */

#include "leat/stage/hex/digits.h"
#include "leat/stage/hex/hex.h"
#include "leat/stage/piece.h"
#include "leat/stage/text.h"

#define LINE_LEN 64

/* A pair and a line end, or a block of the vectors. */
#define OUT_MIN 64

struct hex {
    struct leat_codec codec;
    struct leat_hex_options how;
    leat_hex_encodes *encodes;
    size_t line_left; /* digits that this line has room for */
};

static enum leat_status hex_start(struct leat_codec *codec, const void *options)
{
    struct hex *self = (struct hex *)codec;
    if (options != NULL)
        self->how = *(const struct leat_hex_options *)options;
    size_t len = self->how.line_len > 0 ? self->how.line_len : LINE_LEN;
    self->how.line_len = len < 2 ? 2 : len / 2 * 2;
    self->line_left = self->how.line_len;
    self->encodes = leat_hex_encoder();
    return LEAT_OK;
}

static bool has_lines(const struct hex *self)
{
    return self->how.line_len != LEAT_HEX_ONE_LINE / 2 * 2;
}

/* What the input, the line and the room have in common. Leaves room for a line end. */
static void put_bytes(struct hex *self, struct leat_piece *p)
{
    size_t len = leat_piece_left(p);
    size_t room = (leat_piece_room(p) - 2) / 2;
    len = len < room ? len : room;
    len = len < self->line_left / 2 ? len : self->line_left / 2;
    self->encodes(p->in, len, p->out, self->how.upper ? "0123456789ABCDEF" : "0123456789abcdef");
    p->in += len;
    p->out += 2 * len;
    if (!has_lines(self))
        return;
    self->line_left -= 2 * len;
    if (self->line_left > 0)
        return;
    p->out = leat_put_line_end(p->out, self->how.crlf);
    self->line_left = self->how.line_len;
}

static enum leat_status hex_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct hex *self = (struct hex *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (status == LEAT_END && has_lines(self) && self->line_left < self->how.line_len)
        p.out = leat_put_line_end(p.out, self->how.crlf);
    while (p.in < p.in_end && leat_piece_room(&p) >= 2 + 2)
        put_bytes(self, &p);
    leat_piece_give(in, out, &p);
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

/* Nothing is held back. */
static enum leat_status hex_flush(struct leat_codec *codec, struct leat_writer *out)
{
    (void)codec;
    (void)out;
    return LEAT_OK;
}

const struct leat_stage leat_stage_hex = {
    .name = "hex",
    .self_size = sizeof(struct hex),
    .out_min = OUT_MIN,
    .start = hex_start,
    .step = hex_step,
    .flush = hex_flush,
};

struct leat_writer *leat_hex(struct leat_writer *sink, const struct leat_hex_options *options)
{
    return leat_push(sink, &leat_stage_hex, options);
}
