/* Any glob on any path: a plain pattern matches as a naive matcher of its text says, in a set or
 * alone; a glob with braces matches as the texts it stands for; and a path with all its bytes
 * escaped matches itself and nothing else.
 *
 *     options, glob, 0, path, 0, another path */

#include "apps/walk/glob_braces.h"
#include "apps/walk/glob_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The naive matcher's table is the product of a pattern and a path; what is longer goes without. */
enum { NAIVE_MAX = 256, TEXTS_MAX = GLOB_ALTERNATES_MAX };

struct text {
    const char *data;
    size_t len;
};

static struct glob_path path_of(struct text text, bool is_folder)
{
    const char *slash = text.len ? memrchr(text.data, '/', text.len) : NULL;
    return (struct glob_path){ .text = text.data,
                               .len = text.len,
                               .name = slash ? (size_t)(slash + 1 - text.data) : 0,
                               .is_folder = is_folder };
}

/* --- The naive matcher --- */

enum token_kind { TOKEN_BYTES, TOKEN_STAR, TOKEN_DEEP };

/* A set of bytes, any run of them without a '/', or any number of components with their '/'. */
struct token {
    enum token_kind kind;
    bool takes[256];
};

/* Read the token at `*at`; false when the pattern is malformed. */
static bool read_token(struct text pattern, bool strict, size_t *at, struct token *ret)
{
    const char *p = pattern.data;
    const size_t len = pattern.len;
    size_t i = (*at)++;
    *ret = (struct token){ .kind = TOKEN_BYTES };
    if (p[i] == '\\') {
        if (i + 1 == len)
            return false;
        ret->takes[(uint8_t)p[(*at)++]] = true;
        return true;
    }
    if (p[i] == '?') {
        memset(ret->takes, true, sizeof(ret->takes));
        ret->takes['/'] = false;
        return true;
    }
    bool inverted = p[i] == '[' && i + 1 < len && (p[i + 1] == '!' || p[i + 1] == '^');
    size_t from = i + 1 + inverted, end = from + 1;
    while (end < len && p[end] != ']')
        end++;
    if (p[i] != '[' || end >= len) {
        ret->takes[(uint8_t)p[i]] = true;
        return p[i] != '[' || !strict;
    }
    for (size_t k = from; k < end; k++) {
        uint8_t low = (uint8_t)p[k], high = low;
        if (k + 2 < end && p[k + 1] == '-') {
            high = (uint8_t)p[k + 2];
            k += 2;
        }
        if (high < low)
            return false;
        for (unsigned byte = low; byte <= high; byte++)
            ret->takes[byte] = true;
    }
    for (size_t k = 0; inverted && k < 256; k++)
        ret->takes[k] = !ret->takes[k];
    ret->takes['/'] = false;
    *at = end + 1;
    return true;
}

/* Read a pattern without braces into tokens; false when it is malformed. Two stars that are a
 * component cross folders: before a '/', with it; at the end, as any path below. */
static bool read_tokens(struct text pattern, bool strict, struct token *tokens, size_t *ret_len)
{
    size_t n = 0;
    for (size_t at = 0; at < pattern.len;) {
        if (pattern.data[at] != '*') {
            if (!read_token(pattern, strict, &at, &tokens[n++]))
                return false;
            continue;
        }
        const size_t start = at;
        while (at < pattern.len && pattern.data[at] == '*')
            at++;
        const bool first = start == 0, last = at == pattern.len;
        const bool alone = at - start == 2 && (first || pattern.data[start - 1] == '/') &&
                           (last || pattern.data[at] == '/') && !(first && last);
        if (alone)
            tokens[n++] = (struct token){ .kind = TOKEN_DEEP };
        if (alone && !last)
            at++;
        else
            tokens[n++] = (struct token){ .kind = TOKEN_STAR };
    }
    *ret_len = n;
    return true;
}

/* Does what is left of the tokens take what is left of the text? From the last to the first. */
static bool tokens_match(const struct token *tokens, size_t tokens_len, struct text text)
{
    static bool rows[2][NAIVE_MAX + 1];
    bool *below = rows[0], *row = rows[1];
    for (size_t at = 0; at <= text.len; at++)
        below[at] = at == text.len;
    for (size_t i = tokens_len; i-- > 0;) {
        bool deeper = false; /* the rest matches behind some '/' from here on */
        for (size_t at = text.len + 1; at-- > 0;) {
            const bool more = at < text.len;
            deeper = deeper || (more && text.data[at] == '/' && below[at + 1]);
            if (tokens[i].kind == TOKEN_BYTES)
                row[at] = more && tokens[i].takes[(uint8_t)text.data[at]] && below[at + 1];
            else if (tokens[i].kind == TOKEN_STAR)
                row[at] = below[at] || (more && text.data[at] != '/' && row[at + 1]);
            else
                row[at] = below[at] || deeper;
        }
        bool *swapped = below;
        below = row;
        row = swapped;
    }
    return below[0];
}

/* --- What is asked of a glob --- */

static void check_plain(struct text glob, const struct glob_path *path, enum glob_source source)
{
    static struct token tokens[2 * NAIVE_MAX];
    if (glob.len > NAIVE_MAX || path->len > NAIVE_MAX)
        return;
    const bool anywhere = !memchr(glob.data, '/', glob.len);
    struct glob_pattern pattern;
    size_t tokens_len;
    const enum glob_added added =
        glob_pattern_init(&pattern, glob.data, glob.len, anywhere, source);
    const bool read = read_tokens(glob, source == GLOB_FROM_ARGUMENT, tokens, &tokens_len);
    check(added == (read ? GLOB_ADDED : GLOB_MALFORMED));
    if (!read)
        return;
    /* Without a '/' a pattern is of names, but for the two stars that are all of it. */
    const size_t from = anywhere ? path->name : 0;
    const struct text text = { path->text + from, path->len - from };
    check(glob_pattern_match(&pattern, path) == tokens_match(tokens, tokens_len, text));
    glob_pattern_fini(&pattern);
}

