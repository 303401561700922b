#ifndef LEAT_CONTAINER_SEVENZ_AES_H
#define LEAT_CONTAINER_SEVENZ_AES_H

#include "leat/core/stage.h"

/* AES-256 in CBC mode, by a key that is made slowly of a password: coder 06f10701. */

enum { SZ_SALT_MAX = 16, SZ_IV_LEN = 16, SZ_KEY_LEN = 32 };

/* More rounds than 2^24, some seconds' work, are no program's. */
enum { SZ_CYCLES_MAX = 24 };

/* A key, and what it was made of, so that it is made but once for all folders. */
struct sz_key {
    bool made;
    uint8_t cycles; /* the logarithm of how many rounds */
    uint8_t salt_len;
    uint8_t salt[SZ_SALT_MAX];
    uint8_t key[SZ_KEY_LEN];
};

/* What leat_sz_stage_aes needs to know; must outlive the reader. */
struct sz_aes {
    struct sz_key wanted; /* `key` is not used */
    struct sz_key *kept;  /* the key that was made last, shared */
    uint8_t iv[SZ_IV_LEN];
    struct leat_span password; /* UTF-8 */
};

/* Read a coder's properties. False when they are none, or ask for too many rounds. */
bool leat_sz_aes_read(struct leat_span properties, struct sz_aes *ret);

/* Whether this build can decrypt. */
extern const bool leat_sz_aes_here;

/* Decrypts whole blocks of 16 bytes to the end of its input. Whether the password was right cannot
 * be told from here. */
extern const struct leat_stage leat_sz_stage_aes;

#endif
