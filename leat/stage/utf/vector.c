/* UTF-16 to UTF-8 sixteen units at a time, after D. Lemire and W. Muła, "Transcoding billions of
 * Unicode characters per second with SIMD instructions", 2021; and UTF-8 judged 64 bytes at a time,
 * after J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte", 2020. */

#include "leat/stage/utf/vector.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2   __attribute__((target("avx2,popcnt")))
#define INLINE AVX2 __attribute__((always_inline)) inline

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

/* --- UTF-16 to UTF-8 --- */

enum {
    UNITS = 16,
    ROOM_MIN = 64, /* 16 units become 48 bytes, the last 12 stored as 16 */
    AHEAD = 1024,  /* is fetched: what comes from memory is up to a third faster so */
};

/* Which bytes of a vector stay, where each unit was given as many as the longest of its kind takes:
 * A_n(i) are the n bytes of unit i among two, B_n(i) among four, where they stand last to first. A
 * row for each way in which the lengths of units can follow one another; what stands behind those
 * of a row is written over. */
#define A_1(i) 2 * (i)
#define A_2(i) 2 * (i), 2 * (i) + 1
#define B_1(i) 4 * (i)
#define B_2(i) 4 * (i) + 2, 4 * (i)
#define B_3(i) 4 * (i) + 2, 4 * (i) + 1, 4 * (i)

/* Bit i of the index: unit i is ASCII. */
#define A(a, b, c, d, e, f, g, h)                                                                  \
    {                                                                                              \
        A_##a(0), A_##b(1), A_##c(2), A_##d(3), A_##e(4), A_##f(5), A_##g(6), A_##h(7)             \
    }
#define A1(b, c, d, e, f, g, h) A(2, b, c, d, e, f, g, h), A(1, b, c, d, e, f, g, h)
#define A2(c, d, e, f, g, h)    A1(2, c, d, e, f, g, h), A1(1, c, d, e, f, g, h)
#define A3(d, e, f, g, h)       A2(2, d, e, f, g, h), A2(1, d, e, f, g, h)
#define A4(e, f, g, h)          A3(2, e, f, g, h), A3(1, e, f, g, h)
#define A5(f, g, h)             A4(2, f, g, h), A4(1, f, g, h)
#define A6(g, h)                A5(2, g, h), A5(1, g, h)
#define A7(h)                   A6(2, h), A6(1, h)
static const uint8_t keep_of_2[256][16] = { A7(2), A7(1) };

/* Bit i of the index: unit i is ASCII; bit 4 + i: it takes less than three. So each bit is a byte
 * less. */
#define INDEX(a, b, c, d)                                                                          \
    ((a < 2) | (b < 2) << 1 | (c < 2) << 2 | (d < 2) << 3 | (a < 3) << 4 | (b < 3) << 5 |          \
     (c < 3) << 6 | (d < 3) << 7)
#define B(a, b, c, d) [INDEX(a, b, c, d)] = { B_##a(0), B_##b(1), B_##c(2), B_##d(3) }
#define B1(b, c, d)   B(1, b, c, d), B(2, b, c, d), B(3, b, c, d)
#define B2(c, d)      B1(1, c, d), B1(2, c, d), B1(3, c, d)
#define B3(d)         B2(1, d), B2(2, d), B2(3, d)
static const uint8_t keep_of_3[256][16] = { B3(1), B3(2), B3(3) };

/* The same value in each unit. It is made where this is called, once before a loop, and kept: left
 * to itself, gcc makes each anew where it is used, which was a third of the whole work. */
static INLINE __m256i all16(unsigned value)
{
    __m256i all = _mm256_set1_epi16((short)value);
    __asm__("" : "+x"(all));
    return all;
}

struct masks {
    __m256i top, above_ascii, surrogate; /* of a unit: what tells its kind */
    __m256i middle, last;                /* the bits of two bytes of three */
    __m256i more, two, three;            /* how bytes begin: those that follow, and the first */
    __m256i last_two;                    /* and both of two */
};

static INLINE struct masks masks_make(void)
{
    return (struct masks){
        .top = all16(0xf800),
        .above_ascii = all16(0xff80),
        .surrogate = all16(0xd800),
        .middle = all16(0x3f00),
        .last = all16(0x003f),
        .more = all16(0x8080),
        .two = all16(0x00c0),
        .three = all16(0x00e0),
        .last_two = all16(0x80c0),
    };
}

