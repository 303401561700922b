/* What a terminal would obey is shown, and all else is left: a table of hostile names, then every
 * byte and every character, then cuts at every place. */

#include "apps/term/check.h"
#include "apps/term/colour.h"
#include "apps/term/escape.h"

static const struct {
    const char *name, *shown;
} cases[] = {
    { "", "" },
    { "plain/name.txt", "plain/name.txt" },
    { "back\\slash 'and' \"quotes\"", "back\\slash 'and' \"quotes\"" },
    { "\x1b[2J\x1b]0;title\a", "\\x1b[2J\\x1b]0;title\\x07" },
    { "a\nb\rc\td\x7f", "a\\x0ab\\x0dc\\x09d\\x7f" },
    { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
    { "\xe6\xbc\xa2\xf0\x9f\x8c\x8a", "\xe6\xbc\xa2\xf0\x9f\x8c\x8a" },
    { "\xc2\x9bK", "\\u{9b}K" },                              /* CSI as one C1 character */
    { "\x9bK", "\\x9bK" },                                    /* and as a bare byte */
    { "exe.\xe2\x80\xaegpj", "exe.\\u{202e}gpj" },            /* right-to-left override */
    { "\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}" },   /* isolates */
    { "\xd8\x9c", "\\u{61c}" },                               /* Arabic letter mark */
    { "x\xe2\x80\x8by\xef\xbb\xbf", "x\\u{200b}y\\u{feff}" }, /* zero width */
    { "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}" },     /* separators */
    { "\xf3\xa0\x81\x81", "\\u{e0041}" },                     /* a tag character */
    { "\xc2\xad", "\\u{ad}" },                                /* soft hyphen */
    { "\xc0\xaf", "\\xc0\\xaf" },                             /* overlong / */
    { "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
    { "\xed\xa0\x80", "\\xed\\xa0\\x80" },          /* a surrogate */
    { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
    { "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
    { "\xe2\x82", "\\xe2\\x82" }, /* cut short */
    { "\xe2\x82z", "\\xe2\\x82z" },
    { "\x80\xff\xfe", "\\x80\\xff\\xfe" },
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct term_buffer buffer = { 0 };
        term_put_path(&buffer, true, cases[i].name, strlen(cases[i].name));
        check_text(cases[i].shown, &buffer, cases[i].shown);
        term_buffer_clear(&buffer);
        term_put_path(&buffer, false, cases[i].name, strlen(cases[i].name));
        check_text("raw", &buffer, cases[i].name);
        term_buffer_fini(&buffer);
    }
}

static size_t encode(uint32_t point, char *text)
{
    if (point < 0x80) {
        text[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size; i-- > 1; point >>= 6)
        text[i] = (char)(0x80 | (point & 0x3F));
    text[0] = (char)((0xF00 >> size & 0xFF) | point);
    return size;
}

/* Whatever goes in, no control byte comes out; a character comes out whole or as a number. */
static void test_every_character(void)
{
    char text[8], expected[16];
    struct term_buffer buffer = { 0 };
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        size_t len = encode(point, text);
        term_buffer_clear(&buffer);
        term_put_escaped(&buffer, text, len);
        if (buffer.len == len && memcmp(buffer.data, text, len) == 0) {
            check(point >= 0x20 && point != 0x7F && !(point >= 0x80 && point < 0xA0));
        } else {
            const char *format = point < 0x80 ? "\\x%02x" : "\\u{%x}";
            snprintf(expected, sizeof(expected), format, (unsigned)point);
            check_text("by number", &buffer, expected);
        }
    }
    term_buffer_fini(&buffer);
}

static void test_every_pair_of_bytes(void)
{
    struct term_buffer buffer = { 0 };
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        char text[3] = { (char)(pair >> 8), (char)pair, 'x' };
        term_buffer_clear(&buffer);
        term_put_escaped(&buffer, text, sizeof(text));
        check(buffer.len >= 3 && buffer.data[buffer.len - 1] == 'x');
        for (size_t i = 0; i < buffer.len; i++)
            check((unsigned char)buffer.data[i] >= 0x20 && buffer.data[i] != 0x7F);
    }
    term_buffer_fini(&buffer);
}

/* The bytes end where they end, with nothing readable behind them: for the address sanitizer. */
static void test_every_cut(void)
{
    static const char text[] = "a\xe2\x80\xae\xf0\x9f\x8c\x8a\xc2\x9b\x1b";
    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len > 0 ? len : 1);
        check(copy != NULL);
        memcpy(copy, text, len);
        struct term_buffer buffer = { 0 };
        term_put_escaped(&buffer, copy, len);
        check(buffer.len >= len);
        term_buffer_fini(&buffer);
        free(copy);
    }
}

static void test_colours(void)
{
    struct term_buffer buffer = { 0 };
    struct term_style style = { .colour = true };
    for (int colour = TERM_PATH; colour <= TERM_MATCH; colour++) {
        term_colour_begin(&buffer, style, (enum term_colour)colour);
        term_putc(&buffer, 'x');
        term_colour_end(&buffer, style);
    }
    check_text("as ripgrep --color always", &buffer,
               "\x1b[0m\x1b[35mx\x1b[0m\x1b[0m\x1b[32mx\x1b[0m\x1b[0mx\x1b[0m"
               "\x1b[0m\x1b[1m\x1b[31mx\x1b[0m");
    term_buffer_clear(&buffer);
    term_colour_begin(&buffer, (struct term_style){ 0 }, TERM_MATCH);
    term_colour_end(&buffer, (struct term_style){ 0 });
    check_text("none", &buffer, "");
    term_buffer_fini(&buffer);
}

int main(void)
{
    test_cases();
    test_every_character();
    test_every_pair_of_bytes();
    test_every_cut();
    test_colours();
    return 0;
}
