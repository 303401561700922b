/* Classes and escapes. Of what Rust's syntax does with sets, a nested class without negation is a
 * union; && and ~~ are refused, since PCRE2 would take them for two characters. */

#include "apps/grep/regex.h"

#include <assert.h>
#include <string.h>

enum { NESTING_MAX = 8 };

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A code point in braces, or in exactly `digits` digits. */
static bool read_hex(struct leat_span text, size_t *at, size_t digits, uint32_t *ret_c)
{
    const bool braces = regex_starts(text, *at, "{");
    size_t i = *at + braces;
    size_t n = 0;
    uint32_t c = 0;
    for (; i < text.len && n < (braces ? 8 : digits) && hex_value(text.data[i]) >= 0; i++, n++)
        c = c << 4 | (uint32_t)hex_value(text.data[i]);
    if (n == 0 || (braces ? !regex_starts(text, i, "}") : n != digits))
        return false;
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return false;
    *at = i + braces;
    *ret_c = c;
    return true;
}

/* \pL, \p{Name} or \p{^Name}, past the p. */
static bool read_property(struct leat_span text, size_t *at, struct regex_item *item)
{
    if (*at >= text.len)
        return false;
    item->kind = REGEX_PROPERTY;
    if (text.data[*at] != '{') {
        item->name = (struct leat_span){ text.data + *at, 1 };
        ++*at;
        return true;
    }
    const uint8_t *name = text.data + *at + 1;
    const uint8_t *end = memchr(name, '}', text.len - *at - 1);
    if (!end)
        return false;
    *at = (size_t)(end - text.data) + 1;
    if (name < end && *name == '^') {
        item->negated = !item->negated;
        name++;
    }
    item->name = (struct leat_span){ name, (size_t)(end - name) };
    return item->name.len > 0;
}

/* \d, \s, \w, \p and their negations; false when the letter is none of them. */
static bool read_shorthand(struct leat_span text, size_t *at, struct regex_item *item)
{
    const uint8_t letter = text.data[*at];
    size_t after = *at + 1;
    item->negated = letter >= 'A' && letter <= 'Z';
    switch (letter | 0x20) {
    case 'd':
        item->kind = REGEX_DIGIT;
        break;
    case 's':
        item->kind = REGEX_SPACE;
        break;
    case 'w':
        item->kind = REGEX_WORD;
        break;
    case 'p':
        if (!read_property(text, &after, item))
            return false;
        break;
    default:
        return false;
    }
    *at = after;
    return true;
}

/* An escape that stands for one character. */
static bool read_char(struct leat_span text, size_t *at, uint32_t *ret_c)
{
    static const char names[] = "nrtfave";
    static const char values[] = "\n\r\t\f\a\v\x1b";
    assert(*at < text.len);
    const uint8_t letter = text.data[*at];
    size_t after = *at + 1;
    const char *name = letter ? strchr(names, letter) : NULL;
    bool read = true;
    if (letter == 'x')
        read = read_hex(text, &after, 2, ret_c);
    else if (letter == 'u')
        read = read_hex(text, &after, 4, ret_c);
    else if (letter == 'U')
        read = read_hex(text, &after, 8, ret_c);
    else if (name)
        *ret_c = (uint8_t)values[name - names];
    else if ((letter >= '0' && letter <= '9') ||
             ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z') || letter >= 0x80)
        read = false;
    else
        *ret_c = letter;
    if (read)
        *at = after;
    return read;
}

bool regex_escape_read(struct regex *regex, size_t *at, struct regex_token *ret,
                       enum regex_status *status)
{
    struct regex_item item = { 0 };
    if (*at >= regex->source.len)
        return false;
    if (read_char(regex->source, at, &ret->c)) {
        ret->kind = REGEX_CHAR;
        return true;
    }
    if (!read_shorthand(regex->source, at, &item))
        return false;
    ret->kind = REGEX_CLASS;
    ret->negated = item.negated;
    ret->items = (uint32_t)regex->items_len;
    ret->items_len = 1;
    item.negated = false;
    return regex_push_item(regex, item, status);
}

/* [:name:] or [:^name:], which are of ASCII in Rust's syntax, past its bracket. */
static bool read_posix(struct regex *regex, size_t *at, enum regex_status *status)
{
    static const struct {
        const char *name, *ranges; /* pairs, in order */
    } classes[] = {
        { "alnum:]", "09AZaz" },
        { "alpha:]", "AZaz" },
        { "ascii:]", "\x01\x7f" },
        { "blank:]", "\t\t  " },
        { "cntrl:]", "\x01\x1f\x7f\x7f" },
        { "digit:]", "09" },
        { "graph:]", "!~" },
        { "lower:]", "az" },
        { "print:]", " ~" },
        { "punct:]", "!/:@[`{~" },
        { "space:]", "\t\r  " },
        { "upper:]", "AZ" },
        { "word:]", "09AZ__az" },
        { "xdigit:]", "09AFaf" },
    };
    const bool negated = regex_starts(regex->source, *at, ":^");
    const size_t name = *at + (negated ? 2 : 1);
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (name > regex->source.len || !regex_starts(regex->source, name, classes[i].name))
            continue;
        uint32_t next = 0;
        for (const char *range = classes[i].ranges; *range; range += 2) {
            /* NUL cannot stand in the table: a range from 1 begins at 0. */
            const uint32_t first = range[0] == 1 ? 0 : (uint8_t)range[0];
            const uint32_t last = (uint8_t)range[1];
            struct regex_item item = { .named = true, .first = first, .last = last };
            if (negated)
                item = (struct regex_item){ .named = true, .first = next, .last = first - 1 };
            if ((!negated || first > next) && !regex_push_item(regex, item, status))
                return false;
            next = last + 1;
        }
        *at = name + strlen(classes[i].name);
        const struct regex_item rest = { .named = true, .first = next, .last = 0x10ffff };
        return !negated || regex_push_item(regex, rest, status);
    }
    return false;
}

