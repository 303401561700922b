#include "leat/container/utf16.h"
#include "leat/core/load.h"

#define REPLACEMENT 0xfffdu

static bool is_high(uint32_t unit)
{
    return unit >> 10 == 0xd800 >> 10;
}

static bool is_low(uint32_t unit)
{
    return unit >> 10 == 0xdc00 >> 10;
}

/* The code point that stands first, and how many units it takes. */
static uint32_t code_of(struct leat_span units, bool big_endian, size_t *ret_units)
{
    const uint8_t *at = units.data;
    uint32_t first = big_endian ? leat_load_u16be(at) : leat_load_u16le(at);
    *ret_units = 1;
    if (!is_high(first))
        return is_low(first) ? REPLACEMENT : first;
    if (units.len < 4)
        return REPLACEMENT;
    uint32_t second = big_endian ? leat_load_u16be(at + 2) : leat_load_u16le(at + 2);
    if (!is_low(second))
        return REPLACEMENT;
    *ret_units = 2;
    return 0x10000 + ((first & 0x3ff) << 10 | (second & 0x3ff));
}

/* Write the UTF-8 of a code point; returns its length. */
static size_t utf8_of(uint32_t code, uint8_t to[4])
{
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len; i-- > 1; code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3f));
    to[0] = (uint8_t)(leads[len] | code);
    return len;
}

enum leat_status leat_gather_utf16(struct leat_gather *to, struct leat_container *c,
                                   struct leat_span units, bool big_endian)
{
    enum leat_status status = LEAT_OK;
    while (units.len >= 2 && status == LEAT_OK) {
        size_t taken;
        uint8_t utf8[4];
        size_t len = utf8_of(code_of(units, big_endian, &taken), utf8);
        status = leat_gather_add(to, c, utf8, len);
        units.data += 2 * taken;
        units.len -= 2 * taken;
    }
    return status;
}
