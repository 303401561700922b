#ifndef LEAT_STAGE_UTF_ASCII_H
#define LEAT_STAGE_UTF_ASCII_H

#include "leat/core/compiler.h"

/* Runs of ASCII, whole vectors at a time: most of most text. Each returns how many characters it
 * did, which may be none; what is left is for the caller's loop. */

/* UTF-16 to bytes. `be`: the units are big endian. */
typedef size_t leat_ascii_narrow(const uint8_t *in, size_t units, uint8_t *out, bool be);

/* The best one for this machine. */
leat_ascii_narrow *leat_ascii_narrow_choose(void);

/* How many of the first `len` bytes are ASCII. */
size_t leat_ascii_len(const uint8_t *data, size_t len);

/* Bytes to UTF-16. */
size_t leat_ascii_widen(const uint8_t *in, size_t len, uint8_t *out, bool be);

#endif
