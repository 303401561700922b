#include "leat/stage/derive.h"

#include <openssl/core_names.h>
#include <string.h>

#include "leat/stage/crypto.h"

/* A parameter that is only read; OSSL_PARAM has one pointer for both ways. */
static OSSL_PARAM bytes(const char *name, struct leat_span span)
{
    return leat_libcrypto()->OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)span.data,
                                                               span.len);
}

static OSSL_PARAM sha256(const char *name)
{
    static char digest[] = "SHA2-256";
    return leat_libcrypto()->OSSL_PARAM_construct_utf8_string(name, digest, 0);
}

bool leat_derive(struct leat_span secret, struct leat_span salt, const char *info, uint8_t *to,
                 size_t len)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    struct leat_span use = { (const uint8_t *)info, __builtin_strlen(info) };
    OSSL_PARAM params[] = {
        sha256(OSSL_KDF_PARAM_DIGEST),
        bytes(OSSL_KDF_PARAM_KEY, secret),
        bytes(OSSL_KDF_PARAM_INFO, use),
        salt.len > 0 ? bytes(OSSL_KDF_PARAM_SALT, salt) : crypto->OSSL_PARAM_construct_end(),
        crypto->OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = crypto->EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *context = crypto->EVP_KDF_CTX_new(kdf);
    bool made = context != NULL && crypto->EVP_KDF_derive(context, to, len, params) > 0;
    crypto->EVP_KDF_CTX_free(context);
    crypto->EVP_KDF_free(kdf);
    return made;
}

bool leat_mac(const uint8_t key[LEAT_KEY_LEN], struct leat_span first, struct leat_span second,
              uint8_t ret[LEAT_MAC_LEN])
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    OSSL_PARAM params[] = { sha256(OSSL_MAC_PARAM_DIGEST), crypto->OSSL_PARAM_construct_end() };
    size_t len = 0;
    EVP_MAC *mac = crypto->EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *context = crypto->EVP_MAC_CTX_new(mac);
    bool made =
        context != NULL && crypto->EVP_MAC_init(context, key, LEAT_KEY_LEN, params) == 1 &&
        crypto->EVP_MAC_update(context, first.data, first.len) == 1 &&
        (second.len == 0 || crypto->EVP_MAC_update(context, second.data, second.len) == 1) &&
        crypto->EVP_MAC_final(context, ret, &len, LEAT_MAC_LEN) == 1;
    crypto->EVP_MAC_CTX_free(context);
    crypto->EVP_MAC_free(mac);
    leat_assert(!made || len == LEAT_MAC_LEN);
    return made;
}

bool leat_scrypt(struct leat_span password, struct leat_span salt, unsigned work,
                 uint8_t ret[LEAT_KEY_LEN])
{
    leat_assert(work > 0);
    leat_assert(work <= LEAT_SCRYPT_WORK_MAX);
    /* Its own bound on memory is left open: leat_scrypt_allowed was asked. */
    return leat_libcrypto()->EVP_PBE_scrypt((const char *)password.data, password.len, salt.data,
                                            salt.len, (uint64_t)1 << work, 8, 1, SIZE_MAX, ret,
                                            LEAT_KEY_LEN) == 1;
}

bool leat_scrypt_allowed(const struct leat_ctx *ctx, unsigned work)
{
    return work <= LEAT_SCRYPT_WORK_MAX && (uint64_t)LEAT_KIB << work <= ctx->limits.derive_max;
}

bool leat_random(uint8_t *to, size_t len)
{
    leat_assert(len <= LEAT_KIB);
    return leat_libcrypto()->RAND_bytes(to, (int)len) == 1;
}

void leat_forget(void *secret, size_t len)
{
    explicit_bzero(secret, len);
}
