#ifndef LEAT_STAGE_SEAL_SEAL_H
#define LEAT_STAGE_SEAL_SEAL_H

#include "leat/core/format.h"

/* Authenticated encryption of a stream, by AES-256-GCM or ChaCha20-Poly1305: nothing that was
 * changed, cut, moved or added is ever shown. For what others must read there is age
 * (leat/stage/age/age.h); this is for a program's own data, with a key of its own, and as fast as
 * the processor's AES.
 *
 * The format: a header of 76 bytes, then chunks. Numbers are single bytes.
 *
 *      0   8  magic         8c 53 45 41 4c 0d 0a 1a ("SEAL" in what no text has)
 *      8   1  version       1
 *      9   1  algorithm     1 AES-256-GCM, 2 ChaCha20-Poly1305
 *     10   1  chunk         a chunk of plaintext is 2^chunk bytes, 10 .. 24
 *     11   1  work          0: the secret is a key of 32 bytes; else it is made of a password, by
 *                           scrypt (RFC 7914) with N = 2^work, r = 8, p = 1 and the salt
 *     12  32  salt          random
 *     44  32  check         HMAC-SHA-256 of the 44 bytes before it and the associated data behind
 *                           them, with HKDF-SHA-256(secret, salt, "leat seal v1 header") as its key
 *     76      chunks        the STREAM construction; the first 32 bytes of HKDF-SHA-256(secret,
 *                           salt, "leat seal v1 chunks") are the cipher's key, the 7 behind them
 *                           the prefix of each nonce, before a counter of 4 bytes (big-endian, from
 *                           0) and a byte that is 1 in the last chunk; a tag of 16 bytes behind
 *                           each chunk; no associated data
 *
 * Since the key and the prefix follow from a random salt, no two files share a nonce. The check
 * binds the file to one key, so that a wrong one is told before a chunk is met. */

enum leat_seal_algorithm {
    LEAT_SEAL_AES_256_GCM = 1,
    LEAT_SEAL_CHACHA20_POLY1305 = 2,
};

/* How to seal, and what to unseal with; all zero: the defaults. Must outlive what it was given to,
 * as must what its spans show. */
struct leat_seal_options {
    /* 32 bytes, of high entropy: not a password. Without: that of the ctx's keys, else their
     * password. */
    struct leat_span key;

    /* Bytes that are not in the file and must be the same on both sides: what it is, whose. */
    struct leat_span associated;

    enum leat_seal_algorithm algorithm; /* 0: AES-256-GCM; the header tells who unseals */
    size_t chunk;                       /* bytes, a power of two, 1 KiB .. 16 MiB; 0: 64 KiB */
    unsigned work;                      /* of scrypt, 15 .. 22; 0: 18, which takes 256 MiB */
};

LEAT_BEGIN_DECLS

/* A reader of what was sealed into `src`, which it owns; `options` may be NULL. A chunk is shown
 * when all of it was found right. Faults: without a key UNSUPPORTED; with a wrong one, and for
 * whatever is not as it was written, CHECKSUM; bytes behind the end CORRUPT; a password that would
 * take more memory than the ctx's derive_max BOUND. Where the end is missing, TRUNCATED or, in the
 * midst of a chunk, CHECKSUM: there nobody can tell. leat_resync goes on with the next chunk. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unseal(struct leat_reader *src,
                                                       const struct leat_seal_options *options);

/* A writer that seals into `sink`, which it owns; `options` may be NULL. Whole chunks go out as
 * they fill up; PUSH is UNSUPPORTED, as all chunks but the last are of one length. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_seal(struct leat_writer *sink,
                                                     const struct leat_seal_options *options);

/* The stages themselves, for leat_pull and leat_push, with the options above. */
LEAT_API extern const struct leat_stage leat_stage_unseal;
LEAT_API extern const struct leat_stage leat_stage_seal;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_seal;

LEAT_END_DECLS

#endif
