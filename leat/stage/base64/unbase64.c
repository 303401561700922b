/* The decoder, and the format. */

#include "leat/stage/base64/base64.h"
#include "leat/stage/base64/blocks.h"
#include "leat/stage/piece.h"

/* Room for a block of the vectors. */
#define OUT_MIN 64

struct unbase64 {
    struct leat_codec codec;
    leat_base64_decodes *decodes;
    uint32_t bits;      /* of the digits of a group that is not whole */
    uint8_t digits_len; /* how many those are, 0 .. 3 */
    bool wants_padding; /* one '=' came, and a second must */
};

static enum leat_status unbase64_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    ((struct unbase64 *)codec)->decodes = leat_base64_decoder();
    return LEAT_OK;
}

/* The whole bytes of a group that ends early. */
static void put_rest(struct unbase64 *self, struct leat_piece *p)
{
    uint32_t bits = self->bits << (24 - 6 * self->digits_len);
    for (uint8_t i = 1; i < self->digits_len; i++, bits <<= 8)
        *p->out++ = (uint8_t)(bits >> 16);
    self->digits_len = 0;
    self->bits = 0;
}

static void take_digit(struct unbase64 *self, struct leat_piece *p, uint8_t value)
{
    self->bits = self->bits << 6 | value;
    self->digits_len++;
    if (self->digits_len < 4)
        return;
    p->out[0] = (uint8_t)(self->bits >> 16);
    p->out[1] = (uint8_t)(self->bits >> 8);
    p->out[2] = (uint8_t)self->bits;
    p->out += 3;
    self->digits_len = 0;
    self->bits = 0;
}

/* Returns why it is not in its place, or NULL. */
static const char *take_padding(struct unbase64 *self, struct leat_piece *p)
{
    if (self->wants_padding) {
        self->wants_padding = false;
        return NULL;
    }
    if (self->digits_len < 2)
        return "padding out of place";
    self->wants_padding = self->digits_len == 2;
    put_rest(self, p);
    return NULL;
}

/* One byte that is in no whole group. Returns why it cannot be, or NULL. */
static const char *take_byte(struct unbase64 *self, struct leat_piece *p)
{
    const char *wrong = NULL;
    uint8_t value = leat_base64_values[*p->in];
    if (value == BASE64_PADDING)
        wrong = take_padding(self, p);
    else if (value == BASE64_BAD)
        wrong = "not a base64 digit";
    else if (value != BASE64_WHITE && self->wants_padding)
        wrong = "a digit where padding must be";
    else if (value != BASE64_WHITE)
        take_digit(self, p, value);
    if (wrong == NULL)
        p->in++;
    return wrong;
}

static const char *take_piece(struct unbase64 *self, struct leat_piece *p)
{
    const char *wrong = NULL;
    while (wrong == NULL && p->in < p->in_end && leat_piece_room(p) >= 3) {
        if (self->digits_len == 0 && !self->wants_padding) {
            size_t groups = self->decodes(p->in, leat_piece_left(p), p->out, leat_piece_room(p));
            p->in += 4 * groups;
            p->out += 3 * groups;
            if (p->in == p->in_end || leat_piece_room(p) < 3)
                break;
        }
        wrong = take_byte(self, p);
    }
    if (wrong != NULL)
        put_rest(self, p);
    return wrong;
}

static enum leat_status unbase64_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct unbase64 *self = (struct unbase64 *)codec;
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    const char *wrong = NULL;
    bool whole = self->digits_len != 1 && !self->wants_padding;
    if (status == LEAT_END)
        put_rest(self, &p);
    else
        wrong = take_piece(self, &p);
    leat_piece_give(in, out, &p);
    if (wrong != NULL)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, wrong, leat_tell(in));
    if (status == LEAT_END)
        return whole ? LEAT_DONE : LEAT_END;
    return LEAT_OK;
}

const struct leat_stage leat_stage_unbase64 = {
    .name = "base64",
    .self_size = sizeof(struct unbase64),
    .out_min = OUT_MIN,
    .start = unbase64_start,
    .step = unbase64_step,
};

struct leat_reader *leat_unbase64(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unbase64, NULL);
}

/* Text has a blank sooner than this. */
#define PROBE_LEN 16

/* The first line, or as much of it as tells. A short one is of whole groups: "one" is a word. */
static enum leat_match base64_probe(const uint8_t *data, size_t len)
{
    size_t digits = 0;
    size_t padding = 0;
    for (size_t i = 0; i < len && i < PROBE_LEN; i++) {
        uint8_t value = leat_base64_values[data[i]];
        bool ends_line = i > 0 && (data[i] == '\n' || data[i] == '\r');
        if (ends_line)
            return digits % 4 == 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
        if (value == BASE64_PADDING && digits % 4 >= 2 && padding < 2)
            padding++;
        else if (value < 64 && padding == 0)
            digits++;
        else
            return LEAT_MATCH_NO;
        if (padding > 0 && (digits + padding) % 4 == 0)
            return LEAT_MATCH_YES;
    }
    return len < PROBE_LEN ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
}

const struct leat_format leat_format_base64 = {
    .name = "base64",
    .summary = "base64, with either alphabet (RFC 4648)",
    .endings = (const char *const[]){ ".b64", ".base64", NULL },
    .traits = LEAT_FORMAT_JOINS | LEAT_FORMAT_NAMED,
    .probe = base64_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_unbase64,
    .encoder = &leat_stage_base64,
};
