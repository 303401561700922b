#include "leat/stage/deflate64/huffman.h"

#include "leat/core/assert.h"
#include "leat/core/bytes.h"

enum { QUICK_BITS = LEAT_HUFFMAN_QUICK_BITS, BITS_MAX = LEAT_HUFFMAN_BITS_MAX };

static unsigned reversed(unsigned code, unsigned len)
{
    unsigned turned = 0;
    for (unsigned i = 0; i < len; i++)
        turned |= (code >> i & 1) << (len - 1 - i);
    return turned;
}

/* Whether there are neither more codes than fit, nor fewer than give each bit a meaning. */
static bool is_complete(const struct leat_huffman *code)
{
    int left = 1;
    for (unsigned len = 1; len <= BITS_MAX; len++) {
        left = 2 * left - code->count[len];
        if (left < 0)
            return false;
    }
    unsigned used = 0;
    for (unsigned len = 1; len <= BITS_MAX; len++)
        used += code->count[len];
    return left == 0 || used == 0 || (used == 1 && code->count[1] == 1);
}

/* Every number of QUICK_BITS bits that begins with a short code leads to its symbol. */
static void quick_fill(struct leat_huffman *code)
{
    unsigned first = 0;
    unsigned index = 0;
    leat_bytes_zero(code->quick, sizeof(code->quick));
    for (unsigned len = 1; len <= QUICK_BITS; len++) {
        for (unsigned i = 0; i < code->count[len]; i++) {
            unsigned start = reversed(first + i, len);
            uint16_t found = (uint16_t)(code->symbols[index + i] << 4 | len);
            for (unsigned at = start; at < 1u << QUICK_BITS; at += 1u << len)
                code->quick[at] = found;
        }
        index += code->count[len];
        first = (first + code->count[len]) << 1;
    }
}

bool leat_huffman_make(struct leat_huffman *code, const uint8_t *lengths, size_t lengths_len)
{
    uint16_t next[BITS_MAX + 2] = { 0 };
    leat_assert(lengths_len <= LEAT_HUFFMAN_SYMBOLS_MAX);
    leat_bytes_zero(code->count, sizeof(code->count));
    for (size_t i = 0; i < lengths_len; i++) {
        leat_assert(lengths[i] <= BITS_MAX);
        code->count[lengths[i]]++;
    }
    code->count[0] = 0;
    if (!is_complete(code))
        return false;
    for (unsigned len = 1; len <= BITS_MAX; len++)
        next[len + 1] = (uint16_t)(next[len] + code->count[len]);
    for (size_t i = 0; i < lengths_len; i++) {
        if (lengths[i] > 0)
            code->symbols[next[lengths[i]]++] = (uint16_t)i;
    }
    quick_fill(code);
    return true;
}

int leat_huffman_next(const struct leat_huffman *code, uint64_t bits, unsigned bits_len,
                      unsigned *ret_len)
{
    unsigned found = code->quick[bits & ((1u << QUICK_BITS) - 1)];
    if (found != 0 && (found & 15) <= bits_len) {
        *ret_len = found & 15;
        return (int)(found >> 4);
    }
    unsigned value = 0;
    unsigned first = 0;
    unsigned index = 0;
    for (unsigned len = 1; len <= BITS_MAX; len++) {
        if (len > bits_len)
            return LEAT_HUFFMAN_MORE;
        value |= bits >> (len - 1) & 1;
        unsigned count = code->count[len];
        if (value < first + count) {
            *ret_len = len;
            return code->symbols[index + value - first];
        }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    return LEAT_HUFFMAN_WRONG;
}
