#include "leat/container/sevenz/aes.h"

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/crypto.h"
#include "leat/stage/derive.h"

/* 7zAes.cpp of the LZMA SDK: the first byte of the properties, and where it may say that the salt
 * and the password are the key. */
enum { CYCLES = 0x3f, HAS_IV = 0x40, HAS_SALT = 0x80, CYCLES_NONE = 0x3f };

enum { BLOCK_LEN = 16, COUNTER_LEN = 8 };

/* Longer ones are cut: in units of UTF-16. */
enum { PASSWORD_MAX = 512 };

#define OUT_MIN (4 * LEAT_KIB)

const bool leat_sz_aes_here = true;

bool leat_sz_aes_read(struct leat_span properties, struct sz_aes *ret)
{
    struct sz_aes aes = { 0 };
    if (properties.len < 2)
        return false;
    uint8_t first = properties.data[0];
    uint8_t second = properties.data[1];
    size_t salt_len = (size_t)(first & HAS_SALT ? 1 : 0) + (second >> 4);
    size_t iv_len = (size_t)(first & HAS_IV ? 1 : 0) + (second & 15);
    aes.wanted.cycles = first & CYCLES;
    if (properties.len < 2 + salt_len + iv_len ||
        (aes.wanted.cycles > SZ_CYCLES_MAX && aes.wanted.cycles != CYCLES_NONE))
        return false;
    aes.wanted.salt_len = (uint8_t)salt_len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, aes.wanted.salt, properties.data + 2, salt_len);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, aes.iv, properties.data + 2 + salt_len, iv_len);
    *ret = aes;
    return true;
}

/* --- The key --- */

/* The next code point of UTF-8; what is none stands for itself, byte by byte. */
static uint32_t next_code(struct leat_span *text)
{
    uint8_t first = text->data[0];
    size_t len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t code = len == 1 ? first : first & (0x7fu >> len);
    if (len > text->len)
        len = 1;
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (text->data[i] & 0x3f);
    text->data += len;
    text->len -= len;
    return code;
}

/* The password as it is digested. Returns its length in bytes. */
static size_t password_utf16(struct leat_span password, uint8_t to[2 * PASSWORD_MAX])
{
    size_t len = 0;
    while (password.len > 0 && len + 4 <= 2 * PASSWORD_MAX) {
        uint32_t code = next_code(&password);
        if (code >= 0x10000) {
            leat_store_u16le(to + len, (uint16_t)(0xd800 + ((code - 0x10000) >> 10 & 0x3ff)));
            len += 2;
            code = 0xdc00 + (code & 0x3ff);
        }
        leat_store_u16le(to + len, (uint16_t)code);
        len += 2;
    }
    return len;
}

/* SHA-256 of salt, password and a counter, 2^cycles times one behind the other. */
static bool key_digest(struct sz_key *key, uint8_t *round, size_t round_len)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    EVP_MD_CTX *digest = crypto->EVP_MD_CTX_new();
    bool good =
        digest != NULL && crypto->EVP_DigestInit_ex(digest, crypto->EVP_sha256(), NULL) == 1;
    uint64_t rounds = UINT64_C(1) << key->cycles;
    for (uint64_t i = 0; i < rounds && good; i++) {
        leat_store_u64le(round + round_len - COUNTER_LEN, i);
        good = crypto->EVP_DigestUpdate(digest, round, round_len) == 1;
    }
    good = good && crypto->EVP_DigestFinal_ex(digest, key->key, NULL) == 1;
    crypto->EVP_MD_CTX_free(digest);
    return good;
}

static bool key_make(struct sz_key *key, struct leat_span password)
{
    uint8_t round[SZ_SALT_MAX + 2 * PASSWORD_MAX + COUNTER_LEN] = { 0 };
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, round, key->salt, key->salt_len);
    size_t len = key->salt_len + password_utf16(password, round + key->salt_len);
    bool good = true;
    if (key->cycles == CYCLES_NONE)
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, key->key, round, SZ_KEY_LEN);
    else
        good = key_digest(key, round, len + COUNTER_LEN);
    leat_forget(round, sizeof(round));
    key->made = good;
    return good;
}

static bool is_same(const struct sz_key *a, const struct sz_key *b)
{
    return a->cycles == b->cycles && a->salt_len == b->salt_len &&
           leat_bytes_equal(a->salt, b->salt, a->salt_len);
}

/* --- The stage --- */

struct aes {
    struct leat_codec codec;
    EVP_CIPHER_CTX *cipher;
};

static enum leat_status aes_start(struct leat_codec *codec, const void *options)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    struct aes *self = (struct aes *)codec;
    const struct sz_aes *aes = options;
    struct sz_key *key = aes->kept;
    enum leat_status status = leat_crypto_start(codec);
    if (status != LEAT_OK)
        return status;
    if (!key->made || !is_same(key, &aes->wanted)) {
        *key = aes->wanted;
        if (!key_make(key, aes->password))
            return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    }
    self->cipher = crypto->EVP_CIPHER_CTX_new();
    if (self->cipher == NULL ||
        crypto->EVP_DecryptInit_ex(self->cipher, crypto->EVP_aes_256_cbc(), NULL, key->key,
                                   aes->iv) != 1 ||
        crypto->EVP_CIPHER_CTX_set_padding(self->cipher, 0) != 1)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    return LEAT_OK;
}

static enum leat_status aes_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct aes *self = (struct aes *)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, BLOCK_LEN, &span);
    if (status == LEAT_END && span.len == 0)
        return LEAT_DONE;
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    size_t len = span.len < room.len ? span.len : room.len;
    if (len > LEAT_MIB)
        len = LEAT_MIB;
    len -= len % BLOCK_LEN;
    int made = 0;
    if (leat_libcrypto()->EVP_DecryptUpdate(self->cipher, room.data, &made, span.data, (int)len) !=
        1)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "cannot be decrypted", leat_tell(in));
    leat_assert((size_t)made == len);
    leat_consume(in, len);
    leat_commit(out, len);
    return LEAT_OK;
}

static void aes_stop(struct leat_codec *codec)
{
    struct aes *self = (struct aes *)codec;
    if (self->cipher != NULL)
        leat_libcrypto()->EVP_CIPHER_CTX_free(self->cipher);
}

const struct leat_stage leat_sz_stage_aes = {
    .name = "aes",
    .self_size = sizeof(struct aes),
    .in_min = BLOCK_LEN,
    .out_min = OUT_MIN,
    .start = aes_start,
    .step = aes_step,
    .stop = aes_stop,
};