/* Sixteen units, and for each in its place what is known of it. */
struct sixteen {
    __m256i units, is_ascii, is_short; /* short: two bytes or one */
};

/* Store what the row leaves of eight units, and say where the output goes on. */
static INLINE uint8_t *squeeze_eight(uint8_t *out, __m128i bytes, size_t row)
{
    __m128i order = _mm_loadu_si128((const void *)keep_of_2[row]);
    _mm_storeu_si128((void *)out, _mm_shuffle_epi8(bytes, order));
    return out + 16 - (size_t)_mm_popcnt_u64(row);
}

/* Store what the row leaves of four units. */
static INLINE void squeeze_four(uint8_t *out, __m128i bytes, size_t row)
{
    __m128i order = _mm_loadu_si128((const void *)keep_of_3[row]);
    _mm_storeu_si128((void *)out, _mm_shuffle_epi8(bytes, order));
}

/* Units below 0x800. */
static INLINE uint8_t *put_short(uint8_t *out, const struct sixteen *of, const struct masks *masks)
{
    __m256i units = of->units;
    __m256i is_ascii = _mm256_packs_epi16(of->is_ascii, of->is_ascii);
    uint32_t ascii = (uint32_t)_mm256_movemask_epi8(is_ascii);
    if (ascii == UINT32_MAX) {
        __m128i low = _mm256_castsi256_si128(units), high = _mm256_extracti128_si256(units, 1);
        _mm_storeu_si128((void *)out, _mm_packus_epi16(low, high));
        return out + UNITS;
    }
    __m256i first = _mm256_srli_epi16(units, 6);
    __m256i last = _mm256_and_si256(_mm256_slli_epi16(units, 8), masks->middle);
    __m256i both = _mm256_or_si256(_mm256_or_si256(first, last), masks->last_two);
    __m256i bytes = _mm256_blendv_epi8(both, units, of->is_ascii);
    out = squeeze_eight(out, _mm256_castsi256_si128(bytes), ascii & 0xff);
    return squeeze_eight(out, _mm256_extracti128_si256(bytes, 1), ascii >> 16 & 0xff);
}

/* Of each unit the last byte, and that in the middle of three. */
static INLINE __m256i more_of(__m256i units, const struct masks *masks)
{
    __m256i middle = _mm256_and_si256(_mm256_slli_epi16(units, 2), masks->middle);
    __m256i last = _mm256_and_si256(units, masks->last);
    return _mm256_or_si256(_mm256_or_si256(middle, masks->more), last);
}

/* And the first of three. */
static INLINE __m256i first_of(__m256i units, const struct masks *masks)
{
    return _mm256_or_si256(_mm256_srli_epi16(units, 12), masks->three);
}

/* Units that are all long: three bytes each. */
static INLINE uint8_t *put_long(uint8_t *out, __m256i units, const struct masks *masks)
{
    __m256i order = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)keep_of_3[0]));
    __m256i more = more_of(units, masks), first = first_of(units, masks);
    __m256i even = _mm256_shuffle_epi8(_mm256_unpacklo_epi16(more, first), order);
    __m256i odd = _mm256_shuffle_epi8(_mm256_unpackhi_epi16(more, first), order);
    _mm_storeu_si128((void *)out, _mm256_castsi256_si128(even));
    _mm_storeu_si128((void *)(out + 12), _mm256_castsi256_si128(odd));
    _mm_storeu_si128((void *)(out + 24), _mm256_extracti128_si256(even, 1));
    _mm_storeu_si128((void *)(out + 36), _mm256_extracti128_si256(odd, 1));
    return out + 48;
}

/* Units that are no surrogates. Four at a time, a byte of `rows` each; a bit of it is a byte less,
 * so that where each four go follows from the bits below, and waits for no other. */
