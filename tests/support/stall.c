#include "tests/support/stall.h"
#include "leat/core/ctx.h"

static enum leat_status stall_fill(struct leat_reader *r, size_t min)
{
    (void)r;
    (void)min;
    return LEAT_AGAIN;
}

struct leat_reader *stall_reader(struct leat_ctx *ctx, const void *data, size_t len)
{
    static const struct leat_reader_ops ops = {
        .name = "stall",
        .self_size = sizeof(struct leat_reader),
        .fill = stall_fill,
    };
    struct leat_reader *r = leat_reader_at(ctx, &ops);
    if (r == NULL)
        return &ctx->no_reader;
    r->pos = data != NULL ? data : r->pos;
    r->end = r->pos + len;
    r->end_offset = len;
    return r;
}
