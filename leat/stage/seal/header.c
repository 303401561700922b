#include "leat/stage/seal/header.h"

#include "leat/core/bytes.h"

enum { PREFIX_LEN = 7 };

const uint8_t leat_seal_magic[LEAT_SEAL_MAGIC_LEN] = {
    0x8c, 'S', 'E', 'A', 'L', '\r', '\n', 0x1a,
};

/* The key that is meant: one given by name before one that is at hand. */
static struct leat_span key_of(const struct leat_codec *codec,
                               const struct leat_seal_options *options)
{
    const struct leat_keys *keys = codec->ctx->keys;
    if (options->key.data != NULL || keys == NULL)
        return options->key;
    return keys->key;
}

static enum leat_status needs(struct leat_codec *codec, const char *reason)
{
    return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, reason, 0);
}

/* The secret from a password, which costs what the header says. */
static enum leat_status secret_of_password(struct leat_codec *codec,
                                           const struct leat_seal_header *header,
                                           uint8_t ret[LEAT_KEY_LEN])
{
    const struct leat_keys *keys = codec->ctx->keys;
    if (keys == NULL || keys->password.data == NULL)
        return needs(codec, "needs a password");
    if (!leat_scrypt_allowed(codec->ctx, header->work))
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "password takes more than the limit", 0);
    struct leat_span salt = { header->salt, LEAT_SEAL_SALT_LEN };
    if (!leat_scrypt(keys->password, salt, header->work, ret))
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    return LEAT_OK;
}

static enum leat_status secret_of(struct leat_codec *codec, const struct leat_seal_options *options,
                                  const struct leat_seal_header *header, bool seals,
                                  uint8_t ret[LEAT_KEY_LEN])
{
    if (header->work > 0)
        return secret_of_password(codec, header, ret);
    struct leat_span key = key_of(codec, options);
    if (key.data == NULL)
        return needs(codec, seals ? "needs a key or a password" : "needs a key");
    if (key.len != LEAT_KEY_LEN)
        return needs(codec, "key is not of 32 bytes");
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, ret, key.data, LEAT_KEY_LEN);
    return LEAT_OK;
}

static enum leat_status chunks_of(struct leat_codec *codec, struct leat_chunks *chunks,
                                  const struct leat_seal_header *header, const uint8_t *key,
                                  bool seals)
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    struct leat_chunks_options how = {
        .cipher = header->algorithm == LEAT_SEAL_AES_256_GCM ? crypto->EVP_aes_256_gcm()
                                                             : crypto->EVP_chacha20_poly1305(),
        .key = key,
        .prefix = { key + LEAT_KEY_LEN, PREFIX_LEN },
        .len = (size_t)1 << header->chunk,
        .seals = seals,
    };
    return leat_chunks_start(codec, chunks, &how);
}

enum leat_status leat_seal_keys(struct leat_codec *codec, struct leat_chunks *chunks,
                                const struct leat_seal_options *options, const uint8_t *bytes,
                                bool seals, uint8_t ret_check[LEAT_MAC_LEN])
{
    struct leat_seal_header header = { bytes[9], bytes[10], bytes[11], bytes + 12 };
    uint8_t secret[LEAT_KEY_LEN] = { 0 };
    uint8_t check_key[LEAT_KEY_LEN] = { 0 };
    uint8_t key[LEAT_KEY_LEN + PREFIX_LEN] = { 0 };
    struct leat_span salt = { header.salt, LEAT_SEAL_SALT_LEN };
    struct leat_span known = { secret, sizeof(secret) };
    struct leat_span checked = { bytes, LEAT_SEAL_CHECK_AT };
    enum leat_status status = secret_of(codec, options, &header, seals, secret);
    if (status != LEAT_OK)
        goto out;
    if (!leat_derive(known, salt, "leat seal v1 header", check_key, sizeof(check_key)) ||
        !leat_derive(known, salt, "leat seal v1 chunks", key, sizeof(key)) ||
        !leat_mac(check_key, checked, options->associated, ret_check)) {
        status = leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
        goto out;
    }
    status = chunks_of(codec, chunks, &header, key, seals);
out:
    leat_forget(secret, sizeof(secret));
    leat_forget(check_key, sizeof(check_key));
    leat_forget(key, sizeof(key));
    return status;
}
