/* Which stanza can be opened, and by what. */

#include "leat/stage/age/base64.h"
#include "leat/stage/age/wrap.h"

struct opening {
    struct leat_codec *codec;
    uint64_t offset; /* of the header in the codec's input */
    const struct leat_age_identities *identities;
    struct leat_span password;
    uint8_t *file_key;
    bool scrypt; /* a password is what is asked for */
};

static enum leat_status fails(const struct opening *opening, enum leat_fault_code code,
                              const char *reason, const struct leat_age_stanza *stanza)
{
    return leat_codec_fails(opening->codec, code, reason, opening->offset + stanza->at);
}

/* A wrapped file key and nothing else, so that it is for one key alone. */
static bool read_body(const struct leat_age_stanza *stanza, uint8_t wrapped[LEAT_WRAPPED_LEN])
{
    return stanza->one_line && leat_age_decode(stanza->body, wrapped, LEAT_WRAPPED_LEN);
}

/* --- X25519 --- */

/* OK: opened. AGAIN: the stanza is another's. FAULT. */
static enum leat_status try_identity(const struct opening *opening,
                                     const struct leat_age_stanza *stanza,
                                     const struct leat_age_identity *identity,
                                     const uint8_t share[LEAT_X25519_LEN],
                                     const uint8_t wrapped[LEAT_WRAPPED_LEN])
{
    uint8_t shared[LEAT_X25519_LEN] = { 0 };
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    enum leat_status status = LEAT_AGAIN;
    if (!leat_x25519(identity->secret, share, shared))
        status = fails(opening, LEAT_FAULT_CORRUPT, "bad share in an X25519 stanza", stanza);
    else if (!leat_age_x25519_key(shared, share, identity->recipient, key))
        status = fails(opening, LEAT_FAULT_MEMORY, NULL, stanza);
    else if (leat_age_unwrap(key, wrapped, opening->file_key))
        status = LEAT_OK;
    leat_forget(shared, sizeof(shared));
    leat_forget(key, sizeof(key));
    return status;
}

static enum leat_status try_x25519(struct opening *opening, const struct leat_age_stanza *stanza)
{
    uint8_t share[LEAT_X25519_LEN];
    uint8_t wrapped[LEAT_WRAPPED_LEN];
    if (stanza->args_len != 2 || !leat_age_decode(stanza->args[1], share, sizeof(share)) ||
        !read_body(stanza, wrapped))
        return fails(opening, LEAT_FAULT_CORRUPT, "bad X25519 stanza", stanza);
    enum leat_status status = LEAT_AGAIN;
    for (size_t i = 0; i < opening->identities->len && status == LEAT_AGAIN; i++)
        status = try_identity(opening, stanza, &opening->identities->data[i], share, wrapped);
    return status;
}

/* --- scrypt --- */

/* A decimal number without a sign or a zero before it; 0 for anything else, and for what is larger
 * than any work that could be done. */
static unsigned read_work(struct leat_span digits)
{
    unsigned work = 0;
    if (digits.len == 0 || digits.data[0] == '0')
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || work > 64)
            return 0;
        work = work * 10 + digits.data[i] - '0';
    }
    return work;
}

static enum leat_status try_password(const struct opening *opening,
                                     const struct leat_age_stanza *stanza,
                                     const uint8_t salt[LEAT_AGE_SALT_LEN], unsigned work,
                                     const uint8_t wrapped[LEAT_WRAPPED_LEN])
{
    uint8_t key[LEAT_KEY_LEN] = { 0 };
    enum leat_status status = LEAT_AGAIN;
    if (!leat_age_scrypt_key(opening->password, salt, work, key))
        status = fails(opening, LEAT_FAULT_MEMORY, NULL, stanza);
    else if (leat_age_unwrap(key, wrapped, opening->file_key))
        status = LEAT_OK;
    leat_forget(key, sizeof(key));
    return status;
}

static enum leat_status try_scrypt(struct opening *opening, const struct leat_age_stanza *stanza)
{
    uint8_t salt[LEAT_AGE_SALT_LEN];
    uint8_t wrapped[LEAT_WRAPPED_LEN];
    unsigned work = stanza->args_len == 3 ? read_work(stanza->args[2]) : 0;
    opening->scrypt = true;
    if (work == 0 || !leat_age_decode(stanza->args[1], salt, sizeof(salt)) ||
        !read_body(stanza, wrapped))
        return fails(opening, LEAT_FAULT_CORRUPT, "bad scrypt stanza", stanza);
    if (!leat_scrypt_allowed(opening->codec->ctx, work))
        return fails(opening, LEAT_FAULT_BOUND, "password takes more than the limit", stanza);
    if (opening->password.data == NULL)
        return LEAT_AGAIN;
    return try_password(opening, stanza, salt, work, wrapped);
}

/* --- All of them --- */

/* A password is what it is said to be only where nobody else could have written the file. */
static bool is_mixed(struct leat_span header, struct leat_age_stanza *ret)
{
    size_t stanzas = 0;
    bool scrypt = false;
    struct leat_age_stanza stanza;
    for (size_t at = 0; leat_age_stanza_next(header, &at, &stanza); stanzas++) {
        if (!leat_age_stanza_is(&stanza, "scrypt"))
            continue;
        *ret = stanza;
        scrypt = true;
    }
    return scrypt && stanzas > 1;
}

static enum leat_status none_fits(const struct opening *opening)
{
    const char *reason = opening->scrypt ? "wrong password" : "no identity matches";
    if (opening->scrypt && opening->password.data == NULL)
        reason = "needs a password";
    if (!opening->scrypt && opening->identities->len == 0)
        reason = "needs an identity";
    return leat_codec_fails(opening->codec, LEAT_FAULT_UNSUPPORTED, reason, opening->offset);
}

enum leat_status leat_age_open(struct leat_codec *codec, struct leat_span header, uint64_t offset,
                               const struct leat_age_identities *identities,
                               struct leat_span password, uint8_t ret[LEAT_FILE_KEY_LEN])
{
    struct opening opening = { codec, offset, identities, password, ret, false };
    struct leat_age_stanza stanza;
    enum leat_status status = LEAT_AGAIN;
    if (is_mixed(header, &stanza))
        return fails(&opening, LEAT_FAULT_CORRUPT, "scrypt stanza among others", &stanza);
    for (size_t at = 0; status == LEAT_AGAIN && leat_age_stanza_next(header, &at, &stanza);) {
        if (leat_age_stanza_is(&stanza, "X25519"))
            status = try_x25519(&opening, &stanza);
        else if (leat_age_stanza_is(&stanza, "scrypt"))
            status = try_scrypt(&opening, &stanza);
    }
    return status == LEAT_AGAIN ? none_fits(&opening) : status;
}
