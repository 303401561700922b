#ifndef LEAT_STAGE_HASH_DIGESTS_H
#define LEAT_STAGE_HASH_DIGESTS_H

#include "leat/stage/hash/digest.h"

/* What the parts of this folder share. Not installed. */

/* The reason of a fault, where a digester could not begin for `code`; or NULL. */
const char *leat_digest_lacks(enum leat_fault_code code);

/* The kinds that libraries bring, for the table that the build makes. */

extern const struct leat_digest_kind leat_digest_adler32;
extern const struct leat_digest_kind leat_digest_blake2b;
extern const struct leat_digest_kind leat_digest_blake2s;
extern const struct leat_digest_kind leat_digest_crc32c;
extern const struct leat_digest_kind leat_digest_md5;
extern const struct leat_digest_kind leat_digest_sha1;
extern const struct leat_digest_kind leat_digest_sha256;
extern const struct leat_digest_kind leat_digest_sha512;
extern const struct leat_digest_kind leat_digest_xxh3_128;
extern const struct leat_digest_kind leat_digest_xxh3_64;
extern const struct leat_digest_kind leat_digest_xxh64;

#endif
