/* Shows that a reader without bytes can be used like any other: by consuming none of them, and by
 * iterating to its end. What is undefined, the sanitizer finds. */

#include "leat/core/ctx.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"

static enum leat_status never_fill(struct leat_reader *r, size_t min)
{
    (void)r;
    (void)min;
    return LEAT_END;
}

static const struct leat_reader_ops never_ops = {
    .name = "never",
    .self_size = sizeof(struct leat_reader),
    .fill = never_fill,
};

/* Gives as many blocks as are left, then none. */
static void *few_resize(void *user, void *old, size_t size)
{
    int *left = user;
    if (old != NULL) {
        memory_put(old);
        return NULL;
    }
    return (*left)-- > 0 ? memory_get(size) : NULL;
}

static void holds_nothing(struct leat_reader *r, enum leat_status status)
{
    struct leat_span window;
    check(leat_peek(r, 1, &window) == status);
    check(window.data != NULL);
    check(window.len == 0);
    leat_consume(r, 0);
    check(leat_tell(r) == 0);
    check(window.data + window.len == r->end);
}

int main(int argc, char **argv)
{
    check_begin(argc, argv);
    int left = 1;
    struct leat_ctx_options options = { .alloc = { few_resize, &left } };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    holds_nothing(&ctx.no_reader, LEAT_FAULT);
    struct leat_reader *r = leat_reader_at(&ctx, &never_ops);
    check(r != NULL);
    leat_consume(r, 0);
    check(leat_reader_over(r, &never_ops) == NULL);
    holds_nothing(r, LEAT_FAULT);
    leat_reader_close(r);
    left = 1;
    r = leat_reader_at(&ctx, &never_ops);
    check(r != NULL);
    holds_nothing(r, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return 0;
}
