/* Shows that dates are written and read as RFC 9110 has them: by its own examples, by the C
 * library's calendar for days all over the range, and by what is no date. */

#include "apps/http/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/http/text.h"
#include "tests/support/check.h"

#define NOW ((int64_t)1780000000) /* Thu, 28 May 2026 20:26:40 GMT */

static bool parse(const char *text, int64_t *ret)
{
    check_says_text("date", text);
    return http_date_parse((struct leat_span){ (const uint8_t *)text, strlen(text) }, NOW, ret);
}

static void test_good(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "Wed Nov 16 08:49:37 1994", 784975777 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", HTTP_DATE_MAX },
        { "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
        { "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
        { "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 }, /* not a Monday, and said to be no matter */
        /* Two digits of a year: not more than 50 years ahead of now. */
        { "Thursday, 28-May-76 20:26:40 GMT", 3357923200 },
        { "Friday, 28-May-76 20:26:41 GMT", 202163201 },
        { "Thursday, 01-Jan-70 00:00:00 GMT", 3155760000 },
        { "Saturday, 01-Jan-77 00:00:00 GMT", 220924800 },
        { "Monday, 01-Jan-26 00:00:00 GMT", 1767225600 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -1;
        check(parse(cases[i].text, &seconds));
        check_equal(seconds, cases[i].seconds);
    }
}

static void test_bad(void)
{
    static const char *const cases[] = {
        "",
        "Sun",
        "Sun,",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GM",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GxT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sum, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nob 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 23:60:00 GMT",
        "Sun, 06 Nov 1994 23:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 2000 08:49:37 GMT",
        "Sun, 29 Feb 2100 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday,06-Nov-94 08:49:37 GMT",
        "Sundax, 06-Nov-94 08:49:37 GMT",
        "Sunday, 29-Feb-23 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov   08:49:37 1994",
        "Sun-Nov  6 08:49:37 1994",
        "Sunday; 06-Nov-94 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 06 08:49:37 94",
        "1994-11-06T08:49:37Z",
        "784111777",
        "0",
        "-1",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -7;
        check(!parse(cases[i], &seconds));
        check_equal(seconds, -7);
    }
}

/* What the C library says, in the C locale, that a test starts in. */
static void test_calendar(void)
{
    static const struct {
        const char *form;
        bool is_long_lived; /* the year has four digits */
    } forms[] = {
        { "%a, %d %b %Y %H:%M:%S GMT", true },
        { "%A, %d-%b-%y %H:%M:%S GMT", false },
        { "%a %b %e %H:%M:%S %Y", true },
    };
    /* A step of no whole number of days or years. */
    for (int64_t seconds = 0; seconds <= HTTP_DATE_MAX; seconds += 1234567 * 7 + 1) {
        const time_t time = (time_t)seconds;
        struct tm fields;
        char text[64], ours[HTTP_DATE_LEN + 1] = "", brief[HTTP_DATE_SHORT_LEN + 1] = "";
        check(gmtime_r(&time, &fields) != NULL);
        check_says("seconds", (uint64_t)seconds);
        check(http_date_format(seconds, ours));
        check(http_date_format_short(seconds, brief));
        check(strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &fields) > 0);
        check_text(brief, text);
        for (size_t i = 0; i < 3; i++) {
            int64_t read;
            check(strftime(text, sizeof(text), forms[i].form, &fields) > 0);
            if (i == 0)
                check_text(ours, text);
            if (!forms[i].is_long_lived && (seconds < NOW - 1500000000 || seconds > 3300000000))
                continue;
            check(parse(text, &read));
            check_equal(read, seconds);
        }
    }
}

/* The last days of a leap year, of a century and of 400 years, each written and read. */
static void test_leap_days(void)
{
    static const char *const dates[] = {
        "Tue, 29 Feb 2000 23:59:59 GMT", "Wed, 01 Mar 2000 00:00:00 GMT",
        "Sun, 28 Feb 2100 23:59:59 GMT", "Mon, 01 Mar 2100 00:00:00 GMT",
        "Tue, 29 Feb 2400 23:59:59 GMT", "Wed, 01 Mar 2400 00:00:00 GMT",
        "Tue, 31 Dec 2024 23:59:59 GMT", "Wed, 01 Jan 2025 00:00:00 GMT",
    };
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        char text[HTTP_DATE_LEN + 1] = "";
        int64_t seconds;
        check(parse(dates[i], &seconds));
        check(http_date_format(seconds, text));
        check_text(text, dates[i]);
    }
}

static void test_out_of_range(void)
{
    char text[HTTP_DATE_LEN + 1] = "";
    check(!http_date_format(-1, text));
    check(!http_date_format(INT64_MIN, text));
    check(!http_date_format(HTTP_DATE_MAX + 1, text));
    check(!http_date_format(INT64_MAX, text));
    check(!http_date_format_short(-1, text));
    check(!http_date_format_short(INT64_MAX, text));
    check_text(text, "");
    int64_t seconds;
    const struct leat_span leap = http_span("Monday, 29-Feb-00 00:00:00 GMT");
    check(http_date_parse(leap, 0, &seconds));
    check_equal(seconds, 951782400);
    check(!http_date_parse(http_span("Monday, 01-Jan-00 00:00:00 GMT"), HTTP_DATE_MAX, &seconds));
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_good);
    check_run(test_bad);
    check_run(test_calendar);
    check_run(test_leap_days);
    check_run(test_out_of_range);
    return 0;
}
