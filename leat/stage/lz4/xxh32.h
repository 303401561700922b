#ifndef LEAT_STAGE_LZ4_XXH32_H
#define LEAT_STAGE_LZ4_XXH32_H

#include "leat/core/compiler.h"

/* XXH32 (xxhash_spec.md, version 0.2.0) with seed 0, the checksum of lz4's frames. Not installed.
 * liblz4 has one inside, and no name for it that is promised to callers. */

enum { LEAT_XXH32_STRIPE_LEN = 16 };

struct leat_xxh32 {
    uint32_t lanes[4];
    uint64_t len;                        /* of all bytes so far */
    uint8_t held[LEAT_XXH32_STRIPE_LEN]; /* the last len % 16 of them: no whole stripe yet */
};

/* Begin anew, with nothing. */
void leat_xxh32_init(struct leat_xxh32 *self);

/* `len` bytes more; NULL for none. */
void leat_xxh32_add(struct leat_xxh32 *self, const uint8_t *data, size_t len);

/* That of all bytes so far; more may be added. */
uint32_t leat_xxh32_digest(const struct leat_xxh32 *self);

/* That of these bytes. */
uint32_t leat_xxh32(const uint8_t *data, size_t len);

#endif
