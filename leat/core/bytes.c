/* The builtins become calls of the C library's functions, or of the four that gcc asks every
 * freestanding program for (memcpy, memmove, memset, memcmp). */

#include "leat/core/bytes.h"

void leat_bytes_copy(struct leat_counts *counts, enum leat_cause cause, void *to, const void *from,
                     size_t len)
{
    if (len == 0)
        return;
    __builtin_memcpy(to, from, len);
    if (counts != NULL)
        counts->copied[cause] += len;
}

void leat_bytes_move(struct leat_counts *counts, enum leat_cause cause, void *to, const void *from,
                     size_t len)
{
    if (len == 0)
        return;
    __builtin_memmove(to, from, len);
    if (counts != NULL)
        counts->copied[cause] += len;
}

void leat_bytes_zero(void *to, size_t len)
{
    if (len > 0)
        __builtin_memset(to, 0, len);
}

bool leat_bytes_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || __builtin_memcmp(a, b, len) == 0;
}

const uint8_t *leat_bytes_find_last(const uint8_t *from, size_t len, uint8_t byte)
{
    for (size_t i = len; i > 0; i--) {
        if (from[i - 1] == byte)
            return from + i - 1;
    }
    return NULL;
}
