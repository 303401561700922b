#include "leat/container/warc/value.h"
#include "leat/container/days.h"
#include "leat/core/bytes.h"
#include "leat/stage/text.h"

/* --- Words --- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct leat_span leat_warc_trimmed(struct leat_span text)
{
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    return text;
}

bool leat_warc_begins(struct leat_span text, const char *word)
{
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (i == text.len)
            return false;
        uint8_t byte = text.data[i];
        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        if (byte != (uint8_t)word[i])
            return false;
    }
    return true;
}

bool leat_warc_is(struct leat_span text, const char *word)
{
    return text.len == __builtin_strlen(word) && leat_warc_begins(text, word);
}

/* --- Numbers and times --- */

bool leat_warc_number(struct leat_span text, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = text.data[i] - (unsigned)'0';
        if (digit > 9 || value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return text.len > 0;
}

/* Take `byte` off the front, if it stands there. */
static bool takes(struct leat_span *text, uint8_t byte)
{
    if (text->len == 0 || text->data[0] != byte)
        return false;
    text->data++;
    text->len--;
    return true;
}

/* Take a number of just `digits` off the front. */
static bool takes_number(struct leat_span *text, size_t digits, unsigned *ret)
{
    uint64_t value;
    struct leat_span front = { .data = text->data, .len = digits };
    if (text->len < digits || !leat_warc_number(front, &value))
        return false;
    text->data += digits;
    text->len -= digits;
    *ret = (unsigned)value;
    return true;
}

/* The digits of a fraction of a second, of which the first nine count. */
static bool takes_fraction(struct leat_span *text, uint32_t *ret_ns)
{
    unsigned digit, digits = 0;
    uint32_t ns = 0;
    for (; takes_number(text, 1, &digit); digits++) {
        if (digits < 9)
            ns = ns * 10 + digit;
    }
    for (unsigned i = digits; i < 9; i++)
        ns *= 10;
    *ret_ns = ns;
    return digits > 0;
}

/* How many seconds the zone is before Greenwich. */
static bool takes_zone(struct leat_span *text, int64_t *ret)
{
    unsigned hours, minutes;
    *ret = 0;
    if (takes(text, 'Z'))
        return true;
    int sign = takes(text, '+') ? 1 : -1;
    if (sign < 0 && !takes(text, '-'))
        return false;
    if (!takes_number(text, 2, &hours) || !takes(text, ':') || !takes_number(text, 2, &minutes))
        return false;
    *ret = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

/* What stands behind the T: seconds of the day. */
static bool takes_time(struct leat_span *text, int64_t *ret_s, uint32_t *ret_ns)
{
    unsigned hour, minute, second = 0;
    int64_t zone;
    if (!takes_number(text, 2, &hour) || !takes(text, ':') || !takes_number(text, 2, &minute))
        return false;
    if (takes(text, ':') && !takes_number(text, 2, &second))
        return false;
    if (takes(text, '.') && !takes_fraction(text, ret_ns))
        return false;
    if (hour > 24 || minute > 59 || second > 60 || !takes_zone(text, &zone))
        return false;
    *ret_s = (int64_t)(hour * 3600 + minute * 60 + second) - zone;
    return true;
}

bool leat_warc_date(struct leat_span text, int64_t *ret_s, uint32_t *ret_ns)
{
    unsigned year, month = 1, day = 1;
    int64_t seconds = 0;
    uint32_t ns = 0;
    if (!takes_number(&text, 4, &year))
        return false;
    if (takes(&text, '-') && !takes_number(&text, 2, &month))
        return false;
    if (takes(&text, '-') && !takes_number(&text, 2, &day))
        return false;
    if (takes(&text, 'T') && !takes_time(&text, &seconds, &ns))
        return false;
    if (text.len > 0 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *ret_s = leat_days_since_1970(year, month, day) * 86400 + seconds;
    *ret_ns = ns;
    return true;
}

/* --- Digests --- */

static bool reads_hexadecimal(struct leat_span text, uint8_t *to)
{
    for (size_t i = 0; i < text.len / 2; i++) {
        uint8_t high = leat_hex_value(text.data[2 * i]);
        uint8_t low = leat_hex_value(text.data[2 * i + 1]);
        if (high > 15 || low > 15)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The value of a digit in base 32, of either case; 32 when it is none. */
static unsigned base32_value(uint8_t digit)
{
    if (digit >= '2' && digit <= '7')
        return digit - '2' + 26u;
    digit |= 0x20;
    return digit >= 'a' && digit <= 'z' ? digit - (unsigned)'a' : 32;
}

static bool reads_base32(struct leat_span text, uint8_t *to)
{
    uint32_t bits = 0;
    unsigned bits_len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned value = base32_value(text.data[i]);
        if (value > 31)
            return false;
        bits = bits << 5 | value;
        bits_len += 5;
        if (bits_len >= 8) {
            bits_len -= 8;
            *to++ = (uint8_t)(bits >> bits_len);
        }
    }
    return (bits & ((1u << bits_len) - 1)) == 0;
}

bool leat_warc_digest(struct leat_span text, struct leat_digest *ret)
{
    const uint8_t *colon = leat_bytes_find(text.data, text.len, ':');
    if (colon == NULL)
        return false;
    size_t name_len = (size_t)(colon - text.data);
    struct leat_span name = { .data = text.data, .len = name_len };
    struct leat_span digits = { .data = colon + 1, .len = text.len - name_len - 1 };
    struct leat_digest digest = { .kind = leat_digest_find(name) };
    if (digest.kind == NULL)
        return false;
    while (digits.len > 0 && digits.data[digits.len - 1] == '=')
        digits.len--;
    bool whole = false;
    if (digits.len == 2 * digest.kind->len)
        whole = reads_hexadecimal(digits, digest.bytes);
    else if (digits.len == (8 * digest.kind->len + 4) / 5)
        whole = reads_base32(digits, digest.bytes);
    if (whole)
        *ret = digest;
    return whole;
}
