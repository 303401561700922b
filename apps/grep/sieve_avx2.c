/* A sieve's candidates by vectors of 32 bytes, on processors that say they have AVX2. */

#include "apps/grep/sieve_plan.h"

#include <assert.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define VECTOR_TARGET __attribute__((target("avx2")))

/* A block of the text, and for each byte of it the bit of its high half. */
struct block {
    __m256i low, high;
    __m256i low_row, high_row;
    uint64_t beyond; /* where a byte is beyond ASCII */
};

VECTOR_TARGET static inline uint64_t mask_of(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

VECTOR_TARGET static inline __m256i row_of(__m256i bytes)
{
    const __m256i rows =
        _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16,
                         32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i half = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    return _mm256_shuffle_epi8(rows, half);
}

VECTOR_TARGET static inline struct block read_block(const uint8_t *at)
{
    struct block block = {
        .low = _mm256_loadu_si256((const __m256i *)(const void *)at),
        .high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32)),
    };
    block.low_row = row_of(block.low);
    block.high_row = row_of(block.high);
    block.beyond = mask_of(block.low, block.high);
    return block;
}

/* Where the block's bytes are in the set. The shuffle looks at the low half of a byte, and gives
 * zero for one beyond ASCII. */
VECTOR_TARGET static inline uint64_t probe_block(const struct sieve_probe *probe,
                                                 const struct block *block)
{
    const __m256i none = _mm256_setzero_si256();
    const __m256i rows =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)probe->rows));
    const __m256i low = _mm256_and_si256(_mm256_shuffle_epi8(rows, block->low), block->low_row);
    const __m256i high = _mm256_and_si256(_mm256_shuffle_epi8(rows, block->high), block->high_row);
    const uint64_t outside = mask_of(_mm256_cmpeq_epi8(low, none), _mm256_cmpeq_epi8(high, none));
    return ~outside | (block->beyond & probe->beyond);
}

/* Where `len` neighbouring bits are set, from there on. */
static inline uint64_t runs_of(uint64_t bits, unsigned len)
{
    unsigned have = 1;
    for (; 2 * have <= len; have *= 2)
        bits &= bits >> have;
    return bits & bits >> (len - have);
}

VECTOR_TARGET static inline uint64_t sift(const struct sieve_plan *plan, const struct block *block)
{
    uint64_t starts = UINT64_MAX;
    for (unsigned n = 0; n < plan->probes_len && starts; n++) {
        const struct sieve_probe *probe = &plan->probes[n];
        const uint64_t bits = probe_block(probe, block);
        for (unsigned i = 0; i < probe->runs_len; i++)
            starts &= runs_of(bits, probe->runs[i].len) >> probe->runs[i].first;
    }
    return starts;
}

VECTOR_TARGET bool sieve_scan_avx2(const struct sieve *sieve, const uint8_t *text, size_t end,
                                   size_t *at, uint64_t *ret_mask)
{
    assert(sieve->positions >= 1 && sieve->positions <= SIEVE_POSITIONS_MAX);
    /* The masks end with the block: its last starts are the next block's first. */
    const size_t step = SIEVE_BLOCK + 1 - sieve->positions;
    const uint64_t looked_at = UINT64_MAX >> (SIEVE_BLOCK - step);
    uint64_t mask = 0;
    size_t i = *at;
    for (; i < end; i += step) {
        const struct block block = read_block(text + i);
        mask = sift(block.beyond ? &sieve->any : &sieve->ascii, &block) & looked_at;
        if (mask)
            break;
    }
    *at = i;
    *ret_mask = mask;
    return mask != 0;
}

#else
typedef int sieve_avx2_empty;
#endif
