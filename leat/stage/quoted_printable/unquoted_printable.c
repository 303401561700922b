/* The decoder, and the format. The output is never longer than its input. */

#include "leat/stage/piece.h"
#include "leat/stage/text.h"
#include "leat/stage/quoted_printable/quoted_printable.h"

/* White space at the end of a line goes, so it waits until the line goes on; but not more of it
 * than a line of mail may have. Each so many bytes are data, from the first on, however the input
 * is cut. */
#define WHITE_LEN_MAX 1000

/* That, and '=' before it and CR behind it. */
#define HELD_LEN_MAX (WHITE_LEN_MAX + 2)

/* Part of what was taken is not held. */
#define OUT_MIN (2 * WHITE_LEN_MAX + 48)

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static void put_bytes(struct leat_codec *codec, struct leat_piece *p, const uint8_t *end)
{
    size_t len = (size_t)(end - p->in);
    leat_bytes_copy(codec->counts, LEAT_CAUSE_CODEC, p->out, p->in, len);
    p->in += len;
    p->out += len;
}

/* Everything up to `end`, where no number is cut. */
static void put_text(struct leat_codec *codec, struct leat_piece *p, const uint8_t *end)
{
    while (p->in < end) {
        const uint8_t *sign = leat_bytes_find(p->in, (size_t)(end - p->in), '=');
        if (sign == NULL) {
            put_bytes(codec, p, end);
            return;
        }
        put_bytes(codec, p, sign);
        uint8_t high = end - sign > 2 ? leat_hex_value(sign[1]) : 16;
        uint8_t low = end - sign > 2 ? leat_hex_value(sign[2]) : 16;
        bool number = (high | low) < 16;
        *p->out++ = number ? (uint8_t)(high << 4 | low) : '=';
        p->in += number ? 3 : 1;
    }
}

/* Where the blanks begin that [start, end) ends with, but for whole thousands of them. */
static const uint8_t *trimmed(const uint8_t *start, const uint8_t *end)
{
    const uint8_t *at = end;
    while (at > start && is_blank(at[-1]))
        at--;
    return at + (size_t)(end - at) / WHITE_LEN_MAX * WHITE_LEN_MAX;
}

/* A line, whose LF is at `feed`. */
static void put_line(struct leat_codec *codec, struct leat_piece *p, const uint8_t *feed)
{
    const uint8_t *end = feed > p->in && feed[-1] == '\r' ? feed - 1 : feed;
    const uint8_t *text_end = trimmed(p->in, end);
    bool soft = text_end > p->in && text_end[-1] == '=';
    put_text(codec, p, soft ? text_end - 1 : text_end);
    p->in = soft ? feed + 1 : end;
    put_bytes(codec, p, soft ? p->in : feed + 1);
}

/* Whether [start, end) ends with a number that lacks its last digit. */
static bool ends_within_number(const uint8_t *start, const uint8_t *end)
{
    return end - start >= 2 && end[-2] == '=' && leat_hex_value(end[-1]) < 16;
}

/* Where what may be part of a line end or a number begins in [start, end), which has no LF. */
static const uint8_t *held(const uint8_t *start, const uint8_t *end)
{
    if (ends_within_number(start, end))
        return end - 2;
    const uint8_t *at = end > start && end[-1] == '\r' ? end - 1 : end;
    at = trimmed(start, at);
    return at > start && at[-1] == '=' ? at - 1 : at;
}

/* The last of all, without LF: a soft line break may lack its own end, but a number is cut. */
static enum leat_status put_last(struct leat_codec *codec, struct leat_piece *p)
{
    const uint8_t *end = p->in_end;
    if (ends_within_number(p->in, end)) {
        put_text(codec, p, end - 2);
        return LEAT_END;
    }
    const uint8_t *feed = end > p->in && end[-1] == '\r' ? end - 1 : end;
    const uint8_t *text_end = trimmed(p->in, feed);
    bool soft = text_end > p->in && text_end[-1] == '=';
    if (soft)
        text_end--;
    else if (feed < end)
        text_end = end; /* a CR alone ends no line */
    put_text(codec, p, text_end);
    p->in = end;
    return LEAT_DONE;
}

/* What can be told of the piece. */
static void put_piece(struct leat_codec *codec, struct leat_piece *p)
{
    while (p->in < p->in_end) {
        size_t room = leat_piece_room(p);
        size_t most = leat_piece_left(p) < room ? leat_piece_left(p) : room;
        const uint8_t *feed = leat_bytes_find(p->in, most, '\n');
        if (feed == NULL) {
            put_text(codec, p, held(p->in, p->in + most));
            return;
        }
        put_line(codec, p, feed);
    }
}

static enum leat_status unquoted_printable_step(struct leat_codec *codec, struct leat_reader *in,
                                                struct leat_writer *out)
{
    struct leat_piece p;
    enum leat_status status = LEAT_OK;
    size_t want = 1;
    do {
        status = leat_piece_take(codec, in, want, out, &p);
        if (status != LEAT_OK && status != LEAT_END)
            return status;
        put_piece(codec, &p);
        want = leat_piece_left(&p) + 1;
        leat_assert(p.in > p.in_start || want <= HELD_LEN_MAX + 1);
    } while (p.in == p.in_start && status == LEAT_OK);
    if (status == LEAT_END)
        status = put_last(codec, &p);
    leat_piece_give(in, out, &p);
    return status;
}

const struct leat_stage leat_stage_unquoted_printable = {
    .name = "quoted-printable",
    .self_size = sizeof(struct leat_codec),
    .out_min = OUT_MIN,
    .in_min = HELD_LEN_MAX + 1,
    .step = unquoted_printable_step,
};

struct leat_reader *leat_unquoted_printable(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unquoted_printable, NULL);
}

/* No line is longer. */
#define PROBE_LEN 80

/* At '=': a soft line break, or a number. */
static enum leat_match probe_sign(const uint8_t *sign, size_t len)
{
    if (len < 2)
        return LEAT_MATCH_MORE;
    if (sign[1] == '\r' || sign[1] == '\n')
        return LEAT_MATCH_YES;
    if (leat_hex_value(sign[1]) > 15)
        return LEAT_MATCH_NO;
    if (len < 3)
        return LEAT_MATCH_MORE;
    return leat_hex_value(sign[2]) < 16 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* As far as the first '=', or the first line's end. */
static enum leat_match quoted_printable_probe(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && i < PROBE_LEN; i++) {
        if (data[i] == '=' && i + 2 < PROBE_LEN)
            return probe_sign(data + i, len - i);
        if (i > 0 && (data[i] == '\n' || data[i] == '\r'))
            return LEAT_MATCH_YES;
        if (data[i] > 0x7e || (data[i] < ' ' && !leat_is_white(data[i])))
            return LEAT_MATCH_NO;
    }
    return len < PROBE_LEN ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

const struct leat_format leat_format_quoted_printable = {
    .name = "quoted-printable",
    .summary = "quoted-printable, as mail has it (RFC 2045)",
    .endings = (const char *const[]){ ".qp", NULL },
    .traits = LEAT_FORMAT_NAMED,
    .probe = quoted_printable_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_unquoted_printable,
    .encoder = &leat_stage_quoted_printable,
};
