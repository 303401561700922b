#ifndef LEAT_STAGE_DERIVE_H
#define LEAT_STAGE_DERIVE_H

#include "leat/core/stage.h"

/* Keys made of keys and of passwords, and random bytes, by OpenSSL's libcrypto: what the stages
 * that encrypt share. It was loaded by leat_crypto_start. Each answers false where libcrypto
 * cannot, which is for want of memory. Not installed. */

enum {
    LEAT_KEY_LEN = 32,
    LEAT_MAC_LEN = 32,
    LEAT_SCRYPT_WORK_MAX = 22, /* 4 GiB */
};

/* HKDF with SHA-256 (RFC 5869): `len` bytes of `secret`, for the use that `info` names. */
LEAT_MUST_USE bool leat_derive(struct leat_span secret, struct leat_span salt, const char *info,
                               uint8_t *to, size_t len);

/* HMAC with SHA-256 (RFC 2104) of two pieces, one behind the other. */
LEAT_MUST_USE bool leat_mac(const uint8_t key[LEAT_KEY_LEN], struct leat_span first,
                            struct leat_span second, uint8_t ret[LEAT_MAC_LEN]);

/* scrypt (RFC 7914) with N = 2^work, r = 8, p = 1, which takes 2^(work + 10) bytes of libcrypto's
 * own memory and, with work 18, most of a second. */
LEAT_MUST_USE bool leat_scrypt(struct leat_span password, struct leat_span salt, unsigned work,
                               uint8_t ret[LEAT_KEY_LEN]);

/* Whether the ctx's limits allow scrypt that much work. */
bool leat_scrypt_allowed(const struct leat_ctx *ctx, unsigned work);

/* Bytes that nobody can foresee, from the system. */
LEAT_MUST_USE bool leat_random(uint8_t *to, size_t len);

/* Zero what was secret, also where nothing reads it any more. */
void leat_forget(void *secret, size_t len);

#endif
