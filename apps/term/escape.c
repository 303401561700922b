#include "apps/term/escape.h"

#include <assert.h>

struct range {
    uint32_t first, last;
};

/* What is shown by number, in order: C1 controls, the line and paragraph separators, and the
 * format characters (general category Cf) that have no shape of their own. The few of Cf that are
 * visible marks, such as U+0600 ARABIC NUMBER SIGN, stay. Unicode 15. */
static const struct range hidden[] = {
    { 0x80, 0x9F },       { 0xAD, 0xAD },       { 0x61C, 0x61C },     { 0x180E, 0x180E },
    { 0x200B, 0x200F },   { 0x2028, 0x202E },   { 0x2060, 0x206F },   { 0xFEFF, 0xFEFF },
    { 0xFFF9, 0xFFFB },   { 0x13430, 0x1343F }, { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A },
    { 0xE0000, 0xE007F },
};

static bool is_hidden(uint32_t point)
{
    assert(point >= 0x80 && point <= 0x10FFFF);
    size_t count = sizeof(hidden) / sizeof(hidden[0]);
    for (size_t i = 0; i < count && hidden[i].first <= point; i++) {
        if (point <= hidden[i].last)
            return true;
    }
    return false;
}

/* Read one UTF-8 character of two bytes or more, as RFC 3629 section 4 allows it: no overlong
 * form, no surrogate, nothing above U+10FFFF. Returns its length, or 0 where there is none. */
static size_t decode(const uint8_t *text, size_t len, uint32_t *ret_point)
{
    assert(len > 0 && text[0] >= 0x80);
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = text[0];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || len < size)
        return 0;
    uint32_t point = lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3Fu);
    }
    if (point < smallest[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *ret_point = point;
    return size;
}

/* How many bytes from the start are fit to be seen: all of them whole characters. */
static size_t visible_prefix(const uint8_t *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        if (text[at] < 0x80) {
            if (text[at] < 0x20 || text[at] == 0x7F)
                break;
            at++;
        } else {
            uint32_t point;
            size_t size = decode(text + at, len - at, &point);
            if (size == 0 || is_hidden(point))
                break;
            at += size;
        }
    }
    assert(at <= len);
    return at;
}

/* Put what stopped the visible prefix. Returns the bytes it was made of. */
static size_t put_hidden(struct term_buffer *buffer, const uint8_t *text, size_t len)
{
    uint32_t point;
    size_t size = text[0] < 0x80 ? 0 : decode(text, len, &point);
    if (size == 0) {
        term_printf(buffer, "\\x%02x", text[0]);
        return 1;
    }
    term_printf(buffer, "\\u{%x}", (unsigned)point);
    return size;
}

void term_put_escaped(struct term_buffer *buffer, const char *text, size_t len)
{
    assert(buffer != NULL);
    assert(text != NULL || len == 0);
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t at = 0; at < len && !buffer->cut;) {
        size_t visible = visible_prefix(bytes + at, len - at);
        term_put(buffer, bytes + at, visible);
        at += visible;
        if (at < len)
            at += put_hidden(buffer, bytes + at, len - at);
    }
}
