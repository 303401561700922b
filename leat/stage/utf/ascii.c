#include "leat/stage/utf/ascii.h"
#include "leat/core/load.h"

#if defined(__x86_64__)

#include <immintrin.h>

static inline __m128i swap(__m128i units)
{
    return _mm_or_si128(_mm_slli_epi16(units, 8), _mm_srli_epi16(units, 8));
}

static size_t narrow_sse2(const uint8_t *in, size_t units, uint8_t *out, bool be)
{
    const __m128i high = _mm_set1_epi16(be ? (short)0x80ff : (short)0xff80);
    size_t done = 0;
    for (; units - done >= 16; done += 16) {
        __m128i a = _mm_loadu_si128((const void *)(in + 2 * done));
        __m128i b = _mm_loadu_si128((const void *)(in + 2 * done + 16));
        __m128i found = _mm_and_si128(_mm_or_si128(a, b), high);
        if (_mm_movemask_epi8(_mm_cmpeq_epi8(found, _mm_setzero_si128())) != 0xffff)
            break;
        if (be) {
            a = swap(a);
            b = swap(b);
        }
        _mm_storeu_si128((void *)(out + done), _mm_packus_epi16(a, b));
    }
    return done;
}

__attribute__((target("avx2"))) static size_t narrow_avx2(const uint8_t *in, size_t units,
                                                          uint8_t *out, bool be)
{
    const __m256i high = _mm256_set1_epi16(be ? (short)0x80ff : (short)0xff80);
    size_t done = 0;
    for (; units - done >= 32; done += 32) {
        __m256i a = _mm256_loadu_si256((const void *)(in + 2 * done));
        __m256i b = _mm256_loadu_si256((const void *)(in + 2 * done + 32));
        if (!_mm256_testz_si256(_mm256_or_si256(a, b), high))
            break;
        if (be) {
            a = _mm256_srli_epi16(a, 8);
            b = _mm256_srli_epi16(b, 8);
        }
        /* The two halves of each are packed apart: put the four pieces into order. */
        __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xd8);
        _mm256_storeu_si256((void *)(out + done), packed);
    }
    return done + narrow_sse2(in + 2 * done, units - done, out + done, be);
}

leat_ascii_narrow *leat_ascii_narrow_choose(void)
{
    return __builtin_cpu_supports("avx2") ? narrow_avx2 : narrow_sse2;
}

size_t leat_ascii_widen(const uint8_t *in, size_t len, uint8_t *out, bool be)
{
    const __m128i zero = _mm_setzero_si128();
    size_t done = 0;
    for (; len - done >= 16; done += 16) {
        __m128i bytes = _mm_loadu_si128((const void *)(in + done));
        if (_mm_movemask_epi8(bytes) != 0)
            break;
        __m128i low = be ? _mm_unpacklo_epi8(zero, bytes) : _mm_unpacklo_epi8(bytes, zero);
        __m128i high = be ? _mm_unpackhi_epi8(zero, bytes) : _mm_unpackhi_epi8(bytes, zero);
        _mm_storeu_si128((void *)(out + 2 * done), low);
        _mm_storeu_si128((void *)(out + 2 * done + 16), high);
    }
    return done;
}

#else

/* Four units in a word, little endian; the high bytes are zero and the low ones ASCII. */
static uint32_t squeeze(uint64_t units)
{
    units |= units >> 8;
    units &= 0x0000ffff0000ffff;
    return (uint32_t)(units | units >> 16);
}

static size_t narrow(const uint8_t *in, size_t units, uint8_t *out, bool be)
{
    size_t done = 0;
    for (; units - done >= 4; done += 4) {
        uint64_t four = leat_load_u64le(in + 2 * done);
        if (be)
            four = (four & 0x00ff00ff00ff00ff) << 8 | (four >> 8 & 0x00ff00ff00ff00ff);
        if ((four & 0xff80ff80ff80ff80) != 0)
            break;
        leat_store_u32le(out + done, squeeze(four));
    }
    return done;
}

leat_ascii_narrow *leat_ascii_narrow_choose(void)
{
    return narrow;
}

size_t leat_ascii_widen(const uint8_t *in, size_t len, uint8_t *out, bool be)
{
    size_t done = 0;
    for (; len - done >= 4; done += 4) {
        uint64_t four = leat_load_u32le(in + done);
        if ((four & 0x80808080) != 0)
            break;
        four = (four | four << 16) & 0x0000ffff0000ffff;
        four = (four | four << 8) & 0x00ff00ff00ff00ff;
        leat_store_u64le(out + 2 * done, be ? four << 8 : four);
    }
    return done;
}

#endif
