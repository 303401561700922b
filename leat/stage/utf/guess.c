/* UTF-16 and UTF-32 that begin without a byte-order mark, told by their zeros, or in the midst. */

#include "leat/core/load.h"
#include "leat/stage/utf/convert.h"

enum {
    LOOK_LEN = 1024,   /* so much is judged, or all there is */
    CHARS_MIN = 4,     /* fewer prove nothing */
    MANY = 64,         /* characters of which a tenth may be enough */
    FIRST_MAX = 0x1fff /* no ideograph begins: two letters of ASCII are one */
};

struct text {
    const uint8_t *data;
    size_t len;
    unsigned unit; /* bytes */
    bool be;
};

/* The unit at `at`; of one that is cut, the bytes that are missing are zero. */
static uint32_t unit_at(const struct text *text, size_t at)
{
    uint32_t unit = 0;
    for (unsigned i = 0; i < text->unit && at + i < text->len; i++)
        unit |= (uint32_t)text->data[at + i] << 8 * (text->be ? text->unit - 1 - i : i);
    return unit;
}

/* What texts are made of: no controls but those of lines, nothing for private use, nothing that is
 * no character. */
static bool is_text(uint32_t c)
{
    if (c < 0xa0)
        return c < 0x7f ? c >= ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0x1b
                        : false;
    if (c < 0xd800)
        return true;
    if (c < 0x10000)
        return c >= 0xf900 && c < 0xfff9 && !(c >= 0xfdd0 && c < 0xfdf0) && c != 0xfeff;
    return c < 0x40000 && (c & 0xfffe) != 0xfffe;
}

/* The character at `*at`, and past it. False: it is cut, or half a pair. */
static bool next(const struct text *text, size_t *at, uint32_t *ret)
{
    uint32_t c = unit_at(text, *at);
    *at += text->unit;
    if (text->unit == 2 && c >= 0xd800 && c < 0xdc00) {
        uint32_t other = unit_at(text, *at);
        if (*at + 2 > text->len || other < 0xdc00 || other >= 0xe000)
            return false;
        *at += 2;
        c = 0x10000 + ((c - 0xd800) << 10) + (other - 0xdc00);
    }
    *ret = c;
    return true;
}

/* Whether so many zeros are no chance: three quarters ASCII, or, in a longer text of another
 * alphabet, the blanks and line ends that all have. */
static bool is_enough(size_t ascii, size_t chars)
{
    return chars >= CHARS_MIN && (4 * ascii >= 3 * chars || (chars >= MANY && 10 * ascii >= chars));
}

/* Judge as leat_format.probe; with `whole`, nothing follows and MORE is not said. What is no text
 * stays none, whatever follows, so the answer does not depend on how the bytes come. */
static enum leat_match judge(const uint8_t *data, size_t len, unsigned unit, bool be, bool whole)
{
    struct text text = { data, len < LOOK_LEN ? len : LOOK_LEN, unit, be };
    if (len == 0)
        return whole ? LEAT_MATCH_NO : LEAT_MATCH_MORE;
    /* An empty line is shown at once: what might follow it is not waited for. */
    if (data[0] == '\n' || data[0] == '\r' || data[0] == '\t' || unit_at(&text, 0) > FIRST_MAX)
        return LEAT_MATCH_NO;
    size_t at = 0, chars = 0, ascii = 0;
    while (at + unit <= text.len) {
        uint32_t c;
        size_t from = at;
        bool got = next(&text, &at, &c);
        if (!got && from + 2 * unit > text.len)
            break;
        if (!got || !is_text(c))
            return LEAT_MATCH_NO;
        chars++;
        ascii += c < 0x80;
    }
    if (len < LOOK_LEN && !whole)
        return LEAT_MATCH_MORE;
    bool cut = len < LOOK_LEN && len % unit != 0;
    return is_enough(ascii, chars) && !cut ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* --- Behind damage --- */

/* How much the units of `text` from `at` on look like text: what is none counts against it, and
 * ASCII, and being of the same alphabet as the one before, for it. */
static int worth(const struct text *text, size_t at)
{
    int sum = 0;
    uint32_t before = 0;
    while (at + text->unit <= text->len) {
        uint32_t c = 0;
        size_t from = at;
        bool got = next(text, &at, &c);
        if (!got && from + 2 * text->unit > text->len)
            break;
        if (!got || !is_text(c))
            sum -= 8;
        else
            sum += (c < 0x80) + (c >> 8 == before >> 8);
        before = c;
    }
    return sum;
}

size_t leat_utf_align(struct leat_span span, unsigned unit, bool be, size_t likely)
{
    struct text text = { span.data, span.len, unit, be };
    size_t best = likely;
    int most = worth(&text, likely);
    for (size_t at = 0; at < unit; at++) {
        int value = worth(&text, at);
        if (value > most) {
            best = at;
            most = value;
        }
    }
    return best < span.len ? best : span.len;
}

/* --- The formats --- */

#define PROBES(name, unit, be)                                                                     \
    static enum leat_match probe_##name(const uint8_t *data, size_t len)                           \
    {                                                                                              \
        return judge(data, len, unit, be, false);                                                  \
    }                                                                                              \
    static bool probe_all_##name(const uint8_t *data, size_t len)                                  \
    {                                                                                              \
        return judge(data, len, unit, be, true) == LEAT_MATCH_YES;                                 \
    }
PROBES(utf16le, 2, false)
PROBES(utf16be, 2, true)
PROBES(utf32le, 4, false)
PROBES(utf32be, 4, true)

static const char *const no_endings[] = { NULL };

#define FORMAT(encoding, text)                                                                     \
    {                                                                                              \
        .name = #encoding "_guess", .summary = text ", without a byte-order mark",                 \
        .endings = no_endings, .traits = LEAT_FORMAT_TEXT, .probe = probe_##encoding,              \
        .probe_max = LOOK_LEN, .probe_all = probe_all_##encoding,                                  \
        .decoder = &leat_stage_##encoding##_decode                                                 \
    }

const struct leat_format leat_format_utf16le_guess = FORMAT(utf16le, "UTF-16 text, little endian");
const struct leat_format leat_format_utf16be_guess = FORMAT(utf16be, "UTF-16 text, big endian");
const struct leat_format leat_format_utf32le_guess = FORMAT(utf32le, "UTF-32 text, little endian");
const struct leat_format leat_format_utf32be_guess = FORMAT(utf32be, "UTF-32 text, big endian");
