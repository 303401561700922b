#include "apps/serve/way.h"

#include "leat/core/bytes.h"

struct way way_of(const struct http_target *target)
{
    struct leat_span rest = target->inner;
    struct way way = { .steps = target->steps, .bare = target->bare };
    leat_assert(target->steps > 0 && target->steps <= HTTP_TARGET_STEPS_MAX);
    for (size_t i = 0; i < way.steps; i++) {
        const bool found = http_target_next(&rest, &way.names[i]);
        leat_assert(found);
    }
    return way;
}

static bool is_dot(struct leat_span name)
{
    return name.len == 1 && name.data[0] == '.';
}

/* The name of an entry as URLs have it. False: it is the folder that all others are in. */
static bool name_of(const struct leat_entry *entry, struct leat_span *ret)
{
    struct leat_span name = entry->name;
    const bool folder = entry->kind == LEAT_ENTRY_FOLDER;
    if (folder && name.len > 0 && name.data[name.len - 1] == '/')
        name.len--;
    while (name.len > 2 && name.data[0] == '.' && name.data[1] == '/' && name.data[2] != '/')
        name = (struct leat_span){ name.data + 2, name.len - 2 };
    *ret = name;
    return !(folder && is_dot(name));
}

static bool begins_with(struct leat_span name, struct leat_span start)
{
    return name.len >= start.len && leat_bytes_equal(name.data, start.data, start.len);
}

enum way_lies way_lies(const struct way *way, size_t depth, const struct leat_entry *entry)
{
    struct leat_span name;
    leat_assert(depth >= 1 && depth <= way->steps);
    const struct leat_span wanted = way->names[depth - 1];
    const bool last = depth == way->steps;
    if (!name_of(entry, &name))
        return last && way->bare ? WAY_THERE : WAY_ELSEWHERE;
    if (last && way->bare)
        return WAY_BELOW;
    if (!begins_with(name, wanted))
        return WAY_ELSEWHERE;
    if (name.len == wanted.len)
        return last ? WAY_THERE : WAY_ON;
    return last && name.data[wanted.len] == '/' ? WAY_BELOW : WAY_ELSEWHERE;
}

struct leat_span way_row(const struct way *way, const struct leat_entry *entry, bool *ret_is_all)
{
    struct leat_span rest;
    leat_assert(way_lies(way, way->steps, entry) == WAY_BELOW);
    const bool named = name_of(entry, &rest);
    const size_t above = way->bare ? 0 : way->names[way->steps - 1].len + 1;
    leat_assert(named && above <= rest.len);
    rest = (struct leat_span){ rest.data + above, rest.len - above };
    size_t start = 0, end;
    for (;; start = end + 1) {
        for (end = start; end < rest.len && rest.data[end] != '/';)
            end++;
        const struct leat_span segment = { rest.data + start, end - start };
        if (end == rest.len || !http_is_lost(segment))
            break;
    }
    *ret_is_all = end == rest.len;
    return (struct leat_span){ rest.data, end };
}
