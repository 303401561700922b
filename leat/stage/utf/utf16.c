#include "leat/core/load.h"
#include "leat/stage/utf/convert.h"

static inline uint32_t load(const uint8_t *from, bool be)
{
    return be ? leat_load_u16be(from) : leat_load_u16le(from);
}

static inline void store(uint8_t *to, uint32_t unit, bool be)
{
    if (be)
        leat_store_u16be(to, (uint16_t)unit);
    else
        leat_store_u16le(to, (uint16_t)unit);
}

/* --- UTF-16 to UTF-8 --- */

/* ASCII from here on: in vectors where the next four are, so that a blank between words costs
 * nothing; at least the character that was seen. */
static inline void ascii(struct utf_piece *p, uint32_t unit, bool be)
{
    size_t units = (size_t)(p->in_end - p->in) / 2;
    size_t room = (size_t)(p->out_end - p->out);
    uint64_t high = be ? 0x80ff80ff80ff80ff : 0xff80ff80ff80ff80;
    size_t done = 0;
    if (units >= 4 && (leat_load_u64le(p->in) & high) == 0)
        done = p->narrow(p->in, units < room ? units : room, p->out, be);
    if (done == 0) {
        *p->out = (uint8_t)unit;
        done = 1;
    }
    p->in += 2 * done;
    p->out += done;
}

/* A surrogate: with its other half, cut, or alone. */
static inline enum utf_stop surrogate(struct utf_piece *p, uint32_t unit, bool be)
{
    bool lead = unit < 0xdc00;
    if (lead && p->in_end - p->in < 4)
        return UTF_MORE;
    uint32_t other = lead ? load(p->in + 2, be) : 0;
    if (lead && other >= 0xdc00 && other < 0xe000) {
        p->out = utf8_put(p->out, 0x10000 + ((unit - 0xd800) << 10) + (other - 0xdc00));
        p->in += 4;
        return UTF_DONE;
    }
    if (p->strict)
        return UTF_BAD;
    p->out = utf8_put(p->out, 0xfffd);
    p->in += 2;
    p->replaced++;
    return UTF_DONE;
}

/* What vectors leave: a surrogate and what is around it, or the rest. */
enum { PLAIN_UNITS = 16 };

static inline __attribute__((always_inline)) enum utf_stop decode(struct utf_piece *piece, bool be)
{
    struct utf_piece p = *piece; /* so that it stays in registers */
    enum utf_stop stop = UTF_DONE;
    for (unsigned i = 0; stop == UTF_DONE; i++) {
        if (p.run != NULL && i % PLAIN_UNITS == 0)
            p.run(&p, be);
        if (p.in_end - p.in < 2 || p.out_end - p.out < 4)
            break;
        uint32_t unit = load(p.in, be);
        if (unit < 0x80) {
            ascii(&p, unit, be);
        } else if (unit < 0xd800 || unit >= 0xe000) {
            p.out = utf8_put(p.out, unit);
            p.in += 2;
        } else {
            stop = surrogate(&p, unit, be);
        }
    }
    if (stop == UTF_DONE && p.in_end - p.in == 1)
        stop = UTF_MORE;
    *piece = p;
    return stop;
}

static enum utf_stop decode_le(struct utf_piece *piece)
{
    return decode(piece, false);
}

static enum utf_stop decode_be(struct utf_piece *piece)
{
    return decode(piece, true);
}

/* --- UTF-8 to UTF-16 --- */

static inline __attribute__((always_inline)) enum utf_stop encode(struct utf_piece *p, bool be)
{
    while (p->in < p->in_end && p->out_end - p->out >= 4) {
        size_t left = (size_t)(p->in_end - p->in);
        if (*p->in < 0x80) {
            size_t room = (size_t)(p->out_end - p->out) / 2;
            size_t done = leat_ascii_widen(p->in, left < room ? left : room, p->out, be);
            if (done == 0)
                store(p->out, p->in[done++], be);
            p->in += done;
            p->out += 2 * done;
            continue;
        }
        uint32_t c;
        size_t len;
        enum utf_stop stop = leat_utf8_get(p->in, left, &c, &len);
        if (stop == UTF_MORE || (stop == UTF_BAD && p->strict))
            return stop;
        p->replaced += stop == UTF_BAD;
        if (c >= 0x10000) {
            store(p->out, 0xd7c0 + (c >> 10), be);
            p->out += 2;
            c = 0xdc00 | (c & 0x3ff);
        }
        store(p->out, c, be);
        p->out += 2;
        p->in += len;
    }
    return UTF_DONE;
}

