/* Hashes by libcrypto: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), BLAKE2 (RFC 7693). */

#include "leat/core/assert.h"
#include "leat/stage/crypto.h"
#include "leat/stage/hash/digests.h"

static enum leat_fault_code crypto_start(struct leat_digester *digester, const EVP_MD *method)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    EVP_MD_CTX *state = crypto->EVP_MD_CTX_new();
    if (state == NULL)
        return LEAT_FAULT_MEMORY;
    if (crypto->EVP_DigestInit_ex(state, method, NULL) != 1) {
        crypto->EVP_MD_CTX_free(state);
        return LEAT_FAULT_UNSUPPORTED;
    }
    leat_assert((size_t)crypto->EVP_MD_get_size(method) == digester->kind->len);
    digester->library = state;
    return LEAT_FAULT_NONE;
}

/* Once it has begun, a digest in software has no way to fail. */
static void crypto_update(struct leat_digester *digester, const uint8_t *data, size_t len)
{
    int done = leat_libcrypto()->EVP_DigestUpdate(digester->library, data, len);
    leat_assert(done == 1);
}

static enum leat_fault_code crypto_copy(struct leat_digester *digester,
                                        const struct leat_digester *from)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    EVP_MD_CTX *state = crypto->EVP_MD_CTX_new();
    if (state == NULL || crypto->EVP_MD_CTX_copy_ex(state, from->library) != 1) {
        crypto->EVP_MD_CTX_free(state);
        return LEAT_FAULT_MEMORY;
    }
    digester->library = state;
    return LEAT_FAULT_NONE;
}

static void crypto_finish(struct leat_digester *digester, uint8_t *ret)
{
    int done = leat_libcrypto()->EVP_DigestFinal_ex(digester->library, ret, NULL);
    leat_assert(done == 1);
}

static void crypto_stop(struct leat_digester *digester)
{
    leat_libcrypto()->EVP_MD_CTX_free(digester->library);
}

/* A kind of libcrypto's, whose method is what `method` gives. */
#define CRYPTO_KIND(named, bytes, method)                                                          \
    static enum leat_fault_code named##_start(struct leat_digester *digester)                      \
    {                                                                                              \
        const struct leat_libcrypto *crypto = leat_libcrypto();                                    \
        return crypto != NULL ? crypto_start(digester, crypto->method()) : LEAT_FAULT_UNSUPPORTED; \
    }                                                                                              \
    const struct leat_digest_kind leat_digest_##named = {                                          \
        .name = #named,                                                                            \
        .len = (bytes),                                                                            \
        .start = named##_start,                                                                    \
        .update = crypto_update,                                                                   \
        .copy = crypto_copy,                                                                       \
        .finish = crypto_finish,                                                                   \
        .stop = crypto_stop,                                                                       \
    }

CRYPTO_KIND(md5, 16, EVP_md5);
CRYPTO_KIND(sha1, 20, EVP_sha1);
CRYPTO_KIND(sha256, 32, EVP_sha256);
CRYPTO_KIND(sha512, 64, EVP_sha512);
CRYPTO_KIND(blake2b, 64, EVP_blake2b512);
CRYPTO_KIND(blake2s, 32, EVP_blake2s256);
