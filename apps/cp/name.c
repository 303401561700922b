#include "apps/cp/name.h"

/* The next part of a path, and past it. */
static struct leat_span next_part(struct leat_span *rest)
{
    size_t skipped = 0, len = 0;
    while (skipped < rest->len && rest->data[skipped] == '/')
        skipped++;
    while (skipped + len < rest->len && rest->data[skipped + len] != '/')
        len++;
    struct leat_span part = { .data = rest->data + skipped, .len = len };
    *rest = (struct leat_span){ .data = part.data + len, .len = rest->len - skipped - len };
    return part;
}

static bool is_dots(struct leat_span part, size_t count)
{
    return part.len == count && memcmp(part.data, "..", count) == 0;
}

enum name_kind name_clean(struct term_buffer *to, struct leat_span name)
{
    enum name_kind kind = name.len > 0 && name.data[0] == '/' ? NAME_ABSOLUTE : NAME_GOOD;
    term_buffer_clear(to);
    if (name.len > 0 && memchr(name.data, '\0', name.len) != NULL)
        return NAME_BROKEN;
    while (name.len > 0) {
        struct leat_span part = next_part(&name);
        if (is_dots(part, 2))
            return NAME_LEAVES;
        if (part.len == 0 || is_dots(part, 1))
            continue;
        if (to->len > 0)
            term_putc(to, '/');
        term_put(to, part.data, part.len);
    }
    bool empty = to->len == 0;
    term_putc(to, '\0');
    to->len -= !to->cut;
    return empty ? NAME_EMPTY : kind;
}

bool name_link_stays(struct leat_span target, size_t depth)
{
    bool named = false;
    if (target.len == 0 || target.data[0] == '/')
        return false;
    while (target.len > 0) {
        struct leat_span part = next_part(&target);
        if (is_dots(part, 2)) {
            if (named || depth == 0)
                return false;
            depth--;
        } else if (part.len > 0 && !is_dots(part, 1)) {
            named = true;
        }
    }
    return true;
}

size_t name_depth(const char *name)
{
    size_t depth = 0;
    for (; *name != '\0'; name++)
        depth += *name == '/';
    return depth;
}
