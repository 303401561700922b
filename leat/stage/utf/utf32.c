#include "leat/core/load.h"
#include "leat/stage/utf/convert.h"

static inline uint32_t load(const uint8_t *from, bool be)
{
    return be ? leat_load_u32be(from) : leat_load_u32le(from);
}

/* --- UTF-32 to UTF-8 --- */

static inline __attribute__((always_inline)) enum utf_stop decode(struct utf_piece *piece, bool be)
{
    struct utf_piece p = *piece; /* so that it stays in registers */
    enum utf_stop stop = UTF_DONE;
    for (; p.in_end - p.in >= 4 && p.out_end - p.out >= 4; p.in += 4) {
        uint32_t c = load(p.in, be);
        bool bad = c > 0x10ffff || (c >= 0xd800 && c < 0xe000);
        if (bad && p.strict) {
            stop = UTF_BAD;
            break;
        }
        p.replaced += bad;
        if (c < 0x80)
            *p.out++ = (uint8_t)c;
        else
            p.out = utf8_put(p.out, bad ? 0xfffd : c);
    }
    if (stop == UTF_DONE && p.in_end - p.in < 4 && p.in < p.in_end)
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

/* --- UTF-8 to UTF-32 --- */

static inline __attribute__((always_inline)) enum utf_stop encode(struct utf_piece *p, bool be)
{
    for (; p->in < p->in_end && p->out_end - p->out >= 4; p->out += 4) {
        uint32_t c = *p->in;
        size_t len = 1;
        if (c >= 0x80) {
            enum utf_stop stop = leat_utf8_get(p->in, (size_t)(p->in_end - p->in), &c, &len);
            if (stop == UTF_MORE || (stop == UTF_BAD && p->strict))
                return stop;
            p->replaced += stop == UTF_BAD;
        }
        if (be)
            leat_store_u32be(p->out, c);
        else
            leat_store_u32le(p->out, c);
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

#define MARK_LE                                                                                    \
    {                                                                                              \
        0xff, 0xfe, 0, 0                                                                           \
    }
#define MARK_BE                                                                                    \
    {                                                                                              \
        0, 0, 0xfe, 0xff                                                                           \
    }
#define BAD_UTF8                                                                                   \
    {                                                                                              \
        0xef, 0xbf, 0xbd                                                                           \
    }
#define BAD_LE                                                                                     \
    {                                                                                              \
        0xfd, 0xff, 0, 0                                                                           \
    }
#define BAD_BE                                                                                     \
    {                                                                                              \
        0, 0, 0xff, 0xfd                                                                           \
    }

static enum leat_status decode_le_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { decode_le, 4, 4, false, MARK_LE, 4, BAD_UTF8, 3, false };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status decode_be_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { decode_be, 4, 4, true, MARK_BE, 4, BAD_UTF8, 3, false };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status encode_le_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { encode_le, 4, 0, false, MARK_LE, 4, BAD_LE, 4, true };
    return leat_utf_start(codec, options, &kind);
}

static enum leat_status encode_be_start(struct leat_codec *codec, const void *options)
{
    static const struct utf_kind kind = { encode_be, 4, 0, true, MARK_BE, 4, BAD_BE, 4, true };
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

const struct leat_stage leat_stage_utf32le_decode = DECODER("utf32le", decode_le_start);
const struct leat_stage leat_stage_utf32be_decode = DECODER("utf32be", decode_be_start);
const struct leat_stage leat_stage_utf32le_encode = ENCODER("utf32le", encode_le_start);
const struct leat_stage leat_stage_utf32be_encode = ENCODER("utf32be", encode_be_start);

/* --- The formats --- */

static enum leat_match probe_le(const uint8_t *data, size_t len)
{
    static const uint8_t mark[] = MARK_LE;
    return leat_match_magic(data, len, mark, sizeof(mark));
}

static enum leat_match probe_be(const uint8_t *data, size_t len)
{
    static const uint8_t mark[] = MARK_BE;
    return leat_match_magic(data, len, mark, sizeof(mark));
}

static const char *const no_endings[] = { NULL };

const struct leat_format leat_format_utf32le = {
    .name = "utf32le",
    .summary = "UTF-32 text, little endian, with a byte-order mark",
    .endings = no_endings,
    .traits = LEAT_FORMAT_TEXT,
    .probe = probe_le,
    .probe_max = 4,
    .decoder = &leat_stage_utf32le_decode,
    .encoder = &leat_stage_utf32le_encode,
};

const struct leat_format leat_format_utf32be = {
    .name = "utf32be",
    .summary = "UTF-32 text, big endian, with a byte-order mark",
    .endings = no_endings,
    .traits = LEAT_FORMAT_TEXT,
    .probe = probe_be,
    .probe_max = 4,
    .decoder = &leat_stage_utf32be_decode,
    .encoder = &leat_stage_utf32be_encode,
};
