/* ASCII armor off: lines of 64 base64 digits between a first and a last line, and nothing but that
 * (RFC 7468, section 3, figure 3), white space around it excepted. */

#include "leat/core/bytes.h"
#include "leat/stage/age/age.h"
#include "leat/stage/age/armor.h"
#include "leat/stage/age/base64.h"

/* White space on either side; what is more is no armor any more. */
enum { WHITE_MAX = 1024 };

enum place { AT_WHITE, AT_FIRST, AT_LINES, AT_LAST, AT_END, PLACES };

struct unarmor {
    struct leat_codec codec;
    enum place place;
    size_t white;  /* so much was dropped on this side */
    bool indented; /* and it ended within a line */
};

static enum leat_status breaks(struct unarmor *self, const struct leat_reader *in,
                               const char *reason)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, reason, leat_tell(in));
}

/* Drop white space. OK: what is next is none; `in` may be at its end, or wait. */
static enum leat_status drop_white(struct unarmor *self, struct leat_reader *in,
                                   struct leat_span *ret)
{
    enum leat_status status = leat_peek(in, 1, ret);
    size_t some = 0;
    while (some < ret->len &&
           (ret->data[some] == ' ' || (ret->data[some] >= '\t' && ret->data[some] <= '\r')))
        some++;
    if (some > WHITE_MAX - self->white)
        return breaks(self, in, "too much white space");
    if (some > 0)
        self->indented = ret->data[some - 1] != '\n';
    self->white += some;
    leat_consume(in, some);
    *ret = (struct leat_span){ ret->data + some, ret->len - some };
    return status;
}

/* See a line of up to `columns`, without its end, which is LF or CR and LF. OK; END and all that is
 * left where the input ends before the line does; AGAIN, FAULT. */
static enum leat_status peek_line(struct unarmor *self, struct leat_reader *in, size_t columns,
                                  struct leat_span *ret, size_t *ret_len)
{
    size_t need = 1;
    for (;;) {
        enum leat_status status = leat_peek(in, need, ret);
        size_t len = ret->len < columns + 2 ? ret->len : columns + 2;
        const uint8_t *end = leat_bytes_find(ret->data, len, '\n');
        if (end != NULL) {
            ret->len = (size_t)(end - ret->data);
            *ret_len = ret->len + 1;
            if (ret->len > 0 && end[-1] == '\r')
                ret->len--;
            return ret->len > columns ? breaks(self, in, "line too long") : LEAT_OK;
        }
        *ret_len = ret->len;
        if (len == columns + 2)
            return breaks(self, in, "line too long");
        if (status != LEAT_OK)
            return status;
        need = ret->len + 1;
    }
}

static bool is_text(struct leat_span line, const char *text)
{
    size_t len = __builtin_strlen(text);
    return line.len == len && leat_bytes_equal(line.data, text, len);
}

static enum leat_status take_first(struct unarmor *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span line;
    size_t len;
    (void)out;
    enum leat_status status = peek_line(self, in, sizeof(LEAT_AGE_ARMOR_FIRST) - 1, &line, &len);
    if (status != LEAT_OK)
        return status;
    if (self->indented || !is_text(line, LEAT_AGE_ARMOR_FIRST))
        return breaks(self, in, "bad first line");
    leat_consume(in, len);
    self->place = AT_LINES;
    return LEAT_OK;
}

static enum leat_status take_white(struct unarmor *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span rest;
    enum leat_status status = drop_white(self, in, &rest);
    if (status != LEAT_OK || rest.len == 0)
        return status;
    self->place = AT_FIRST;
    return take_first(self, in, out);
}

/* The digits of a line, their padding taken off. */
static bool unpad(struct leat_span *line)
{
    if (line->len == 0 || line->len % 4 != 0)
        return false;
    for (unsigned i = 0; i < 2 && line->data[line->len - 1] == '='; i++)
        line->len--;
    return true;
}

/* One line, or the last one. */
static enum leat_status take_line(struct unarmor *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span line;
    size_t len;
    enum leat_status status = peek_line(self, in, LEAT_AGE_ARMOR_COLUMNS, &line, &len);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, LEAT_AGE_ARMOR_LINE_LEN, &room);
    if (status != LEAT_OK)
        return status;
    bool padded = unpad(&line);
    size_t made = line.len * 3 / 4;
    if (!padded || !leat_age_decode(line, room.data, made))
        return breaks(self, in, "bad base64");
    leat_commit(out, made);
    leat_consume(in, len);
    if (made < LEAT_AGE_ARMOR_LINE_LEN)
        self->place = AT_LAST;
    return LEAT_OK;
}

static enum leat_status take_last(struct unarmor *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span line;
    size_t len;
    (void)out;
    enum leat_status status = peek_line(self, in, sizeof(LEAT_AGE_ARMOR_LAST) - 1, &line, &len);
    bool is_last = is_text(line, LEAT_AGE_ARMOR_LAST);
    if (status != LEAT_OK && !(status == LEAT_END && is_last))
        return status;
    if (!is_last)
        return breaks(self, in, "bad last line");
    leat_consume(in, len);
    self->white = 0;
    self->place = AT_END;
    return LEAT_OK;
}

/* As many whole lines as are there. */
static enum leat_status take_lines(struct unarmor *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status;
    if (span.data[0] == '-') {
        self->place = AT_LAST;
        return take_last(self, in, out);
    }
    do {
        status = take_line(self, in, out);
        if (status != LEAT_OK || self->place != AT_LINES)
            return status;
    } while (leat_peek(in, 0, &span) == LEAT_OK && span.len > LEAT_AGE_ARMOR_COLUMNS + 1 &&
             span.data[0] != '-' && leat_reserve(out, 0, &room) == LEAT_OK &&
             room.len >= LEAT_AGE_ARMOR_LINE_LEN);
    return LEAT_OK;
}

static enum leat_status take_end(struct unarmor *self, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct leat_span rest;
    (void)out;
    enum leat_status status = drop_white(self, in, &rest);
    if (rest.len > 0 && status != LEAT_FAULT)
        return breaks(self, in, "bytes behind the armor");
    return status == LEAT_END ? LEAT_DONE : status;
}

static enum leat_status unarmor_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    typedef enum leat_status take(struct unarmor *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_WHITE] = take_white, [AT_FIRST] = take_first, [AT_LINES] = take_lines,
        [AT_LAST] = take_last,   [AT_END] = take_end,
    };
    struct unarmor *self = (struct unarmor *)codec;
    leat_assert(self->place < PLACES);
    return takes[self->place](self, in, out);
}

const struct leat_stage leat_stage_age_unarmor = {
    .name = "age-armor",
    .self_size = sizeof(struct unarmor),
    .in_min = LEAT_AGE_ARMOR_COLUMNS + 2,
    .out_min = LEAT_AGE_ARMOR_LINE_LEN,
    .step = unarmor_step,
};

struct leat_reader *leat_age_unarmor(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_age_unarmor, NULL);
}

static enum leat_match armor_probe(const uint8_t *data, size_t len)
{
    static const char first[] = LEAT_AGE_ARMOR_FIRST;
    return leat_match_magic(data, len, first, sizeof(first) - 1);
}

const struct leat_format leat_format_age_armor = {
    .name = "age-armor",
    .summary = "ASCII armor around age",
    .probe = armor_probe,
    .probe_max = sizeof(LEAT_AGE_ARMOR_FIRST) - 1,
    .decoder = &leat_stage_age_unarmor,
    .encoder = &leat_stage_age_armor,
};
