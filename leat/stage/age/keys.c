#include "leat/stage/age/keys.h"

#include "leat/core/bytes.h"
#include "leat/stage/crypto.h"
#include "leat/stage/derive.h"

/* --- Bech32 --- */

enum {
    BECH32_DATA_LEN = 52, /* digits of 5 bits for 32 bytes; 4 bits are left over */
    BECH32_CHECK_LEN = 6,
};

/* The value of a digit in lower case, or -1. */
static int bech32_digit(uint8_t c)
{
    static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const uint8_t *at = leat_bytes_find((const uint8_t *)digits, sizeof(digits) - 1, c);
    return at != NULL ? (int)(at - (const uint8_t *)digits) : -1;
}

/* One digit into the checksum. */
static uint32_t bech32_adds(uint32_t sum, unsigned digit)
{
    static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3 };
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ digit;
    for (unsigned i = 0; i < 5; i++)
        sum ^= top >> i & 1 ? generator[i] : 0;
    return sum;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* The checksum of what stands before the data, in lower case: high bits, a zero, low bits. */
static uint32_t bech32_begins(struct leat_span name)
{
    uint32_t sum = 1;
    for (size_t i = 0; i < name.len; i++)
        sum = bech32_adds(sum, lower(name.data[i]) >> 5);
    sum = bech32_adds(sum, 0);
    for (size_t i = 0; i < name.len; i++)
        sum = bech32_adds(sum, lower(name.data[i]) & 31);
    return sum;
}

/* Decode 32 bytes behind `start`, a name and the digit 1, whose case the rest must have. */
static bool bech32_decode(struct leat_span text, const char *start, bool upper,
                          uint8_t ret[LEAT_X25519_LEN])
{
    size_t start_len = __builtin_strlen(start);
    if (text.len != start_len + BECH32_DATA_LEN + BECH32_CHECK_LEN ||
        !leat_bytes_equal(text.data, start, start_len))
        return false;
    uint32_t sum = bech32_begins((struct leat_span){ text.data, start_len - 1 });
    uint32_t bits = 0;
    for (size_t i = 0; i < BECH32_DATA_LEN + BECH32_CHECK_LEN; i++) {
        uint8_t c = text.data[start_len + i];
        bool cased = upper ? c < 'a' || c > 'z' : c < 'A' || c > 'Z';
        int digit = cased ? bech32_digit(lower(c)) : -1;
        if (digit < 0)
            return false;
        sum = bech32_adds(sum, (unsigned)digit);
        if (i >= BECH32_DATA_LEN)
            continue;
        bits = bits << 5 | (uint32_t)digit;
        size_t had = i * 5 / 8;
        if ((i + 1) * 5 / 8 > had)
            ret[had] = (uint8_t)(bits >> (i + 1) * 5 % 8);
        if (i == BECH32_DATA_LEN - 1 && (bits & 15) != 0)
            return false;
    }
    return sum == 1;
}

bool leat_age_recipient(struct leat_span text, uint8_t ret[LEAT_X25519_LEN])
{
    return bech32_decode(text, "age1", false, ret);
}

/* --- X25519 --- */

bool leat_x25519_base(const uint8_t secret[LEAT_X25519_LEN], uint8_t ret[LEAT_X25519_LEN])
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    size_t len = LEAT_X25519_LEN;
    EVP_PKEY *own =
        crypto->EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, LEAT_X25519_LEN);
    bool made = own != NULL && crypto->EVP_PKEY_get_raw_public_key(own, ret, &len) == 1;
    crypto->EVP_PKEY_free(own);
    return made;
}

bool leat_x25519(const uint8_t secret[LEAT_X25519_LEN], const uint8_t point[LEAT_X25519_LEN],
                 uint8_t ret[LEAT_X25519_LEN])
{
    const struct leat_libcrypto *crypto = leat_libcrypto();
    size_t len = LEAT_X25519_LEN;
    crypto->ERR_set_mark(); /* what libcrypto says of a bad point is nobody's but ours */
    EVP_PKEY *own =
        crypto->EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, LEAT_X25519_LEN);
    EVP_PKEY *peer =
        crypto->EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, LEAT_X25519_LEN);
    EVP_PKEY_CTX *context = own != NULL ? crypto->EVP_PKEY_CTX_new(own, NULL) : NULL;
    bool made = context != NULL && peer != NULL && crypto->EVP_PKEY_derive_init(context) == 1 &&
                crypto->EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                crypto->EVP_PKEY_derive(context, ret, &len) == 1;
    crypto->EVP_PKEY_CTX_free(context);
    crypto->EVP_PKEY_free(peer);
    crypto->EVP_PKEY_free(own);
    crypto->ERR_pop_to_mark();
    return made;
}

/* --- Identity files --- */

static const char identity_start[] = "AGE-SECRET-KEY-1";

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next line of `text` from `*at` on, without white space around it. False behind the last. */
static bool next_line(struct leat_span text, size_t *at, struct leat_span *ret)
{
    if (*at >= text.len)
        return false;
    const uint8_t *from = text.data + *at;
    const uint8_t *end = leat_bytes_find(from, text.len - *at, '\n');
    if (end == NULL)
        end = text.data + text.len;
    *at = (size_t)(end - text.data) + 1;
    while (from < end && is_space(*from))
        from++;
    while (end > from && is_space(end[-1]))
        end--;
    *ret = (struct leat_span){ from, (size_t)(end - from) };
    return true;
}

static bool is_identity(struct leat_span line)
{
    size_t len = sizeof(identity_start) - 1;
    return line.len >= len && leat_bytes_equal(line.data, identity_start, len);
}

static size_t count_identities(struct leat_span text)
{
    struct leat_span line;
    size_t count = 0;
    for (size_t at = 0; next_line(text, &at, &line);)
        count += is_identity(line);
    return count;
}

enum leat_age_keys leat_age_identities_init(struct leat_age_identities *identities,
                                            const struct leat_alloc *alloc, struct leat_span text)
{
    *identities = (struct leat_age_identities){ 0 };
    size_t count = count_identities(text);
    if (count == 0)
        return LEAT_AGE_KEYS_READ;
    identities->data = leat_allocate(alloc, count * sizeof(*identities->data));
    if (identities->data == NULL)
        return LEAT_AGE_KEYS_NO_MEMORY;
    identities->len = count;
    struct leat_span line;
    size_t at = 0;
    for (size_t i = 0; i < count;) {
        bool some = next_line(text, &at, &line);
        leat_assert(some);
        if (!is_identity(line))
            continue;
        struct leat_age_identity *identity = &identities->data[i++];
        if (!bech32_decode(line, identity_start, true, identity->secret))
            return LEAT_AGE_KEYS_BAD;
        if (!leat_x25519_base(identity->secret, identity->recipient))
            return LEAT_AGE_KEYS_NO_MEMORY;
    }
    return LEAT_AGE_KEYS_READ;
}

void leat_age_identities_fini(struct leat_age_identities *identities,
                              const struct leat_alloc *alloc)
{
    if (identities->data != NULL)
        leat_forget(identities->data, identities->len * sizeof(*identities->data));
    leat_deallocate(alloc, identities->data);
    *identities = (struct leat_age_identities){ 0 };
}
