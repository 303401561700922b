#ifndef LEAT_STAGE_AGE_WRAP_H
#define LEAT_STAGE_AGE_WRAP_H

#include "leat/stage/age/header.h"
#include "leat/stage/age/keys.h"
#include "leat/stage/chunks.h"
#include "leat/stage/derive.h"

/* The keys of an age file, and how they hang together; the same both ways. Not installed.
 *
 *     recipient ─▶ wrap key ─▶ a stanza's body ─▶ file key ─┬▶ the header's MAC
 *                                                           └▶ payload key, with the nonce */

enum {
    LEAT_FILE_KEY_LEN = 16,
    LEAT_WRAPPED_LEN = LEAT_FILE_KEY_LEN + LEAT_CHUNK_TAG_LEN,
    LEAT_AGE_SALT_LEN = 16,
    LEAT_AGE_NONCE_LEN = 16,
};

/* A file key in a stanza's body, by ChaCha20-Poly1305. False without memory; unwrapping also where
 * the key is another. */
LEAT_MUST_USE bool leat_age_wrap(const uint8_t key[LEAT_KEY_LEN],
                                 const uint8_t file_key[LEAT_FILE_KEY_LEN],
                                 uint8_t ret[LEAT_WRAPPED_LEN]);
LEAT_MUST_USE bool leat_age_unwrap(const uint8_t key[LEAT_KEY_LEN],
                                   const uint8_t wrapped[LEAT_WRAPPED_LEN],
                                   uint8_t ret[LEAT_FILE_KEY_LEN]);

/* The wrap key from what both sides of X25519 come to, and from a password. False without
 * memory. */
LEAT_MUST_USE bool leat_age_x25519_key(const uint8_t shared[LEAT_X25519_LEN],
                                       const uint8_t share[LEAT_X25519_LEN],
                                       const uint8_t recipient[LEAT_X25519_LEN],
                                       uint8_t ret[LEAT_KEY_LEN]);
LEAT_MUST_USE bool leat_age_scrypt_key(struct leat_span password,
                                       const uint8_t salt[LEAT_AGE_SALT_LEN], unsigned work,
                                       uint8_t ret[LEAT_KEY_LEN]);

/* The MAC of a header, up to and with its "---". False without memory. */
LEAT_MUST_USE bool leat_age_mac(const uint8_t file_key[LEAT_FILE_KEY_LEN], struct leat_span header,
                                uint8_t ret[LEAT_MAC_LEN]);

/* Start the payload's chunks. OK or FAULT. */
LEAT_MUST_USE enum leat_status leat_age_payload(struct leat_codec *codec,
                                                struct leat_chunks *chunks,
                                                const uint8_t file_key[LEAT_FILE_KEY_LEN],
                                                const uint8_t nonce[LEAT_AGE_NONCE_LEN],
                                                bool seals);

/* The file key of a whole header that starts at `offset` of the codec's input, by the first
 * identity, or the password, that opens a stanza. OK or FAULT: none does, or a stanza is bad. */
LEAT_MUST_USE enum leat_status leat_age_open(struct leat_codec *codec, struct leat_span header,
                                             uint64_t offset,
                                             const struct leat_age_identities *identities,
                                             struct leat_span password,
                                             uint8_t ret[LEAT_FILE_KEY_LEN]);

#endif
