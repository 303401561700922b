/* Any bytes as a date, seen from any time: what is read can be written, and is read back; an
 * IMF-fixdate comes back as it was, but for the name of its day and a leap second. And any bytes as
 * a time: what can be written is read back.
 *
 *     eight bytes of a time, the text */

#include "apps/http/date.h"

#include "apps/http/text.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(int64_t seconds)
{
    char text[HTTP_DATE_LEN], brief[HTTP_DATE_SHORT_LEN];
    int64_t again;
    const bool in_range = seconds >= 0 && seconds <= HTTP_DATE_MAX;
    check_equal(http_date_format(seconds, text), in_range);
    check_equal(http_date_format_short(seconds, brief), in_range);
    if (!in_range)
        return;
    check(http_date_parse((struct leat_span){ (uint8_t *)text, sizeof(text) }, 0, &again));
    check_equal(again, seconds);
    check_bytes(brief, 4, text + 12, 4);
    check_bytes(brief + 11, 5, text + 17, 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t time, seconds;
    if (size < sizeof(time))
        return 0;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, &time, data, sizeof(time));
    check_time(time);
    const int64_t now = (int64_t)((uint64_t)time % (uint64_t)(HTTP_DATE_MAX + 1));
    check_time(now);
    const struct leat_span text = { data + sizeof(time), size - sizeof(time) };
    if (!http_date_parse(text, now, &seconds))
        return 0;
    check_time(seconds);
    char written[HTTP_DATE_LEN];
    check(http_date_format(seconds, written));
    const bool leap = text.len == HTTP_DATE_LEN && text.data[23] == '6';
    if (text.len == HTTP_DATE_LEN && text.data[3] == ',' && !leap)
        check_bytes(text.data + 3, text.len - 3, written + 3, sizeof(written) - 3);
    /* A year of two digits is at most 50 years ahead; a leap year's day may be the one after. */
    if (text.len > 9 && leat_bytes_find(text.data, text.len, '-') != NULL)
        check(seconds <= now + (int64_t)(50 * 366) * 86400);
    return 0;
}
