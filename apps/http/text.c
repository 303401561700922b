#include "apps/http/text.h"

#include "leat/core/assert.h"

enum { T = HTTP_CHAR_TOKEN, H = HTTP_CHAR_HOST, U = HTTP_CHAR_UNRESERVED };

const uint8_t http_chars[256] = {
    ['0' ... '9'] = T | H | U,
    ['A' ... 'Z'] = T | H | U,
    ['a' ... 'z'] = T | H | U,
    ['-'] = T | H | U,
    ['.'] = T | H | U,
    ['_'] = T | H | U,
    ['~'] = T | H | U,
    ['!'] = T | H,
    ['$'] = T | H,
    ['%'] = T | H,
    ['&'] = T | H,
    ['\''] = T | H,
    ['*'] = T | H,
    ['+'] = T | H,
    ['#'] = T,
    ['^'] = T,
    ['`'] = T,
    ['|'] = T,
    ['('] = H,
    [')'] = H,
    [','] = H,
    [':'] = H,
    [';'] = H,
    ['='] = H,
    ['['] = H,
    [']'] = H,
};

struct leat_span http_trim(struct leat_span text)
{
    while (text.len > 0 && http_is_space(text.data[text.len - 1]))
        text.len--;
    while (text.len > 0 && http_is_space(text.data[0]))
        text.data++, text.len--;
    return text;
}

bool http_is_word(struct leat_span text, const char *lower)
{
    leat_assert(lower != NULL);
    size_t i = 0;
    for (; i < text.len && lower[i] != '\0'; i++) {
        const uint8_t byte = text.data[i];
        const bool capital = byte >= 'A' && byte <= 'Z';
        if ((capital ? byte + 32 : byte) != (uint8_t)lower[i])
            return false;
    }
    return i == text.len && lower[i] == '\0';
}

bool http_read_number(struct leat_span text, uint64_t *ret_number, bool *ret_over)
{
    uint64_t number = 0;
    bool over = false;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!http_is_digit(text.data[i]))
            return false;
        over = over || __builtin_mul_overflow(number, 10u, &number) ||
               __builtin_add_overflow(number, (uint64_t)(text.data[i] - '0'), &number);
    }
    *ret_number = over ? UINT64_MAX : number;
    *ret_over = over;
    return true;
}

bool http_list_next(struct leat_span *list, struct leat_span *ret_element)
{
    while (list->len > 0) {
        const uint8_t *comma = leat_bytes_find(list->data, list->len, ',');
        const size_t len = comma != NULL ? (size_t)(comma - list->data) : list->len;
        const size_t past = len + (comma != NULL);
        const struct leat_span element = http_trim((struct leat_span){ list->data, len });
        leat_assert(past <= list->len);
        list->data += past;
        list->len -= past;
        if (element.len > 0) {
            *ret_element = element;
            return true;
        }
    }
    return false;
}
