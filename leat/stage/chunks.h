#ifndef LEAT_STAGE_CHUNKS_H
#define LEAT_STAGE_CHUNKS_H

#include "leat/stage/crypto.h"

/* The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: "Online Authenticated-Encryption
 * and its Nonce-Reuse Misuse-Resistance", 2015, section 7), by OpenSSL's libcrypto: what the stages
 * that encrypt share. Not installed.
 *
 * The plaintext is cut into chunks of one length, and each is sealed by itself, with a tag of 16
 * bytes behind it and a nonce of its own:
 *
 *     prefix            counter (big-endian)        last
 *   ┌─────────────────┬─────────────────────────┬────────┐
 *   │ 7 bytes, or 0   │ 4 bytes, or 11          │ 0 or 1 │
 *   └─────────────────┴─────────────────────────┴────────┘
 *
 * A chunk in another's place meets another counter; one that was cut off leaves none that is last;
 * one behind the last has no nonce at all. The last chunk may be shorter, and is empty only where
 * there is nothing in all.
 *
 * Chunks are read where the input stands and written into the output's room. What a chunk decrypts
 * to is committed only once its tag was found right, and wiped from the room where it was not. */

enum { LEAT_CHUNK_TAG_LEN = 16, LEAT_CHUNK_NONCE_LEN = 12 };

struct leat_chunks {
    EVP_CIPHER_CTX *evp;
    size_t len;                          /* of each chunk's plaintext but the last's */
    uint64_t at;                         /* of the input, where the present one begins */
    uint8_t nonce[LEAT_CHUNK_NONCE_LEN]; /* of the next chunk; its last byte is 0 */
    uint8_t counter_at;                  /* where in the nonce the counter begins */
    bool some;                           /* a chunk came before */
    bool used_up;                        /* every value of the counter was used */
    bool ended;                          /* the last chunk was found */
};

/* How a stage asks for chunks. */
struct leat_chunks_options {
    const EVP_CIPHER *cipher; /* with keys of 32 bytes and nonces of 12 */
    const uint8_t *key;       /* used for nothing but these chunks; not kept */
    struct leat_span prefix;  /* of the nonces */
    size_t len;
    bool seals;
};

/* Get ready for the first chunk, and have `codec` declare what chunks need. OK or FAULT. */
LEAT_MUST_USE enum leat_status leat_chunks_start(struct leat_codec *codec,
                                                 struct leat_chunks *chunks,
                                                 const struct leat_chunks_options *options);

/* A step: seal one chunk. OK; DONE (that was the last); AGAIN, FULL, FAULT. */
LEAT_MUST_USE enum leat_status leat_chunks_seal(struct leat_codec *codec,
                                                struct leat_chunks *chunks, struct leat_reader *in,
                                                struct leat_writer *out);

/* A step: unseal one chunk. OK; DONE (the last one was met, and the input's end); AGAIN, END, FULL;
 * FAULT, recorded at the chunk whose tag is wrong, or at what follows the last. Nothing tells where
 * a chunk ends but its length, or the input's end: one that is shorter waits for that, for if more
 * came it would have been another, and what is given must not depend on how the bytes came. */
LEAT_MUST_USE enum leat_status leat_chunks_unseal(struct leat_codec *codec,
                                                  struct leat_chunks *chunks,
                                                  struct leat_reader *in, struct leat_writer *out);

/* After a fault of leat_chunks_unseal: the next chunk lies a chunk behind, and its tag will tell
 * whether it is that. OK, AGAIN, END, FAULT, as a stage's resync. */
LEAT_MUST_USE enum leat_status leat_chunks_resync(struct leat_chunks *chunks,
                                                  struct leat_reader *in);

/* Forget the key. Safe when never started. */
void leat_chunks_stop(struct leat_chunks *chunks);

#endif