static enum utf_stop encode_le(struct utf_piece *piece)
{
    return encode(piece, false);
}

static enum utf_stop encode_be(struct utf_piece *piece)
{
    return encode(piece, true);
}

/* --- The stages --- */

#define BAD_UTF8                                                                                   \
    {                                                                                              \
        0xef, 0xbf, 0xbd                                                                           \
    }

static enum leat_status decode_le_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { decode_le, 4,        2, false, { 0xff, 0xfe },
                                          2,         BAD_UTF8, 3, false };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status decode_be_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { decode_be, 4,        2, true, { 0xfe, 0xff },
                                          2,         BAD_UTF8, 3, false };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status encode_le_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { encode_le,      4, 0,   false, { 0xff, 0xfe }, 2,
                                          { 0xfd, 0xff }, 2, true };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status encode_be_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { encode_be,      4, 0,   true, { 0xfe, 0xff }, 2,
                                          { 0xff, 0xfd }, 2, true };
    return leat_utf_start(codec, options, &kind);
}

#define DECODER(title, begins)                                                                     \
    {                                                                                              \
        .name = title, .self_size = sizeof(struct utf), .out_min = UTF_OUT_MIN, .in_min = 4,       \
        .start = begins, .step = leat_utf_step, .resync = leat_utf_resync,                         \
        .origin = leat_utf_origin                                                                  \
    }
#define ENCODER(title, begins)                                                                     \
    {                                                                                              \
        .name = title, .self_size = sizeof(struct utf), .out_min = UTF_OUT_MIN, .in_min = 4,       \
        .start = begins, .step = leat_utf_step                                                     \
    }

const struct leat_stage leat_stage_utf16le_decode = DECODER("utf16le", decode_le_start);
const struct leat_stage leat_stage_utf16be_decode = DECODER("utf16be", decode_be_start);
const struct leat_stage leat_stage_utf16le_encode = ENCODER("utf16le", encode_le_start);
const struct leat_stage leat_stage_utf16be_encode = ENCODER("utf16be", encode_be_start);

/* --- The formats --- */

/* Four bytes tell it from UTF-32, whose mark begins alike. */
static enum leat_match probe_le(const uint8_t *data, size_t len)
{
    static const uint8_t mark[] = { 0xff, 0xfe };
    if (leat_match_magic(data, len, mark, sizeof(mark)) == LEAT_MATCH_NO)
        return LEAT_MATCH_NO;
    if ((len > 2 && data[2] != 0) || (len > 3 && data[3] != 0))
        return LEAT_MATCH_YES;
    return len > 3 ? LEAT_MATCH_NO : LEAT_MATCH_MORE;
}

static enum leat_match probe_be(const uint8_t *data, size_t len)
{
    static const uint8_t mark[] = { 0xfe, 0xff };
    return leat_match_magic(data, len, mark, sizeof(mark));
}

static const char *const no_endings[] = { NULL };

const struct leat_format leat_format_utf16le = {
    .name = "utf16le",
    .summary = "UTF-16 text, little endian, with a byte-order mark",
    .endings = no_endings,
    .traits = LEAT_FORMAT_TEXT,
    .probe = probe_le,
    .probe_max = 4,
    .decoder = &leat_stage_utf16le_decode,
    .encoder = &leat_stage_utf16le_encode,
};

const struct leat_format leat_format_utf16be = {
    .name = "utf16be",
    .summary = "UTF-16 text, big endian, with a byte-order mark",
    .endings = no_endings,
    .traits = LEAT_FORMAT_TEXT,
    .probe = probe_be,
    .probe_max = 2,
    .decoder = &leat_stage_utf16be_decode,
    .encoder = &leat_stage_utf16be_encode,
};
