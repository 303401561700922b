/* Encrypting: the header is written when its recipients are known, then chunk by chunk. */

#include "leat/stage/age/age.h"

#include "leat/core/bytes.h"
#include "leat/stage/age/base64.h"
#include "leat/stage/age/wrap.h"

enum {
    WORK_MIN = 15,
    WORK_DEFAULT = 18,
    RECIPIENTS_MAX = 2000, /* of which the header is not longer than may be read */
    STANZA_LEN = sizeof("-> X25519 ") - 1 + 43 + 1 + 43 + 1,
    AROUND_LEN = sizeof("age-encryption.org/v1\n--- ") - 1 + LEAT_AGE_MAC_DIGITS + 1,
};

_Static_assert(RECIPIENTS_MAX *STANZA_LEN + AROUND_LEN <= LEAT_AGE_HEADER_MAX, "what is written");

struct age {
    struct leat_codec codec;
    struct leat_chunks chunks;
    uint8_t *head;    /* the header, and the payload's nonce behind it */
    size_t head_len;  /* of what was put there */
    size_t head_size; /* of the memory */
    size_t head_gone; /* so much was written */
    struct leat_age_identities identities;
    uint8_t file_key[LEAT_FILE_KEY_LEN];
};

static enum leat_status lacks_memory(struct age *self)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
}

static enum leat_status cannot(struct age *self, const char *reason)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, reason, 0);
}

/* --- The header's text --- */

static void put(struct age *self, const void *data, size_t len)
{
    leat_assert(len <= self->head_size - self->head_len);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, self->head + self->head_len, data, len);
    self->head_len += len;
}

static void put_text(struct age *self, const char *text)
{
    put(self, text, __builtin_strlen(text));
}

static void put_base64(struct age *self, const uint8_t *data, size_t len)
{
    leat_assert(leat_age_digits(len) <= self->head_size - self->head_len);
    leat_age_encode(data, len, self->head + self->head_len);
    self->head_len += leat_age_digits(len);
}

static bool head_init(struct age *self, size_t stanzas)
{
    self->head_size = AROUND_LEN + stanzas * STANZA_LEN + LEAT_AGE_NONCE_LEN;
    self->head = leat_allocate(&self->codec.ctx->alloc, self->head_size);
    if (self->head == NULL)
        return false;
    put_text(self, "age-encryption.org/v1\n");
    return leat_random(self->file_key, sizeof(self->file_key));
}

/* --- Stanzas --- */

static enum leat_status put_x25519(struct age *self, const uint8_t recipient[LEAT_X25519_LEN])
{
    uint8_t secret[LEAT_X25519_LEN] = { 0 };
    uint8_t shared[LEAT_X25519_LEN] = { 0 };
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    uint8_t share[LEAT_X25519_LEN];
    uint8_t wrapped[LEAT_WRAPPED_LEN];
    enum leat_status status = LEAT_OK;
    if (!leat_random(secret, sizeof(secret)) || !leat_x25519_base(secret, share))
        status = lacks_memory(self);
    else if (!leat_x25519(secret, recipient, shared))
        status = cannot(self, "recipient that nothing can be kept from");
    else if (!leat_age_x25519_key(shared, share, recipient, key) ||
             !leat_age_wrap(key, self->file_key, wrapped))
        status = lacks_memory(self);
    leat_forget(secret, sizeof(secret));
    leat_forget(shared, sizeof(shared));
    leat_forget(key, sizeof(key));
    if (status != LEAT_OK)
        return status;
    put_text(self, "-> X25519 ");
    put_base64(self, share, sizeof(share));
    put_text(self, "\n");
    put_base64(self, wrapped, sizeof(wrapped));
    put_text(self, "\n");
    return LEAT_OK;
}

static enum leat_status put_scrypt(struct age *self, struct leat_span password, unsigned work)
{
    uint8_t salt[LEAT_AGE_SALT_LEN];
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    uint8_t wrapped[LEAT_WRAPPED_LEN];
    char digits[] = { (char)('0' + work / 10), (char)('0' + work % 10) };
    leat_assert(work >= WORK_MIN);
    leat_assert(work <= LEAT_SCRYPT_WORK_MAX);
    if (!leat_scrypt_allowed(self->codec.ctx, work))
        return leat_codec_fails(&self->codec, LEAT_FAULT_BOUND,
                                "password takes more than the limit", 0);
    bool made = leat_random(salt, sizeof(salt)) && leat_age_scrypt_key(password, salt, work, key) &&
                leat_age_wrap(key, self->file_key, wrapped);
    leat_forget(key, sizeof(key));
    if (!made)
        return lacks_memory(self);
    put_text(self, "-> scrypt ");
    put_base64(self, salt, sizeof(salt));
    put_text(self, " ");
    put(self, digits, sizeof(digits));
    put_text(self, "\n");
    put_base64(self, wrapped, sizeof(wrapped));
    put_text(self, "\n");
    return LEAT_OK;
}

/* --- Whom it is for --- */

