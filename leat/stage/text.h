#ifndef LEAT_STAGE_TEXT_H
#define LEAT_STAGE_TEXT_H

#include "leat/core/compiler.h"

/* What the text codings have in common. Not installed. */

/* What a text coding skips between its digits. */
static inline bool leat_is_white(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Add a line end to the output. */
static inline uint8_t *leat_put_line_end(uint8_t *out, bool crlf)
{
    if (crlf)
        *out++ = '\r';
    *out++ = '\n';
    return out;
}

/* The value of a hexadecimal digit of either case, or 16 of what is none. */
static inline uint8_t leat_hex_value(uint8_t digit)
{
    uint8_t letter = digit | 0x20;
    if (digit >= '0' && digit <= '9')
        return (uint8_t)(digit - '0');
    return letter >= 'a' && letter <= 'f' ? (uint8_t)(letter - 'a' + 10) : 16;
}

#endif
