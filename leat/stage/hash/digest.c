#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/stage/hash/digests.h"
#include "leat/stage/text.h"

/* --- On the way --- */

enum leat_fault_code leat_digester_start(struct leat_digester *digester,
                                         const struct leat_digest_kind *kind)
{
    leat_assert(kind != NULL);
    leat_assert(kind->len > 0 && kind->len <= LEAT_DIGEST_LEN_MAX);
    *digester = (struct leat_digester){ .kind = kind };
    enum leat_fault_code code = kind->start(digester);
    if (code != LEAT_FAULT_NONE)
        *digester = (struct leat_digester){ 0 };
    return code;
}

const char *leat_digest_lacks(enum leat_fault_code code)
{
    return code == LEAT_FAULT_UNSUPPORTED ? "its library cannot be loaded, or refuses it" : NULL;
}

void leat_digester_update(struct leat_digester *digester, const void *data, size_t len)
{
    leat_assert(digester->kind != NULL);
    if (len > 0)
        digester->kind->update(digester, data, len);
}

enum leat_fault_code leat_digester_value(const struct leat_digester *digester, const void *data,
                                         size_t len, struct leat_digest *ret)
{
    const struct leat_digest_kind *kind = digester->kind;
    leat_assert(kind != NULL);
    struct leat_digester copy = { .kind = kind };
    enum leat_fault_code code = LEAT_FAULT_NONE;
    if (kind->copy != NULL)
        code = kind->copy(&copy, digester);
    else
        copy = *digester;
    if (code != LEAT_FAULT_NONE)
        return code;
    leat_digester_update(&copy, data, len);
    *ret = (struct leat_digest){ .kind = kind };
    kind->finish(&copy, ret->bytes);
    leat_digester_stop(&copy);
    return LEAT_FAULT_NONE;
}

void leat_digester_stop(struct leat_digester *digester)
{
    if (digester->kind != NULL && digester->kind->stop != NULL)
        digester->kind->stop(digester);
    *digester = (struct leat_digester){ 0 };
}

/* --- Names --- */

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

/* Whether both are the same but for case and '-'. The other may be followed by ':'. */
static bool same_name(struct leat_span name, const char *other)
{
    for (size_t i = 0;; i++, other++) {
        while (i < name.len && name.data[i] == '-')
            i++;
        while (*other == '-')
            other++;
        bool ends = *other == '\0' || *other == ':';
        if (i == name.len || ends)
            return i == name.len && ends;
        if (lower(name.data[i]) != lower((uint8_t)*other))
            return false;
    }
}

const struct leat_digest_kind *leat_digest_find(struct leat_span name)
{
    for (size_t i = 0; leat_digest_kinds[i] != NULL; i++) {
        if (same_name(name, leat_digest_kinds[i]->name))
            return leat_digest_kinds[i];
    }
    return NULL;
}

/* Whether it would be there with a library more. */
static bool is_missing(struct leat_span name)
{
    for (size_t i = 0; leat_digests_missing[i] != NULL; i++) {
        if (same_name(name, leat_digests_missing[i]))
            return true;
    }
    return false;
}

/* Returns why these are not the digits of `len` bytes, or NULL. */
static const char *parse_digits(const char *digits, size_t len, uint8_t *ret)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t high = leat_hex_value((uint8_t)digits[2 * i]);
        uint8_t low = high < 16 ? leat_hex_value((uint8_t)digits[2 * i + 1]) : 16;
        if (low > 15)
            return "not as many hexadecimal digits as the algorithm has";
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return digits[2 * len] == '\0' ? NULL : "more digits than the algorithm has";
}

enum leat_status leat_digest_parse(const char *text, struct leat_digest *ret,
                                   const char **ret_reason)
{
    size_t len = 0;
    while (text[len] != '\0' && text[len] != ':')
        len++;
    struct leat_span name = { (const uint8_t *)text, len };
    struct leat_digest digest = { .kind = leat_digest_find(name) };
    if (digest.kind == NULL && is_missing(name)) {
        *ret_reason = "this build lacks the library for that algorithm";
        return LEAT_UNSUPPORTED;
    }
    const char *reason = NULL;
    if (digest.kind == NULL)
        reason = "no such algorithm";
    else if (text[len] != ':')
        reason = "no ':' and digest behind the algorithm";
    else
        reason = parse_digits(text + len + 1, digest.kind->len, digest.bytes);
    if (reason != NULL) {
        *ret_reason = reason;
        return LEAT_FAULT;
    }
    *ret = digest;
    return LEAT_OK;
}

void leat_digest_format(const struct leat_digest *digest, char text[LEAT_DIGEST_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    leat_assert(__builtin_strlen(digest->kind->name) < 16);
    for (const char *name = digest->kind->name; *name != '\0'; name++)
        *text++ = *name;
    *text++ = ':';
    for (size_t i = 0; i < digest->kind->len; i++) {
        *text++ = digits[digest->bytes[i] >> 4];
        *text++ = digits[digest->bytes[i] & 15];
    }
    *text = '\0';
}

bool leat_digest_equal(const struct leat_digest *a, const struct leat_digest *b)
{
    return a->kind == b->kind && leat_bytes_equal(a->bytes, b->bytes, a->kind->len);
}
