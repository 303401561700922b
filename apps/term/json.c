#include "apps/term/json.h"

#include "apps/term/utf8.h"

/* RFC 8259 section 7: quotes, backslashes and control characters are escaped. */
static void put_ascii(struct term_buffer *buffer, char byte)
{
    if (byte == '"' || byte == '\\') {
        term_putc(buffer, '\\');
        term_putc(buffer, byte);
    } else if (byte == '\n') {
        term_puts(buffer, "\\n");
    } else if (byte == '\t') {
        term_puts(buffer, "\\t");
    } else if ((unsigned char)byte < 0x20 || byte == 0x7F) {
        term_printf(buffer, "\\u%04x", (unsigned char)byte);
    } else {
        term_putc(buffer, byte);
    }
}

bool term_put_json(struct term_buffer *buffer, const char *text, size_t len)
{
    bool whole = true;
    term_putc(buffer, '"');
    for (size_t at = 0; at < len;) {
        if ((unsigned char)text[at] < 0x80) {
            put_ascii(buffer, text[at++]);
            continue;
        }
        uint32_t point;
        size_t size = term_utf8_decode((const uint8_t *)text + at, len - at, &point);
        if (size > 0) {
            term_put(buffer, text + at, size);
        } else {
            term_puts(buffer, "\xEF\xBF\xBD");
            whole = false;
        }
        at += size > 0 ? size : 1;
    }
    term_putc(buffer, '"');
    return whole;
}
