#include "leat/stage/tee/tee.h"

/* What was consumed and could not be written yet stays unconsumed below: it is what the view owes.
 */
struct tee {
    struct leat_reader reader;
    struct leat_writer *to;
    enum leat_status written; /* what the last write said */
};

static void tee_settle(struct leat_reader *r)
{
    struct tee *self = (struct tee *)r;
    size_t owed = leat_view_owes(r);
    size_t done = 0;
    self->written = LEAT_OK;
    if (owed > 0)
        self->written = leat_write(self->to, r->below->pos, owed, &done);
    leat_assert(self->written != LEAT_OK || done == owed);
    leat_consume(r->below, done);
}

static enum leat_status tee_fill(struct leat_reader *r, size_t min)
{
    struct tee *self = (struct tee *)r;
    if (self->written == LEAT_OK)
        return leat_view_fill(r, min, UINT64_MAX);
    if (self->written == LEAT_FULL)
        return LEAT_AGAIN;
    r->fault = *leat_writer_fault(self->to);
    return LEAT_FAULT;
}

static enum leat_status tee_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    /* What lies first below was consumed here already. */
    if (leat_view_owes(r) > 0)
        return LEAT_UNSUPPORTED;
    return leat_view_share(r, n, ret);
}

static enum leat_status tee_arm(struct leat_reader *r, struct leat_wake *wake)
{
    struct tee *self = (struct tee *)r;
    if (self->written == LEAT_FULL)
        return leat_writer_arm(self->to, wake);
    return leat_arm(r->below, wake);
}

static const struct leat_reader_ops tee_ops = {
    .name = "tee",
    .self_size = sizeof(struct tee),
    .view = true,
    .fill = tee_fill,
    .settle = tee_settle,
    .share = tee_share,
    .arm = tee_arm,
};

struct leat_reader *leat_tee(struct leat_reader *src, struct leat_writer *to)
{
    leat_assert(to != NULL);
    struct tee *self = leat_view_over(src, &tee_ops);
    if (self == NULL)
        return src;
    self->to = to;
    return &self->reader;
}

enum leat_status leat_tee_pass(struct leat_reader *tee)
{
    if (tee->ops != &tee_ops || (tee->state & LEAT_READER_DEAD))
        return LEAT_OK;
    leat_assert(!(tee->state & (LEAT_READER_FILLING | LEAT_READER_LOCKED)));
    tee_settle(tee);
    return ((struct tee *)tee)->written;
}
