#ifndef LEAT_STAGE_AGE_BASE64_H
#define LEAT_STAGE_AGE_BASE64_H

#include "leat/core/span.h"

/* Base64 (RFC 4648, section 4) as age has it: on one line, canonical. Not installed. */

/* Whether `text` is canonical base64 without padding: no digit left over, no bit lost. */
bool leat_age_is_base64(struct leat_span text);

/* Decode such text of just `len` bytes. False, and nothing written, for what is anything else. */
bool leat_age_decode(struct leat_span text, uint8_t *to, size_t len);

/* How many digits `len` bytes take. */
static inline size_t leat_age_digits(size_t len)
{
    return (len * 4 + 2) / 3;
}

/* Write just so many digits, without padding. */
void leat_age_encode(const uint8_t *from, size_t len, uint8_t *to);

#endif
