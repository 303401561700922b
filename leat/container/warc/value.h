#ifndef LEAT_CONTAINER_WARC_VALUE_H
#define LEAT_CONTAINER_WARC_VALUE_H

#include "leat/core/span.h"
#include "leat/stage/hash/digest.h"

/* The values of a header's fields. */

/* Without the blanks around it. */
struct leat_span leat_warc_trimmed(struct leat_span text);

/* Whether `text` begins with `word`, which is in small letters, whatever the case of its own. */
bool leat_warc_begins(struct leat_span text, const char *word);

/* The same, and nothing follows. */
bool leat_warc_is(struct leat_span text, const char *word);

/* Decimal digits and nothing else, up to INT64_MAX. */
bool leat_warc_number(struct leat_span text, uint64_t *ret);

/* A moment of W3C's profile of ISO 8601 (NOTE-datetime), from a year alone to a fraction of a
 * second, as seconds since 1970 and nanoseconds. False: it is none. */
bool leat_warc_date(struct leat_span text, int64_t *ret_s, uint32_t *ret_ns);

/* A digest behind the name of its algorithm, "sha1:", in hexadecimal digits or in those of base 32
 * (RFC 4648, section 6). False: it is none, or of an algorithm that this build lacks. */
bool leat_warc_digest(struct leat_span text, struct leat_digest *ret);

#endif
