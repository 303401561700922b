#include "leat/core/bytes.h"
#include "leat/stage/utf/vector.h"

enum utf_stop leat_utf8_get(const uint8_t *in, size_t len, uint32_t *ret_c, size_t *ret_len)
{
    leat_assert(len > 0 && in[0] >= 0x80);
    uint8_t first = in[0];
    /* What the second byte may be: no longer form than needed, no surrogate, no more than 10ffff.
     */
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    size_t need = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    uint32_t c = first & (0x7fu >> need);
    size_t have = 1;
    for (; have < need && have < len; have++) {
        if (in[have] < low || in[have] > high)
            break;
        c = c << 6 | (in[have] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    bool whole = need > 1 && have == need;
    *ret_c = whole ? c : 0xfffd;
    *ret_len = have;
    if (whole)
        return UTF_DONE;
    return need > 1 && have == len ? UTF_MORE : UTF_BAD;
}

enum leat_status leat_utf_start(struct leat_codec *codec, const void *options,
                                const struct utf_kind *kind)
{
    static const struct leat_utf_options none;
    const struct leat_utf_options *chosen = options != NULL ? options : &none;
    struct utf *self = (struct utf *)codec;
    self->kind = kind;
    self->narrow = leat_ascii_narrow_choose();
    self->run = leat_utf16_run_choose();
    self->strict = chosen->strict;
    self->no_mark = chosen->no_mark;
    return LEAT_OK;
}

static enum leat_status put(struct leat_writer *out, const uint8_t *data, size_t len)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, UTF_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data, data, len); /* no payload */
    leat_commit(out, len);
    return LEAT_OK;
}

/* Drop the mark, or write it: a step of its own, which moves at most that. */
static enum leat_status begin(struct utf *self, struct leat_reader *in, struct leat_writer *out)
{
    const struct utf_kind *kind = self->kind;
    enum leat_status status = LEAT_OK;
    if (kind->encodes && !self->no_mark) {
        status = put(out, kind->mark, kind->mark_len);
    } else if (!kind->encodes && kind->mark_len > 0) {
        struct leat_span window;
        status = leat_peek(in, kind->mark_len, &window);
        if (status == LEAT_OK && leat_bytes_equal(window.data, kind->mark, kind->mark_len))
            leat_consume(in, kind->mark_len);
        if (status == LEAT_END || status == LEAT_FAULT)
            status = LEAT_OK; /* and there is no mark */
    }
    self->begun = status == LEAT_OK;
    return status;
}

/* Put U+FFFD in the place of the next `len` bytes, or call them a fault. */
static enum leat_status replace(struct utf *self, struct leat_reader *in, struct leat_writer *out,
                                size_t len, enum leat_fault_code code)
{
    if (self->strict)
        return leat_codec_fails(&self->codec, code,
                                code == LEAT_FAULT_TRUNCATED ? "the text ends within a character"
                                                             : "not valid in this encoding",
                                leat_tell(in));
    enum leat_status status = put(out, self->kind->bad, self->kind->bad_len);
    if (status == LEAT_OK) {
        leat_consume(in, len);
        self->codec.counts->replaced++;
    }
    return status;
}

/* Nothing more will come: `rest` is empty, or the beginning of a character. */
static enum leat_status end(struct utf *self, struct leat_reader *in, struct leat_writer *out,
                            struct leat_span rest)
{
    if (rest.len == 0)
        return LEAT_DONE;
    enum leat_status status = replace(self, in, out, rest.len, LEAT_FAULT_TRUNCATED);
    if (status == LEAT_OK)
        self->cut = rest.len;
    return status;
}

/* Convert what the windows hold. */
static enum leat_status convert(struct utf *self, struct leat_reader *in, struct leat_writer *out,
                                struct leat_span window, struct leat_room room,
                                enum utf_stop *ret_stop)
{
    struct utf_piece piece = {
        .in = window.data,
        .in_end = window.data + window.len,
        .out = room.data,
        .out_end = room.data + room.len,
        .narrow = self->narrow,
        .run = self->run,
        .strict = self->strict,
    };
    *ret_stop = self->kind->loop(&piece);
    leat_assert(piece.in <= piece.in_end);
    leat_assert(piece.out <= piece.out_end);
    leat_consume(in, (size_t)(piece.in - window.data));
    leat_commit(out, (size_t)(piece.out - room.data));
    self->codec.counts->replaced += piece.replaced;
    return piece.in > window.data ? LEAT_OK : LEAT_AGAIN;
}

enum leat_status leat_utf_step(struct leat_codec *codec, struct leat_reader *in,
                               struct leat_writer *out)
{
    struct utf *self = (struct utf *)codec;
    if (!self->begun)
        return begin(self, in, out);
    struct leat_room room;
    enum leat_status status = leat_reserve(out, UTF_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    /* Two rounds at most but for long beginnings: what there is, then the cut character in full. */
    size_t want = 1;
    while (want <= self->kind->in_max) {
        struct leat_span window;
        status = leat_peek(in, want, &window);
        if (status == LEAT_END)
            return end(self, in, out, window);
        if (status != LEAT_OK)
            return status;
        enum utf_stop stop;
        if (convert(self, in, out, window, room, &stop) == LEAT_OK)
            return LEAT_OK;
        if (stop == UTF_BAD)
            return replace(self, in, out, 0, LEAT_FAULT_CORRUPT);
        leat_assert(stop == UTF_MORE);
        want = window.len + 1;
    }
    leat_assert(!"a character longer than any");
    return LEAT_FAULT;
}

/* So much tells where units begin. */
enum { ALIGN_LEN = 256 };

/* Nobody knows how many bytes the source lost, so a unit may begin at any byte of what follows. */
enum leat_status leat_utf_resync(struct leat_codec *codec, struct leat_reader *in)
{
    const struct utf *self = (const struct utf *)codec;
    unsigned unit = (unsigned)self->kind->unit;
    struct leat_span window;
    enum leat_status status = leat_peek(in, 1, &window);
    if (status != LEAT_OK)
        return status;
    status = leat_peek(in, ALIGN_LEN < in->window_max ? ALIGN_LEN : in->window_max, &window);
    if (status == LEAT_AGAIN)
        return status;
    /* What a fault cut from a character is part of the damage. */
    if (status == LEAT_FAULT && window.len < self->kind->in_max)
        return status;
    size_t likely = (size_t)(-leat_tell(in) % unit);
    if (unit > 1)
        leat_consume(in, leat_utf_align(window, unit, self->kind->be, likely));
    return LEAT_OK;
}

size_t leat_utf8_count(struct leat_span text, size_t *ret_fours)
{
    size_t characters = 0, fours = 0;
    for (size_t i = 0; i < text.len; i++) {
        characters += (text.data[i] & 0xc0) != 0x80;
        fours += text.data[i] >= 0xf0;
    }
    *ret_fours = fours;
    return characters;
}

/* What was replaced took a unit as well, but for what the end cut. */
enum leat_status leat_utf_origin(struct leat_codec *codec, struct leat_span text, bool last,
                                 uint64_t *ret_len)
{
    const struct utf *self = (const struct utf *)codec;
    size_t unit = self->kind->unit, fours;
    leat_assert(unit > 0);
    size_t characters = leat_utf8_count(text, &fours);
    uint64_t len = (uint64_t)unit * characters + (unit == 2 ? 2 * fours : 0);
    if (last && self->cut > 0 && text.len > 0)
        len = len - unit + self->cut;
    *ret_len = len;
    return LEAT_OK;
}
