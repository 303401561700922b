#ifndef LEAT_CONTAINER_XAR_VALUE_H
#define LEAT_CONTAINER_XAR_VALUE_H

#include "leat/core/span.h"

/* What stands in an element of the table of contents. White space around it does not count. */

/* A number in digits of `base`, 8 or 10. False when it is none, or has more than 64 bits. */
LEAT_MUST_USE bool leat_xar_number(struct leat_span text, unsigned base, uint64_t *ret);

/* Seconds since 1970: "2007-02-12T19:32:12Z" (ISO 8601, UTC), with more digits of a second or
 * without the "Z" as well. False when it is no time. */
LEAT_MUST_USE bool leat_xar_time(struct leat_span text, int64_t *ret);

/* The bytes of `len` pairs of hexadecimal digits. False when they are not that. */
LEAT_MUST_USE bool leat_xar_digits(struct leat_span text, uint8_t *ret, size_t len);

/* Decode base64 (RFC 4648) in place, white space within it too. False when it is none.
 *
 * ret_len  how many bytes it was; untouched unless true */
LEAT_MUST_USE bool leat_xar_unbase64(uint8_t *text, size_t len, size_t *ret_len);

#endif
