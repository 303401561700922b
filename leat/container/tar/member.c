#include "leat/container/tar/member.h"

/* What stands where the end would. */
static enum leat_status member_ends(struct leat_reader *r, enum leat_status status)
{
    const struct tar_member *self = (const struct tar_member *)r;
    if (status != LEAT_END || !self->is_rest)
        return status;
    return leat_reader_fails(r, LEAT_FAULT_UNSUPPORTED,
                             "the rest of a file that begins on another volume", self->limit.start);
}

static enum leat_status member_fill(struct leat_reader *r, size_t min)
{
    struct tar_member *self = (struct tar_member *)r;
    if (!self->is_rest)
        return leat_limit_fill(r, min);
    /* A limit would have the end known as soon as it is in sight. */
    enum leat_status status = leat_view_fill(r, min, leat_limit_left(&self->limit));
    if (status == LEAT_END && r->end_offset < self->limit.len)
        return leat_limit_fill(r, min);
    return member_ends(r, status);
}

static enum leat_status member_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    return member_ends(r, leat_limit_skip(r, n, ret_done));
}

struct leat_reader *leat_tar_member(struct tar_member *self, struct leat_reader *src, uint64_t len,
                                    bool is_rest)
{
    static const struct leat_reader_ops ops = {
        .name = "tar",
        .self_size = sizeof(struct tar_member),
        .view = true,
        .fill = member_fill,
        .skip = member_skip,
        .share = leat_view_share,
        .seek = leat_limit_seek,
        .fork = leat_limit_fork,
        .size = leat_limit_size,
    };
    leat_limit_init(&self->limit, src, len, true, &ops);
    self->is_rest = is_rest;
    return &self->limit.reader;
}
