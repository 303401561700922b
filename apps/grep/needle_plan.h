#ifndef APPS_GREP_NEEDLE_PLAN_H
#define APPS_GREP_NEEDLE_PLAN_H

/* The inside of a needle set, shared by the files that fill it in and search with it. */

#include "apps/grep/needle.h"

enum {
    NEEDLE_PAIRS_MAX = 4,
    NEEDLE_NIBBLES_MAX = 64,
    NEEDLE_BUCKETS = 8,
    NEEDLE_PRINT_MAX = 3,   /* bytes of a literal that the nibbles look at */
    NEEDLE_OFFSET_MAX = 63, /* how far into a literal a scan looks */
    NEEDLE_VECTOR_MAX = 32,
    NEEDLE_WINDOW_MAX = 255,
};

/* Two bytes of a literal. A text byte matches when (text[offset] | fold) == byte. */
struct needle_pair {
    uint8_t offset[2], byte[2], fold[2];
};

/* Bit b of low[i][x] and high[i][y] is set when a literal of bucket b has, at offset + i, a byte
 * whose low half is x, and whose high half is y. */
struct needle_nibbles {
    size_t offset;
    uint8_t low[NEEDLE_PRINT_MAX][16], high[NEEDLE_PRINT_MAX][16];
};

struct needle {
    const uint8_t *data;
    size_t len;
    uint32_t next; /* the next in its chain, in order; NEEDLE_NONE ends it */
};

#define NEEDLE_NONE UINT32_MAX

/* Find the next block of starts that may hold a hit.
 *
 * text     readable up to starts + set->reach
 * starts   only starts below this are looked at
 * at       in: the first start; out: the block's first start, or the first not looked at
 * ret      bit i says that a literal may start at `at` + i
 * Returns false when no whole block up to `starts` has a candidate. */
typedef bool needle_scan_fn(const struct needle_set *set, const uint8_t *text, size_t starts,
                            size_t *at, uint32_t *ret_mask);

struct needle_set {
    needle_scan_fn *scan;
    size_t block;   /* starts a call of scan looks at together */
    size_t reach;   /* how far past a start scan reads */
    size_t len_min; /* of the shortest literal */
    bool fold;

    struct needle *needles;
    uint32_t needles_len;
    uint8_t *bytes; /* all literals, in lower case when folding */

    /* The window is the first bytes of a literal, as many as the shortest has. Its last one or two
     * bytes, hashed, choose the chain of literals that may match, and the jump that is safe. */
    size_t window;
    unsigned key_bits;
    uint32_t *heads;
    uint8_t *jumps;

    unsigned pairs_len;
    struct needle_pair pairs[NEEDLE_PAIRS_MAX];
    struct needle_nibbles nibbles;
};

static inline uint8_t needle_fold_byte(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* The hash of two bytes, already folded. Multiplying by an odd number permutes 16 bits, so a table
 * of 2^16 has no collisions. */
static inline uint32_t needle_hash(unsigned key_bits, uint8_t before, uint8_t last)
{
    return (((before | (uint32_t)last << 8) * 0x9e37u) & 0xffff) >> (16 - key_bits);
}

/* The hash of the last bytes of the window that begins at `start`. */
static inline uint32_t needle_key(const struct needle_set *set, const uint8_t *start)
{
    uint8_t last = start[set->window - 1];
    uint8_t before = set->window > 1 ? start[set->window - 2] : 0;
    if (set->fold) {
        last = needle_fold_byte(last);
        before = needle_fold_byte(before);
    }
    return needle_hash(set->key_bits, before, last);
}

/* needle_shift.c: fill in `jumps`; false without memory. And search with it. */
bool needle_shift_plan(struct needle_set *set);
needle_scan_fn needle_shift_scan;

/* needle_vector.c: choose pairs or nibbles, and a scan this processor has; false when none does. */
bool needle_vector_plan(struct needle_set *set, enum needle_kernel kernel);

#if defined(__x86_64__)
needle_scan_fn needle_pairs_scan_avx2, needle_pairs_scan_sse2, needle_nibbles_scan_avx2;
#endif

#endif
