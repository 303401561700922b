/* Shows that a reader without bytes can be used like any other: by consuming none of them, and by
 * iterating to its end. What is undefined, the sanitizer finds. */

#include <assert.h>
#include <stdlib.h>

#include "leat/core/ctx.h"

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
        free(old);
        return NULL;
    }
    return (*left)-- > 0 ? malloc(size) : NULL;
}

static void holds_nothing(struct leat_reader *r, enum leat_status status)
{
    struct leat_span window;
    assert(leat_peek(r, 1, &window) == status);
    assert(window.data != NULL);
    assert(window.len == 0);
    leat_consume(r, 0);
    assert(leat_tell(r) == 0);
    assert(window.data + window.len == r->end);
}

int main(void)
{
    int left = 1;
    struct leat_ctx_options options = { .alloc = { few_resize, &left } };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    holds_nothing(&ctx.no_reader, LEAT_FAULT);
    struct leat_reader *r = leat_reader_at(&ctx, &never_ops);
    assert(r != NULL);
    leat_consume(r, 0);
    assert(leat_reader_over(r, &never_ops) == NULL);
    holds_nothing(r, LEAT_FAULT);
    leat_reader_close(r);
    left = 1;
    r = leat_reader_at(&ctx, &never_ops);
    assert(r != NULL);
    holds_nothing(r, LEAT_END);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    return 0;
}
