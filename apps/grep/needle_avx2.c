/* Candidates by vectors of 32 bytes, on processors that say they have AVX2. */

#include "apps/grep/needle_plan.h"

#include <assert.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define PAIRS_SCAN     needle_pairs_scan_avx2
#define PAIRS_LANE     pairs_lane_avx2
#define VECTOR         __m256i
#define VECTOR_BYTES   32
#define VECTOR_TARGET  __attribute__((target("avx2")))
#define v_load(at)     _mm256_loadu_si256((const __m256i *)(const void *)(at))
#define v_all(byte)    _mm256_set1_epi8(byte)
#define v_or(a, b)     _mm256_or_si256(a, b)
#define v_and(a, b)    _mm256_and_si256(a, b)
#define v_equal(a, b)  _mm256_cmpeq_epi8(a, b)
#define v_mask(vector) (uint32_t) _mm256_movemask_epi8(vector)

#include "apps/grep/needle_pairs.inc"

struct nibble_lanes {
    VECTOR low[NEEDLE_PRINT_MAX], high[NEEDLE_PRINT_MAX];
};

VECTOR_TARGET static inline VECTOR twice(const uint8_t *table)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* A start passes where one bucket has both halves of each of the three bytes. Returns, for each of
 * the 32 starts, its buckets: zero when none is left. */
VECTOR_TARGET static inline VECTOR nibbles_probe(const struct nibble_lanes *lanes,
                                                 const uint8_t *at)
{
    const VECTOR half = v_all(15);
    VECTOR buckets = v_all(-1);
#pragma GCC unroll 3
    for (unsigned i = 0; i < NEEDLE_PRINT_MAX; i++) {
        const VECTOR text = v_load(at + i);
        const VECTOR low = v_and(text, half);
        const VECTOR high = v_and(_mm256_srli_epi16(text, 4), half);
        buckets = v_and(buckets, v_and(_mm256_shuffle_epi8(lanes->low[i], low),
                                       _mm256_shuffle_epi8(lanes->high[i], high)));
    }
    return buckets;
}

VECTOR_TARGET bool needle_nibbles_scan_avx2(const struct needle_set *set, const uint8_t *text,
                                            size_t starts, size_t *at, uint32_t *ret_mask)
{
    assert(set->block == VECTOR_BYTES);
    assert(set->reach == set->nibbles.offset + NEEDLE_PRINT_MAX - 1);
    struct nibble_lanes lanes;
    for (unsigned i = 0; i < NEEDLE_PRINT_MAX; i++) {
        lanes.low[i] = twice(set->nibbles.low[i]);
        lanes.high[i] = twice(set->nibbles.high[i]);
    }
    const uint8_t *print = text + set->nibbles.offset;
    const VECTOR none = v_all(0);
    size_t i = *at;
    for (; i + 2 * VECTOR_BYTES <= starts; i += 2 * VECTOR_BYTES) {
        const VECTOR a = nibbles_probe(&lanes, print + i);
        const VECTOR b = nibbles_probe(&lanes, print + i + VECTOR_BYTES);
        if (leat_unlikely(!_mm256_testz_si256(v_or(a, b), v_or(a, b))))
            break;
    }
    for (; i + VECTOR_BYTES <= starts; i += VECTOR_BYTES) {
        const uint32_t mask = ~v_mask(v_equal(nibbles_probe(&lanes, print + i), none));
        if (mask == 0)
            continue;
        *ret_mask = mask;
        *at = i;
        return true;
    }
    *at = i;
    return false;
}

#else
typedef int needle_avx2_empty;
#endif