struct texts {
    struct text items[TEXTS_MAX];
    size_t len;
};

static enum glob_added keep_text(void *user, const char *text, size_t len)
{
    struct texts *texts = user;
    check(texts->len < TEXTS_MAX);
    char *copy = malloc(len + 1);
    check(copy != NULL);
    memcpy(copy, text, len);
    texts->items[texts->len].data = copy;
    texts->items[texts->len++].len = len;
    return GLOB_ADDED;
}

/* A glob with braces says what the texts it stands for say, each plain. */
static void check_braces(struct text glob, const struct glob_path *path, enum glob_source source)
{
    static struct texts texts;
    texts.len = 0;
    const enum glob_added expanded = glob_braces_expand(glob.data, glob.len, keep_text, &texts);
    bool whole = expanded == GLOB_ADDED, matched = false;
    for (size_t i = 0; i < texts.len; i++) {
        struct glob_pattern pattern;
        const bool anywhere = !memchr(glob.data, '/', glob.len);
        if (whole && glob_pattern_init(&pattern, texts.items[i].data, texts.items[i].len, anywhere,
                                       source) == GLOB_ADDED) {
            matched = matched || glob_pattern_match(&pattern, path);
            glob_pattern_fini(&pattern);
        } else {
            whole = false;
        }
        free((void *)(uintptr_t)texts.items[i].data);
    }
    /* A line with marks says more than its pattern: '!', '#', '/' at either end, a blank. */
    if (glob.len == 0 || strchr("!#/\\", glob.data[0]) ||
        strchr(" \t\n\v\f\r/", glob.data[glob.len - 1]))
        return;
    struct glob_set *set = glob_set_create(source);
    check(set != NULL);
    check((glob_set_add(set, glob.data, glob.len) == GLOB_ADDED) == whole);
    check(glob_set_size(set) == (whole ? texts.len : 0));
    check((glob_set_match(set, path) == GLOB_MATCHED) == (whole && matched));
    glob_set_destroy(set);
}

/* What is said of a path through a set of one glob. */
static void check_set(struct text glob, struct text text, bool is_folder, enum glob_source source)
{
    struct glob_set *set = glob_set_create(source);
    check(set != NULL);
    const enum glob_added added = glob_set_add(set, glob.data, glob.len);
    check(strlen(glob_added_text(added)) > 0);
    check(added == GLOB_ADDED || glob_set_size(set) == 0);
    const struct glob_path path = path_of(text, is_folder);
    const enum glob_verdict verdict = glob_set_match(set, &path);
    const enum glob_verdict override = glob_set_override(set, &path);
    check(verdict == GLOB_UNMATCHED || override == verdict);
    const bool selects = glob_set_selects(set, text.data, text.len);
    check(!selects || !glob_set_refuses(set, text.data, text.len));
    check(is_folder || !selects || override != GLOB_NEGATED);
    glob_set_destroy(set);
}

static bool escape(struct text text, char *to, size_t *ret_len)
{
    size_t n = 0;
    to[n++] = '/';
    for (size_t i = 0; i < text.len; i++) {
        const char byte = text.data[i];
        const bool blank = strchr(" \t\n\v\f\r", byte) != NULL;
        /* A blank at the end must not be escaped by a backslash alone: it is cut off. */
        to[n++] = blank ? '[' : byte == '/' ? '/' : '\\';
        if (byte != '/')
            to[n++] = byte;
        if (blank)
            to[n++] = ']';
    }
    *ret_len = n;
    return text.len > 0 && text.data[text.len - 1] != '/' && n <= GLOB_LINE_MAX;
}

static void check_escaped(struct text text, struct text other)
{
    static char line[3 * 4096 + 1];
    size_t len;
    if (text.len > 4096 || !escape(text, line, &len))
        return;
    struct glob_set *set = glob_set_create(GLOB_FROM_ARGUMENT);
    check(set != NULL);
    check(glob_set_add(set, line, len) == GLOB_ADDED);
    const bool equal = text.len == other.len && memcmp(text.data, other.data, text.len) == 0;
    const struct glob_path path = path_of(text, false), other_path = path_of(other, false);
    check(glob_set_match(set, &path) == GLOB_MATCHED);
    check(glob_set_match(set, &other_path) == (equal ? GLOB_MATCHED : GLOB_UNMATCHED));
    check(glob_set_selects(set, text.data, text.len));
    glob_set_destroy(set);
}

/* The next text up to a 0, and past it. */
static struct text next(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *start = *at,
                  *zero = start < end ? memchr(start, 0, (size_t)(end - start)) : NULL;
    const uint8_t *stop = zero ? zero : end;
    *at = zero ? zero + 1 : end;
    return (struct text){ (const char *)start, (size_t)(stop - start) };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const enum glob_source source = data[0] & 1 ? GLOB_FROM_ARGUMENT : GLOB_FROM_FILE;
    const bool is_folder = data[0] & 2;
    const uint8_t *at = data + 1, *end = data + size;
    const struct text glob = next(&at, end), text = next(&at, end);
    const struct text other = { (const char *)at, (size_t)(end - at) };
    const struct glob_path path = path_of(text, is_folder);
    check_set(glob, text, is_folder, source);
    if (glob.len <= GLOB_LINE_MAX) {
        check_plain(glob, &path, source);
        check_braces(glob, &path, source);
    }
    check_escaped(text, other);
    return 0;
}
