#ifndef LEAT_STAGE_BASE64_BLOCKS_H
#define LEAT_STAGE_BASE64_BLOCKS_H

#include "leat/core/compiler.h"

/* Whole groups of base64, four digits for three bytes: the inner loops, by AVX2 where the machine
 * has it. Not installed. */

/* The value of a digit of either alphabet, or what else the byte is. */
enum { BASE64_WHITE = 64, BASE64_PADDING, BASE64_BAD };
extern const uint8_t leat_base64_values[256];

/* Decode groups from the front of `in`, as long as each is of four digits and there is room for
 * three bytes. Returns how many; up to `room` bytes behind them may be written over. */
typedef size_t leat_base64_decodes(const uint8_t *in, size_t len, uint8_t *out, size_t room);

/* The fastest for this machine, and the one for any. */
leat_base64_decodes *leat_base64_decoder(void);
leat_base64_decodes leat_base64_decode_plain;

/* Encode `groups` groups from the front of `in` into `out`; len >= 3 * groups is what may be read,
 * room >= 4 * groups what may be written over. `url`: by the other alphabet. */
typedef void leat_base64_encodes(const uint8_t *in, size_t len, size_t groups, uint8_t *out,
                                 size_t room, bool url);

leat_base64_encodes *leat_base64_encoder(void);
leat_base64_encodes leat_base64_encode_plain;

/* One group. */
void leat_base64_group(const uint8_t in[3], uint8_t out[4], bool url);

#endif
