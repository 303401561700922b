#include "apps/walk/glob_braces.h"
#include "apps/walk/glob_pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One pair of braces in a text: where it opens, and where it closes. */
struct braces {
    size_t open, close;
};

enum braces_found { BRACES_NONE, BRACES_ONE, BRACES_UNPAIRED };

/* How many bytes at text[at] stand together: an escape, a class, or one. `*unclosed` says that a
 * `[` before was not closed: none behind it is, and each need not look to the end again. */
static size_t unit(const char *text, size_t len, size_t at, bool *unclosed)
{
    if (text[at] == '\\')
        return at + 1 < len ? 2 : 1;
    if (text[at] != '[' || *unclosed)
        return 1;
    const char *end = glob_class_end(text + at, text + len);
    *unclosed = !end;
    return end ? (size_t)(end - text) + 1 - at : 1;
}

/* The first outermost pair of braces. */
static enum braces_found braces_find(struct braces *ret, const char *text, size_t len)
{
    size_t depth = 0, open = 0;
    bool unclosed = false;
    for (size_t at = 0; at < len; at += unit(text, len, at, &unclosed)) {
        if (text[at] == '{' && depth++ == 0)
            open = at;
        if (text[at] == '}' && depth == 0)
            return BRACES_UNPAIRED;
        if (text[at] == '}' && --depth == 0) {
            *ret = (struct braces){ open, at };
            return BRACES_ONE;
        }
    }
    return depth ? BRACES_UNPAIRED : BRACES_NONE;
}

/* Where the alternate starting at `at` ends: at its comma, or where the braces close. */
static size_t alternate_end(const char *text, size_t at, size_t close)
{
    size_t depth = 0;
    bool unclosed = false;
    for (; at < close; at += unit(text, close, at, &unclosed)) {
        if (text[at] == ',' && depth == 0)
            break;
        depth += text[at] == '{';
        depth -= text[at] == '}';
    }
    return at;
}

/* The texts a line still stands for: a stack, its top the next to look at. */
struct expansion {
    char *texts[GLOB_ALTERNATES_MAX];
    size_t lens[GLOB_ALTERNATES_MAX];
    size_t count;
    size_t bytes; /* of all texts so far */
};

static enum glob_added expansion_push(struct expansion *e, const char *text, size_t before,
                                      const char *middle, size_t middle_len, size_t after,
                                      size_t len)
{
    const size_t made_len = before + middle_len + (len - after);
    if (e->count == GLOB_ALTERNATES_MAX || made_len > GLOB_EXPANDED_MAX - e->bytes)
        return GLOB_TOO_MUCH;
    char *made = malloc(made_len + 1);
    if (!made)
        return GLOB_NO_MEMORY;
    memcpy(made, text, before);
    memcpy(made + before, middle, middle_len);
    memcpy(made + before + middle_len, text + after, len - after);
    e->bytes += made_len;
    e->lens[e->count] = made_len;
    e->texts[e->count++] = made;
    return GLOB_ADDED;
}

/* Push a text once for each alternate of a pair of braces. Empty alternates count for nothing,
 * unless there is no other. */
static enum glob_added expansion_split(struct expansion *e, const char *text, size_t len,
                                       struct braces braces)
{
    enum glob_added added = GLOB_ADDED;
    size_t pushed = 0;
    for (size_t at = braces.open + 1; at <= braces.close && added == GLOB_ADDED;) {
        size_t end = alternate_end(text, at, braces.close);
        assert(end <= braces.close);
        if (end > at) {
            added =
                expansion_push(e, text, braces.open, text + at, end - at, braces.close + 1, len);
            pushed++;
        }
        at = end + 1;
    }
    if (pushed == 0)
        added = expansion_push(e, text, braces.open, "", 0, braces.close + 1, len);
    return added;
}

enum glob_added glob_braces_expand(const char *text, size_t len, glob_braces_fn *each, void *user)
{
    struct expansion *e = calloc(1, sizeof *e);
    if (!e)
        return GLOB_NO_MEMORY;
    size_t steps = 0, plain = 0;
    enum glob_added added = expansion_push(e, text, len, "", 0, len, len);
    while (e->count && added == GLOB_ADDED) {
        char *top = e->texts[--e->count];
        size_t top_len = e->lens[e->count];
        struct braces braces;
        enum braces_found found = braces_find(&braces, top, top_len);
        if (++steps > 2 * GLOB_ALTERNATES_MAX)
            added = GLOB_TOO_MUCH;
        else if (found == BRACES_UNPAIRED)
            added = GLOB_MALFORMED;
        else if (found == BRACES_ONE)
            added = expansion_split(e, top, top_len, braces);
        else if (++plain > GLOB_ALTERNATES_MAX)
            added = GLOB_TOO_MUCH;
        else
            added = each(user, top, top_len);
        free(top);
    }
    while (e->count)
        free(e->texts[--e->count]);
    free(e);
    return added;
}
