#ifndef APPS_HTTP_DATE_H
#define APPS_HTTP_DATE_H

#include "leat/core/span.h"

/* Dates as HTTP writes them, in seconds since 1970, UTC: RFC 9110 section 5.6.7. No locale and no
 * time zone of the system has a part in it. */

/* Length of "Sun, 06 Nov 1994 08:49:37 GMT". */
#define HTTP_DATE_LEN 29

/* The last second of the year 9999. */
#define HTTP_DATE_MAX ((int64_t)253402300799)

/* Write a time as an IMF-fixdate, without a NULL. False, and nothing is written: it is before 1970
 * or after HTTP_DATE_MAX. */
LEAT_MUST_USE bool http_date_format(int64_t seconds, char ret[HTTP_DATE_LEN]);

/* The same for people: "1994-11-06 08:49". */
#define HTTP_DATE_SHORT_LEN 16
LEAT_MUST_USE bool http_date_format_short(int64_t seconds, char ret[HTTP_DATE_SHORT_LEN]);

/* Read a date in any of the three forms. The day of the week must be one, and is not compared with
 * the date. A leap second is the second after it.
 *
 * now  what a year of two digits is seen from: it is at most 50 years ahead. In seconds, 0 to
 *      HTTP_DATE_MAX
 * False: it is none of the three, no date at all (30 February), or out of range. */
LEAT_MUST_USE bool http_date_parse(struct leat_span text, int64_t now, int64_t *ret_seconds);

#endif
