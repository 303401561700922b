#include "apps/grep/regex.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *items, size_t *room, size_t size)
{
    const size_t more = *room ? *room * 2 : 32;
    void *grown_items = realloc(items, more * size);
    if (grown_items)
        *room = more;
    return grown_items;
}

bool regex_push_item(struct regex *regex, struct regex_item item, enum regex_status *status)
{
    if (regex->items_len == regex->items_room) {
        void *items = grown(regex->items, &regex->items_room, sizeof(*regex->items));
        if (!items) {
            *status = REGEX_NO_MEMORY;
            return false;
        }
        regex->items = items;
    }
    regex->items[regex->items_len++] = item;
    return true;
}

static bool push(struct regex *regex, struct regex_token token, enum regex_status *status)
{
    if (regex->tokens_len == regex->tokens_room) {
        void *tokens = grown(regex->tokens, &regex->tokens_room, sizeof(*regex->tokens));
        if (!tokens) {
            *status = REGEX_NO_MEMORY;
            return false;
        }
        regex->tokens = tokens;
    }
    if (token.kind == REGEX_CHAR && token.c == '\n') {
        *status = REGEX_NEWLINE;
        return false;
    }
    regex->tokens[regex->tokens_len++] = token;
    return true;
}

bool regex_decode(struct leat_span text, size_t *at, uint32_t *ret_c)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    assert(*at < text.len);
    const uint8_t lead = text.data[*at];
    const size_t more = lead < 0x80 ? 0 : lead < 0xc2 ? 9 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more > 3 || lead > 0xf4 || text.len - *at <= more)
        return false;
    uint32_t c = more ? lead & (0x3fu >> more) : lead;
    for (size_t i = 1; i <= more; i++) {
        const uint8_t byte = text.data[*at + i];
        if ((byte & 0xc0) != 0x80)
            return false;
        c = c << 6 | (byte & 0x3f);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return false;
    *at += more + 1;
    *ret_c = c;
    return true;
}

size_t regex_encode(uint32_t c, uint8_t to[4])
{
    static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    assert(c <= 0x10ffff);
    const size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        to[i] = (uint8_t)(0x80 | (c & 0x3f));
    to[0] = (uint8_t)(lead[len] | c);
    return len;
}

bool regex_starts(struct leat_span text, size_t at, const char *with)
{
    const size_t len = strlen(with);
    return text.len - at >= len && memcmp(text.data + at, with, len) == 0;
}

/* The escapes that match no character. False when it is none of them. */
static bool read_edge(struct leat_span text, size_t *at, struct regex_token *ret)
{
    static const struct {
        const char *text;
        enum regex_kind kind;
    } edges[] = {
        { "b{start-half}", REGEX_WORD_START_HALF },
        { "b{end-half}", REGEX_WORD_END_HALF },
        { "b{start}", REGEX_WORD_START },
        { "b{end}", REGEX_WORD_END },
        { "b", REGEX_WORD_EDGE },
        { "B", REGEX_WORD_INSIDE },
        { "<", REGEX_WORD_START },
        { ">", REGEX_WORD_END },
        { "A", REGEX_LINE_START }, /* a line is all there is: so is a text's start a line's */
        { "z", REGEX_LINE_END },
        { "Z", REGEX_LINE_END },
    };
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        if (!regex_starts(text, *at, edges[i].text))
            continue;
        *at += strlen(edges[i].text);
        ret->kind = edges[i].kind;
        return true;
    }
    return false;
}

static bool read_number(struct leat_span text, size_t *at, uint32_t *ret)
{
    enum { REPEAT_MAX = 999999 }; /* far past what PCRE2 allows, so that it is the one to refuse */
    const size_t start = *at;
    uint32_t n = 0;
    while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9' && n <= REPEAT_MAX)
        n = n * 10 + (uint32_t)(text.data[(*at)++] - '0');
    *ret = n;
    return *at > start && n <= REPEAT_MAX;
}

/* {n}, {n,} or {n,m}, past its brace. Otherwise the brace stands for itself, as PCRE2 has it. */
static bool read_counts(struct leat_span text, size_t *at, struct regex_token *ret)
{
    size_t i = *at;
    if (!read_number(text, &i, &ret->min))
        return false;
    ret->max = ret->min;
    if (regex_starts(text, i, ",")) {
        i++;
        ret->max = REGEX_REPEAT_MAX;
        if (!regex_starts(text, i, "}") && !read_number(text, &i, &ret->max))
            return false;
    }
    if (!regex_starts(text, i, "}"))
        return false;
    *at = i + 1;
    return true;
}

static bool read_repeat(struct leat_span text, size_t *at, uint8_t c, struct regex_token *ret)
{
    ret->kind = REGEX_REPEAT;
    ret->min = c == '+';
    ret->max = c == '?' ? 1 : REGEX_REPEAT_MAX;
    if (c == '{' && !read_counts(text, at, ret))
        return false;
    if (regex_starts(text, *at, "?") || regex_starts(text, *at, "+"))
        ++*at;
    return true;
}

