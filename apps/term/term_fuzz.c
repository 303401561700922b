/* Any bytes, as a terminal is shown them: escaped, no control character and nothing that hides or
 * turns the order of what is read is left; as JSON they are one string that reads back as it was,
 * where it was UTF-8; and a message of them is one line.
 *
 *     the size of a buffer that is too small, program, 0, place, 0, part, 0, reason */

#include "apps/term/escape.h"
#include "apps/term/json.h"
#include "apps/term/message.h"
#include "apps/term/utf8.h"

#include "leat/core/span.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether the character obeys no terminal's rule but to be seen: by what must not be, from the
 * Unicode standard, chapters 9 and 23, and not by the table of what is escaped. */
static bool is_harmless(uint32_t point)
{
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    const bool turns = point == 0x61c || point == 0x200e || point == 0x200f ||
                       (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    const bool hides = point == 0xad || point == 0xfeff || (point >= 0x200b && point <= 0x200d) ||
                       point == 0x2060 || (point >= 0xe0000 && point <= 0xe007f);
    const bool ends_line = point == 0x2028 || point == 0x2029;
    return !control && !turns && !hides && !ends_line;
}

static uint32_t next_point(const char *text, size_t len, size_t *at)
{
    uint32_t point = (uint8_t)text[*at];
    size_t size = 1;
    if (point >= 0x80)
        size = term_utf8_decode((const uint8_t *)text + *at, len - *at, &point);
    check(size > 0);
    *at += size;
    return point;
}

static void check_shown(const char *text, size_t len)
{
    for (size_t at = 0; at < len;)
        check(is_harmless(next_point(text, len, &at)));
}

static void check_escaped(struct leat_span text, size_t room)
{
    struct term_buffer whole = { 0 }, again = { 0 };
    term_put_escaped(&whole, (const char *)text.data, text.len);
    check(!whole.cut && whole.len >= text.len);
    check_shown(whole.data, whole.len);
    term_put_escaped(&again, whole.data, whole.len);
    check_bytes(again.data, again.len, whole.data, whole.len);

    char small[256];
    struct term_buffer cut = term_buffer_fixed(small, room);
    term_put_escaped(&cut, (const char *)text.data, text.len);
    check(cut.len <= room && cut.cut == (cut.len < whole.len));
    check_bytes(cut.data, cut.len, whole.data, cut.len);
    check_shown(cut.data, cut.len);
    term_buffer_fini(&whole);
    term_buffer_fini(&again);
}

static unsigned hex_digit(char c)
{
    check((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The next character of a JSON string, by RFC 8259 section 7. */
static uint32_t next_json(const char *text, size_t len, size_t *at)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t point = next_point(text, len, at);
    check(point >= 0x20 && point != '"');
    if (point != '\\')
        return point;
    check(*at < len);
    const char escaped = text[(*at)++];
    if (escaped == 'u') {
        check(len - *at >= 4);
        point = 0;
        for (size_t i = 0; i < 4; i++)
            point = point << 4 | hex_digit(text[(*at)++]);
        return point;
    }
    for (size_t i = 0; names[i] != '\0'; i++)
        if (names[i] == escaped)
            return (uint8_t)values[i];
    check(!"an escape that JSON has not");
    return 0;
}

static void check_json(struct leat_span text)
{
    struct term_buffer json = { 0 };
    const bool whole = term_put_json(&json, (const char *)text.data, text.len);
    check(json.len >= 2 && json.data[0] == '"' && json.data[json.len - 1] == '"');
    bool replaced = false;
    size_t at = 1, from = 0;
    while (at < json.len - 1) {
        const uint32_t point = next_json(json.data, json.len - 1, &at);
        uint32_t original = text.data[from];
        size_t size = 1;
        if (original >= 0x80)
            size = term_utf8_decode(text.data + from, text.len - from, &original);
        replaced = replaced || size == 0;
        check_equal(point, size > 0 ? original : 0xfffd);
        from += size > 0 ? size : 1;
    }
    check_equal(from, text.len);
    check(whole == !replaced);
    term_buffer_fini(&json);
}

/* The next text up to a 0, which is left in it. */
static const char *next_text(const char **at, const char *end)
{
    const char *text = *at;
    *at += strlen(text);
    *at += *at < end;
    return text;
}

static void check_message(struct leat_span text)
{
    char *copy = malloc(text.len + 1);
    check(copy != NULL);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    const char *at = copy, *end = copy + text.len;
    struct term_message message = { .program = next_text(&at, end), .place = next_text(&at, end) };
    message.place_len = strlen(message.place);
    message.part = next_text(&at, end);
    message.reason = next_text(&at, end);
    message.has_offset = text.len % 2;
    message.input_offset = UINT64_MAX - text.len;
    struct term_buffer line = { 0 };
    term_put_message(&line, &message);
    check(!line.cut && line.len > 0 && line.len <= TERM_MESSAGE_MAX);
    check(line.data[line.len - 1] == '\n');
    check_shown(line.data, line.len - 1);
    term_buffer_fini(&line);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct leat_span text = { data + 1, size - 1 };
    check_escaped(text, data[0]);
    check_json(text);
    check_message(text);
    return 0;
}
