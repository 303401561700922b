#include "leat/container/xar/value.h"

#include "leat/container/days.h"
#include "leat/stage/base64/blocks.h"
#include "leat/stage/text.h"

static struct leat_span trimmed(struct leat_span text)
{
    while (text.len > 0 && leat_is_white(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && leat_is_white(text.data[text.len - 1]))
        text.len--;
    return text;
}

bool leat_xar_number(struct leat_span text, unsigned base, uint64_t *ret)
{
    uint64_t number = 0;
    text = trimmed(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = text.data[i] - (unsigned)'0';
        if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    if (text.len > 0)
        *ret = number;
    return text.len > 0;
}

/* Take `len` digits off the front, and `mark` behind them. */
static bool takes(struct leat_span *text, size_t len, char mark, unsigned *ret)
{
    uint64_t number;
    if (text->len <= len || text->data[len] != (uint8_t)mark ||
        !leat_xar_number((struct leat_span){ text->data, len }, 10, &number))
        return false;
    text->data += len + 1;
    text->len -= len + 1;
    *ret = (unsigned)number;
    return true;
}

bool leat_xar_time(struct leat_span text, int64_t *ret)
{
    unsigned year, month, day, hour, minute;
    uint64_t second;
    text = trimmed(text);
    if (!takes(&text, 4, '-', &year) || !takes(&text, 2, '-', &month) ||
        !takes(&text, 2, 'T', &day) || !takes(&text, 2, ':', &hour) ||
        !takes(&text, 2, ':', &minute) || text.len < 2 ||
        !leat_xar_number((struct leat_span){ text.data, 2 }, 10, &second))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *ret = leat_days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 +
           (int64_t)second;
    return true;
}

bool leat_xar_digits(struct leat_span text, uint8_t *ret, size_t len)
{
    text = trimmed(text);
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t high = leat_hex_value(text.data[2 * i]);
        uint8_t low = leat_hex_value(text.data[2 * i + 1]);
        if (high > 15 || low > 15)
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool leat_xar_unbase64(uint8_t *text, size_t len, size_t *ret_len)
{
    uint32_t bits = 0; /* the last `count` of them are not written yet */
    unsigned count = 0;
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t value = leat_base64_values[text[i]];
        if (value == BASE64_BAD)
            return false;
        if (value == BASE64_WHITE || value == BASE64_PADDING)
            continue;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            text[to++] = (uint8_t)(bits >> count);
        }
    }
    *ret_len = to;
    return true;
}
