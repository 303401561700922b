#include "leat/stage/hex/digits.h"
#include "leat/stage/text.h"

/* --- Without vectors --- */

size_t leat_hex_decode_plain(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
    size_t most = len / 2 < room ? len / 2 : room;
    for (size_t i = 0; i < most; i++) {
        uint8_t high = leat_hex_value(in[2 * i]);
        uint8_t low = leat_hex_value(in[2 * i + 1]);
        if ((high | low) > 15)
            return i;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return most;
}

void leat_hex_encode_plain(const uint8_t *in, size_t len, uint8_t *out, const char digits[16])
{
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = (uint8_t)digits[in[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[in[i] & 15];
    }
}

/* --- With AVX2 --- */

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

/* Where `bytes` less `first` are at most `last`, their distance plus `add`; 0 elsewhere. What is in
 * the range has all bits set in `ret_in`. */
TARGET static inline __m256i ranged(__m256i bytes, char first, char last, char add, __m256i *ret_in)
{
    __m256i distance = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
    __m256i most = _mm256_set1_epi8((char)(last - first));
    *ret_in = _mm256_cmpeq_epi8(_mm256_min_epu8(distance, most), distance);
    return _mm256_and_si256(_mm256_add_epi8(distance, _mm256_set1_epi8(add)), *ret_in);
}

/* A block with a stranger in it is decoded as well, and what lies before it counts: the last digits
 * of a line need no loop of their own. */
TARGET static size_t decode_avx2(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
    size_t done = 0;
    while (len - 2 * done >= 32 && room - done >= 16) {
        __m256i bytes = _mm256_loadu_si256((const void *)(in + 2 * done));
        __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        __m256i is_figure;
        __m256i is_letter;
        __m256i figures = ranged(bytes, '0', '9', 0, &is_figure);
        __m256i letters = ranged(small, 'a', 'f', 10, &is_letter);
        __m256i good = _mm256_or_si256(is_figure, is_letter);
        __m256i values = _mm256_or_si256(figures, letters);
        /* The first of a pair times 16, and the second. */
        __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
        __m128i packed =
            _mm_packus_epi16(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        _mm_storeu_si128((void *)(out + done), packed);
        uint32_t bad = ~(uint32_t)_mm256_movemask_epi8(good);
        if (bad != 0)
            return done + (size_t)__builtin_ctz(bad) / 2;
        done += 16;
    }
    return done + leat_hex_decode_plain(in + 2 * done, len - 2 * done, out + done, room - done);
}

leat_hex_decodes *leat_hex_decoder(void)
{
    return __builtin_cpu_supports("avx2") ? decode_avx2 : leat_hex_decode_plain;
}

TARGET static void encode_avx2(const uint8_t *in, size_t len, uint8_t *out, const char digits[16])
{
    const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)digits));
    size_t done = 0;
    for (; len - done >= 16; done += 16) {
        __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(in + done)));
        __m256i low = _mm256_slli_epi16(_mm256_and_si256(wide, _mm256_set1_epi16(15)), 8);
        __m256i values = _mm256_or_si256(_mm256_srli_epi16(wide, 4), low);
        _mm256_storeu_si256((void *)(out + 2 * done), _mm256_shuffle_epi8(table, values));
    }
    leat_hex_encode_plain(in + done, len - done, out + 2 * done, digits);
}

leat_hex_encodes *leat_hex_encoder(void)
{
    return __builtin_cpu_supports("avx2") ? encode_avx2 : leat_hex_encode_plain;
}

#else

leat_hex_decodes *leat_hex_decoder(void)
{
    return leat_hex_decode_plain;
}

leat_hex_encodes *leat_hex_encoder(void)
{
    return leat_hex_encode_plain;
}

#endif
