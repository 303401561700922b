/* What is packed, behind a salt and two bytes that tell a wrong password; then the code:
 *
 *      salt 8, 12, 16 │ 2 │ encrypted, as long as the packed bytes      │ code 10
 *
 * The cipher is AES in counter mode, with the counter's low byte first, from 1 on: OpenSSL's own
 * counter mode has it the other way round, so blocks of counters are encrypted here. */

#include <openssl/core_names.h>

#include "leat/container/zip/crypt.h"
#include "leat/container/zip/member.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/crypto.h"
#include "leat/stage/derive.h"

enum {
    ROUNDS = 1000,
    BLOCK_LEN = 16,
    PAD_LEN = 64 * BLOCK_LEN, /* of the key stream, at a time */
    KEY_LEN_MAX = 32,
    HEADER_LEN_MAX = 16 + ZIP_AES_VERIFIER_LEN,
    SHA1_LEN = 20,
};

const bool leat_zip_aes_here = true;

struct aes {
    struct leat_codec codec;
    const struct zip_member *member;
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    bool begun;
    uint64_t counter; /* of the next block */
    size_t pad_used;
    uint8_t pad[PAD_LEN];
};

static enum leat_status no_memory(struct aes *self)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
}

static enum leat_status aes_start(struct leat_codec *codec, const void *options)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    struct aes *self = (struct aes *)codec;
    self->member = options;
    self->counter = 1;
    self->pad_used = PAD_LEN;
    enum leat_status status = leat_crypto_start(codec);
    if (status != LEAT_OK)
        return status;
    EVP_MAC *mac = crypto->EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    self->mac = crypto->EVP_MAC_CTX_new(mac);
    crypto->EVP_MAC_free(mac);
    self->cipher = crypto->EVP_CIPHER_CTX_new();
    return self->cipher != NULL && self->mac != NULL ? LEAT_OK : no_memory(self);
}

/* Set cipher and code up with the two keys. */
static bool keys_use(struct aes *self, const uint8_t *keys, size_t key_len)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    static char digest[] = "SHA1";
    const EVP_CIPHER *kinds[] = { crypto->EVP_aes_128_ecb(), crypto->EVP_aes_192_ecb(),
                                  crypto->EVP_aes_256_ecb() };
    OSSL_PARAM params[] = {
        crypto->OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        crypto->OSSL_PARAM_construct_end(),
    };
    return crypto->EVP_EncryptInit_ex(self->cipher, kinds[key_len / 8 - 2], NULL, keys, NULL) ==
               1 &&
           crypto->EVP_CIPHER_CTX_set_padding(self->cipher, 0) == 1 &&
           crypto->EVP_MAC_init(self->mac, keys + key_len, key_len, params) == 1;
}

static enum leat_status aes_begin(struct aes *self, struct leat_reader *in)
{
    uint8_t keys[2 * KEY_LEN_MAX + ZIP_AES_VERIFIER_LEN];
    struct leat_span password = self->member->password;
    size_t salt_len = zip_aes_salt_len(self->member->aes_strength);
    size_t key_len = 2 * salt_len;
    struct leat_span span;
    enum leat_status status = leat_peek(in, salt_len + ZIP_AES_VERIFIER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    leat_assert(2 * key_len + ZIP_AES_VERIFIER_LEN <= sizeof(keys));
    if (leat_libcrypto()->PKCS5_PBKDF2_HMAC_SHA1(
            (const char *)password.data, (int)password.len, span.data, (int)salt_len, ROUNDS,
            (int)(2 * key_len + ZIP_AES_VERIFIER_LEN), keys) != 1 ||
        !keys_use(self, keys, key_len))
        status = no_memory(self);
    else if (!leat_bytes_equal(keys + 2 * key_len, span.data + salt_len, ZIP_AES_VERIFIER_LEN))
        status =
            leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "wrong password", leat_tell(in));
    leat_forget(keys, sizeof(keys));
    if (status == LEAT_OK)
        leat_consume(in, salt_len + ZIP_AES_VERIFIER_LEN);
    self->begun = status == LEAT_OK;
    return status;
}

/* The key stream's next bytes. */
static bool pad_fill(struct aes *self)
{
    uint8_t blocks[PAD_LEN] = { 0 };
    int made = 0;
    for (size_t at = 0; at < PAD_LEN; at += BLOCK_LEN)
        leat_store_u64le(blocks + at, self->counter++);
    self->pad_used = 0;
    return leat_libcrypto()->EVP_EncryptUpdate(self->cipher, self->pad, &made, blocks, PAD_LEN) ==
               1 &&
           made == PAD_LEN;
}

static bool decrypt(struct aes *self, const uint8_t *from, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (self->pad_used == PAD_LEN && !pad_fill(self))
            return false;
        to[i] = from[i] ^ self->pad[self->pad_used++];
    }
    return true;
}

/* All that is left is the code. */
static enum leat_status aes_end(struct aes *self, struct leat_reader *in, struct leat_span code)
{
    uint8_t right[SHA1_LEN];
    size_t len = 0;
    if (code.len < ZIP_AES_CODE_LEN)
        return LEAT_END;
    if (leat_libcrypto()->EVP_MAC_final(self->mac, right, &len, sizeof(right)) != 1)
        return no_memory(self);
    if (!leat_bytes_equal(right, code.data, ZIP_AES_CODE_LEN))
        return leat_codec_fails(&self->codec, LEAT_FAULT_CHECKSUM, "wrong authentication code",
                                leat_tell(in));
    leat_consume(in, ZIP_AES_CODE_LEN);
    return LEAT_DONE;
}

static enum leat_status aes_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct aes *self = (struct aes *)codec;
    if (!self->begun)
        return aes_begin(self, in);
    struct leat_span span;
    enum leat_status status = leat_peek(in, ZIP_AES_CODE_LEN + 1, &span);
    if (status == LEAT_END)
        return aes_end(self, in, span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t n = span.len - ZIP_AES_CODE_LEN;
    if (n > room.len)
        n = room.len;
    if (leat_libcrypto()->EVP_MAC_update(self->mac, span.data, n) != 1 ||
        !decrypt(self, span.data, room.data, n))
        return no_memory(self);
    leat_consume(in, n);
    leat_commit(out, n);
    return LEAT_OK;
}

static void aes_stop(struct leat_codec *codec)
{
    struct aes *self = (struct aes *)codec;
    if (self->mac != NULL)
        leat_libcrypto()->EVP_MAC_CTX_free(self->mac);
    if (self->cipher != NULL)
        leat_libcrypto()->EVP_CIPHER_CTX_free(self->cipher);
    leat_forget(self->pad, sizeof(self->pad));
}

const struct leat_stage leat_zip_stage_aes = {
    .name = "aes",
    .self_size = sizeof(struct aes),
    .in_min = HEADER_LEN_MAX,
    .out_min = 1,
    .start = aes_start,
    .step = aes_step,
    .stop = aes_stop,
};
