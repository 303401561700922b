#ifndef LEAT_CORE_BYTES_H
#define LEAT_CORE_BYTES_H

#include "leat/core/ledger.h"
#include "leat/core/span.h"

/* The only functions in leat that copy bytes: each copy has a cause and is counted. */

LEAT_BEGIN_DECLS

/* Copy `len` bytes; the two must not overlap. `counts` may be NULL only for what is no payload
 * (a header's name, a fault's text). */
LEAT_API void leat_bytes_copy(struct leat_counts *counts, enum leat_cause cause, void *to,
                              const void *from, size_t len);

/* The same for regions that may overlap. */
LEAT_API void leat_bytes_move(struct leat_counts *counts, enum leat_cause cause, void *to,
                              const void *from, size_t len);

LEAT_API void leat_bytes_zero(void *to, size_t len);
LEAT_API bool leat_bytes_equal(const void *a, const void *b, size_t len);

/* The first `byte` in [from, from + len), or NULL. In place, since lines are short. */
static inline const uint8_t *leat_bytes_find(const uint8_t *from, size_t len, uint8_t byte)
{
#if __STDC_HOSTED__
    return len == 0 ? NULL : (const uint8_t *)__builtin_memchr(from, byte, len);
#else
    for (size_t i = 0; i < len; i++) {
        if (from[i] == byte)
            return from + i;
    }
    return NULL;
#endif
}

/* The last `byte` in [from, from + len), or NULL. */
LEAT_API const uint8_t *leat_bytes_find_last(const uint8_t *from, size_t len, uint8_t byte);

LEAT_END_DECLS

#endif
