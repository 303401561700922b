#include "apps/grep/lines.h"

#include <assert.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Eight bytes a step. A byte of `x` is zero where the text has '\n'; adding 0x7f to its low seven
 * bits carries into the high bit unless they are zero, and never into the next byte. */
static size_t count_portable(const uint8_t *data, size_t len)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    const uint64_t newlines = UINT64_C(0x0a0a0a0a0a0a0a0a);
    size_t count = 0;
    size_t i = 0;
    for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t x;
        memcpy(&x, data + i, sizeof(x));
        x ^= newlines;
        count += (size_t)__builtin_popcountll(~(((x & low) + low) | x | low));
    }
    for (; i < len; i++)
        count += data[i] == '\n';
    return count;
}

#if defined(__x86_64__)
/* Counts are kept in bytes and drained before one can overflow. */
__attribute__((target("avx2"))) static size_t count_avx2(const uint8_t *data, size_t len)
{
    enum { VECTOR = 32, STEP = 4 * VECTOR, STEPS_MAX = 63 };
    const __m256i newline = _mm256_set1_epi8('\n');
    __m256i total = _mm256_setzero_si256();
    size_t i = 0;
    while (len - i >= STEP) {
        __m256i sum = _mm256_setzero_si256();
        for (unsigned n = 0; n < STEPS_MAX && len - i >= STEP; n++, i += STEP) {
            for (unsigned k = 0; k < STEP; k += VECTOR) {
                __m256i x = _mm256_loadu_si256((const void *)(data + i + k));
                sum = _mm256_sub_epi8(sum, _mm256_cmpeq_epi8(x, newline));
            }
        }
        total = _mm256_add_epi64(total, _mm256_sad_epu8(sum, _mm256_setzero_si256()));
    }
    uint64_t lanes[4];
    _mm256_storeu_si256((void *)lanes, total);
    size_t count = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    return count + count_portable(data + i, len - i);
}
#endif

size_t lines_count_newlines(struct leat_span text)
{
    assert(text.data || text.len == 0);
    size_t count;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        count = count_avx2(text.data, text.len);
    else
#endif
        count = count_portable(text.data, text.len);
    assert(count <= text.len);
    return count;
}

bool lines_find_last_newline(struct leat_span text, size_t *ret_at)
{
    assert(ret_at);
    const uint8_t *found = text.len ? memrchr(text.data, '\n', text.len) : NULL;
    if (!found)
        return false;
    *ret_at = (size_t)(found - text.data);
    return true;
}

size_t lines_start_of(struct leat_span text, size_t at)
{
    assert(at <= text.len);
    const uint8_t *found = at ? memrchr(text.data, '\n', at) : NULL;
    return found ? (size_t)(found - text.data) + 1 : 0;
}

size_t lines_end_of(struct leat_span text, size_t at)
{
    assert(at <= text.len);
    const uint8_t *found = at < text.len ? memchr(text.data + at, '\n', text.len - at) : NULL;
    return found ? (size_t)(found - text.data) : text.len;
}

bool lines_are_ascii(struct leat_span text)
{
    enum { WORDS = 8, STEP = WORDS * sizeof(uint64_t) };
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t i = 0;
    for (; text.len - i >= STEP; i += STEP) {
        uint64_t words[WORDS];
        memcpy(words, text.data + i, sizeof(words));
        uint64_t any = 0;
        for (unsigned k = 0; k < WORDS; k++)
            any |= words[k];
        if (any & high)
            return false;
    }
    for (; i < text.len; i++)
        if (text.data[i] & 0x80)
            return false;
    return true;
}
