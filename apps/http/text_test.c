/* Shows which characters are of which class, and how words, numbers and lists of a field are read.
 */

#include "apps/http/text.h"

#include <string.h>

#include "tests/support/check.h"

static struct leat_span span_of(const char *text)
{
    return (struct leat_span){ (const uint8_t *)text, strlen(text) };
}

/* By the words of the RFCs, and not by a table. */
static void test_classes(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= '0' && byte <= '9');
        const bool printed = byte > 0x20 && byte < 0x7f;
        const char *const delimiters = "\"(),/:;<=>?@[\\]{}", *const unreserved = "-._~";
        const char *const host = "-._~!$&'()*+,;=%[]:";
        check_says("byte", byte);
        check_equal(http_is((uint8_t)byte, HTTP_CHAR_TOKEN),
                    printed && strchr(delimiters, (int)byte) == NULL);
        check_equal(http_is((uint8_t)byte, HTTP_CHAR_UNRESERVED),
                    letter || (printed && strchr(unreserved, (int)byte) != NULL));
        check_equal(http_is((uint8_t)byte, HTTP_CHAR_HOST),
                    letter || (printed && strchr(host, (int)byte) != NULL));
    }
}

static void test_words(void)
{
    check(http_is_word(span_of("Keep-Alive"), "keep-alive"));
    check(!http_is_word(span_of("keep-aliv"), "keep-alive"));
    check(!http_is_word(span_of("keep-alive "), "keep-alive"));
    check(!http_is_word(span_of("keep\ralive"), "keep-alive"));
    check(!http_is_word(span_of("K@"), "k`"));
    check(http_is_word(span_of("AZ"), "az"));
    check(!http_is_word(span_of("ab"), "a"));
    check(!http_is_word(span_of(""), "a"));
    check(http_is_word(span_of(""), ""));
    check_equal(http_trim(span_of(" \t ")).len, 0);
    check_equal(http_trim(span_of(" ")).len, 0);
    const struct leat_span trimmed = http_trim(span_of("\t a b \t"));
    check_bytes(trimmed.data, trimmed.len, "a b", 3);
}

static void test_numbers(void)
{
    uint64_t number = 7;
    bool over = false;
    static const char *const bad[] = { "", " 1", "1 ", "-1", "+1", "0x1", "1a", "1,2", "/", ":" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check(!http_read_number(span_of(bad[i]), &number, &over) && number == 7);
    check(http_read_number(span_of("0012"), &number, &over) && number == 12 && !over);
    check(http_read_number(span_of("18446744073709551615"), &number, &over));
    check(number == UINT64_MAX && !over);
    check(http_read_number(span_of("18446744073709551616"), &number, &over));
    check(number == UINT64_MAX && over);
    check(http_read_number(span_of("99999999999999999999999999999999"), &number, &over));
    check(number == UINT64_MAX && over);
    check(!http_read_number(span_of("99999999999999999999999999999999x"), &number, &over));
}

static void test_lists(void)
{
    struct leat_span list = span_of(" ,a, b c\t,,\td ,"), element;
    static const char *const elements[] = { "a", "b c", "d" };
    for (size_t i = 0; i < 3; i++) {
        check(http_list_next(&list, &element));
        check_bytes(element.data, element.len, elements[i], strlen(elements[i]));
    }
    check(!http_list_next(&list, &element) && list.len == 0);
    check(!http_list_next(&list, &element));
    list = span_of("a");
    check(http_list_next(&list, &element) && element.len == 1);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_classes);
    check_run(test_words);
    check_run(test_numbers);
    check_run(test_lists);
    return 0;
}
