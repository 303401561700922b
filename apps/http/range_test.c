/* Shows which bytes a Range asks for, by a table of fields and sizes. */

#include "apps/http/range.h"

#include <string.h>

#include "tests/support/check.h"

#define HUGE    "18446744073709551615" /* 2^64 - 1 */
#define MORE    "18446744073709551616"
#define FOUR(x) x x x x

static const struct {
    const char *value;
    uint64_t size;
    const char *answer; /* ranges as "first+len", "416", or "" for all */
} cases[] = {
    { "bytes=0-0", 10, "0+1" },
    { "bytes=0-9", 10, "0+10" },
    { "bytes=2-", 10, "2+8" },
    { "bytes=9-", 10, "9+1" },
    { "bytes=5-100", 10, "5+5" },
    { "bytes=-1", 10, "9+1" },
    { "bytes=-10", 10, "0+10" },
    { "bytes=-11", 10, "0+10" },
    { "Bytes=0-0", 10, "0+1" },
    { "bytes= 0-0 ,\t2-2", 10, "0+1 2+1" },
    { "bytes=,0-0,,", 10, "0+1" },
    { "bytes=007-008", 10, "7+2" },
    /* Not within the file. */
    { "bytes=10-", 10, "416" },
    { "bytes=10-11", 10, "416" },
    { "bytes=-0", 10, "416" },
    { "bytes=10-,-0", 10, "416" },
    { "bytes=10-,3-4", 10, "3+2" },
    { "bytes=0-", 0, "416" },
    { "bytes=0-0", 0, "416" },
    { "bytes=-0", 0, "416" },
    { "bytes=-5", 0, "" },
    /* None at all. */
    { "", 10, "" },
    { "bytes", 10, "" },
    { "bytes=", 10, "" },
    { "bytes=,", 10, "" },
    { "bytes=-", 10, "" },
    { "bytes=0", 10, "" },
    { "bytes=a-b", 10, "" },
    { "bytes=0-b", 10, "" },
    { "bytes=5-4", 10, "" },
    { "bytes=0-0,5-4", 10, "" },
    { "bytes=0--1", 10, "" },
    { "bytes=--1", 10, "" },
    { "bytes=0-1-2", 10, "" },
    { "bytes=0 - 1", 10, "" },
    { "bytes=+0-1", 10, "" },
    { "bytes =0-1", 10, "" },
    { "bytes:0-1", 10, "" },
    { "lines=0-1", 10, "" },
    { "byte=0-1", 10, "" },
    /* Large numbers. */
    { "bytes=0-" HUGE, UINT64_MAX, "0+18446744073709551615" },
    { "bytes=0-" MORE, 10, "0+10" },
    { "bytes=" HUGE "-", UINT64_MAX, "416" },
    { "bytes=18446744073709551614-", UINT64_MAX, "18446744073709551614+1" },
    { "bytes=" MORE "-", UINT64_MAX, "416" },
    { "bytes=" MORE "-" MORE, UINT64_MAX, "416" },
    { "bytes=" MORE "-" HUGE, UINT64_MAX, "" },
    { "bytes=-" MORE, 10, "0+10" },
    /* Several. */
    { "bytes=0-0,-1", 10, "0+1 9+1" },
    { "bytes=8-9,0-1", 10, "8+2 0+2" },
    { "bytes=0-4,2-6", 10, "0+7" },
    { "bytes=0-4,5-6", 10, "0+7" },
    { "bytes=0-4,6-6", 10, "0+5 6+1" },
    { "bytes=4-4,0-0,2-2,1-3", 10, "0+5" },
    { "bytes=8-8,4-4,0-0,3-5", 10, "8+1 3+3 0+1" },
    { "bytes=0-,0-,0-", 10, "0+10" },
    { "bytes=" FOUR("0-0,2-2,4-4,6-6,"), 10, "0+1 2+1 4+1 6+1" },
    { "bytes=" FOUR("0-0,2-2,4-4,6-6,") "8-8", 10, "" },
    { "bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,"
      "30-30",
      40, "0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1 16+1 18+1 20+1 22+1 24+1 26+1 28+1 30+1" },
};

static void test_ranges(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_ranges ranges = { 0 };
        struct term_buffer shown = { 0 };
        check_says_text("range", cases[i].value);
        check_says("size", cases[i].size);
        const struct leat_span value = { (const uint8_t *)cases[i].value, strlen(cases[i].value) };
        const enum http_range_verdict verdict = http_range_judge(value, cases[i].size, &ranges);
        if (verdict == HTTP_RANGE_UNSATISFIABLE)
            term_puts(&shown, "416");
        check(verdict == HTTP_RANGE_PARTIAL || ranges.count == 0);
        for (size_t k = 0; k < ranges.count; k++) {
            term_printf(&shown, "%s%llu+%llu", k > 0 ? " " : "",
                        (unsigned long long)ranges.list[k].first,
                        (unsigned long long)ranges.list[k].len);
        }
        term_putc(&shown, '\0');
        check_text(shown.data, cases[i].answer);
        term_buffer_fini(&shown);
    }
}

static void test_content_range(void)
{
    char text[80];
    struct term_buffer buffer = term_buffer_fixed(text, sizeof(text));
    http_put_content_range(&buffer, (struct http_range){ .first = 5, .len = 3 }, 10);
    http_put_content_range(&buffer, (struct http_range){ .first = 0, .len = UINT64_MAX },
                           UINT64_MAX);
    static const char expected[] = "bytes 5-7/10bytes 0-18446744073709551614/" HUGE;
    check_bytes(buffer.data, buffer.len, expected, sizeof(expected) - 1);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_ranges);
    check_run(test_content_range);
    return 0;
}
