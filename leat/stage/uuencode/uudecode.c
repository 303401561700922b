/* The decoder, line by line, and the format. */

#include "leat/stage/piece.h"
#include "leat/stage/text.h"
#include "leat/stage/uuencode/uuencode.h"

/* Lines of mail are no longer; those of uuencode are 62. */
#define LINE_LEN_MAX 1000

enum state {
    AT_BEGIN, /* before the line that begins */
    IN_LINES,
    AT_END, /* an empty line came: only the one that ends may follow */
    IN_BASE64,
    FINISHED,
};

struct uudecode {
    struct leat_codec codec;
    enum state state;
    bool has_spaces; /* zero is ' ' in this file */
    bool has_graves; /* zero is '`' in this file */
    uint32_t bits;   /* that are no whole byte yet, at the low end */
    uint8_t bits_len;
};

/* A line without its end: [at, end). A digit that is wrong is left at `at`. */
struct line {
    const uint8_t *at, *end;
};

static size_t line_len(const struct line *line)
{
    return (size_t)(line->end - line->at);
}

static bool line_is(const struct line *line, const char *text)
{
    size_t len = __builtin_strlen(text);
    return line_len(line) == len && leat_bytes_equal(line->at, text, len);
}

static void put_digit(struct uudecode *self, struct leat_piece *p, unsigned value)
{
    self->bits = self->bits << 6 | value;
    self->bits_len += 6;
    if (self->bits_len < 8)
        return;
    self->bits_len -= 8;
    *p->out++ = (uint8_t)(self->bits >> self->bits_len);
}

static void drop_bits(struct uudecode *self)
{
    self->bits = 0;
    self->bits_len = 0;
}

/* --- The line that begins --- */

/* How much of `line` is `text`; 0 when it is not its beginning. */
static size_t begins_with(const struct line *line, const char *text)
{
    size_t len = __builtin_strlen(text);
    return line_len(line) > len && leat_bytes_equal(line->at, text, len) ? len : 0;
}

/* Whether it is "begin", a mode and a name; then `ret_base64` says of what. */
static bool line_begins(struct line line, bool *ret_base64)
{
    size_t len = begins_with(&line, "begin-base64 ");
    *ret_base64 = len > 0;
    if (len == 0)
        len = begins_with(&line, "begin ");
    line.at += len;
    size_t mode_len = 0;
    while (mode_len < line_len(&line) && line.at[mode_len] >= '0' && line.at[mode_len] <= '7')
        mode_len++;
    return len > 0 && mode_len >= 3 && line_len(&line) >= mode_len + 2 && line.at[mode_len] == ' ';
}

static void take_begin(struct uudecode *self, const struct line *line)
{
    bool base64;
    if (line_begins(*line, &base64))
        self->state = base64 ? IN_BASE64 : IN_LINES;
}

/* --- Lines with their length --- */

/* Note which sign of zero this is. Returns whether it is a digit. */
static bool knows_digit(struct uudecode *self, uint8_t byte)
{
    self->has_spaces = self->has_spaces || byte == ' ';
    self->has_graves = self->has_graves || byte == '`';
    return byte >= ' ' && byte <= '`';
}

/* The digits of `bytes` bytes. Spaces at the end may have been lost on the way. */
static const char *take_digits(struct uudecode *self, struct leat_piece *p, struct line *line,
                               size_t bytes)
{
    size_t digits = (8 * bytes + 5) / 6;
    for (; digits > 0 && line->at < line->end; digits--, line->at++) {
        if (!knows_digit(self, *line->at))
            return "not a digit of uuencode";
        put_digit(self, p, (unsigned)(*line->at - ' ') & 63);
    }
    if (digits > 0 && (!self->has_spaces || self->has_graves))
        return "a line shorter than it says";
    for (; digits > 0; digits--)
        put_digit(self, p, 0);
    return NULL;
}

/* What may stand behind a line's bytes: the rest of a group, a checksum, and white space. */
static const char *take_tail(struct line *line, size_t bytes)
{
    static const uint8_t rest[3] = { 0, 2, 1 };
    size_t most = rest[bytes % 3] + (size_t)1;
    line->at += line_len(line) < most ? line_len(line) : most;
    while (line->at < line->end && leat_is_white(*line->at))
        line->at++;
    return line->at < line->end ? "a line longer than it says" : NULL;
}

static const char *take_line(struct uudecode *self, struct leat_piece *p, struct line *line)
{
    if (line_is(line, "end")) {
        self->state = FINISHED;
        return NULL;
    }
    if (line_len(line) > 0 && (*line->at < ' ' || *line->at > '`'))
        return "not a length of uuencode";
    size_t bytes = line_len(line) > 0 ? (size_t)(*line->at - ' ') & 63 : 0;
    if (bytes == 0) {
        self->state = AT_END;
        return NULL;
    }
    line->at++;
    const char *wrong = take_digits(self, p, line, bytes);
    drop_bits(self);
    return wrong == NULL ? take_tail(line, bytes) : wrong;
}

static const char *take_end(struct uudecode *self, const struct line *line)
{
    if (line_is(line, "end"))
        self->state = FINISHED;
    return line_is(line, "end") || line_len(line) == 0 ? NULL : "no line that ends the file";
}

/* --- Lines of base64 --- */

/* The value of a digit, or 64 of what is none. */
static unsigned base64_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26u;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52u;
    return byte == '+' ? 62 : byte == '/' ? 63 : 64;
}

