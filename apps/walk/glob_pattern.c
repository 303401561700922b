#include "apps/walk/glob_pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A pattern on its way from text to program. */
struct compiler {
    const char *at, *end;
    enum glob_source source;
    uint16_t *ops;
    struct glob_class *classes;
    uint32_t ops_count, class_count;
    bool unclosed; /* a `[` before was not closed, so none from here on is */
};

static void emit(struct compiler *c, unsigned op)
{
    assert(op <= UINT16_MAX);
    c->ops[c->ops_count++] = (uint16_t)op;
}

static void class_add(struct glob_class *class, uint8_t byte)
{
    class->bits[byte / 64] |= (uint64_t)1 << (byte % 64);
}

static bool class_has(const struct glob_class *class, uint8_t byte)
{
    return class->bits[byte / 64] >> (byte % 64) & 1;
}

/* Behind the `[` and the mark that turns a class around. */
static const char *class_start(const char *at, const char *end, bool *ret_inverted)
{
    assert(*at == '[');
    at++;
    *ret_inverted = at < end && (*at == '!' || *at == '^');
    return at + *ret_inverted;
}

const char *glob_class_end(const char *at, const char *end)
{
    bool inverted;
    const char *first = class_start(at, end, &inverted);
    return first < end ? memchr(first + 1, ']', (size_t)(end - first - 1)) : NULL;
}

/* The members between `at` and `end`: bytes and ranges, where a `-` at either end is itself. */
static bool class_fill(struct glob_class *class, const char *at, const char *end)
{
    while (at < end) {
        uint8_t low = (uint8_t)*at, high = low;
        if (end - at > 2 && at[1] == '-') {
            high = (uint8_t)at[2];
            at += 2;
        }
        at++;
        if (high < low)
            return false;
        for (unsigned byte = low; byte <= high; byte++)
            class_add(class, (uint8_t)byte);
    }
    return true;
}

/* `[...]`, or a `[` that nothing closes. */
static enum glob_added compile_class(struct compiler *c)
{
    const char *end = c->unclosed ? NULL : glob_class_end(c->at, c->end);
    c->unclosed = !end;
    if (!end && c->source == GLOB_FROM_ARGUMENT)
        return GLOB_MALFORMED;
    if (!end) {
        emit(c, (uint8_t)*c->at++);
        return GLOB_ADDED;
    }
    bool inverted;
    const char *at = class_start(c->at, c->end, &inverted);
    struct glob_class class = { 0 };
    if (!class_fill(&class, at, end))
        return GLOB_MALFORMED;
    for (size_t i = 0; inverted && i < 4; i++)
        class.bits[i] = ~class.bits[i];
    class.bits['/' / 64] &= ~((uint64_t)1 << ('/' % 64));
    emit(c, GLOB_OP_CLASS + c->class_count);
    c->classes[c->class_count++] = class;
    c->at = end + 1;
    return GLOB_ADDED;
}

/* A run of stars. Two that fill a component alone cross folders; any other run is one `*`. */
static void compile_stars(struct compiler *c, const char *start)
{
    const char *at = c->at;
    while (c->at < c->end && *c->at == '*')
        c->at++;
    bool first = at == start, last = c->at == c->end;
    bool alone = c->at - at == 2 && (first || at[-1] == '/') && (last || *c->at == '/');
    unsigned before = c->ops_count ? c->ops[c->ops_count - 1] : 0;
    if (!alone || (first && last)) {
        if (before != GLOB_OP_STAR)
            emit(c, GLOB_OP_STAR);
        return;
    }
    if (first)
        emit(c, GLOB_OP_LEADING);
    else if (before == '/')
        c->ops[c->ops_count - 1] = GLOB_OP_BETWEEN; /* the slash before belongs to it */
    else
        assert(before == GLOB_OP_LEADING || before == GLOB_OP_BETWEEN); /* said twice: once */
    if (last)
        emit(c, GLOB_OP_STAR); /* all that is below, but not the folder itself */
    else
        c->at++; /* so does the slash behind */
}

