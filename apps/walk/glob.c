#include "apps/walk/glob_braces.h"
#include "apps/walk/glob_pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Most lines of real ignore files are names and extensions. Those are found by hash; what is left
 * is tried from the last line upwards, as far as a line that could still win. */

/* Patterns of one kind by the hash of their text: chains through glob_pattern.next, highest rank
 * first. Numbers are indices into the set's patterns plus one; 0 is none. */
struct chains {
    uint32_t *heads;
    uint32_t heads_count; /* a power of two, or 0 */
    uint32_t count;
};

struct glob_set {
    enum glob_source source;
    struct glob_pattern *patterns;
    uint32_t count, room;
    uint32_t *others; /* indices of patterns not in a chain, by rising rank */
    uint32_t others_count;
    struct chains names, extensions;
    uint32_t ranks; /* lines added */
    bool any_plain; /* some line has no `!` */
    size_t bytes;   /* owned by the patterns */
};

struct glob_set *glob_set_create(enum glob_source source)
{
    struct glob_set *set = calloc(1, sizeof *set);
    if (set)
        set->source = source;
    return set;
}

void glob_set_destroy(struct glob_set *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; i < set->count; i++)
        glob_pattern_fini(&set->patterns[i]);
    free(set->patterns);
    free(set->others);
    free(set->names.heads);
    free(set->extensions.heads);
    free(set);
}

size_t glob_set_size(const struct glob_set *set)
{
    return set->count;
}

const char *glob_added_text(enum glob_added added)
{
    switch (added) {
    case GLOB_ADDED:
        return "no error";
    case GLOB_MALFORMED:
        return "malformed pattern";
    case GLOB_TOO_MUCH:
        return "too many or too long patterns";
    case GLOB_NO_MEMORY:
        return "out of memory";
    }
    return "unknown";
}

/* FNV-1a: the texts are some ten bytes. */
static uint32_t hash(const char *text, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)text[i]) * 16777619u;
    return h ^ h >> 15;
}

static struct chains *chains_of(struct glob_set *set, enum glob_kind kind)
{
    if (kind == GLOB_NAME)
        return &set->names;
    return kind == GLOB_EXTENSION ? &set->extensions : NULL;
}

static void chain(struct glob_set *set, struct chains *chains, uint32_t index)
{
    struct glob_pattern *p = &set->patterns[index];
    uint32_t *head = &chains->heads[hash(p->text, p->len) & (chains->heads_count - 1)];
    p->next = *head;
    *head = index + 1;
}

/* Make room for one more pattern in chains that are at most as long as their heads are many. */
static bool chains_grow(struct glob_set *set, struct chains *chains, enum glob_kind kind)
{
    if (chains->count < chains->heads_count)
        return true;
    uint32_t wanted = chains->heads_count ? chains->heads_count * 2 : 8;
    uint32_t *heads = calloc(wanted, sizeof *heads);
    if (!heads)
        return false;
    free(chains->heads);
    chains->heads = heads;
    chains->heads_count = wanted;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->patterns[i].kind == kind)
            chain(set, chains, i);
    }
    return true;
}

static bool set_grow(struct glob_set *set)
{
    if (set->count < set->room)
        return true;
    uint32_t room = set->room ? set->room * 2 : 8;
    struct glob_pattern *patterns = realloc(set->patterns, room * sizeof *patterns);
    if (patterns)
        set->patterns = patterns;
    uint32_t *others = realloc(set->others, room * sizeof *others);
    if (others)
        set->others = others;
    if (!patterns || !others)
        return false;
    set->room = room;
    return true;
}

/* Put a compiled pattern in its place; the set owns it from then on. */
static enum glob_added set_place(struct glob_set *set, const struct glob_pattern *pattern)
{
    size_t bytes = glob_pattern_bytes(pattern);
    if (set->count == GLOB_PATTERNS_MAX || bytes > GLOB_BYTES_MAX - set->bytes)
        return GLOB_TOO_MUCH;
    struct chains *chains = chains_of(set, pattern->kind);
    if (!set_grow(set) || (chains && !chains_grow(set, chains, pattern->kind)))
        return GLOB_NO_MEMORY;
    uint32_t index = set->count++;
    set->patterns[index] = *pattern;
    set->bytes += bytes;
    if (chains) {
        chains->count++;
        chain(set, chains, index);
    } else {
        set->others[set->others_count++] = index;
    }
    return GLOB_ADDED;
}

