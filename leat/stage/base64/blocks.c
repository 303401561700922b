/* The vectors after W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
 * Instructions" (ACM Transactions on the Web 12, 2018), with tables for both alphabets at once. */

#include "leat/stage/base64/blocks.h"

const uint8_t leat_base64_values[256] = {
    66, 66, 66, 66, 66, 66, 66, 66, 66, 64, 64, 64, 64, 64, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 64, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 62, 66, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 65, 66, 66, 66, 0,  1,  2,  3,  4,  5,  6,
    7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 63,
    66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
};

/* --- Without vectors --- */

size_t leat_base64_decode_plain(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
    const uint8_t *value = leat_base64_values;
    size_t groups = 0;
    for (; len - 4 * groups >= 4 && room - 3 * groups >= 3; groups++, in += 4, out += 3) {
        uint8_t a = value[in[0]], b = value[in[1]], c = value[in[2]], d = value[in[3]];
        if ((a | b | c | d) >= 64)
            break;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    return groups;
}

void leat_base64_group(const uint8_t in[3], uint8_t out[4], bool url)
{
    static const char standard[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char for_urls[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *digits = url ? for_urls : standard;
    out[0] = (uint8_t)digits[in[0] >> 2];
    out[1] = (uint8_t)digits[(in[0] << 4 | in[1] >> 4) & 63];
    out[2] = (uint8_t)digits[(in[1] << 2 | in[2] >> 6) & 63];
    out[3] = (uint8_t)digits[in[2] & 63];
}

void leat_base64_encode_plain(const uint8_t *in, size_t len, size_t groups, uint8_t *out,
                              size_t room, bool url)
{
    (void)len;
    (void)room;
    for (size_t i = 0; i < groups; i++)
        leat_base64_group(in + 3 * i, out + 4 * i, url);
}

/* --- With AVX2 --- */

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

/* The same 16 bytes in both halves: what the shuffles look up in. */
TARGET static inline __m256i table(const uint8_t bytes[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)bytes));
}

TARGET static inline __m256i where(__m256i bytes, char is, int8_t then)
{
    return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(is)), _mm256_set1_epi8(then));
}

/* The bits of the bytes that are no digits. Each high half of a byte belongs to a class, which is a
 * bit; for each low half the bits of those classes are set that have no digit there. */
TARGET static inline uint32_t strangers(__m256i bytes)
{
    static const uint8_t class_of[16] = {
        32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32
    };
    static const uint8_t lacking[16] = {
        0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21,
        0x21, 0x21, 0x23, 0x3a, 0x3b, 0x3a, 0x3b, 0x32,
    };
    const __m256i half = _mm256_set1_epi8(15);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    __m256i low = _mm256_and_si256(bytes, half);
    __m256i bad = _mm256_and_si256(_mm256_shuffle_epi8(table(class_of), high),
                                   _mm256_shuffle_epi8(table(lacking), low));
    __m256i good = _mm256_cmpeq_epi8(bad, _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(good);
}

/* The values of digits: what to add follows from the high half, but for three of the four signs. */
TARGET static inline __m256i values_of(__m256i bytes)
{
    static const uint8_t add[16] = { 0, 0, 19, 4, 256 - 65, 256 - 65, 256 - 71, 256 - 71 };
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    __m256i sum = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table(add), high));
    sum = _mm256_add_epi8(sum, where(bytes, '/', -3));
    sum = _mm256_add_epi8(sum, where(bytes, '-', -2));
    return _mm256_add_epi8(sum, where(bytes, '_', 33));
}

/* 32 values of 6 bits to 24 bytes, in front. */
TARGET static inline __m256i packed(__m256i values)
{
    static const uint8_t order[16] = { 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 128, 128, 128, 128 };
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    groups = _mm256_shuffle_epi8(groups, table(order));
    return _mm256_permutevar8x32_epi32(groups, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

/* A block with a stranger in it is decoded as well, and what lies before it counts: lines are
 * short, and their last digits need no loop of their own. */
TARGET static size_t decode_avx2(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
    size_t groups = 0;
    while (len - 4 * groups >= 32 && room - 3 * groups >= 32) {
        __m256i bytes = _mm256_loadu_si256((const void *)(in + 4 * groups));
        uint32_t bad = strangers(bytes);
        _mm256_storeu_si256((void *)(out + 3 * groups), packed(values_of(bytes)));
        if (bad != 0)
            return groups + (size_t)__builtin_ctz(bad) / 4;
        groups += 8;
    }
    return groups + leat_base64_decode_plain(in + 4 * groups, len - 4 * groups, out + 3 * groups,
                                             room - 3 * groups);
}

leat_base64_decodes *leat_base64_decoder(void)
{
    return __builtin_cpu_supports("avx2") ? decode_avx2 : leat_base64_decode_plain;
}

/* Two times 12 bytes, each in a half of its own, to 32 values of 6 bits. */
TARGET static inline __m256i unpacked(const uint8_t *in)
{
    static const uint8_t order[16] = { 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10 };
    __m256i bytes =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)in)),
                                _mm_loadu_si128((const void *)(in + 12)), 1);
    bytes = _mm256_shuffle_epi8(bytes, table(order));
    __m256i first = _mm256_and_si256(bytes, _mm256_set1_epi32(0x0fc0fc00));
    __m256i second = _mm256_and_si256(bytes, _mm256_set1_epi32(0x003f03f0));
    first = _mm256_mulhi_epu16(first, _mm256_set1_epi32(0x04000040));
    second = _mm256_mullo_epi16(second, _mm256_set1_epi32(0x01000010));
    return _mm256_or_si256(first, second);
}

/* The digits of values: 0 .. 25 have the class 13, 26 .. 51 have 0, and each other its own. */
TARGET static inline __m256i digits_of(__m256i values, __m256i add)
{
    __m256i class = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    class = _mm256_or_si256(class, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(add, class));
}

TARGET static void encode_avx2(const uint8_t *in, size_t len, size_t groups, uint8_t *out,
                               size_t room, bool url)
{
    const uint8_t add[16] = {
        71,
        252,
        252,
        252,
        252,
        252,
        252,
        252,
        252,
        252,
        252,
        url ? 256 - 17 : 256 - 19,
        url ? 32 : 256 - 16,
        65,
    };
    const __m256i adds = table(add);
    size_t done = 0;
    for (; done < groups && len - 3 * done >= 28 && room - 4 * done >= 32; done += 8) {
        __m256i digits = digits_of(unpacked(in + 3 * done), adds);
        _mm256_storeu_si256((void *)(out + 4 * done), digits);
    }
    if (done < groups)
        leat_base64_encode_plain(in + 3 * done, 0, groups - done, out + 4 * done, 0, url);
}

leat_base64_encodes *leat_base64_encoder(void)
{
    return __builtin_cpu_supports("avx2") ? encode_avx2 : leat_base64_encode_plain;
}

#else

leat_base64_decodes *leat_base64_decoder(void)
{
    return leat_base64_decode_plain;
}

leat_base64_encodes *leat_base64_encoder(void)
{
    return leat_base64_encode_plain;
}

#endif
