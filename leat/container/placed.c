#include "leat/container/placed.h"
#include "leat/core/view.h"

/* --- What a container reads itself --- */

/* The source can not do what it must; unless it stands in for one that had no memory. */
static enum leat_status source_unseekable(struct leat_container *c, uint64_t at)
{
    if (leat_reader_fault(c->src) != NULL)
        return LEAT_FAULT;
    return leat_container_fails(c, LEAT_FAULT_UNSUPPORTED, "needs a source that seeks", at);
}

enum leat_status leat_gather_at(struct leat_gather *gather, struct leat_container *c, uint64_t at,
                                size_t want, bool *strayed)
{
    if (gather->len >= want)
        return LEAT_OK;
    if (*strayed || leat_tell(c->src) != at + gather->len) {
        enum leat_status status = leat_seek(c->src, at + gather->len);
        if (status == LEAT_UNSUPPORTED)
            return source_unseekable(c, at);
        if (status != LEAT_OK)
            return status;
        *strayed = false;
    }
    enum leat_status status = leat_gather_read(gather, c, want);
    if (status == LEAT_END)
        return leat_container_fails(c, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                    leat_tell(c->src));
    return status;
}

enum leat_status leat_placed_begin(struct leat_container *c, uint64_t *ret_size)
{
    uint64_t size;
    enum leat_status status = leat_size(c->src, &size);
    if (status == LEAT_UNSUPPORTED)
        return source_unseekable(c, 0);
    if (status != LEAT_OK)
        return status;
    struct leat_reader *fork;
    status = leat_fork(c->src, NULL, &fork);
    if (status == LEAT_OK)
        leat_reader_close(fork);
    c->parallel = status == LEAT_OK;
    *ret_size = size;
    return LEAT_OK;
}

/* --- What an entry stands on --- */

struct placed {
    struct leat_reader reader;
    bool sought;
};

/* Take the source to where this one says that it is. */
static enum leat_status placed_seeks(struct placed *self)
{
    struct leat_reader *r = &self->reader;
    if (self->sought)
        return LEAT_OK;
    struct leat_reader *below = leat_view_unlock(r);
    enum leat_status status = leat_seek(below, leat_tell(r));
    bool dead = leat_reader_fault(below) != NULL;
    leat_view_lock(r);
    leat_view_show(r, 0);
    self->sought = status == LEAT_OK;
    if (status == LEAT_UNSUPPORTED && !dead)
        return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED, "needs a source that seeks",
                                 leat_tell(r));
    return status == LEAT_UNSUPPORTED ? LEAT_FAULT : status;
}

static enum leat_status placed_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = placed_seeks((struct placed *)r);
    return status == LEAT_OK ? leat_view_fill(r, min, UINT64_MAX) : status;
}

static enum leat_status placed_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    enum leat_status status = placed_seeks((struct placed *)r);
    return status == LEAT_OK ? leat_view_skip(r, n, UINT64_MAX, ret_done) : status;
}

static enum leat_status placed_seek(struct leat_reader *r, uint64_t offset)
{
    struct placed *self = (struct placed *)r;
    enum leat_status status = leat_seek(leat_view_unlock(r), offset);
    leat_view_lock(r);
    if (status == LEAT_OK) {
        r->pos = r->end = r->below->pos;
        r->end_offset = offset;
        self->sought = true;
    }
    leat_view_show(r, self->sought ? UINT64_MAX : 0);
    return status;
}

static enum leat_status placed_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                    struct leat_reader **ret)
{
    struct placed *self = (struct placed *)r;
    struct leat_reader *fork;
    enum leat_status status = leat_fork(leat_view_unlock(r), ctx, &fork);
    leat_view_lock(r);
    leat_view_show(r, self->sought ? UINT64_MAX : 0);
    if (status == LEAT_OK)
        *ret = leat_placed(fork, leat_tell(r));
    return status;
}

static enum leat_status placed_size(struct leat_reader *r, uint64_t *ret)
{
    struct placed *self = (struct placed *)r;
    enum leat_status status = leat_size(leat_view_unlock(r), ret);
    leat_view_lock(r);
    leat_view_show(r, self->sought ? UINT64_MAX : 0);
    return status;
}

struct leat_reader *leat_placed(struct leat_reader *src, uint64_t offset)
{
    static const struct leat_reader_ops ops = {
        .name = "placed",
        .self_size = sizeof(struct placed),
        .view = true,
        .fill = placed_fill,
        .skip = placed_skip,
        .share = leat_view_share,
        .seek = placed_seek,
        .fork = placed_fork,
        .size = placed_size,
    };
    struct placed *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->reader.end_offset = offset;
    self->reader.origin = offset;
    return &self->reader;
}

struct leat_reader *leat_placed_fork(struct leat_container *c, struct leat_ctx *ctx,
                                     uint64_t offset)
{
    const struct leat_fault unsupported = {
        .code = LEAT_FAULT_UNSUPPORTED,
        .part = c->ops->name,
        .reason = "needs a source that forks",
    };
    struct leat_reader *r;
    enum leat_status status = leat_fork(c->src, ctx, &r);
    if (status == LEAT_OK)
        return leat_placed(r, offset);
    return leat_entry_faulty(ctx, status == LEAT_FAULT ? leat_reader_fault(c->src) : &unsupported);
}

struct leat_reader *leat_placed_entry(struct leat_container *c, struct leat_ctx *ctx,
                                      struct leat_reader *shell, uint64_t offset)
{
    if (c->parallel)
        return leat_placed_fork(c, ctx, offset);
    return leat_placed(leat_borrow(shell, c->src), offset);
}
