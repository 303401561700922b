#include "leat/core/ctx.h"
#include "leat/stage/limit/limit.h"

uint64_t leat_limit_left(const struct leat_limit *self)
{
    uint64_t tell = leat_tell(&self->reader);
    return tell < self->len ? self->len - tell : 0;
}

/* The source's end before ours is a fault where the length was a promise. */
static enum leat_status limit_checks(struct leat_limit *self, enum leat_status status)
{
    struct leat_reader *r = &self->reader;
    if (status == LEAT_END && self->exact && r->end_offset < self->len)
        return leat_reader_fails(r, LEAT_FAULT_TRUNCATED, "unexpected end of input", r->end_offset);
    return status;
}

enum leat_status leat_limit_fill(struct leat_reader *r, size_t min)
{
    struct leat_limit *self = (struct leat_limit *)r;
    uint64_t left = leat_limit_left(self);
    enum leat_status status = leat_view_fill(r, min, left);
    /* Where more was promised, the source's end is not ours. */
    if (!self->exact || r->end_offset >= self->len)
        status = leat_view_ends(r, left, status);
    return limit_checks(self, status);
}

enum leat_status leat_limit_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct leat_limit *self = (struct leat_limit *)r;
    return limit_checks(self, leat_view_skip(r, n, leat_limit_left(self), ret_done));
}

enum leat_status leat_limit_seek(struct leat_reader *r, uint64_t offset)
{
    struct leat_limit *self = (struct leat_limit *)r;
    uint64_t to = offset < self->len ? offset : self->len;
    enum leat_status status = leat_seek(leat_view_unlock(r), self->start + to);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
    }
    leat_view_show(r, leat_limit_left(self));
    return status;
}

enum leat_status leat_limit_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                 struct leat_reader **ret)
{
    struct leat_limit *self = (struct leat_limit *)r;
    struct leat_reader *fork;
    enum leat_status status = leat_fork(leat_view_unlock(r), ctx, &fork);
    leat_view_lock(r);
    leat_view_show(r, leat_limit_left(self));
    if (status != LEAT_OK)
        return status;
    *ret = leat_limit(fork, self->len, self->exact);
    if (*ret == fork)
        return LEAT_OK;
    struct leat_limit *twin = (struct leat_limit *)*ret;
    twin->start = self->start;
    twin->reader.end_offset = leat_tell(r);
    return LEAT_OK;
}

enum leat_status leat_limit_size(struct leat_reader *r, uint64_t *ret)
{
    const struct leat_limit *self = (const struct leat_limit *)r;
    uint64_t size;
    enum leat_status status = leat_size(leat_view_unlock(r), &size);
    leat_view_lock(r);
    leat_view_show(r, leat_limit_left(self));
    /* What the source was found to lack is none of ours where all that is ours is here. */
    if (status == LEAT_FAULT && r->end_offset == self->len) {
        *ret = self->len;
        return LEAT_OK;
    }
    if (status != LEAT_OK)
        return status;
    uint64_t left = size > self->start ? size - self->start : 0;
    *ret = left < self->len ? left : self->len;
    return LEAT_OK;
}

static const struct leat_reader_ops limit_ops = {
    .name = "limit",
    .self_size = sizeof(struct leat_limit),
    .view = true,
    .fill = leat_limit_fill,
    .skip = leat_limit_skip,
    .share = leat_view_share,
    .seek = leat_limit_seek,
    .fork = leat_limit_fork,
    .size = leat_limit_size,
};

static struct leat_reader *limit_begin(struct leat_limit *self, uint64_t len, bool exact)
{
    self->start = leat_tell(self->reader.below);
    self->len = len;
    self->exact = exact;
    return &self->reader;
}

struct leat_reader *leat_limit(struct leat_reader *src, uint64_t len, bool exact)
{
    struct leat_limit *self = leat_view_over(src, &limit_ops);
    return self != NULL ? limit_begin(self, len, exact) : src;
}

void leat_limit_init(struct leat_limit *self, struct leat_reader *src, uint64_t len, bool exact,
                     const struct leat_reader_ops *ops)
{
    leat_view_init(&self->reader, src, ops);
    (void)limit_begin(self, len, exact);
}

struct leat_reader *leat_limit_borrow(struct leat_limit *shell, struct leat_reader *src,
                                      uint64_t len, bool exact)
{
    leat_limit_init(shell, src, len, exact, &limit_ops);
    return &shell->reader;
}
