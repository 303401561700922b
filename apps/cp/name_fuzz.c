/* Any bytes as a name and as a link's target: a clean name has no part that goes up or nowhere, and
 * is its own clean form; a link that is said to stay does so, where each of its parts is a folder.
 *
 * The first byte is the depth of the folder that the link is in. */

#include "apps/cp/name.h"

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        check(len > 0);
        check(!(len == 1 && path[0] == '.') && !(len == 2 && path[0] == '.' && path[1] == '.'));
        path += len;
        check(path[0] == '\0' || path[1] != '\0');
        path += *path == '/';
    }
}

static void check_name(struct leat_span name)
{
    struct term_buffer to = { 0 }, again = { 0 };
    enum name_kind kind = name_clean(&to, name);
    if (kind == NAME_GOOD || kind == NAME_ABSOLUTE) {
        struct leat_span clean = { .data = (const uint8_t *)to.data, .len = to.len };
        check(to.data[to.len] == '\0' && strlen(to.data) == to.len && to.len > 0);
        check_parts(to.data);
        check(name_clean(&again, clean) == NAME_GOOD);
        check_bytes(again.data, again.len, to.data, to.len);
    }
    term_buffer_fini(&to);
    term_buffer_fini(&again);
}

/* Follow the target, part by part, in a tree without links. */
static void check_stays(struct leat_span target, size_t depth)
{
    check(target.len > 0 && target.data[0] != '/');
    size_t at = 0;
    while (at < target.len) {
        size_t len = 0;
        while (at + len < target.len && target.data[at + len] != '/')
            len++;
        if (len == 2 && target.data[at] == '.' && target.data[at + 1] == '.') {
            check(depth > 0);
            depth--;
        } else if (len > 0 && !(len == 1 && target.data[at] == '.')) {
            depth++;
        }
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct leat_span text = { .data = data + 1, .len = size - 1 };
    size_t depth = data[0] % 8;
    check_name(text);
    if (name_link_stays(text, depth))
        check_stays(text, depth);
    return 0;
}