static enum glob_added compile(struct compiler *c)
{
    const char *start = c->at;
    while (c->at < c->end) {
        switch (*c->at) {
        case '*':
            compile_stars(c, start);
            break;
        case '?':
            emit(c, GLOB_OP_ANY);
            c->at++;
            break;
        case '[': {
            enum glob_added added = compile_class(c);
            if (added != GLOB_ADDED)
                return added;
            break;
        }
        case '\\':
            if (++c->at == c->end)
                return GLOB_MALFORMED;
            emit(c, (uint8_t)*c->at++);
            break;
        default:
            emit(c, (uint8_t)*c->at++);
        }
    }
    return GLOB_ADDED;
}

/* Bytes that stand for themselves at the start of `ops`. */
static uint32_t literal_run(const uint16_t *ops, uint32_t count)
{
    uint32_t n = 0;
    while (n < count && ops[n] < GLOB_OP_ANY)
        n++;
    return n;
}

static enum glob_kind suffix_kind(const uint16_t *ops, uint32_t count)
{
    bool extension = count > 1 && ops[0] == '.';
    for (uint32_t i = 1; i < count; i++)
        extension = extension && ops[i] != '.';
    return extension ? GLOB_EXTENSION : GLOB_NAME_SUFFIX;
}

/* The cheapest kind for a program, and in `ret_from` and `ret_len` the instructions that are its
 * text, or all that is its program. */
static enum glob_kind classify(const struct compiler *c, bool anywhere, uint32_t *ret_from,
                               uint32_t *ret_len)
{
    uint32_t run = literal_run(c->ops, c->ops_count);
    *ret_from = 0;
    *ret_len = c->ops_count;
    if (!anywhere)
        return run == c->ops_count ? GLOB_WHOLE : GLOB_WHOLE_PROGRAM;
    if (run == c->ops_count)
        return GLOB_NAME;
    if (run == c->ops_count - 1 && c->ops[run] == GLOB_OP_STAR) {
        *ret_len = run;
        return GLOB_NAME_PREFIX;
    }
    if (c->ops[0] == GLOB_OP_STAR && literal_run(c->ops + 1, *ret_len - 1) == *ret_len - 1) {
        *ret_from = 1;
        *ret_len -= 1;
        return suffix_kind(c->ops + 1, *ret_len);
    }
    return GLOB_NAME_PROGRAM;
}

/* Keep what the chosen kind needs, as text or as a program. */
static enum glob_added keep(struct glob_pattern *p, struct compiler *c, bool anywhere)
{
    uint32_t from, len;
    p->kind = classify(c, anywhere, &from, &len);
    if (p->kind == GLOB_NAME_PROGRAM || p->kind == GLOB_WHOLE_PROGRAM) {
        p->ops = c->ops;
        p->ops_count = len;
        c->ops = NULL;
        p->class_count = c->class_count;
        size_t bytes = p->class_count * sizeof *p->classes;
        p->classes = bytes ? realloc(c->classes, bytes) : NULL; /* most room was a guess */
        if (p->classes)
            c->classes = NULL;
        return bytes && !p->classes ? GLOB_NO_MEMORY : GLOB_ADDED;
    }
    p->text = malloc(len + 1);
    if (!p->text)
        return GLOB_NO_MEMORY;
    for (uint32_t i = 0; i < len; i++)
        p->text[i] = (char)c->ops[from + i];
    p->text[len] = '\0';
    p->len = len;
    return GLOB_ADDED;
}

enum glob_added glob_pattern_init(struct glob_pattern *pattern, const char *text, size_t len,
                                  bool anywhere, enum glob_source source)
{
    assert(len <= GLOB_LINE_MAX);
    *pattern = (struct glob_pattern){ .kind = GLOB_ANYTHING };
    if (len == 2 && memcmp(text, "**", 2) == 0)
        return GLOB_ADDED;
    if (len > 3 && memcmp(text, "**/", 3) == 0 && !memchr(text + 3, '/', len - 3)) {
        text += 3;
        len -= 3;
        anywhere = true;
    }
    size_t brackets = 0;
    for (size_t i = 0; i < len; i++)
        brackets += text[i] == '[';
    struct compiler c = { .at = text, .end = text + len, .source = source };
    c.ops = malloc((len + 1) * sizeof *c.ops);
    c.classes = malloc((brackets + 1) * sizeof *c.classes);
    enum glob_added added = c.ops && c.classes ? compile(&c) : GLOB_NO_MEMORY;
    if (added == GLOB_ADDED)
        added = keep(pattern, &c, anywhere);
    free(c.ops);
    free(c.classes);
    if (added != GLOB_ADDED)
        glob_pattern_fini(pattern);
    return added;
}

