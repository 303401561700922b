/* The decoder, and the format. */

#include "leat/core/load.h"
#include "leat/stage/ascii85/ascii85.h"
#include "leat/stage/piece.h"
#include "leat/stage/text.h"

/* A group, and a rest. */
#define OUT_MIN 16

enum state {
    AT_BEGIN, /* nothing but white space yet */
    IN_BEGIN, /* '<', which is a digit where no '~' follows */
    IN_GROUPS,
    IN_END,      /* '~' */
    AT_LINE_END, /* "~>": one line end more is ours */
    IN_LINE_END, /* and '\r' was its first half */
};

struct unascii85 {
    struct leat_codec codec;
    enum state state;
    bool framed;        /* "<~" was there, so "~>" must come */
    uint8_t digits_len; /* of a group that is not whole, 0 .. 4 */
    uint64_t group;     /* its digits' value so far */
};

/* Returns why the group cannot be, or NULL. */
static const char *take_digit(struct unascii85 *self, struct leat_piece *p, uint8_t digit)
{
    self->group = self->group * 85 + (uint8_t)(digit - '!');
    self->digits_len++;
    if (self->digits_len < 5)
        return NULL;
    if (self->group > UINT32_MAX)
        return "a group larger than four bytes";
    leat_store_u32be(p->out, (uint32_t)self->group);
    p->out += 4;
    self->digits_len = 0;
    self->group = 0;
    return NULL;
}

/* The last group: one byte less than it has digits, which are the first of the largest group that
 * begins with them. */
static const char *take_rest(struct unascii85 *self, struct leat_piece *p)
{
    uint8_t len = self->digits_len;
    if (len == 0)
        return NULL;
    if (len == 1)
        return "a last group of one digit";
    uint8_t *rest = p->out;
    const char *wrong = NULL;
    for (uint8_t i = len; i < 5; i++)
        wrong = take_digit(self, p, 'u');
    if (wrong == NULL)
        p->out = rest + len - 1;
    return wrong;
}

static const char *take_in_groups(struct unascii85 *self, struct leat_piece *p, uint8_t byte)
{
    if (byte >= '!' && byte <= 'u')
        return take_digit(self, p, byte);
    if (leat_is_white(byte))
        return NULL;
    if (byte == '~') {
        const char *wrong = take_rest(self, p);
        self->state = wrong == NULL ? IN_END : self->state;
        return wrong;
    }
    if (byte != 'z')
        return "not an ASCII85 digit";
    if (self->digits_len > 0)
        return "'z' within a group";
    leat_store_u32be(p->out, 0);
    p->out += 4;
    return NULL;
}

static const char *take_at_begin(struct unascii85 *self, struct leat_piece *p, uint8_t byte)
{
    if (leat_is_white(byte))
        return NULL;
    self->state = byte == '<' ? IN_BEGIN : IN_GROUPS;
    return byte == '<' ? NULL : take_in_groups(self, p, byte);
}

static const char *take_in_begin(struct unascii85 *self, struct leat_piece *p, uint8_t byte)
{
    self->state = IN_GROUPS;
    self->framed = byte == '~';
    if (self->framed)
        return NULL;
    const char *wrong = take_digit(self, p, '<');
    return wrong == NULL ? take_in_groups(self, p, byte) : wrong;
}

static const char *take_in_end(struct unascii85 *self, uint8_t byte)
{
    if (byte == '>')
        self->state = AT_LINE_END;
    return byte == '>' || leat_is_white(byte) ? NULL : "'~' without '>'";
}

/* Returns why it cannot stand there, or NULL. */
static const char *take_byte(struct unascii85 *self, struct leat_piece *p)
{
    uint8_t byte = *p->in;
    const char *wrong;
    if (self->state == IN_GROUPS)
        wrong = take_in_groups(self, p, byte);
    else if (self->state == AT_BEGIN)
        wrong = take_at_begin(self, p, byte);
    else if (self->state == IN_BEGIN)
        wrong = take_in_begin(self, p, byte);
    else
        wrong = take_in_end(self, byte);
    if (wrong == NULL)
        p->in++;
    return wrong;
}

/* Behind "~>": drop one line end. What else comes, a fault included, is no concern of ours. */
static enum leat_status take_line_end(struct unascii85 *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_AGAIN)
        return status;
    if (status != LEAT_OK)
        return LEAT_DONE;
    bool half = span.data[0] == '\r' && self->state == AT_LINE_END;
    if (half || span.data[0] == '\n')
        leat_consume(in, 1);
    self->state = IN_LINE_END;
    return half ? LEAT_OK : LEAT_DONE;
}

/* The input is at its end. */
static enum leat_status unascii85_ends(struct unascii85 *self, struct leat_piece *p,
                                       const char **ret_wrong)
{
    *ret_wrong = NULL;
    if (self->state == IN_BEGIN || self->framed || self->state == IN_END || self->digits_len == 1)
        return LEAT_END;
    *ret_wrong = take_rest(self, p);
    return LEAT_DONE;
}

static enum leat_status unascii85_step(struct leat_codec *codec, struct leat_reader *in,
                                       struct leat_writer *out)
{
    struct unascii85 *self = (struct unascii85 *)codec;
    if (self->state >= AT_LINE_END)
        return take_line_end(self, in);
    struct leat_piece p;
    enum leat_status status = leat_piece_take(codec, in, 1, out, &p);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    const char *wrong = NULL;
    if (status == LEAT_END)
        status = unascii85_ends(self, &p, &wrong);
    while (wrong == NULL && p.in < p.in_end && leat_piece_room(&p) >= 4 &&
           self->state < AT_LINE_END)
        wrong = take_byte(self, &p);
    leat_piece_give(in, out, &p);
    if (wrong != NULL)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, wrong, leat_tell(in));
    return status;
}

const struct leat_stage leat_stage_unascii85 = {
    .name = "ascii85",
    .self_size = sizeof(struct unascii85),
    .out_min = OUT_MIN,
    .step = unascii85_step,
};

struct leat_reader *leat_unascii85(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unascii85, NULL);
}

/* Text has a blank sooner than this. */
#define PROBE_LEN 16

/* "<~", or else the first line, or as much of it as tells. */
static enum leat_match ascii85_probe(const uint8_t *data, size_t len)
{
    if (len >= 2 && data[0] == '<' && data[1] == '~')
        return LEAT_MATCH_YES;
    for (size_t i = 0; i < len && i < PROBE_LEN; i++) {
        if (i > 0 && (data[i] == '\n' || data[i] == '\r' || data[i] == '~'))
            return LEAT_MATCH_YES;
        if ((data[i] < '!' || data[i] > 'u') && data[i] != 'z')
            return LEAT_MATCH_NO;
    }
    return len < PROBE_LEN ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
}

const struct leat_format leat_format_ascii85 = {
    .name = "ascii85",
    .summary = "ASCII85, with or without <~ and ~>",
    .endings = (const char *const[]){ ".a85", NULL },
    .traits = LEAT_FORMAT_NAMED,
    .probe = ascii85_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_unascii85,
    .encoder = &leat_stage_ascii85,
};
