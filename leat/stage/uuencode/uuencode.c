/* The encoder. */

#include "leat/stage/piece.h"
#include "leat/stage/uuencode/uuencode.h"

#define LINE_BYTES 45
#define NAME_MAX   255

/* The first line; or a line, and the last two. */
#define OUT_MIN (NAME_MAX + 64)

struct uuencode {
    struct leat_codec codec;
    struct leat_uuencode_options how;
    char zero;
    bool begun;
};

static enum leat_status uuencode_start(struct leat_codec *codec, const void *options)
{
    struct uuencode *self = (struct uuencode *)codec;
    if (options != NULL)
        self->how = *(const struct leat_uuencode_options *)options;
    if (self->how.name == NULL || self->how.name[0] == '\0')
        self->how.name = "data";
    if (self->how.mode == 0)
        self->how.mode = 0644;
    self->zero = self->how.spaces ? ' ' : '`';
    return LEAT_OK;
}

static uint8_t digit(const struct uuencode *self, unsigned value)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    leat_assert(value < 64);
    if (self->how.base64)
        return (uint8_t)base64[value];
    return value == 0 ? (uint8_t)self->zero : (uint8_t)(' ' + value);
}

static void put_text(struct leat_piece *p, const char *text)
{
    while (*text != '\0')
        *p->out++ = (uint8_t)*text++;
}

/* A name is another's: what would break the line does not get into it. */
static void put_name(struct leat_piece *p, const char *name)
{
    for (size_t i = 0; i < NAME_MAX && name[i] != '\0'; i++) {
        uint8_t byte = (uint8_t)name[i];
        *p->out++ = byte < ' ' || byte == 0x7f ? '_' : byte;
    }
}

static void put_begin(struct uuencode *self, struct leat_piece *p)
{
    put_text(p, self->how.base64 ? "begin-base64 " : "begin ");
    for (int shift = 6; shift >= 0; shift -= 3)
        *p->out++ = (uint8_t)('0' + (self->how.mode >> shift & 7));
    *p->out++ = ' ';
    put_name(p, self->how.name);
    *p->out++ = '\n';
    self->begun = true;
}

/* The digits of up to three bytes; base64 says by '=' which there are none of. */
static void put_group(const struct uuencode *self, struct leat_piece *p, size_t len)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < len ? p->in[i] : 0);
    for (size_t i = 0; i < 4; i++, bits <<= 6)
        *p->out++ = self->how.base64 && i > len ? '=' : digit(self, bits >> 18 & 63);
    p->in += len;
}

static void put_line(const struct uuencode *self, struct leat_piece *p, size_t len)
{
    leat_assert(len > 0 && len <= LINE_BYTES);
    if (!self->how.base64)
        *p->out++ = digit(self, (unsigned)len);
    while (len > 0) {
        size_t some = len < 3 ? len : 3;
        put_group(self, p, some);
        len -= some;
    }
    *p->out++ = '\n';
}

static void put_end(const struct uuencode *self, struct leat_piece *p)
{
    if (p->in < p->in_end)
        put_line(self, p, leat_piece_left(p));
    if (!self->how.base64) {
        *p->out++ = (uint8_t)self->zero;
        *p->out++ = '\n';
    }
    put_text(p, self->how.base64 ? "====\n" : "end\n");
}

static enum leat_status uuencode_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct uuencode *self = (struct uuencode *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, self->begun ? LINE_BYTES : 0, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (!self->begun)
        put_begin(self, &p);
    else if (status == LEAT_END)
        put_end(self, &p);
    while (leat_piece_left(&p) >= LINE_BYTES && leat_piece_room(&p) >= 1 + 60 + 1)
        put_line(self, &p, LINE_BYTES);
    leat_piece_give(in, out, &p);
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

const struct leat_stage leat_stage_uuencode = {
    .name = "uuencode",
    .self_size = sizeof(struct uuencode),
    .out_min = OUT_MIN,
    .in_min = LINE_BYTES,
    .start = uuencode_start,
    .step = uuencode_step,
};

struct leat_writer *leat_uuencode(struct leat_writer *sink,
                                  const struct leat_uuencode_options *options)
{
    return leat_push(sink, &leat_stage_uuencode, options);
}
