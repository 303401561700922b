/* Any text is one JSON string: by a table of what is escaped, and over every byte, alone and in the
 * company of others; and what is not UTF-8 is replaced and told. */

#include "apps/term/json.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/json.h"

#define REPLACED "\xEF\xBF\xBD"

static void test_table(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *json;
        bool whole;
    } cases[] = {
        { "", 0, "\"\"", true },
        { "a/b", 3, "\"a/b\"", true },
        { "say \"\\\"", 7, "\"say \\\"\\\\\\\"\"", true },
        { "a\nb\tc\rd", 7, "\"a\\nb\\tc\\u000dd\"", true },
        { "\0\x1b\x1f\x7f", 4, "\"\\u0000\\u001b\\u001f\\u007f\"", true },
        { "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", 9, "\"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\"",
          true },
        { "\xF4\x8F\xBF\xBF\xEE\x80\x80\xC2\x80", 9, "\"\xF4\x8F\xBF\xBF\xEE\x80\x80\xC2\x80\"",
          true },
        /* Cut short, overlong, a surrogate, above the last, and a byte of none. */
        { "a\xC3", 2, "\"a" REPLACED "\"", false },
        { "\xE4\xB8z", 3, "\"" REPLACED REPLACED "z\"", false },
        { "\xC0\xAF", 2, "\"" REPLACED REPLACED "\"", false },
        { "\xE0\x80\xAF", 3, "\"" REPLACED REPLACED REPLACED "\"", false },
        { "\xED\xA0\x80", 3, "\"" REPLACED REPLACED REPLACED "\"", false },
        { "\xF4\x90\x80\x80", 4, "\"" REPLACED REPLACED REPLACED REPLACED "\"", false },
        { "\xFF\xC3\xA9", 3, "\"" REPLACED "\xC3\xA9\"", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        struct term_buffer buffer = { 0 };
        check_equal(term_put_json(&buffer, cases[i].text, cases[i].len), cases[i].whole);
        check_bytes(buffer.data, buffer.len, cases[i].json, strlen(cases[i].json));
        term_buffer_fini(&buffer);
    }
}

/* Each byte behind each lead, with what could follow it: one string, and what is read as itself is
 * there as it was. */
static void test_every_pair(void)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            check_says("first", first);
            check_says("second", second);
            const char text[] = { (char)first, (char)second, (char)0x80, (char)0xBF, 'x' };
            struct term_buffer buffer = { 0 };
            const bool whole = term_put_json(&buffer, text, sizeof(text));
            check_equal(json_check(buffer.data, buffer.len), buffer.len);
            check(buffer.data[buffer.len - 2] == 'x');
            const bool told = memmem(buffer.data, buffer.len, REPLACED, 3) != NULL;
            check(told == !whole);
            term_buffer_fini(&buffer);
        }
    }
}

/* Where there is no room the text is cut, as in every buffer. */
static void test_no_room(void)
{
    char room[8];
    struct term_buffer buffer = term_buffer_fixed(room, sizeof(room));
    check(term_put_json(&buffer, "a longer text", 13));
    check(buffer.cut && buffer.len == sizeof(room));
    check_bytes(room, sizeof(room), "\"a longe", 8);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_table);
    check_run(test_every_pair);
    check_run(test_no_room);
    return 0;
}
