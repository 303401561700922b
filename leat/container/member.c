#include "leat/container/member.h"

/* What stands where the end would. */
static enum leat_status member_ends(struct leat_reader *r, enum leat_status status)
{
    const struct leat_member *self = (const struct leat_member *)r;
    if (status != LEAT_END || self->lacks == NULL)
        return status;
    return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED, self->lacks, self->limit.start);
}

/* How many bytes of the source's window are surely this entry's. `whole`: nothing more comes that
 * could make a header of the last ones. Where a header stands, the entry ends. */
static uint64_t member_clears(struct leat_member *self, struct leat_span window, bool whole)
{
    uint64_t tell = leat_tell(&self->limit.reader);
    uint64_t at = self->clear_until > tell ? self->clear_until - tell : 0;
    size_t header_len = self->kind->header_len;
    uint64_t sure = window.len < header_len ? 0 : window.len - header_len + 1;
    uint64_t end = whole ? window.len : sure;
    for (; at < end && tell + at < self->limit.len; at++) {
        size_t left = window.len - (size_t)at;
        size_t seen = left < header_len ? left : header_len;
        if (self->kind->judge(window.data + at, seen) == LEAT_MATCH_YES) {
            self->limit.len = tell + at;
            break;
        }
    }
    uint64_t judged = tell + (at < sure ? at : sure); /* of all bytes that a header has */
    if (judged > self->clear_until)
        self->clear_until = judged;
    return whole && tell + at < self->limit.len ? window.len : at;
}

/* The window, and behind it enough to see whether a header begins in it. */
static enum leat_status holed_fill(struct leat_reader *r, size_t min)
{
    struct leat_member *self = (struct leat_member *)r;
    uint64_t left = leat_limit_left(&self->limit);
    size_t want = (min < left ? min : (size_t)left) + self->kind->header_len - 1;
    if (want > r->window_max)
        want = r->window_max;
    struct leat_span window;
    enum leat_status status = leat_peek(leat_view_unlock(r), want, &window);
    leat_view_lock(r);
    bool ends = status == LEAT_END || status == LEAT_FAULT || window.len >= r->window_max;
    uint64_t clear = member_clears(self, window, ends);
    left = leat_limit_left(&self->limit);
    leat_view_show(r, clear < left ? clear : left);
    size_t shown = (size_t)(r->end - r->pos);
    if (shown >= min)
        return LEAT_OK;
    return shown == left ? member_ends(r, LEAT_END) : status;
}

static enum leat_status member_fill(struct leat_reader *r, size_t min)
{
    struct leat_member *self = (struct leat_member *)r;
    if (self->holed)
        return holed_fill(r, min);
    if (self->lacks == NULL)
        return leat_limit_fill(r, min);
    /* A limit would have the end known as soon as it is in sight. */
    enum leat_status status = leat_view_fill(r, min, leat_limit_left(&self->limit));
    if (status == LEAT_END && r->end_offset < self->limit.len)
        return leat_limit_fill(r, min);
    return member_ends(r, status);
}

static enum leat_status member_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    const struct leat_member *self = (const struct leat_member *)r;
    if (!self->holed)
        return member_ends(r, leat_limit_skip(r, n, ret_done));
    enum leat_status status = holed_fill(r, 1);
    size_t shown = (size_t)(r->end - r->pos);
    size_t some = n < shown ? (size_t)n : shown;
    leat_consume(r, some);
    *ret_done = some;
    return status;
}

static enum leat_status member_resync(struct leat_reader *r)
{
    struct leat_member *self = (struct leat_member *)r;
    enum leat_status status = leat_view_resync(r);
    if (status == LEAT_OK) {
        self->holed = true;
        self->clear_until = leat_tell(r);
    }
    return status;
}

struct leat_reader *leat_member(struct leat_member *self, struct leat_reader *src, uint64_t len,
                                const struct leat_member_kind *kind)
{
    static const struct leat_reader_ops ops = {
        .name = "member",
        .self_size = sizeof(struct leat_member),
        .view = true,
        .fill = member_fill,
        .skip = member_skip,
        .share = leat_view_share,
        .seek = leat_limit_seek,
        .fork = leat_limit_fork,
        .size = leat_limit_size,
        .resync = member_resync,
    };
    *self = (struct leat_member){ .kind = kind };
    leat_limit_init(&self->limit, src, len, true, &ops);
    self->limit.reader.part = kind->part;
    return &self->limit.reader;
}
