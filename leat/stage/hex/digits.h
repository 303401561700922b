#ifndef LEAT_STAGE_HEX_DIGITS_H
#define LEAT_STAGE_HEX_DIGITS_H

#include "leat/core/compiler.h"

/* Pairs of hexadecimal digits: the inner loops, by AVX2 where the machine has it. Not installed. */

/* Decode pairs from the front of `in`, as long as each is of two digits and there is room for its
 * byte. Returns how many; up to `room` bytes behind them may be written over. */
typedef size_t leat_hex_decodes(const uint8_t *in, size_t len, uint8_t *out, size_t room);

/* The fastest for this machine, and the one for any. */
leat_hex_decodes *leat_hex_decoder(void);
leat_hex_decodes leat_hex_decode_plain;

/* Put the digits of `len` bytes into `out`, with `digits` for the values 0 to 15. */
typedef void leat_hex_encodes(const uint8_t *in, size_t len, uint8_t *out, const char digits[16]);

leat_hex_encodes *leat_hex_encoder(void);
leat_hex_encodes leat_hex_encode_plain;

#endif
