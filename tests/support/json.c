#include "tests/support/json.h"

#include <string.h>

#include "tests/support/check.h"

enum { KEYS_MAX = 64 };

struct json {
    const char *at, *end;
};

static char take(struct json *json)
{
    check(json->at < json->end);
    return *json->at++;
}

static bool takes(struct json *json, char c)
{
    bool here = json->at < json->end && *json->at == c;
    json->at += here;
    return here;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* One character of more than a byte: RFC 3629, section 4, but for what follows from the lead. */
static void check_beyond_ascii(struct json *json, unsigned char lead)
{
    check(lead >= 0xc2 && lead <= 0xf4);
    for (unsigned more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3; more > 0; more--)
        check(((unsigned char)take(json) & 0xc0) == 0x80);
}

static void check_string(struct json *json)
{
    check(take(json) == '"');
    for (char c = take(json); c != '"'; c = take(json)) {
        check((unsigned char)c >= 0x20);
        if ((unsigned char)c >= 0x80)
            check_beyond_ascii(json, (unsigned char)c);
        if (c != '\\')
            continue;
        c = take(json);
        check(strchr("\"\\/bfnrtu", c) != NULL && c != '\0');
        for (int i = 0; i < 4 && c == 'u'; i++)
            check(is_hex(take(json)));
    }
}

static void check_number(struct json *json)
{
    (void)takes(json, '-');
    const char *first = json->at;
    while (json->at < json->end && is_digit(*json->at))
        json->at++;
    check(json->at > first && (*first != '0' || json->at == first + 1));
    check(json->at == json->end || strchr(",]}\n", *json->at) != NULL);
}

static void check_value(struct json *json);

static void check_object(struct json *json)
{
    struct json keys[KEYS_MAX];
    size_t len = 0;
    check(take(json) == '{');
    if (takes(json, '}'))
        return;
    do {
        check(len < KEYS_MAX);
        keys[len].at = json->at;
        check_string(json);
        keys[len].end = json->at;
        for (size_t i = 0; i < len; i++) {
            const size_t key_len = (size_t)(keys[i].end - keys[i].at);
            check(key_len != (size_t)(keys[len].end - keys[len].at) ||
                  memcmp(keys[i].at, keys[len].at, key_len) != 0);
        }
        len++;
        check(take(json) == ':');
        check_value(json);
    } while (takes(json, ','));
    check(take(json) == '}');
}

static void check_array(struct json *json)
{
    check(take(json) == '[');
    if (takes(json, ']'))
        return;
    do
        check_value(json);
    while (takes(json, ','));
    check(take(json) == ']');
}

static void check_value(struct json *json)
{
    static const char *const words[] = { "true", "false", "null" };
    check(json->at < json->end);
    switch (*json->at) {
    case '{':
        check_object(json);
        return;
    case '[':
        check_array(json);
        return;
    case '"':
        check_string(json);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i]);
        if ((size_t)(json->end - json->at) >= len && memcmp(json->at, words[i], len) == 0) {
            json->at += len;
            return;
        }
    }
    check_number(json);
}

size_t json_check(const char *text, size_t len)
{
    struct json json = { text, text + len };
    check_value(&json);
    return (size_t)(json.at - text);
}
