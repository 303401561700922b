#include "leat/stage/age/wrap.h"

#include "leat/core/bytes.h"

enum { CHUNK_LEN = 64 * LEAT_KIB };

static const uint8_t zero_nonce[LEAT_CHUNK_NONCE_LEN];

static struct leat_span span_of(const void *data, size_t len)
{
    return (struct leat_span){ data, len };
}

bool leat_age_wrap(const uint8_t key[LEAT_KEY_LEN], const uint8_t file_key[LEAT_FILE_KEY_LEN],
                   uint8_t ret[LEAT_WRAPPED_LEN])
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    const EVP_CIPHER *cipher = crypto->EVP_chacha20_poly1305();
    int len = 0;
    int none = 0;
    EVP_CIPHER_CTX *evp = crypto->EVP_CIPHER_CTX_new();
    bool made =
        evp != NULL && crypto->EVP_EncryptInit_ex(evp, cipher, NULL, key, zero_nonce) == 1 &&
        crypto->EVP_EncryptUpdate(evp, ret, &len, file_key, LEAT_FILE_KEY_LEN) == 1 &&
        crypto->EVP_EncryptFinal_ex(evp, ret + len, &none) == 1 &&
        crypto->EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, LEAT_CHUNK_TAG_LEN, ret + len) == 1;
    crypto->EVP_CIPHER_CTX_free(evp);
    leat_assert(!made || len == LEAT_FILE_KEY_LEN);
    return made;
}

bool leat_age_unwrap(const uint8_t key[LEAT_KEY_LEN], const uint8_t wrapped[LEAT_WRAPPED_LEN],
                     uint8_t ret[LEAT_FILE_KEY_LEN])
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    const EVP_CIPHER *cipher = crypto->EVP_chacha20_poly1305();
    int len = 0;
    int none = 0;
    void *tag = (void *)(uintptr_t)(wrapped + LEAT_FILE_KEY_LEN); /* it is only read */
    EVP_CIPHER_CTX *evp = crypto->EVP_CIPHER_CTX_new();
    bool right =
        evp != NULL && crypto->EVP_DecryptInit_ex(evp, cipher, NULL, key, zero_nonce) == 1 &&
        crypto->EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, LEAT_CHUNK_TAG_LEN, tag) == 1 &&
        crypto->EVP_DecryptUpdate(evp, ret, &len, wrapped, LEAT_FILE_KEY_LEN) == 1 &&
        crypto->EVP_DecryptFinal_ex(evp, ret + len, &none) == 1;
    crypto->EVP_CIPHER_CTX_free(evp);
    leat_assert(!right || len == LEAT_FILE_KEY_LEN);
    return right;
}

bool leat_age_x25519_key(const uint8_t shared[LEAT_X25519_LEN],
                         const uint8_t share[LEAT_X25519_LEN],
                         const uint8_t recipient[LEAT_X25519_LEN], uint8_t ret[LEAT_KEY_LEN])
{
    uint8_t salt[2 * LEAT_X25519_LEN];
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, salt, share, LEAT_X25519_LEN);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, salt + LEAT_X25519_LEN, recipient, LEAT_X25519_LEN);
    return leat_derive(span_of(shared, LEAT_X25519_LEN), span_of(salt, sizeof(salt)),
                       "age-encryption.org/v1/X25519", ret, LEAT_KEY_LEN);
}

bool leat_age_scrypt_key(struct leat_span password, const uint8_t salt[LEAT_AGE_SALT_LEN],
                         unsigned work, uint8_t ret[LEAT_KEY_LEN])
{
    static const char label[] = "age-encryption.org/v1/scrypt";
    uint8_t labelled[sizeof(label) - 1 + LEAT_AGE_SALT_LEN];
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, labelled, label, sizeof(label) - 1);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, labelled + sizeof(label) - 1, salt, LEAT_AGE_SALT_LEN);
    return leat_scrypt(password, span_of(labelled, sizeof(labelled)), work, ret);
}

bool leat_age_mac(const uint8_t file_key[LEAT_FILE_KEY_LEN], struct leat_span header,
                  uint8_t ret[LEAT_MAC_LEN])
{
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    struct leat_span none = { 0 };
    bool made =
        leat_derive(span_of(file_key, LEAT_FILE_KEY_LEN), none, "header", key, sizeof(key)) &&
        leat_mac(key, header, none, ret);
    leat_forget(key, sizeof(key));
    return made;
}

enum leat_status leat_age_payload(struct leat_codec *codec, struct leat_chunks *chunks,
                                  const uint8_t file_key[LEAT_FILE_KEY_LEN],
                                  const uint8_t nonce[LEAT_AGE_NONCE_LEN], bool seals)
{
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    struct leat_chunks_options how = {
        .cipher = leat_libcrypto()->EVP_chacha20_poly1305(),
        .key = key,
        .len = CHUNK_LEN,
        .seals = seals,
    };
    enum leat_status status;
    if (leat_derive(span_of(file_key, LEAT_FILE_KEY_LEN), span_of(nonce, LEAT_AGE_NONCE_LEN),
                    "payload", key, sizeof(key)))
        status = leat_chunks_start(codec, chunks, &how);
    else
        status = leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    leat_forget(key, sizeof(key));
    return status;
}
