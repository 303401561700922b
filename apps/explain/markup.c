#include "apps/explain/markup.h"

#include <assert.h>

#include "apps/term/escape.h"

#define NO_BREAK_SPACE "\xc2\xa0"
#define NARROW_SPACE   "\xe2\x80\xaf" /* which does not break either */

/* U+FFFE and U+FFFF are characters of UTF-8 and of no XML document. */
static const char *nonentity_of(const char *text, size_t len)
{
    if (len < 3 || memcmp(text, "\xef\xbf", 2) != 0)
        return NULL;
    if (text[2] == '\xbe')
        return "\\u{fffe}";
    return text[2] == '\xbf' ? "\\u{ffff}" : NULL;
}

/* Put what can be seen. */
static void put_seen(struct term_buffer *buffer, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *entity = term_entity_of(text[i]);
        const char *none = nonentity_of(text + i, len - i);
        if (entity != NULL) {
            term_puts(buffer, entity);
        } else if (none != NULL) {
            term_puts(buffer, none);
            i += 2;
        } else {
            term_putc(buffer, text[i]);
        }
    }
}

void markup_put_text(struct term_buffer *buffer, const char *text, size_t len)
{
    struct term_buffer seen = { 0 };
    term_put_escaped(&seen, text, len);
    put_seen(buffer, seen.data, seen.len);
    buffer->cut |= seen.cut;
    term_buffer_fini(&seen);
}

void markup_puts(struct term_buffer *buffer, const char *text)
{
    markup_put_text(buffer, text, strlen(text));
}

void markup_put_clipped(struct term_buffer *buffer, const char *text, size_t shown_max)
{
    struct term_buffer seen = { 0 };
    term_put_escaped(&seen, text, strlen(text));
    size_t start = seen.len, shown = 0;
    while (start > 0 && shown < shown_max) {
        start--;
        while (start > 0 && ((unsigned char)seen.data[start] & 0xC0) == 0x80)
            start--;
        shown++;
    }
    if (start > 0)
        term_puts(buffer, "\xe2\x80\xa6");
    if (seen.len > 0)
        put_seen(buffer, seen.data + start, seen.len - start);
    buffer->cut |= seen.cut;
    term_buffer_fini(&seen);
}

/* Three digits that count, and the unit. */
static void put_amount(struct term_buffer *buffer, double amount, const char *unit)
{
    int decimals = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0;
    term_printf(buffer, "%.*f" NO_BREAK_SPACE "%s", decimals, amount, unit);
}

void markup_put_size(struct term_buffer *buffer, uint64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double amount = (double)bytes;
    unsigned unit = 0;
    while (amount >= 1023.5 && unit < 6) {
        amount /= 1024;
        unit++;
    }
    if (unit == 0)
        term_printf(buffer, "%llu" NO_BREAK_SPACE "B", (unsigned long long)bytes);
    else
        put_amount(buffer, amount, units[unit]);
}

void markup_put_time(struct term_buffer *buffer, uint64_t ns)
{
    if (ns == 0)
        term_putc(buffer, '0');
    else if (ns < 1000)
        term_printf(buffer, "%llu" NO_BREAK_SPACE "ns", (unsigned long long)ns);
    else if (ns < 999500)
        put_amount(buffer, (double)ns / 1e3, "\xc2\xb5s");
    else if (ns < 999500000)
        put_amount(buffer, (double)ns / 1e6, "ms");
    else
        put_amount(buffer, (double)ns / 1e9, "s");
}

void markup_put_exact(struct term_buffer *buffer, uint64_t number)
{
    char digits[24];
    struct term_buffer text = term_buffer_fixed(digits, sizeof(digits));
    term_put_number(&text, number);
    assert(!text.cut);
    for (size_t i = 0; i < text.len; i++) {
        if (i > 0 && (text.len - i) % 3 == 0)
            term_puts(buffer, NARROW_SPACE);
        term_putc(buffer, digits[i]);
    }
}

void markup_put_ms(struct term_buffer *buffer, uint64_t ns)
{
    uint64_t us = ns / 1000 + (ns % 1000 >= 500);
    markup_put_exact(buffer, us / 1000);
    term_printf(buffer, ".%03u", (unsigned)(us % 1000));
}

void markup_put_tick(struct term_buffer *buffer, uint64_t ns, uint64_t step_ns)
{
    static const struct {
        uint64_t step_ns, unit_ns;
        const char *unit;
    } units[] = {
        { 100000000, 1000000000, "s" },
        { 100000, 1000000, "ms" },
        { 100, 1000, "\xc2\xb5s" },
        { 0, 1, "ns" },
    };
    size_t i = 0;
    while (step_ns < units[i].step_ns)
        i++;
    if (ns == 0)
        term_putc(buffer, '0');
    else
        term_printf(buffer, "%g" NO_BREAK_SPACE "%s", (double)ns / (double)units[i].unit_ns,
                    units[i].unit);
}