static INLINE uint8_t *put_any(uint8_t *out, const struct sixteen *of, const struct masks *masks)
{
    enum {
        IN_ORDER = 0xd8
    }; /* packed are 8 of the one kind, then 8 of the other; wanted 4 and 4 */
    __m256i kinds = _mm256_packs_epi16(of->is_ascii, of->is_short);
    uint32_t rows = (uint32_t)_mm256_movemask_epi8(_mm256_shuffle_epi32(kinds, IN_ORDER));
    __m256i more = _mm256_blendv_epi8(more_of(of->units, masks), of->units, of->is_ascii);
    __m256i of_two = _mm256_or_si256(_mm256_srli_epi16(of->units, 6), masks->two);
    __m256i first = _mm256_blendv_epi8(first_of(of->units, masks), of_two, of->is_short);
    __m256i even = _mm256_unpacklo_epi16(more, first); /* units 0 to 3, and 8 to 11 */
    __m256i odd = _mm256_unpackhi_epi16(more, first);
    squeeze_four(out, _mm256_castsi256_si128(even), rows & 0xff);
    squeeze_four(out + 12 - _mm_popcnt_u32(rows << 24), _mm256_castsi256_si128(odd),
                 rows >> 8 & 0xff);
    squeeze_four(out + 24 - _mm_popcnt_u32(rows << 16), _mm256_extracti128_si256(even, 1),
                 rows >> 16 & 0xff);
    squeeze_four(out + 36 - _mm_popcnt_u32(rows << 8), _mm256_extracti128_si256(odd, 1),
                 rows >> 24);
    return out + 48 - _mm_popcnt_u32(rows);
}

/* Returns where the output goes on; `out` itself: there is a surrogate. */
static INLINE uint8_t *put_sixteen(uint8_t *out, __m256i units, const struct masks *masks)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i top = _mm256_and_si256(units, masks->top);
    struct sixteen of = {
        .units = units,
        .is_ascii = _mm256_cmpeq_epi16(_mm256_and_si256(units, masks->above_ascii), zero),
        .is_short = _mm256_cmpeq_epi16(top, zero),
    };
    uint32_t shorts = (uint32_t)_mm256_movemask_epi8(of.is_short);
    if (shorts == UINT32_MAX)
        return put_short(out, &of, masks);
    if (_mm256_movemask_epi8(_mm256_cmpeq_epi16(top, masks->surrogate)) != 0)
        return out;
    return shorts == 0 ? put_long(out, units, masks) : put_any(out, &of, masks);
}

static INLINE __m256i swap(__m256i units)
{
    return _mm256_or_si256(_mm256_slli_epi16(units, 8), _mm256_srli_epi16(units, 8));
}

static INLINE void run(struct utf_piece *piece, bool be)
{
    const struct masks masks = masks_make();
    const uint8_t *in = piece->in, *in_end = piece->in_end;
    uint8_t *out = piece->out;
    const uint8_t *out_end = piece->out_end;
    while (in_end - in >= 2 * UNITS && out_end - out >= ROOM_MIN) {
        _mm_prefetch((const char *)in + AHEAD, _MM_HINT_T0);
        __m256i units = _mm256_loadu_si256((const void *)in);
        uint8_t *next = put_sixteen(out, be ? swap(units) : units, &masks);
        if (next == out)
            break;
        out = next;
        in += 2 * UNITS;
    }
    piece->in = in;
    piece->out = out;
}

static AVX2 void utf16_run(struct utf_piece *piece, bool be)
{
    if (be)
        run(piece, true);
    else
        run(piece, false);
}

leat_utf16_run *leat_utf16_run_choose(void)
{
    return has_avx2() ? utf16_run : NULL;
}

/* --- UTF-8 judged --- */

/* What is wrong with a byte and the one before it: a bit for each rule that two bytes can break.
 * Each of three half bytes says which rules it would break; what all three say is broken. The bits
 * TWO stand for what is wrong unless a lead byte further back makes it right. */
enum {
    SHORT = 1 << 0,     /* a lead byte, and no continuation behind it */
    STRAY = 1 << 1,     /* ASCII, and a continuation behind it */
    LONG_3 = 1 << 2,    /* e0 with less than a0: a longer form than needed */
    LARGE = 1 << 3,     /* f4 with more than 8f, or f5 and more with 90 and more */
    SURROGATE = 1 << 4, /* ed with a0 and more */
    LONG_2 = 1 << 5,    /* c0, c1 */
    LONG_4 = 1 << 6,    /* f0 with less than 90, or f5 and more with 8f and less */
    TWO = 1 << 7,       /* a continuation behind a continuation */
    ANY = SHORT | STRAY | TWO,
};

