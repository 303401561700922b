#ifndef LEAT_STAGE_AGE_AGE_H
#define LEAT_STAGE_AGE_AGE_H

#include "leat/core/format.h"

/* The age file format, version 1 (https://c2sp.org/age): a random file key, wrapped for each
 * recipient in a header of text, and a payload of 64 KiB chunks sealed by ChaCha20-Poly1305. Of its
 * recipients X25519 and scrypt (a password) are known here; stanzas of others are passed over. */

/* Whom to encrypt to; all zero: by the ctx's keys, to their identities' own recipients, or else by
 * their password. Must outlive what it was given to, as must what it points to. */
struct leat_age_options {
    const char *const *recipients; /* "age1...", NULL-terminated; NULL: none */
    struct leat_span password;     /* where there are no recipients */
    unsigned work; /* of scrypt, N = 2^work, 15 .. 22; 0: 18 as age has it, which takes 256 MiB */
};

/* The longest header that is read, in bytes: about 2,000 recipients. A ctx's header_max may make it
 * shorter. */
#define LEAT_AGE_HEADER_MAX (256 * LEAT_KIB)

LEAT_BEGIN_DECLS

/* A reader of what age encrypted into `src`, which it owns, opened by `keys` or, where those are
 * NULL, by the ctx's. A chunk is shown when all of it was found right. Faults: UNSUPPORTED where a
 * key is needed, or none fits; BOUND where a password would take more memory than the ctx's
 * derive_max, or the header is over its longest; CHECKSUM for what is not as it was written;
 * CORRUPT for what breaks the format's rules, bytes behind the end included. leat_resync goes on
 * with the next chunk. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unage(struct leat_reader *src,
                                                      const struct leat_keys *keys);

/* A writer that encrypts into `sink`, which it owns; `options` may be NULL. PUSH is UNSUPPORTED, as
 * the format has all chunks but the last of one length. Without recipient or password, and for a
 * recipient that is no age1..., a fault UNSUPPORTED. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_age(struct leat_writer *sink,
                                                    const struct leat_age_options *options);

/* A reader of the age file in ASCII armor (RFC 7468, strict) in `src`, which it owns. White space
 * around it is dropped; other bytes around it, and whatever the encoder would not have written, are
 * CORRUPT. And a writer that puts armor around what is written to it. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_age_unarmor(struct leat_reader *src);
LEAT_API LEAT_MUST_USE struct leat_writer *leat_age_armor(struct leat_writer *sink);

/* The stages themselves, for leat_pull and leat_push. The options of the decoder are a leat_keys,
 * those of the encoder are above; armor has none. */
LEAT_API extern const struct leat_stage leat_stage_unage;
LEAT_API extern const struct leat_stage leat_stage_age;
LEAT_API extern const struct leat_stage leat_stage_age_unarmor;
LEAT_API extern const struct leat_stage leat_stage_age_armor;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_age;
LEAT_API extern const struct leat_format leat_format_age_armor;

LEAT_END_DECLS

#endif
