#ifndef APPS_GREP_NEEDLE_H
#define APPS_GREP_NEEDLE_H

#include "leat/core/span.h"

/* Search for any of a set of literals, at the speed memory is read where that can be had.
 *
 * Four ways of finding candidates stand behind one call, chosen when the set is made:
 *   pairs     up to 4 literals: two rare bytes of each, compared at their offsets, a vector at once
 *   nibbles   up to 64: three bytes of each, looked up by half bytes in eight buckets (Teddy)
 *   shifts    any number, and machines without the vectors: a table of safe jumps (Wu-Manber)
 * Every candidate is then compared whole. A set is immutable: any number of threads may search with
 * it. */
struct needle_set;

enum needle_kernel {
    NEEDLE_KERNEL_BEST, /* what this processor does fastest */
    NEEDLE_KERNEL_AVX2,
    NEEDLE_KERNEL_SSE2,
    NEEDLE_KERNEL_PORTABLE,
};

struct needle_options {
    const struct leat_span *literals; /* none empty; the order is the preference, first wins */
    size_t literals_len;              /* 1 .. UINT32_MAX - 1 */
    bool fold;                        /* ASCII letters match in either case */
    enum needle_kernel kernel;        /* for tests; what the processor lacks falls back */
};

struct needle_hit {
    size_t start, len;
    uint32_t index; /* which literal */
};

/* Make a set; the literals are copied. Returns NULL when there is no memory. Destroy takes NULL. */
LEAT_MUST_USE struct needle_set *needle_set_create(const struct needle_options *options);
void needle_set_destroy(struct needle_set *set);

/* Find the leftmost hit that starts at `from` or later; among those that start there, the literal
 * first in order. Returns false, and leaves `ret` alone, when there is none. Never reads outside
 * the text, waits or allocates. */
bool needle_set_find(const struct needle_set *set, struct leat_span text, size_t from,
                     struct needle_hit *ret);

/* Find the next literal, in order, that matches where `hit` starts. Returns false when there is
 * none. */
bool needle_set_find_other(const struct needle_set *set, struct leat_span text,
                           struct needle_hit *hit);

#endif
