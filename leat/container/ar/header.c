#include "leat/container/ar/header.h"
#include "leat/core/assert.h"

bool leat_ar_number(const char *field, size_t len, unsigned base, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    leat_assert(len <= 16); /* so no number is too large */
    for (; i < len && field[i] >= '0' && field[i] < (char)('0' + base); i++)
        value = value * base + (uint64_t)(field[i] - '0');
    while (i < len && field[i] == ' ')
        i++;
    *ret = value;
    return i == len;
}

struct leat_span leat_ar_name(const struct ar_header *header)
{
    size_t len = sizeof(header->name);
    while (len > 0 && header->name[len - 1] == ' ')
        len--;
    return (struct leat_span){ .data = (const uint8_t *)header->name, .len = len };
}

enum leat_match leat_ar_header_can_be(const uint8_t *data, size_t len)
{
    const struct ar_header *header = (const struct ar_header *)data;
    uint64_t size;
    if (len > 0 && (data[0] <= ' ' || data[0] == 0x7f))
        return LEAT_MATCH_NO;
    if (len < AR_HEADER_LEN)
        return LEAT_MATCH_MORE;
    bool can_be = header->end[0] == '`' && header->end[1] == '\n' && header->size[0] != ' ' &&
                  leat_ar_number(header->size, sizeof(header->size), 10, &size);
    return can_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

enum leat_match leat_ar_anywhere(const uint8_t *data, size_t len)
{
    const struct ar_header *header = (const struct ar_header *)data;
    uint64_t number;
    enum leat_match match = leat_ar_header_can_be(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    bool can_be = leat_ar_number(header->mtime, sizeof(header->mtime), 10, &number) &&
                  leat_ar_number(header->user_id, sizeof(header->user_id), 10, &number) &&
                  leat_ar_number(header->group_id, sizeof(header->group_id), 10, &number) &&
                  leat_ar_number(header->mode, sizeof(header->mode), 8, &number);
    return can_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* --- Names --- */

static bool begins(struct leat_span text, const char *with, size_t len)
{
    return text.len >= len && leat_bytes_equal(text.data, with, len);
}

static bool is(struct leat_span text, const char *whole, size_t len)
{
    return text.len == len && begins(text, whole, len);
}

bool leat_ar_is_symbols(struct leat_span name)
{
    return begins(name, "__.SYMDEF", 9);
}

/* The number behind the first `at` bytes of a name. */
static bool name_number(struct leat_span name, size_t at, uint64_t *ret)
{
    return name.len > at && leat_ar_number((const char *)name.data + at, name.len - at, 10, ret);
}

enum ar_kind leat_ar_kind(struct leat_span name, uint64_t *ret_number)
{
    if (is(name, "/", 1) || is(name, "/SYM64/", 7) || leat_ar_is_symbols(name))
        return AR_SYMBOLS;
    if (is(name, "//", 2) || is(name, "ARFILENAMES/", 12))
        return AR_NAMES;
    if (begins(name, "#1/", 3) && name_number(name, 3, ret_number))
        return AR_NAME_DATA;
    if (begins(name, "/", 1) && name_number(name, 1, ret_number))
        return AR_NAME_AT;
    return AR_PLAIN;
}

/* GNU ends a name with a slash and a newline, since names in thin archives have slashes; Windows
 * with a NUL. */
struct leat_span leat_ar_long_name(struct leat_span names, uint64_t at)
{
    if (at >= names.len)
        return (struct leat_span){ .data = names.data };
    const uint8_t *name = names.data + at;
    size_t len = 0;
    while (at + len < names.len && name[len] != '\n' && name[len] != '\0')
        len++;
    if (len > 1 && name[len - 1] == '/')
        len--;
    return (struct leat_span){ .data = name, .len = len };
}
