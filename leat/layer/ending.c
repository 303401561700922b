#include "leat/layer/ending.h"

/* As far as endings need it: the locale has no say in what a file is. */
static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* The length of `ending` where the name has it and is longer; else 0. */
static size_t ends_with(struct leat_span name, const char *ending)
{
    size_t len = 0;
    while (ending[len] != '\0')
        len++;
    if (len >= name.len)
        return 0;
    const uint8_t *last = name.data + name.len - len;
    for (size_t i = 0; i < len; i++) {
        if (lower(last[i]) != lower((uint8_t)ending[i]))
            return 0;
    }
    return len;
}

size_t leat_format_ending(const struct leat_format *format, struct leat_span name)
{
    size_t longest = 0;
    for (size_t i = 0; format->endings != NULL && format->endings[i] != NULL; i++) {
        size_t len = ends_with(name, format->endings[i]);
        if (len > longest)
            longest = len;
    }
    return longest;
}