/* What a line says before its pattern proper. */
struct line {
    const char *text;
    size_t len;
    bool negated, folders_only, anywhere;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Take the marks off a line; false when nothing is left. */
static bool line_parse(struct line *ret, const char *text, size_t len)
{
    struct line line = { .text = text, .len = len };
    if (len && text[0] == '#')
        return false;
    bool escaped_blank = len >= 2 && text[len - 1] == ' ' && text[len - 2] == '\\';
    while (!escaped_blank && line.len && is_blank(line.text[line.len - 1]))
        line.len--;
    if (line.len == 0)
        return false;
    bool anchored = false;
    if (line.text[0] == '\\' && line.len > 1 && (line.text[1] == '!' || line.text[1] == '#')) {
        line.text++;
        line.len--;
    } else {
        line.negated = line.text[0] == '!';
        line.text += line.negated;
        line.len -= line.negated;
        anchored = line.len && line.text[0] == '/';
        line.text += anchored;
        line.len -= anchored;
    }
    line.folders_only = line.len && line.text[line.len - 1] == '/';
    line.len -= line.folders_only;
    if (line.folders_only && line.len && line.text[line.len - 1] == '\\')
        line.len--;
    line.anywhere = !anchored && !memchr(line.text, '/', line.len);
    *ret = line;
    return true;
}

struct addition {
    struct glob_set *set;
    const struct line *line;
};

/* Compile and place a text without braces, one that the line stands for. */
static enum glob_added add_plain(void *user, const char *text, size_t len)
{
    const struct addition *addition = user;
    const struct line *line = addition->line;
    struct glob_set *set = addition->set;
    struct glob_pattern pattern;
    enum glob_added added = glob_pattern_init(&pattern, text, len, line->anywhere, set->source);
    if (added != GLOB_ADDED)
        return added;
    pattern.negated = line->negated;
    pattern.folders_only = line->folders_only;
    pattern.rank = set->ranks;
    added = set_place(set, &pattern);
    if (added != GLOB_ADDED)
        glob_pattern_fini(&pattern);
    return added;
}

/* Take back the patterns from `count` on. They are the newest, so each heads its chain. */
static void set_cut(struct glob_set *set, uint32_t count)
{
    while (set->count > count) {
        struct glob_pattern *p = &set->patterns[--set->count];
        struct chains *chains = chains_of(set, p->kind);
        if (chains) {
            chains->heads[hash(p->text, p->len) & (chains->heads_count - 1)] = p->next;
            chains->count--;
        } else {
            set->others_count--;
        }
        set->bytes -= glob_pattern_bytes(p);
        glob_pattern_fini(p);
    }
}

enum glob_added glob_set_add(struct glob_set *set, const char *line_text, size_t len)
{
    struct line line;
    if (!line_parse(&line, line_text, len))
        return GLOB_ADDED;
    if (line.len > GLOB_LINE_MAX)
        return GLOB_TOO_MUCH;
    uint32_t count = set->count;
    bool braces = memchr(line.text, '{', line.len) || memchr(line.text, '}', line.len);
    struct addition addition = { set, &line };
    enum glob_added added = braces ? glob_braces_expand(line.text, line.len, add_plain, &addition)
                                   : add_plain(&addition, line.text, line.len);
    if (added != GLOB_ADDED) {
        set_cut(set, count);
        return added;
    }
    set->ranks++;
    set->any_plain = set->any_plain || !line.negated;
    return GLOB_ADDED;
}

/* The highest of `best` and a pattern, if it matches and ranks higher. */
static const struct glob_pattern *better(const struct glob_pattern *best,
                                         const struct glob_pattern *p, const struct glob_path *path)
{
    bool higher = !best || p->rank > best->rank;
    return higher && (!p->folders_only || path->is_folder) && glob_pattern_match(p, path) ? p
                                                                                          : best;
}

static const struct glob_pattern *chains_best(const struct glob_set *set,
                                              const struct chains *chains, const char *text,
                                              size_t len, const struct glob_pattern *best,
                                              const struct glob_path *path)
{
    if (chains->count == 0)
        return best;
    uint32_t at = chains->heads[hash(text, len) & (chains->heads_count - 1)];
    for (; at; at = set->patterns[at - 1].next)
        best = better(best, &set->patterns[at - 1], path);
    return best;
}

enum glob_verdict glob_set_match(const struct glob_set *set, const struct glob_path *path)
{
    assert(path->name <= path->len);
    const struct glob_pattern *best = NULL;
    const char *name = path->text + path->name;
    size_t name_len = path->len - path->name;
    best = chains_best(set, &set->names, name, name_len, best, path);
    const char *dot = set->extensions.count ? memrchr(name, '.', name_len) : NULL;
    if (dot)
        best = chains_best(set, &set->extensions, dot, (size_t)(name + name_len - dot), best, path);
    for (uint32_t i = set->others_count; i-- > 0;) {
        const struct glob_pattern *p = &set->patterns[set->others[i]];
        if (best && p->rank < best->rank)
            break;
        best = better(best, p, path);
    }
    if (!best)
        return GLOB_UNMATCHED;
    return best->negated ? GLOB_NEGATED : GLOB_MATCHED;
}

enum glob_verdict glob_set_override(const struct glob_set *set, const struct glob_path *path)
{
    enum glob_verdict verdict = glob_set_match(set, path);
    if (verdict == GLOB_UNMATCHED && set->any_plain && !path->is_folder)
        return GLOB_NEGATED;
    return verdict;
}

bool glob_set_refuses(const struct glob_set *set, const char *path, size_t len)
{
    size_t name = 0;
    for (size_t at = 0; set && at <= len; at++) {
        if (at < len && path[at] != '/')
            continue;
        struct glob_path part = { .text = path, .len = at, .name = name, .is_folder = at < len };
        if (at > name && glob_set_match(set, &part) == GLOB_NEGATED)
            return true;
        name = at + 1;
    }
    return false;
}

bool glob_set_selects(const struct glob_set *set, const char *path, size_t len)
{
    if (!set || set->count == 0)
        return true;
    size_t name = 0;
    for (size_t at = 0; at < len; at++) {
        if (path[at] != '/')
            continue;
        struct glob_path above = { .text = path, .len = at, .name = name, .is_folder = true };
        if (at > name && glob_set_override(set, &above) == GLOB_NEGATED)
            return false;
        name = at + 1;
    }
    struct glob_path file = { .text = path, .len = len, .name = name };
    return glob_set_override(set, &file) != GLOB_NEGATED;
}
