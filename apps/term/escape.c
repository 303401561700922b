#include "apps/term/escape.h"

#include <assert.h>

#include "apps/term/utf8.h"

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
            size_t size = term_utf8_decode(text + at, len - at, &point);
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
    size_t size = text[0] < 0x80 ? 0 : term_utf8_decode(text, len, &point);
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

const char *term_entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}
