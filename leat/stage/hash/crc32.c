/* The polynomial is 0xedb88320, bits reversed. Folding after V. Gopal and others, "Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009). */

#include "leat/core/load.h"
#include "leat/stage/hash/crc32.h"

/* What four bits do to the rest of a word's 32, from each of their eight places in it: half a KiB
 * that stays in the first-level cache, where slices of eight bytes would take 8 KiB. */
static const uint32_t nibbles[8][16] = {
    {
        0x00000000,
        0xb8bc6765,
        0xaa09c88b,
        0x12b5afee,
        0x8f629757,
        0x37def032,
        0x256b5fdc,
        0x9dd738b9,
        0xc5b428ef,
        0x7d084f8a,
        0x6fbde064,
        0xd7018701,
        0x4ad6bfb8,
        0xf26ad8dd,
        0xe0df7733,
        0x58631056,
    },
    {
        0x00000000,
        0x5019579f,
        0xa032af3e,
        0xf02bf8a1,
        0x9b14583d,
        0xcb0d0fa2,
        0x3b26f703,
        0x6b3fa09c,
        0xed59b63b,
        0xbd40e1a4,
        0x4d6b1905,
        0x1d724e9a,
        0x764dee06,
        0x2654b999,
        0xd67f4138,
        0x866616a7,
    },
    {
        0x00000000,
        0x01c26a37,
        0x0384d46e,
        0x0246be59,
        0x0709a8dc,
        0x06cbc2eb,
        0x048d7cb2,
        0x054f1685,
        0x0e1351b8,
        0x0fd13b8f,
        0x0d9785d6,
        0x0c55efe1,
        0x091af964,
        0x08d89353,
        0x0a9e2d0a,
        0x0b5c473d,
    },
    {
        0x00000000,
        0x1c26a370,
        0x384d46e0,
        0x246be590,
        0x709a8dc0,
        0x6cbc2eb0,
        0x48d7cb20,
        0x54f16850,
        0xe1351b80,
        0xfd13b8f0,
        0xd9785d60,
        0xc55efe10,
        0x91af9640,
        0x8d893530,
        0xa9e2d0a0,
        0xb5c473d0,
    },
    {
        0x00000000,
        0x191b3141,
        0x32366282,
        0x2b2d53c3,
        0x646cc504,
        0x7d77f445,
        0x565aa786,
        0x4f4196c7,
        0xc8d98a08,
        0xd1c2bb49,
        0xfaefe88a,
        0xe3f4d9cb,
        0xacb54f0c,
        0xb5ae7e4d,
        0x9e832d8e,
        0x87981ccf,
    },
    {
        0x00000000,
        0x4ac21251,
        0x958424a2,
        0xdf4636f3,
        0xf0794f05,
        0xbabb5d54,
        0x65fd6ba7,
        0x2f3f79f6,
        0x3b83984b,
        0x71418a1a,
        0xae07bce9,
        0xe4c5aeb8,
        0xcbfad74e,
        0x8138c51f,
        0x5e7ef3ec,
        0x14bce1bd,
    },
    {
        0x00000000,
        0x77073096,
        0xee0e612c,
        0x990951ba,
        0x076dc419,
        0x706af48f,
        0xe963a535,
        0x9e6495a3,
        0x0edb8832,
        0x79dcb8a4,
        0xe0d5e91e,
        0x97d2d988,
        0x09b64c2b,
        0x7eb17cbd,
        0xe7b82d07,
        0x90bf1d91,
    },
    {
        0x00000000,
        0x1db71064,
        0x3b6e20c8,
        0x26d930ac,
        0x76dc4190,
        0x6b6b51f4,
        0x4db26158,
        0x5005713c,
        0xedb88320,
        0xf00f9344,
        0xd6d6a3e8,
        0xcb61b38c,
        0x9b64c2b0,
        0x86d3d2d4,
        0xa00ae278,
        0xbdbdf21c,
    },
};

/* Eight independent look-ups for each four bytes. */
static uint32_t plain(uint32_t crc, const uint8_t *at, size_t len)
{
    for (; len >= 4; at += 4, len -= 4) {
        uint32_t x = crc ^ leat_load_u32le(at);
        crc = nibbles[0][x & 15] ^ nibbles[1][x >> 4 & 15] ^ nibbles[2][x >> 8 & 15] ^
              nibbles[3][x >> 12 & 15] ^ nibbles[4][x >> 16 & 15] ^ nibbles[5][x >> 20 & 15] ^
              nibbles[6][x >> 24 & 15] ^ nibbles[7][x >> 28];
    }
    for (; len > 0; at++, len--) {
        uint32_t x = crc ^ *at;
        crc = crc >> 8 ^ nibbles[6][x & 15] ^ nibbles[7][x >> 4 & 15];
    }
    return crc;
}

uint32_t leat_crc32_plain(uint32_t crc, const void *data, size_t len)
{
    return ~plain(~crc, data, len);
}

#if defined(__x86_64__)

#include <immintrin.h>

/* Below this the folding does not pay. */
#define FOLD_LEN_MIN 64

#define TARGET __attribute__((target("pclmul,sse4.1")))

static inline __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const void *)from);
}

/* Carry `x` over as far as `k` says, onto `next`. */
TARGET static inline __m128i fold(__m128i x, __m128i k, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(x, k, 0x00);
    __m128i high = _mm_clmulepi64_si128(x, k, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* The remainder of 128 bits: to 64, to 32, then Barrett's reduction. */
TARGET static uint32_t reduce(__m128i x)
{
    const __m128i k34 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    const __m128i k5 = _mm_set_epi64x(0, 0x163cd6124);
    const __m128i poly = _mm_set_epi64x(0x1f7011641, 0x1db710641);
    const __m128i low32 = _mm_set_epi32(0, -1, 0, -1);
    x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, k34, 0x10));
    __m128i rest = _mm_srli_si128(x, 4);
    x = _mm_xor_si128(rest, _mm_clmulepi64_si128(_mm_and_si128(x, low32), k5, 0x00));
    __m128i t = _mm_clmulepi64_si128(_mm_and_si128(x, low32), poly, 0x10);
    t = _mm_clmulepi64_si128(_mm_and_si128(t, low32), poly, 0x00);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, t), 1);
}

/* Four streams of 16 bytes, then one; what is left over is fewer than 16. */
TARGET static uint32_t folded(uint32_t crc, const uint8_t *at, size_t len)
{
    const __m128i k12 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
    const __m128i k34 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    __m128i a = _mm_xor_si128(load(at), _mm_cvtsi32_si128((int)crc));
    __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
    for (at += 64, len -= 64; len >= 64; at += 64, len -= 64) {
        a = fold(a, k12, load(at));
        b = fold(b, k12, load(at + 16));
        c = fold(c, k12, load(at + 32));
        d = fold(d, k12, load(at + 48));
    }
    a = fold(fold(fold(a, k34, b), k34, c), k34, d);
    for (; len >= 16; at += 16, len -= 16)
        a = fold(a, k34, load(at));
    return plain(reduce(a), at, len);
}

uint32_t leat_crc32(uint32_t crc, const void *data, size_t len)
{
    if (len >= FOLD_LEN_MIN && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
        return ~folded(~crc, data, len);
    return leat_crc32_plain(crc, data, len);
}

#else

uint32_t leat_crc32(uint32_t crc, const void *data, size_t len)
{
    return leat_crc32_plain(crc, data, len);
}

#endif
