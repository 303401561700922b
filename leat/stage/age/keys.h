#ifndef LEAT_STAGE_AGE_KEYS_H
#define LEAT_STAGE_AGE_KEYS_H

#include "leat/core/alloc.h"
#include "leat/core/span.h"

/* X25519 identities and recipients (https://c2sp.org/age), in Bech32 (BIP 173). Not installed. */

enum { LEAT_X25519_LEN = 32 };

struct leat_age_identity {
    uint8_t secret[LEAT_X25519_LEN];
    uint8_t recipient[LEAT_X25519_LEN];
};

/* Those in an identity file. */
struct leat_age_identities {
    struct leat_age_identity *data;
    size_t len;
};

/* What came of reading keys. */
enum leat_age_keys { LEAT_AGE_KEYS_READ, LEAT_AGE_KEYS_BAD, LEAT_AGE_KEYS_NO_MEMORY };

/* Read the text of an identity file: a line for each, empty lines, comments after '#'. Identities
 * of other kinds are passed over; a damaged one is BAD. Also after that, fini is called. */
enum leat_age_keys leat_age_identities_init(struct leat_age_identities *identities,
                                            const struct leat_alloc *alloc, struct leat_span text);

/* Forget them. */
void leat_age_identities_fini(struct leat_age_identities *identities,
                              const struct leat_alloc *alloc);

/* Read "age1...". False for what is anything else. */
bool leat_age_recipient(struct leat_span text, uint8_t ret[LEAT_X25519_LEN]);

/* X25519 (RFC 7748, section 5) of a secret and the base point, or of a secret and a point. False
 * where the result is all zero, or without memory. */
bool leat_x25519_base(const uint8_t secret[LEAT_X25519_LEN], uint8_t ret[LEAT_X25519_LEN]);
bool leat_x25519(const uint8_t secret[LEAT_X25519_LEN], const uint8_t point[LEAT_X25519_LEN],
                 uint8_t ret[LEAT_X25519_LEN]);

#endif
