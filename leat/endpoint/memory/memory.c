#include "leat/endpoint/memory/memory.h"

struct memory {
    struct leat_reader reader;
    const uint8_t *data;
    size_t len;
};

static void memory_show(struct memory *self, size_t offset)
{
    self->reader.pos = self->data + offset;
    self->reader.end = self->data + self->len;
    self->reader.end_offset = self->len;
}

/* The window shows everything from the start, so whatever it lacks is past the end. */
static enum leat_status memory_fill(struct leat_reader *r, size_t min)
{
    (void)r;
    (void)min;
    return LEAT_END;
}

static enum leat_status memory_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    *ret = (struct leat_slice){ .data = r->pos, .len = n };
    return LEAT_OK;
}

static enum leat_status memory_seek(struct leat_reader *r, uint64_t offset)
{
    struct memory *self = (struct memory *)r;
    if (offset > self->len) {
        r->pos = r->end;
        r->end_offset = offset;
        return LEAT_OK;
    }
    memory_show(self, (size_t)offset);
    return LEAT_OK;
}

static enum leat_status memory_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                    struct leat_reader **ret)
{
    const struct memory *self = (const struct memory *)r;
    uint64_t offset = leat_tell(r);
    *ret = leat_memory(ctx, self->data, self->len);
    return *ret == &ctx->no_reader ? LEAT_OK : memory_seek(*ret, offset);
}

static enum leat_status memory_size(struct leat_reader *r, uint64_t *ret)
{
    *ret = ((const struct memory *)r)->len;
    return LEAT_OK;
}

struct leat_reader *leat_memory(struct leat_ctx *ctx, const void *data, size_t len)
{
    static const struct leat_reader_ops ops = {
        .name = "memory",
        .self_size = sizeof(struct memory),
        .fill = memory_fill,
        .share = memory_share,
        .seek = memory_seek,
        .fork = memory_fork,
        .size = memory_size,
    };
    struct memory *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    self->data = len > 0 ? data : (const void *)"";
    self->len = len;
    self->reader.window_max = SIZE_MAX;
    memory_show(self, 0);
    return &self->reader;
}