static const uint8_t by_first_high[16] = {
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    TWO,
    TWO,
    TWO,
    TWO,
    SHORT | LONG_2,             /* c */
    SHORT,                      /* d */
    SHORT | LONG_3 | SURROGATE, /* e */
    SHORT | LARGE | LONG_4,     /* f */
};
static const uint8_t by_first_low[16] = {
    ANY | LONG_3 | LONG_2 | LONG_4, /* e0, c0, f0 */
    ANY | LONG_2,                   /* c1 */
    ANY,
    ANY,
    ANY | LARGE, /* f4 */
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4 | SURROGATE, /* ed */
    ANY | LARGE | LONG_4,
    ANY | LARGE | LONG_4,
};
static const uint8_t by_second_high[16] = {
    SHORT,
    SHORT,
    SHORT,
    SHORT,
    SHORT,
    SHORT,
    SHORT,
    SHORT,
    STRAY | LONG_2 | TWO | LONG_3 | LONG_4,   /* 8 */
    STRAY | LONG_2 | TWO | LONG_3 | LARGE,    /* 9 */
    STRAY | LONG_2 | TWO | SURROGATE | LARGE, /* a */
    STRAY | LONG_2 | TWO | SURROGATE | LARGE, /* b */
    SHORT,
    SHORT,
    SHORT,
    SHORT,
};

static AVX2 inline __m256i look_up(const uint8_t table[16], __m256i half_bytes)
{
    __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)table));
    return _mm256_shuffle_epi8(both, half_bytes);
}

static AVX2 inline __m256i high_halves(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

/* The bytes that stand n before each, 1 to 3; `across` is the vector's second half of the last one
 * and its own first. */
#define BEFORE(bytes, across, n) _mm256_alignr_epi8(bytes, across, 16 - (n))

/* Not zero where the rules are broken by a byte of `bytes`, given those of the vector before. */
static AVX2 inline __m256i broken(__m256i bytes, __m256i last)
{
    __m256i across = _mm256_permute2x128_si256(last, bytes, 0x21);
    __m256i first = BEFORE(bytes, across, 1);
    __m256i of_two = _mm256_and_si256(
        _mm256_and_si256(look_up(by_first_high, high_halves(first)),
                         look_up(by_first_low, _mm256_and_si256(first, _mm256_set1_epi8(0x0f)))),
        look_up(by_second_high, high_halves(bytes)));
    /* Two behind e0 and up, and three behind f0 and up, must be a continuation's continuation. */
    __m256i third =
        _mm256_subs_epu8(BEFORE(bytes, across, 2), _mm256_set1_epi8((char)(0xe0 - 0x80)));
    __m256i fourth =
        _mm256_subs_epu8(BEFORE(bytes, across, 3), _mm256_set1_epi8((char)(0xf0 - 0x80)));
    __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)TWO));
    return _mm256_xor_si256(must, of_two);
}

/* Whether the vector ends within a character. */
static AVX2 inline bool is_cut(__m256i bytes)
{
    const __m256i most = _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, (char)0xef, (char)0xdf, (char)0xbf);
    __m256i over = _mm256_subs_epu8(bytes, most);
    return !_mm256_testz_si256(over, over);
}

static AVX2 size_t utf8_run(const uint8_t *data, size_t len)
{
    __m256i last = _mm256_setzero_si256();
    bool cut = false;
    size_t done = 0;
    for (; len - done >= 64; done += 64) {
        __m256i a = _mm256_loadu_si256((const void *)(data + done));
        __m256i b = _mm256_loadu_si256((const void *)(data + done + 32));
        if (_mm256_movemask_epi8(_mm256_or_si256(a, b)) == 0) {
            if (cut)
                break;
        } else {
            __m256i wrong = _mm256_or_si256(broken(a, last), broken(b, a));
            if (!_mm256_testz_si256(wrong, wrong))
                break;
            cut = is_cut(b);
        }
        last = b;
    }
    return done;
}

leat_utf8_run *leat_utf8_run_choose(void)
{
    return has_avx2() ? utf8_run : NULL;
}

#else

leat_utf16_run *leat_utf16_run_choose(void)
{
    return NULL;
}

leat_utf8_run *leat_utf8_run_choose(void)
{
    return NULL;
}

#endif
