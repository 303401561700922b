#include "tests/support/check.h"
#include "leat/core/bytes.h"

enum { WORDS_MAX = 16 };

static struct {
    const char *word;
    const char *text; /* NULL: the value */
    uint64_t value;
} said[WORDS_MAX];

void check_prints(const char *text)
{
    check_platform_print(text);
}

void check_prints_number(uint64_t n)
{
    char digits[21];
    unsigned at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    check_prints(digits + at);
}

size_t check_text_len(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0')
        len++;
    return len;
}

static bool same_text(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++, b++)
        ;
    return *a == *b;
}

static void say(const char *word, const char *text, uint64_t value)
{
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        if (said[i].word != NULL && !same_text(said[i].word, word))
            continue;
        said[i].word = word;
        said[i].text = text;
        said[i].value = value;
        return;
    }
}

void check_says(const char *word, uint64_t value)
{
    say(word, NULL, value);
}

void check_says_text(const char *word, const char *text)
{
    say(word, text, 0);
}

void check_forgets_after(const char *word)
{
    unsigned i = 0;
    while (i < WORDS_MAX && said[i].word != NULL && !same_text(said[i].word, word))
        i++;
    for (i++; i < WORDS_MAX; i++)
        said[i].word = NULL;
}

void check_prints_case(void)
{
    for (unsigned i = 0; i < WORDS_MAX && said[i].word != NULL; i++) {
        check_prints(i == 0 ? "    with " : ", ");
        check_prints(said[i].word);
        check_prints(" ");
        if (said[i].text != NULL)
            check_prints(said[i].text);
        else
            check_prints_number(said[i].value);
    }
    if (said[0].word != NULL)
        check_prints("\n");
}

static void print_where(const char *file, int line)
{
    check_prints(file);
    check_prints(":");
    check_prints_number((uint64_t)line);
    check_prints(": ");
}

static __attribute__((noreturn)) void fail(void)
{
    check_prints("\n");
    check_prints_case();
    check_platform_fail();
}

void check_failed(const char *fact, const char *file, int line)
{
    print_where(file, line);
    check_prints("this did not hold: ");
    check_prints(fact);
    fail();
}

void check_equal_at(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
                    const char *file, int line)
{
    if (a == b)
        return;
    print_where(file, line);
    check_prints(a_text);
    check_prints(" is ");
    check_prints_number(a);
    check_prints(", not ");
    check_prints_number(b);
    check_prints(" = ");
    check_prints(b_text);
    fail();
}

void check_status_at(enum leat_status a, enum leat_status b, const char *text, const char *file,
                     int line)
{
    check_text_at(leat_status_name(a), leat_status_name(b), text, file, line);
}

void check_bytes_at(const void *a, size_t a_len, const void *b, size_t b_len, const char *text,
                    const char *file, int line)
{
    const uint8_t *one = a;
    const uint8_t *other = b;
    if (a_len == b_len && leat_bytes_equal(a, b, a_len))
        return;
    size_t at = 0;
    while (at < a_len && at < b_len && one[at] == other[at])
        at++;
    print_where(file, line);
    check_prints(text);
    check_prints(" has ");
    check_prints_number(a_len);
    check_prints(" bytes, not ");
    check_prints_number(b_len);
    check_prints(", and differs at ");
    check_prints_number(at);
    fail();
}

void check_text_at(const char *a, const char *b, const char *text, const char *file, int line)
{
    if (a != NULL && b != NULL && same_text(a, b))
        return;
    print_where(file, line);
    check_prints(text);
    check_prints(" is \"");
    check_prints(a != NULL ? a : "(null)");
    check_prints("\", not \"");
    check_prints(b != NULL ? b : "(null)");
    check_prints("\"");
    fail();
}