void glob_pattern_fini(struct glob_pattern *pattern)
{
    free(pattern->text);
    free(pattern->ops);
    free(pattern->classes);
    *pattern = (struct glob_pattern){ 0 };
}

size_t glob_pattern_bytes(const struct glob_pattern *p)
{
    return p->len + p->ops_count * sizeof *p->ops + p->class_count * sizeof *p->classes;
}

/* Does an instruction for one byte let this one through? */
static bool op_takes(const struct glob_pattern *p, unsigned op, uint8_t byte)
{
    if (op < GLOB_OP_ANY)
        return op == byte;
    if (op >= GLOB_OP_CLASS)
        return class_has(&p->classes[op - GLOB_OP_CLASS], byte);
    return op == GLOB_OP_ANY && byte != '/';
}

/* Run a program over text[0..len).
 *
 * Only the last `*` and the last `**` need a place to come back to: what an earlier one could take
 * more of, the later one can take too. `*` gives up at a `/`; `**` goes on behind the next one. */
static bool program_match(const struct glob_pattern *p, const char *text, size_t len)
{
    const uint16_t *op = p->ops, *ops_end = p->ops + p->ops_count;
    const char *at = text, *end = text + len;
    const uint16_t *star_op = NULL, *deep_op = NULL;
    const char *star_at = NULL, *deep_at = NULL;

    for (;;) {
        if (op == ops_end && at == end)
            return true;
        unsigned code = op < ops_end ? *op : UINT16_MAX;
        if (code == GLOB_OP_STAR) {
            star_op = ++op;
            star_at = at;
            continue;
        }
        if (code == GLOB_OP_LEADING || (code == GLOB_OP_BETWEEN && at < end && *at == '/')) {
            at += code == GLOB_OP_BETWEEN;
            deep_op = ++op;
            deep_at = at;
            star_op = NULL;
            continue;
        }
        if (op < ops_end && at < end && op_takes(p, code, (uint8_t)*at)) {
            op++;
            at++;
            continue;
        }
        if (star_op && star_at < end && *star_at != '/') {
            at = ++star_at;
            op = star_op;
            continue;
        }
        const char *slash = deep_op ? memchr(deep_at, '/', (size_t)(end - deep_at)) : NULL;
        if (!slash)
            return false;
        at = deep_at = slash + 1;
        op = deep_op;
        star_op = NULL;
    }
}

static bool same(const struct glob_pattern *p, const char *text, size_t len)
{
    return len == p->len && memcmp(text, p->text, len) == 0;
}

bool glob_pattern_match(const struct glob_pattern *p, const struct glob_path *path)
{
    assert(path->name <= path->len);
    const char *name = path->text + path->name;
    size_t name_len = path->len - path->name;
    switch (p->kind) {
    case GLOB_ANYTHING:
        return true;
    case GLOB_NAME:
        return same(p, name, name_len);
    case GLOB_EXTENSION:
    case GLOB_NAME_SUFFIX:
        return name_len >= p->len && memcmp(name + name_len - p->len, p->text, p->len) == 0;
    case GLOB_NAME_PREFIX:
        return name_len >= p->len && memcmp(name, p->text, p->len) == 0;
    case GLOB_NAME_PROGRAM:
        return program_match(p, name, name_len);
    case GLOB_WHOLE:
        return same(p, path->text, path->len);
    case GLOB_WHOLE_PROGRAM:
        return program_match(p, path->text, path->len);
    }
    return false;
}
