#include "leat/core/ctx.h"
#include "leat/stage/limit/limit.h"

static uint64_t limit_left(const struct leat_limit *self)
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

static enum leat_status limit_fill(struct leat_reader *r, size_t min)
{
    struct leat_limit *self = (struct leat_limit *)r;
    uint64_t left = limit_left(self);
    return limit_checks(self, leat_view_ends(r, left, leat_view_fill(r, min, left)));
}

static enum leat_status limit_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct leat_limit *self = (struct leat_limit *)r;
    return limit_checks(self, leat_view_skip(r, n, limit_left(self), ret_done));
}

static enum leat_status limit_seek(struct leat_reader *r, uint64_t offset)
{
    struct leat_limit *self = (struct leat_limit *)r;
    uint64_t to = offset < self->len ? offset : self->len;
    enum leat_status status = leat_seek(leat_view_unlock(r), self->start + to);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
    }
    leat_view_show(r, limit_left(self));
    return status;
}

static enum leat_status limit_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                   struct leat_reader **ret)
{
    struct leat_limit *self = (struct leat_limit *)r;
    struct leat_reader *fork;
    enum leat_status status = leat_fork(leat_view_unlock(r), ctx, &fork);
    leat_view_lock(r);
    leat_view_show(r, limit_left(self));
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

static enum leat_status limit_size(struct leat_reader *r, uint64_t *ret)
{
    const struct leat_limit *self = (const struct leat_limit *)r;
    uint64_t size;
    enum leat_status status = leat_size(leat_view_unlock(r), &size);
    leat_view_lock(r);
    leat_view_show(r, limit_left(self));
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
    .fill = limit_fill,
    .skip = limit_skip,
    .share = leat_view_share,
    .seek = limit_seek,
    .fork = limit_fork,
    .size = limit_size,
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

struct leat_reader *leat_limit_borrow(struct leat_limit *shell, struct leat_reader *src,
                                      uint64_t len, bool exact)
{
    leat_view_init(&shell->reader, src, &limit_ops);
    return limit_begin(shell, len, exact);
}