/* One end of a range, or a shorthand; `*ret_range` says which. */
static bool read_class_char(struct regex *regex, size_t *at, struct regex_item *item,
                            bool *ret_range, enum regex_status *status)
{
    *ret_range = true;
    if (!regex_decode(regex->source, at, &item->first)) {
        *status = REGEX_INVALID_UTF8;
        return false;
    }
    if (item->first != '\\')
        return true;
    if (*at >= regex->source.len)
        return false;
    if (regex->source.data[*at] == 'b') /* a backspace to PCRE2, an error to Rust */
        return false;
    if (read_char(regex->source, at, &item->first))
        return true;
    *ret_range = false;
    return read_shorthand(regex->source, at, item);
}

static bool read_item(struct regex *regex, size_t *at, enum regex_status *status)
{
    struct regex_item item = { 0 }, end = { 0 };
    bool range;
    if (!read_class_char(regex, at, &item, &range, status))
        return false;
    item.last = item.first;
    if (range && regex_starts(regex->source, *at, "-") && !regex_starts(regex->source, *at, "-]")) {
        ++*at;
        if (*at >= regex->source.len || !read_class_char(regex, at, &end, &range, status) ||
            !range || end.first < item.first)
            return false;
        item.last = end.first;
    }
    return regex_push_item(regex, item, status);
}

static bool contains(const struct regex *regex, const struct regex_token *class,
                     enum regex_item_kind kind, bool negated)
{
    for (size_t i = class->items; i < regex->items_len; i++)
        if (regex->items[i].kind == kind && regex->items[i].negated == negated)
            return true;
    return false;
}

/* Whether an item may hold '\n' without that being taken out of it: as properties, those of
 * letters, marks, numbers, punctuation, symbols and separators are known not to. */
static bool may_hold_newline(const struct regex_item *item)
{
    if (item->kind == REGEX_RANGE)
        return false;
    if (item->kind == REGEX_SPACE)
        return false;
    if (item->kind != REGEX_PROPERTY)
        return item->negated;
    return item->negated || item->name.len > 2 || !strchr("LMNPSZ", item->name.data[0]);
}

/* A class that says nothing but "a line's end" can match nothing: refused, as the character is.
 * [\s\S] and the like are anything. What may hold '\n' and cannot be cut is exotic. */
static bool finish_class(struct regex *regex, struct regex_token *ret, enum regex_status *status)
{
    ret->kind = REGEX_CLASS;
    ret->items_len = (uint32_t)(regex->items_len - ret->items);
    const struct regex_item *first = &regex->items[ret->items];
    if (!ret->negated && ret->items_len == 1 && first->kind == REGEX_RANGE &&
        first->first == '\n' && first->last == '\n') {
        *status = REGEX_NEWLINE;
        return false;
    }
    if (ret->negated)
        return true;
    for (int kind = REGEX_DIGIT; kind <= REGEX_WORD; kind++) {
        if (contains(regex, ret, (enum regex_item_kind)kind, false) &&
            contains(regex, ret, (enum regex_item_kind)kind, true)) {
            ret->kind = REGEX_ANY;
            return true;
        }
    }
    for (size_t i = ret->items; i < regex->items_len; i++)
        if (may_hold_newline(&regex->items[i]))
            return false;
    return true;
}

bool regex_class_read(struct regex *regex, size_t *at, struct regex_token *ret,
                      enum regex_status *status)
{
    const struct leat_span text = regex->source;
    unsigned depth = 1;
    ret->items = (uint32_t)regex->items_len;
    ret->negated = regex_starts(text, *at, "^");
    *at += ret->negated;
    bool first = true; /* a bracket that comes first stands for itself */
    while (*at < text.len) {
        if (text.data[*at] == ']' && !first) {
            ++*at;
            if (--depth == 0)
                return finish_class(regex, ret, status);
            continue;
        }
        if (regex_starts(text, *at, "[:")) {
            ++*at;
            if (!read_posix(regex, at, status))
                return false;
        } else if (text.data[*at] == '[' && memchr(text.data + *at + 1, ']', text.len - *at - 1) &&
                   !regex_starts(text, *at, "[]") && !regex_starts(text, *at, "[^")) {
            ++*at;
            if (++depth > NESTING_MAX)
                return false;
            first = true;
            continue;
        } else if (regex_starts(text, *at, "&&") || regex_starts(text, *at, "~~")) {
            *status = REGEX_SET_OPERATION;
            return false;
        } else if (regex_starts(text, *at, "[^")) {
            return false;
        } else if (!read_item(regex, at, status)) {
            return false;
        }
        first = false;
    }
    return false;
}
