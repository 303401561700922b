#ifndef LEAT_STAGE_SEAL_HEADER_H
#define LEAT_STAGE_SEAL_HEADER_H

#include "leat/stage/chunks.h"
#include "leat/stage/derive.h"
#include "leat/stage/seal/seal.h"

/* The header of a sealed stream, and what follows from it and a secret. Not installed. */

enum {
    LEAT_SEAL_MAGIC_LEN = 8,
    LEAT_SEAL_SALT_LEN = 32,
    LEAT_SEAL_CHECK_AT = 44, /* what lies before it is what it checks */
    LEAT_SEAL_HEADER_LEN = LEAT_SEAL_CHECK_AT + LEAT_MAC_LEN,
    LEAT_SEAL_CHUNK_MIN = 10,
    LEAT_SEAL_CHUNK_MAX = 24,
};

extern const uint8_t leat_seal_magic[LEAT_SEAL_MAGIC_LEN];

/* What the header says, as its bytes have it. */
struct leat_seal_header {
    uint8_t algorithm;
    uint8_t chunk;
    uint8_t work;
    const uint8_t *salt;
};

/* Start the chunks that follow a header whose first LEAT_SEAL_CHECK_AT bytes are at `bytes`, and
 * say what its check must be. OK or FAULT: no key, no memory, more work than the limit. */
LEAT_MUST_USE enum leat_status leat_seal_keys(struct leat_codec *codec, struct leat_chunks *chunks,
                                              const struct leat_seal_options *options,
                                              const uint8_t *bytes, bool seals,
                                              uint8_t ret_check[LEAT_MAC_LEN]);

#endif
