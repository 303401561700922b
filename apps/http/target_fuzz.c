/* Any bytes as a target: the names that come out lie in the room, and are those that come back when
 * they are encoded again; the one outside is relative, and has no segment that is empty, "." or
 * "..". And any bytes as a name: encoded, they are read back. */

#include "apps/http/target.h"

#include "apps/http/text.h"
#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct leat_span name)
{
    size_t start = 0;
    for (size_t i = 0; i <= name.len && name.len > 0; i++) {
        if (i < name.len && name.data[i] != '/') {
            check(name.data[i] != '\0');
            continue;
        }
        const size_t len = i - start;
        check(len > 0);
        check(!(len == 1 && name.data[start] == '.'));
        check(!(len == 2 && name.data[start] == '.' && name.data[start + 1] == '.'));
        start = i + 1;
    }
}

/* Write a target that means the same. */
static void put_target(struct term_buffer *to, const struct http_target *target)
{
    struct leat_span inner = target->inner, name;
    term_putc(to, '/');
    http_put_path(to, target->outer);
    for (size_t step = 1; http_target_next(&inner, &name); step++) {
        term_puts(to, "!/");
        if (step < target->steps || !target->bare)
            http_put_name(to, name);
    }
    if (target->folder && !target->bare)
        term_putc(to, '/');
}

static void check_again(const struct http_target *target)
{
    struct term_buffer text = { 0 };
    put_target(&text, target);
    check(!text.cut);
    uint8_t *room = malloc(text.len + 1);
    struct http_target again;
    check(room != NULL);
    check_equal(http_target_parse((struct leat_span){ (uint8_t *)text.data, text.len },
                                  (struct leat_room){ room, text.len + 1 }, &again),
                0);
    check_bytes(again.outer.data, again.outer.len, target->outer.data, target->outer.len);
    check_bytes(again.inner.data, again.inner.len, target->inner.data, target->inner.len);
    check_equal(again.steps, target->steps);
    check_equal(again.folder, target->folder);
    check_equal(again.bare, target->bare);
    free(room);
    term_buffer_fini(&text);
}

static void check_target(struct leat_span text)
{
    uint8_t *room = malloc(text.len + 1);
    struct http_target target;
    check(room != NULL);
    const unsigned status =
        http_target_parse(text, (struct leat_room){ room, text.len + 1 }, &target);
    if (status == 0) {
        struct leat_span inner = target.inner, name;
        size_t steps = 0;
        check(target.outer.data == room && inner.data == room + target.outer.len + 1);
        check(target.outer.len + 1 + inner.len <= text.len + 1);
        check_name(target.outer);
        for (; http_target_next(&inner, &name); steps++)
            check(leat_bytes_find(name.data, name.len, '\0') == NULL);
        check(inner.len == 0 && steps == target.steps && steps <= HTTP_TARGET_STEPS_MAX);
        check(steps == 0 || target.outer.len > 0);
        check_again(&target);
    } else {
        /* The room is never too small. */
        check(status == 400 || status == 404);
    }
    free(room);
}

/* A name that a folder may have. */
static bool is_name(struct leat_span text)
{
    const bool dots = (text.len == 1 && text.data[0] == '.') ||
                      (text.len == 2 && text.data[0] == '.' && text.data[1] == '.');
    return text.len > 0 && !dots && leat_bytes_find(text.data, text.len, '/') == NULL &&
           leat_bytes_find(text.data, text.len, '\0') == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct leat_span text = { data, size };
    check_target(text);
    uint8_t *name = malloc(size + 1);
    check(name != NULL);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, name, data, size);
    name[size] = '\0';
    if (is_name(text))
        check_again(&(struct http_target){ .outer = { name, size }, .inner = { name + size, 0 } });
    if (leat_bytes_find(data, size, '\0') == NULL)
        check_again(&(struct http_target){
            .outer = http_span("a"), .inner = { name, size + 1 }, .steps = 1 });
    free(name);
    return 0;
}