static enum leat_status to_recipients(struct age *self, const char *const *recipients)
{
    size_t count = 0;
    while (count <= RECIPIENTS_MAX && recipients[count] != NULL)
        count++;
    if (count > RECIPIENTS_MAX)
        return cannot(self, "more recipients than a header holds");
    if (!head_init(self, count))
        return lacks_memory(self);
    enum leat_status status = LEAT_OK;
    for (size_t i = 0; i < count && status == LEAT_OK; i++) {
        uint8_t recipient[LEAT_X25519_LEN];
        struct leat_span text = { (const uint8_t *)recipients[i], __builtin_strlen(recipients[i]) };
        if (!leat_age_recipient(text, recipient))
            return cannot(self, "recipient that is no age1...");
        status = put_x25519(self, recipient);
    }
    return status;
}

/* An identity file names its own recipients. */
static enum leat_status to_identities(struct age *self)
{
    const struct leat_age_identities *identities = &self->identities;
    if (identities->len > RECIPIENTS_MAX)
        return cannot(self, "more identities than a header holds");
    if (!head_init(self, identities->len))
        return lacks_memory(self);
    enum leat_status status = LEAT_OK;
    for (size_t i = 0; i < identities->len && status == LEAT_OK; i++)
        status = put_x25519(self, identities->data[i].recipient);
    return status;
}

static enum leat_status to_password(struct age *self, struct leat_span password, unsigned work)
{
    if (!head_init(self, 1))
        return lacks_memory(self);
    return put_scrypt(self, password, work > 0 ? work : WORK_DEFAULT);
}

static enum leat_status to_keys(struct age *self, unsigned work)
{
    const struct leat_keys *keys = self->codec.ctx->keys;
    if (keys == NULL)
        return cannot(self, "needs a recipient, an identity or a password");
    switch (leat_age_identities_init(&self->identities, &self->codec.ctx->alloc, keys->identity)) {
    case LEAT_AGE_KEYS_READ:
        break;
    case LEAT_AGE_KEYS_BAD:
        return cannot(self, "damaged identity given");
    case LEAT_AGE_KEYS_NO_MEMORY:
        return lacks_memory(self);
    }
    if (self->identities.len > 0)
        return to_identities(self);
    if (keys->password.data != NULL)
        return to_password(self, keys->password, work);
    return cannot(self, "needs a recipient, an identity or a password");
}

static enum leat_status to_all(struct age *self, const struct leat_age_options *options)
{
    if (options->recipients != NULL && options->recipients[0] != NULL)
        return to_recipients(self, options->recipients);
    if (options->password.data != NULL)
        return to_password(self, options->password, options->work);
    return to_keys(self, options->work);
}

/* --- The stage --- */

/* The header's last line, and the payload's nonce behind it. */
static enum leat_status end_head(struct age *self)
{
    uint8_t mac[LEAT_MAC_LEN];
    uint8_t nonce[LEAT_AGE_NONCE_LEN];
    put_text(self, "---");
    struct leat_span checked = { self->head, self->head_len };
    if (!leat_age_mac(self->file_key, checked, mac) || !leat_random(nonce, sizeof(nonce)))
        return lacks_memory(self);
    put_text(self, " ");
    put_base64(self, mac, sizeof(mac));
    put_text(self, "\n");
    put(self, nonce, sizeof(nonce));
    return leat_age_payload(&self->codec, &self->chunks, self->file_key, nonce, true);
}

static enum leat_status age_start(struct leat_codec *codec, const void *options)
{
    static const struct leat_age_options defaults;
    struct age *self = (struct age *)codec;
    enum leat_status status = leat_crypto_start(codec);
    if (status == LEAT_OK)
        status = to_all(self, options != NULL ? options : &defaults);
    if (status == LEAT_OK)
        status = end_head(self);
    leat_forget(self->file_key, sizeof(self->file_key));
    leat_age_identities_fini(&self->identities, &codec->ctx->alloc);
    return status;
}

static enum leat_status put_head(struct age *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t left = self->head_len - self->head_gone;
    size_t some = room.len < left ? room.len : left;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data, self->head + self->head_gone, some);
    leat_commit(out, some);
    self->head_gone += some;
    return LEAT_OK;
}

static enum leat_status age_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct age *self = (struct age *)codec;
    if (self->head_gone < self->head_len)
        return put_head(self, out);
    return leat_chunks_seal(codec, &self->chunks, in, out);
}

static void age_stop(struct leat_codec *codec)
{
    struct age *self = (struct age *)codec;
    leat_chunks_stop(&self->chunks);
    leat_deallocate(&codec->ctx->alloc, self->head);
}

const struct leat_stage leat_stage_age = {
    .name = "age",
    .self_size = sizeof(struct age),
    .out_min = 1,
    .start = age_start,
    .step = age_step,
    .stop = age_stop,
};

struct leat_writer *leat_age(struct leat_writer *sink, const struct leat_age_options *options)
{
    return leat_push(sink, &leat_stage_age, options);
}
