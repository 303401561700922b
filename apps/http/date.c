#include "apps/http/date.h"

#include <string.h>

#include "apps/http/text.h"
#include "leat/core/assert.h"

#define DAY_SECONDS      86400
#define YEARS_AHEAD_MAX  50
#define FOUR_HUNDRED     146097 /* days of 400 years, after which the calendar repeats */
#define DAYS_BEFORE_1970 719468 /* since 1 March of the year 0 */

static const char weekdays[7][10] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday" };
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct moment {
    unsigned year, month, day; /* month and day from 1 */
    unsigned hour, minute, second;
    unsigned weekday; /* 0 is Sunday */
};

/* The calendar of years that begin in March, so that the leap day comes last: as in H. Hinnant's
 * "chrono-compatible low-level date algorithms". */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    leat_assert(month >= 1 && month <= 12 && year >= 1);
    const unsigned years = year - (month <= 2);
    const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)years * 365 + years / 4 - years / 100 + years / 400 + of_year -
           DAYS_BEFORE_1970;
}

static struct moment moment_of(int64_t seconds)
{
    leat_assert(seconds >= 0 && seconds <= HTTP_DATE_MAX);
    const unsigned days = (unsigned)(seconds / DAY_SECONDS), rest = seconds % DAY_SECONDS;
    const unsigned shifted = days + DAYS_BEFORE_1970;
    const unsigned of_era = shifted % FOUR_HUNDRED;
    const unsigned years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
    const unsigned month = (5 * of_year + 2) / 153;
    const unsigned from_january = month < 10 ? month + 3 : month - 9;
    return (struct moment){
        .year = years + shifted / FOUR_HUNDRED * 400 + (from_january <= 2),
        .month = from_january,
        .day = of_year - (153 * month + 2) / 5 + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
        .weekday = (days + 4) % 7, /* 1 January 1970 was a Thursday */
    };
}

static bool is_in_range(int64_t seconds)
{
    return seconds >= 0 && seconds <= HTTP_DATE_MAX;
}

/* Write a number at `at`, in `count` digits. */
static void put_digits(char *at, unsigned number, unsigned count)
{
    for (unsigned i = count; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
}

bool http_date_format(int64_t seconds, char ret[HTTP_DATE_LEN])
{
    if (!is_in_range(seconds))
        return false;
    const struct moment moment = moment_of(seconds);
    memcpy(ret, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_LEN);
    memcpy(ret, weekdays[moment.weekday], 3);
    put_digits(ret + 5, moment.day, 2);
    memcpy(ret + 8, months + 3 * (moment.month - 1), 3);
    put_digits(ret + 12, moment.year, 4);
    put_digits(ret + 17, moment.hour, 2);
    put_digits(ret + 20, moment.minute, 2);
    put_digits(ret + 23, moment.second, 2);
    return true;
}

bool http_date_format_short(int64_t seconds, char ret[HTTP_DATE_SHORT_LEN])
{
    if (!is_in_range(seconds))
        return false;
    const struct moment moment = moment_of(seconds);
    memcpy(ret, "1994-11-06 08:49", HTTP_DATE_SHORT_LEN);
    put_digits(ret, moment.year, 4);
    put_digits(ret + 5, moment.month, 2);
    put_digits(ret + 8, moment.day, 2);
    put_digits(ret + 11, moment.hour, 2);
    put_digits(ret + 14, moment.minute, 2);
    return true;
}

static bool read_month(const uint8_t *text, unsigned *ret)
{
    for (unsigned month = 0; month < 12; month++) {
        if (memcmp(text, months + 3 * month, 3) == 0) {
            *ret = month + 1;
            return true;
        }
    }
    return false;
}

/* Read a text by its form, which has a character for each of it: digits of Y the year, D the day,
 * h, m and s the time; _ a digit of the day or a space; b a letter of the month's name; others are
 * themselves. */
static bool read_form(const char *form, struct leat_span text, struct moment *to)
{
    if (text.len != strlen(form))
        return false;
    bool fits = true;
    for (size_t i = 0; i < text.len && fits; i++) {
        const uint8_t byte = text.data[i];
        const unsigned digit = byte - (unsigned)'0';
        unsigned *number = NULL;
        switch (form[i]) {
        case 'Y':
            number = &to->year;
            break;
        case '_':
            number = &to->day;
            break;
        case 'D':
            number = &to->day;
            break;
        case 'h':
            number = &to->hour;
            break;
        case 'm':
            number = &to->minute;
            break;
        case 's':
            number = &to->second;
            break;
        case 'b':
            if (to->month == 0)
                fits = read_month(text.data + i, &to->month);
            break;
        default:
            fits = byte == (uint8_t)form[i];
        }
        if (number == NULL || (form[i] == '_' && byte == ' '))
            continue;
        fits = digit <= 9;
        *number = *number * 10 + digit;
    }
    return fits;
}

/* Take the day of the week off the start: its whole name, or three letters of it. */
static bool take_weekday(struct leat_span *text, bool *ret_whole)
{
    for (size_t i = 0; i < 7 && text->len >= 3; i++) {
        const char *name = weekdays[i];
        if (memcmp(text->data, name, 3) != 0)
            continue;
        const size_t len = strlen(name);
        *ret_whole = text->len >= len && memcmp(text->data, name, len) == 0;
        const size_t taken = *ret_whole ? len : 3;
        *text = (struct leat_span){ text->data + taken, text->len - taken };
        return true;
    }
    return false;
}

static int64_t seconds_of(const struct moment *moment)
{
    return days_of(moment->year, moment->month, moment->day) * DAY_SECONDS + moment->hour * 3600 +
           moment->minute * 60 + moment->second;
}

/* A year of two digits is the last one that is not too far ahead: RFC 9110 section 5.6.7. */
static unsigned full_year(const struct moment *moment, int64_t now)
{
    struct moment latest = moment_of(now), shown = *moment;
    leat_assert(moment->year <= 99 && moment->month >= 1);
    latest.year += YEARS_AHEAD_MAX;
    shown.year = latest.year - (latest.year - moment->year) % 100;
    return shown.year - (seconds_of(&shown) > seconds_of(&latest) ? 100 : 0);
}

static bool is_valid(const struct moment *moment)
{
    static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (moment->year < 1970 || moment->year > 9999 || moment->month == 0)
        return false;
    const unsigned year = moment->year;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const unsigned len = lengths[moment->month - 1] + (leap && moment->month == 2);
    return moment->day >= 1 && moment->day <= len && moment->hour <= 23 && moment->minute <= 59 &&
           moment->second <= 60;
}

bool http_date_parse(struct leat_span text, int64_t now, int64_t *ret_seconds)
{
    leat_assert(is_in_range(now));
    bool whole;
    struct moment moment = { 0 };
    if (!take_weekday(&text, &whole) || text.len == 0)
        return false;
    if (whole) { /* Sunday, 06-Nov-94 08:49:37 GMT */
        if (!read_form(", DD-bbb-YY hh:mm:ss GMT", text, &moment))
            return false;
        moment.year = full_year(&moment, now);
    } else if (text.data[0] == ',') { /* Sun, 06 Nov 1994 08:49:37 GMT */
        if (!read_form(", DD bbb YYYY hh:mm:ss GMT", text, &moment))
            return false;
    } else { /* Sun Nov  6 08:49:37 1994 */
        if (!read_form(" bbb _D hh:mm:ss YYYY", text, &moment))
            return false;
    }
    if (!is_valid(&moment))
        return false;
    const int64_t seconds = seconds_of(&moment);
    if (!is_in_range(seconds))
        return false;
    *ret_seconds = seconds;
    return true;
}
