/* Buffers grow to hold what is put, and what does not fit is cut once, whole and for good. */

#include "apps/term/buffer.h"
#include "apps/term/check.h"

static void test_puts(void)
{
    struct term_buffer buffer = { 0 };
    term_puts(&buffer, "a");
    term_put(&buffer, "", 0);
    term_put(&buffer, NULL, 0);
    term_putc(&buffer, 'b');
    term_put_number(&buffer, 0);
    term_putc(&buffer, ' ');
    term_put_number(&buffer, UINT64_MAX);
    term_put_repeat(&buffer, '.', 3);
    term_printf(&buffer, "%s=%d", "x", -1);
    check_text("all puts", &buffer, "ab0 18446744073709551615...x=-1");
    term_buffer_clear(&buffer);
    check_text("cleared", &buffer, "");
    term_buffer_fini(&buffer);
    term_buffer_fini(&buffer);
}

static void test_growth(void)
{
    struct term_buffer buffer = { 0 };
    for (unsigned i = 0; i < 100000; i++)
        term_put(&buffer, &i, sizeof(i));
    check(buffer.len == 400000 && !buffer.cut);
    for (unsigned i = 0; i < 100000; i++)
        check(memcmp(buffer.data + i * sizeof(i), &i, sizeof(i)) == 0);
    term_put_repeat(&buffer, 'x', 1000);
    check(buffer.len == 401000 && buffer.data[400999] == 'x');
    term_buffer_fini(&buffer);
}

static void test_long_printf(void)
{
    static char text[2000];
    memset(text, 'a', sizeof(text) - 1);
    struct term_buffer buffer = { 0 };
    term_printf(&buffer, "%s!", text);
    check(buffer.len == sizeof(text) && buffer.data[sizeof(text) - 1] == '!');
    term_buffer_fini(&buffer);
}

static void test_bound(void)
{
    struct term_buffer buffer = { .size_max = 10 };
    term_puts(&buffer, "12345678");
    check(!buffer.cut);
    term_puts(&buffer, "9abc");
    check(buffer.cut);
    check_text("as much as fits the first allocation", &buffer, "123456789a");
    term_puts(&buffer, "");
    term_puts(&buffer, "z");
    check_text("nothing after the cut", &buffer, "123456789a");
    term_buffer_fini(&buffer);
}

/* A character of three bytes at each distance from the end of a fixed buffer. */
static void test_fixed(void)
{
    for (size_t before = 0; before <= 8; before++) {
        char space[8];
        struct term_buffer buffer = term_buffer_fixed(space, sizeof(space));
        term_put_repeat(&buffer, '.', before);
        term_puts(&buffer, "\xe2\x82\xacx");
        check(buffer.cut == (before + 4 > sizeof(space)));
        check(buffer.len == (before + 4 <= 8 ? before + 4 : before + 3 <= 8 ? before + 3 : before));
        term_buffer_fini(&buffer);
    }
}

int main(void)
{
    test_puts();
    test_growth();
    test_long_printf();
    test_bound();
    test_fixed();
    return 0;
}