static const char *take_base64(struct uudecode *self, struct leat_piece *p, struct line *line)
{
    if (line_is(line, "====")) {
        self->state = FINISHED;
        return NULL;
    }
    bool padded = false;
    for (; line->at < line->end; line->at++) {
        unsigned value = base64_value(*line->at);
        padded = padded || *line->at == '=';
        if (value < 64 && !padded)
            put_digit(self, p, value);
        else if (*line->at != '=' && !leat_is_white(*line->at))
            return padded ? "a digit behind padding" : "not a base64 digit";
    }
    if (padded)
        drop_bits(self);
    return NULL;
}

/* --- The step --- */

static const char *take_any(struct uudecode *self, struct leat_piece *p, struct line *line)
{
    switch (self->state) {
    case AT_BEGIN:
        take_begin(self, line);
        return NULL;
    case IN_LINES:
        return take_line(self, p, line);
    case AT_END:
        return take_end(self, line);
    default:
        leat_assert(self->state == IN_BASE64);
        return take_base64(self, p, line);
    }
}

/* All whole lines that there is room for; p->in is left at the first that is not, or at what is
 * wrong. */
static const char *take_lines(struct uudecode *self, struct leat_piece *p)
{
    while (self->state != FINISHED && leat_piece_room(p) >= LINE_LEN_MAX) {
        size_t most = leat_piece_left(p) < LINE_LEN_MAX ? leat_piece_left(p) : LINE_LEN_MAX;
        const uint8_t *end = leat_bytes_find(p->in, most, '\n');
        if (end == NULL)
            return most == LINE_LEN_MAX ? "a line of more than 1000 bytes" : NULL;
        struct line line = { p->in, end };
        if (line.end > line.at && line.end[-1] == '\r')
            line.end--;
        const char *wrong = take_any(self, p, &line);
        p->in = wrong == NULL ? end + 1 : line.at;
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* The input ended, perhaps within a line: the last may lack its end, any other was cut, and what of
 * its bytes is there is given. */
static enum leat_status take_cut_line(struct uudecode *self, struct leat_piece *p,
                                      const char **ret_wrong)
{
    struct line line = { p->in, p->in_end };
    bool last = line_is(&line, self->state == IN_BASE64 ? "====" : "end");
    if (self->state == AT_BEGIN) {
        size_t len = line_len(&line) < 5 ? line_len(&line) : 5;
        *ret_wrong = leat_bytes_equal(line.at, "begin", len) ? NULL : "no line that begins a file";
        return LEAT_END;
    }
    if (self->state == IN_LINES && line_len(&line) > 0 && !last) {
        /* Too short it is in any case, and wrong digits show as that. */
        line.at++;
        size_t bytes = (size_t)(line.at[-1] - ' ') & 63;
        size_t there = line_len(&line) * 6 / 8;
        (void)take_digits(self, p, &line, bytes < there ? bytes : there);
    } else if (self->state == IN_BASE64 && !last) {
        (void)take_base64(self, p, &line);
    }
    p->in = p->in_end;
    return last ? LEAT_DONE : LEAT_END;
}

static enum leat_status uudecode_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct uudecode *self = (struct uudecode *)codec;
    struct leat_piece p;
    enum leat_status status = LEAT_OK;
    const char *wrong = NULL;
    /* What there is; then, where that is less than a line, a line. */
    for (size_t want = 1; want <= LINE_LEN_MAX; want = leat_piece_left(&p) + 1) {
        status = leat_piece_take(codec, in, want, out, &p);
        if (status != LEAT_OK && status != LEAT_END)
            return status;
        wrong = take_lines(self, &p);
        if (p.in > p.in_start || wrong != NULL || status == LEAT_END)
            break;
    }
    bool ends = status == LEAT_END && p.in == p.in_start && wrong == NULL;
    status = ends ? take_cut_line(self, &p, &wrong) : LEAT_OK;
    leat_piece_give(in, out, &p);
    if (wrong != NULL)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, wrong, leat_tell(in));
    return self->state == FINISHED ? LEAT_DONE : status;
}

const struct leat_stage leat_stage_uudecode = {
    .name = "uuencode",
    .self_size = sizeof(struct uudecode),
    .out_min = LINE_LEN_MAX,
    .in_min = LINE_LEN_MAX,
    .step = uudecode_step,
};

struct leat_reader *leat_uudecode(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_uudecode, NULL);
}

#define PROBE_LEN 24

static enum leat_match uuencode_probe(const uint8_t *data, size_t len)
{
    struct line line = { data, data + (len < PROBE_LEN ? len : PROBE_LEN) };
    const uint8_t *end = leat_bytes_find(line.at, line_len(&line), '\n');
    line.end = end != NULL ? end : line.end;
    bool base64;
    if (line_begins(line, &base64))
        return LEAT_MATCH_YES;
    if (end != NULL || len >= PROBE_LEN)
        return LEAT_MATCH_NO;
    return leat_match_magic(data, len < 5 ? len : 5, "begin", 5) == LEAT_MATCH_NO ? LEAT_MATCH_NO
                                                                                  : LEAT_MATCH_MORE;
}

const struct leat_format leat_format_uuencode = {
    .name = "uuencode",
    .summary = "uuencode, also with base64 inside (POSIX)",
    .endings = (const char *const[]){ ".uu", ".uue", NULL },
    .traits = LEAT_FORMAT_NAMED,
    .probe = uuencode_probe,
    .probe_max = PROBE_LEN,
    .decoder = &leat_stage_uudecode,
    .encoder = &leat_stage_uuencode,
};
