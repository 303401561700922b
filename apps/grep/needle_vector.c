/* Which bytes of the literals the vector scans look for, and which scan this processor has. */

#include "apps/grep/needle_plan.h"
#include "apps/grep/rarity.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static size_t reach_of(const struct needle *needle)
{
    return needle->len < NEEDLE_OFFSET_MAX ? needle->len : NEEDLE_OFFSET_MAX;
}

/* The rarest byte of a literal, leaving `taken` out when another is there. */
static size_t rarest_offset(const struct needle_set *set, const struct needle *needle, size_t taken)
{
    size_t best = taken == 0 && needle->len > 1 ? 1 : 0;
    for (size_t i = 0; i < reach_of(needle); i++) {
        if (i != taken &&
            rarity_of(needle->data[i], set->fold) > rarity_of(needle->data[best], set->fold))
            best = i;
    }
    return best;
}

static void plan_pairs(struct needle_set *set)
{
    set->pairs_len = set->needles_len;
    for (unsigned n = 0; n < set->pairs_len; n++) {
        const struct needle *needle = &set->needles[n];
        const size_t first = rarest_offset(set, needle, SIZE_MAX);
        const size_t offsets[2] = { first, rarest_offset(set, needle, first) };
        for (unsigned i = 0; i < 2; i++) {
            const uint8_t byte = needle->data[offsets[i]];
            set->pairs[n].offset[i] = (uint8_t)offsets[i];
            set->pairs[n].byte[i] = byte;
            set->pairs[n].fold[i] = set->fold && is_letter(byte) ? 0x20 : 0;
            if (offsets[i] > set->reach)
                set->reach = offsets[i];
        }
    }
}

/* How rare the print at `offset` is in the literal that has it worst. */
static unsigned print_rarity(const struct needle_set *set, size_t offset, size_t print)
{
    unsigned worst = UINT32_MAX;
    for (uint32_t n = 0; n < set->needles_len; n++) {
        unsigned rarity = 0;
        for (size_t i = 0; i < print; i++)
            rarity += rarity_of(set->needles[n].data[offset + i], set->fold);
        worst = rarity < worst ? rarity : worst;
    }
    return worst;
}

static void add_nibbles(struct needle_nibbles *nibbles, size_t i, uint8_t byte, uint8_t bucket)
{
    nibbles->low[i][byte & 15] |= bucket;
    nibbles->high[i][byte >> 4] |= bucket;
}

static int compare_prints(const void *a, const void *b)
{
    return memcmp(a, b, NEEDLE_PRINT_MAX);
}

/* One offset serves all literals, so that a candidate is where one starts. Like prints share a
 * bucket: the fewer different halves in a bucket, the fewer false candidates. */
static void plan_nibbles(struct needle_set *set)
{
    struct needle_nibbles *nibbles = &set->nibbles;
    const size_t print = set->len_min < NEEDLE_PRINT_MAX ? set->len_min : NEEDLE_PRINT_MAX;
    for (size_t at = 1; at + print <= set->len_min && at + print <= NEEDLE_OFFSET_MAX; at++)
        if (print_rarity(set, at, print) > print_rarity(set, nibbles->offset, print))
            nibbles->offset = at;

    uint8_t prints[NEEDLE_NIBBLES_MAX][NEEDLE_PRINT_MAX] = { { 0 } };
    assert(set->needles_len <= NEEDLE_NIBBLES_MAX);
    for (uint32_t n = 0; n < set->needles_len; n++)
        memcpy(prints[n], set->needles[n].data + nibbles->offset, print);
    qsort(prints, set->needles_len, sizeof(prints[0]), compare_prints);

    for (uint32_t n = 0; n < set->needles_len; n++) {
        const uint8_t bucket = (uint8_t)(1u << (n * NEEDLE_BUCKETS / set->needles_len));
        for (size_t i = 0; i < print; i++) {
            add_nibbles(nibbles, i, prints[n][i], bucket);
            if (set->fold && is_letter(prints[n][i]))
                add_nibbles(nibbles, i, prints[n][i] & ~0x20, bucket);
        }
    }
    /* A print shorter than the scan's lets everything pass in the places it lacks. */
    for (size_t i = print; i < NEEDLE_PRINT_MAX; i++) {
        memset(nibbles->low[i], 0xff, sizeof(nibbles->low[i]));
        memset(nibbles->high[i], 0xff, sizeof(nibbles->high[i]));
    }
    set->reach = nibbles->offset + NEEDLE_PRINT_MAX - 1;
}

bool needle_vector_plan(struct needle_set *set, enum needle_kernel kernel)
{
    const bool avx2 = kernel != NEEDLE_KERNEL_SSE2 && __builtin_cpu_supports("avx2");
    if (kernel == NEEDLE_KERNEL_PORTABLE || set->needles_len > NEEDLE_NIBBLES_MAX)
        return false;
    if (set->needles_len > NEEDLE_PAIRS_MAX && !avx2)
        return false;
    if (set->needles_len <= NEEDLE_PAIRS_MAX) {
        plan_pairs(set);
        set->scan = avx2 ? needle_pairs_scan_avx2 : needle_pairs_scan_sse2;
    } else {
        plan_nibbles(set);
        set->scan = needle_nibbles_scan_avx2;
    }
    set->block = avx2 ? 32 : 16;
    assert(set->reach <= NEEDLE_OFFSET_MAX + 1);
    return true;
}

#else

bool needle_vector_plan(struct needle_set *set, enum needle_kernel kernel)
{
    (void)set;
    (void)kernel;
    return false;
}

#endif
