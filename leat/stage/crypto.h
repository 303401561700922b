#ifndef LEAT_STAGE_CRYPTO_H
#define LEAT_STAGE_CRYPTO_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "leat/core/stage.h"
#include "leat/stage/late.h"

/* OpenSSL's libcrypto, loaded on first use: what stages and containers that encrypt or digest call
 * of it. Not installed. */

#define LEAT_LIBCRYPTO_FUNCTIONS(FUNCTION)                                                         \
    FUNCTION(CRYPTO_memcmp)                                                                        \
    FUNCTION(ERR_pop_to_mark)                                                                      \
    FUNCTION(ERR_set_mark)                                                                         \
    FUNCTION(EVP_CIPHER_CTX_ctrl)                                                                  \
    FUNCTION(EVP_CIPHER_CTX_free)                                                                  \
    FUNCTION(EVP_CIPHER_CTX_new)                                                                   \
    FUNCTION(EVP_CIPHER_CTX_set_padding)                                                           \
    FUNCTION(EVP_CipherFinal_ex)                                                                   \
    FUNCTION(EVP_CipherInit_ex)                                                                    \
    FUNCTION(EVP_CipherUpdate)                                                                     \
    FUNCTION(EVP_DecryptFinal_ex)                                                                  \
    FUNCTION(EVP_DecryptInit_ex)                                                                   \
    FUNCTION(EVP_DecryptUpdate)                                                                    \
    FUNCTION(EVP_DigestFinal_ex)                                                                   \
    FUNCTION(EVP_DigestInit_ex)                                                                    \
    FUNCTION(EVP_DigestUpdate)                                                                     \
    FUNCTION(EVP_EncryptFinal_ex)                                                                  \
    FUNCTION(EVP_EncryptInit_ex)                                                                   \
    FUNCTION(EVP_EncryptUpdate)                                                                    \
    FUNCTION(EVP_KDF_CTX_free)                                                                     \
    FUNCTION(EVP_KDF_CTX_new)                                                                      \
    FUNCTION(EVP_KDF_derive)                                                                       \
    FUNCTION(EVP_KDF_fetch)                                                                        \
    FUNCTION(EVP_KDF_free)                                                                         \
    FUNCTION(EVP_MAC_CTX_free)                                                                     \
    FUNCTION(EVP_MAC_CTX_new)                                                                      \
    FUNCTION(EVP_MAC_fetch)                                                                        \
    FUNCTION(EVP_MAC_final)                                                                        \
    FUNCTION(EVP_MAC_free)                                                                         \
    FUNCTION(EVP_MAC_init)                                                                         \
    FUNCTION(EVP_MAC_update)                                                                       \
    FUNCTION(EVP_MD_CTX_copy_ex)                                                                   \
    FUNCTION(EVP_MD_CTX_free)                                                                      \
    FUNCTION(EVP_MD_CTX_new)                                                                       \
    FUNCTION(EVP_MD_get_size)                                                                      \
    FUNCTION(EVP_PBE_scrypt)                                                                       \
    FUNCTION(EVP_PKEY_CTX_free)                                                                    \
    FUNCTION(EVP_PKEY_CTX_new)                                                                     \
    FUNCTION(EVP_PKEY_derive)                                                                      \
    FUNCTION(EVP_PKEY_derive_init)                                                                 \
    FUNCTION(EVP_PKEY_derive_set_peer)                                                             \
    FUNCTION(EVP_PKEY_free)                                                                        \
    FUNCTION(EVP_PKEY_get_raw_public_key)                                                          \
    FUNCTION(EVP_PKEY_new_raw_private_key)                                                         \
    FUNCTION(EVP_PKEY_new_raw_public_key)                                                          \
    FUNCTION(EVP_aes_128_ecb)                                                                      \
    FUNCTION(EVP_aes_192_ecb)                                                                      \
    FUNCTION(EVP_aes_256_cbc)                                                                      \
    FUNCTION(EVP_aes_256_ecb)                                                                      \
    FUNCTION(EVP_aes_256_gcm)                                                                      \
    FUNCTION(EVP_blake2b512)                                                                       \
    FUNCTION(EVP_blake2s256)                                                                       \
    FUNCTION(EVP_chacha20_poly1305)                                                                \
    FUNCTION(EVP_md5)                                                                              \
    FUNCTION(EVP_sha1)                                                                             \
    FUNCTION(EVP_sha256)                                                                           \
    FUNCTION(EVP_sha512)                                                                           \
    FUNCTION(OSSL_PARAM_construct_end)                                                             \
    FUNCTION(OSSL_PARAM_construct_octet_string)                                                    \
    FUNCTION(OSSL_PARAM_construct_utf8_string)                                                     \
    FUNCTION(PKCS5_PBKDF2_HMAC_SHA1)                                                               \
    FUNCTION(RAND_bytes)
LEAT_LATE_TABLE(leat_libcrypto, LEAT_LIBCRYPTO_FUNCTIONS);

/* Load it, at a stage's start. OK, or FAULT: it cannot be had. */
LEAT_MUST_USE enum leat_status leat_crypto_start(struct leat_codec *codec);

#endif
