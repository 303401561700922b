#ifndef LEAT_STAGE_GZIP_WHOLE_H
#define LEAT_STAGE_GZIP_WHOLE_H

#include "leat/core/span.h"

/* Decode the raw deflate stream at the start of `packed`, which becomes just `to_len` bytes.
 * Returns how many bytes of it that took; 0: it is not so, or there is no library for this, and
 * what stands at `to` is of no use. Not installed. */
LEAT_MUST_USE size_t leat_inflate_whole(struct leat_span packed, uint8_t *to, size_t to_len);

#endif
