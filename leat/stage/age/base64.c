#include "leat/stage/age/base64.h"

/* A digit's value and 1; 0 for what is none. */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* A digit's value; with the top bit set for what is none. */
static uint8_t value(uint8_t c)
{
    return (uint8_t)(values[c] - 1);
}

bool leat_age_is_base64(struct leat_span text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= value(text.data[i]);
    size_t over = text.len % 4;
    if (all & 0x80 || over == 1)
        return false;
    /* Two digits hold a byte and 4 bits of nothing, three hold two and 2 bits. */
    uint8_t spare = over == 2 ? 15 : 3;
    return over == 0 || (value(text.data[text.len - 1]) & spare) == 0;
}

bool leat_age_decode(struct leat_span text, uint8_t *to, size_t len)
{
    if (text.len != leat_age_digits(len) || !leat_age_is_base64(text))
        return false;
    const uint8_t *at = text.data;
    for (; len >= 3; len -= 3, at += 4) {
        *to++ = (uint8_t)(value(at[0]) << 2 | value(at[1]) >> 4);
        *to++ = (uint8_t)(value(at[1]) << 4 | value(at[2]) >> 2);
        *to++ = (uint8_t)(value(at[2]) << 6 | value(at[3]));
    }
    if (len > 0)
        *to++ = (uint8_t)(value(at[0]) << 2 | value(at[1]) >> 4);
    if (len > 1)
        *to = (uint8_t)(value(at[1]) << 4 | value(at[2]) >> 2);
    return true;
}

void leat_age_encode(const uint8_t *from, size_t len, uint8_t *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; len >= 3; len -= 3, from += 3) {
        *to++ = (uint8_t)digits[from[0] >> 2];
        *to++ = (uint8_t)digits[(from[0] << 4 | from[1] >> 4) & 63];
        *to++ = (uint8_t)digits[(from[1] << 2 | from[2] >> 6) & 63];
        *to++ = (uint8_t)digits[from[2] & 63];
    }
    if (len == 0)
        return;
    unsigned second = len > 1 ? from[1] : 0;
    *to++ = (uint8_t)digits[from[0] >> 2];
    *to++ = (uint8_t)digits[(from[0] << 4 | second >> 4) & 63];
    if (len > 1)
        *to = (uint8_t)digits[second << 2 & 63];
}