/* (?flags) or (?flags:, past its question mark. Of the flags, m is always on, s never (no line
 * holds its own end), u is what leat does anyway; x, U and R are exotic, and so is turning u off.
 */
static bool read_flags(struct leat_span text, size_t *at, struct regex_token *ret)
{
    bool on = true;
    for (; *at < text.len; ++*at) {
        switch (text.data[*at]) {
        case 'i':
            ret->letter_case = on ? REGEX_CASE_IGNORE : REGEX_CASE_HEED;
            break;
        case 'm':
        case 's':
            break;
        case 'u':
            if (!on)
                return false;
            break;
        case '-':
            on = false;
            break;
        case ':':
        case ')':
            ret->kind = text.data[*at] == ':' ? REGEX_OPEN : REGEX_FLAGS;
            ++*at;
            return true;
        default:
            return false;
        }
    }
    return false;
}

/* What follows an opening parenthesis. */
static bool read_group(struct leat_span text, size_t *at, struct regex_token *ret)
{
    static const char *const looks[] = { "?=", "?!", "?<=", "?<!" };
    ret->kind = REGEX_OPEN;
    if (regex_starts(text, *at, "*"))
        return false;
    if (!regex_starts(text, *at, "?"))
        return true;
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        if (!regex_starts(text, *at, looks[i]))
            continue;
        ret->kind = REGEX_LOOK;
        *at += strlen(looks[i]);
        return true;
    }
    if (regex_starts(text, *at, "?>")) {
        ret->kind = REGEX_ATOMIC;
        *at += 2;
        return true;
    }
    if (regex_starts(text, *at, "?P<") || regex_starts(text, *at, "?<")) {
        const uint8_t *end = memchr(text.data + *at, '>', text.len - *at);
        if (!end)
            return false;
        *at = (size_t)(end - text.data) + 1;
        return true;
    }
    ++*at;
    return read_flags(text, at, ret);
}

/* Read one token. False when the pattern is exotic, or the status says what else is wrong. */
static bool read_token(struct regex *regex, size_t *at, struct regex_token *ret,
                       enum regex_status *status)
{
    const struct leat_span text = regex->source;
    if (!regex_decode(text, at, &ret->c)) {
        *status = REGEX_INVALID_UTF8;
        return false;
    }
    ret->kind = REGEX_CHAR;
    switch (ret->c) {
    case '\\':
        return read_edge(text, at, ret) || regex_escape_read(regex, at, ret, status);
    case '[':
        return regex_class_read(regex, at, ret, status);
    case '(':
        return read_group(text, at, ret);
    case '*':
    case '+':
    case '?':
        return read_repeat(text, at, (uint8_t)ret->c, ret);
    case '{':
        if (!read_repeat(text, at, '{', ret))
            ret->kind = REGEX_CHAR;
        return true;
    case '.':
        ret->kind = REGEX_ANY;
        return true;
    case ')':
        ret->kind = REGEX_CLOSE;
        return true;
    case '|':
        ret->kind = REGEX_OR;
        return true;
    case '^':
        ret->kind = REGEX_LINE_START;
        return true;
    case '$':
        ret->kind = REGEX_LINE_END;
        return true;
    default:
        return true;
    }
}

static enum regex_status read_fixed(struct regex *regex)
{
    enum regex_status status = REGEX_OK;
    for (size_t at = 0; at < regex->source.len;) {
        struct regex_token token = { .kind = REGEX_CHAR };
        if (!regex_decode(regex->source, &at, &token.c))
            return REGEX_INVALID_UTF8;
        if (!push(regex, token, &status))
            return status;
    }
    return REGEX_OK;
}

enum regex_status regex_init(struct regex *ret, struct leat_span pattern, bool fixed)
{
    assert(ret && (pattern.data || pattern.len == 0));
    enum regex_status status = REGEX_OK;
    *ret = (struct regex){ .source = pattern };
    if (fixed)
        return read_fixed(ret);
    for (size_t at = 0; at < pattern.len && !ret->exotic && status == REGEX_OK;) {
        struct regex_token token = { .source.data = pattern.data + at };
        const size_t start = at;
        ret->exotic = !read_token(ret, &at, &token, &status);
        token.source.len = at - start;
        assert(at > start || status != REGEX_OK);
        if (!ret->exotic)
            (void)push(ret, token, &status);
    }
    /* What an exotic pattern still hides must be known all the same. */
    for (size_t at = 0; ret->exotic && status == REGEX_OK && at < pattern.len;) {
        uint32_t c;
        if (!regex_decode(pattern, &at, &c))
            status = REGEX_INVALID_UTF8;
        else if (c == '\n')
            status = REGEX_NEWLINE;
    }
    return status;
}

void regex_fini(struct regex *regex)
{
    free(regex->tokens);
    free(regex->items);
    *regex = (struct regex){ 0 };
}
