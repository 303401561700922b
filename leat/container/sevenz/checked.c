#include "leat/container/sevenz/checked.h"
#include "leat/core/view.h"
#include "leat/stage/hash/crc32.h"

struct checked {
    struct leat_reader reader;
    struct sz_member member;
    bool began;
    uint64_t summed; /* bytes of the member that `crc` covers */
    uint32_t crc;
};

/* Sum the bytes before `end`, of which the last one is at `end_offset` - 1, that are not yet. */
static void checked_sums(struct checked *self, const uint8_t *end, uint64_t end_offset)
{
    if (end_offset <= self->summed)
        return;
    uint64_t len = end_offset - self->summed;
    self->crc = leat_crc32(self->crc, end - len, len);
    self->summed = end_offset;
}

static void checked_settle(struct leat_reader *r)
{
    checked_sums((struct checked *)r, r->pos, leat_tell(r));
    leat_view_settle(r);
}

/* Pass what is before the member. */
static enum leat_status checked_begins(struct checked *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_reader *below = leat_view_unlock(r);
    uint64_t done;
    uint64_t tell = leat_tell(below);
    /* A reader that stands in for one without memory may be anywhere. */
    leat_assert(tell <= self->member.at || leat_reader_fault(below) != NULL);
    enum leat_status status = LEAT_FAULT;
    if (tell <= self->member.at)
        status = leat_skip(below, self->member.at - tell, &done);
    leat_view_lock(r);
    leat_view_show(r, 0);
    self->began = status == LEAT_OK;
    return status;
}

/* With a wrong password all looks like damage. */
static enum leat_status checked_fails(struct checked *self, enum leat_status status)
{
    struct leat_reader *r = &self->reader;
    const struct leat_fault *fault = leat_reader_fault(r->below);
    if (status == LEAT_END)
        return leat_reader_fails(r, LEAT_FAULT_TRUNCATED, "unexpected end of input",
                                 r->below->end_offset);
    if (self->member.encrypted && fault != NULL &&
        (fault->code == LEAT_FAULT_CORRUPT || fault->code == LEAT_FAULT_TRUNCATED))
        return leat_reader_fails(r, LEAT_FAULT_CHECKSUM, "wrong password, or damage",
                                 fault->offset);
    return status;
}

static enum leat_status checked_fill(struct leat_reader *r, size_t min)
{
    struct checked *self = (struct checked *)r;
    uint64_t size = self->member.size;
    enum leat_status status = self->began ? LEAT_OK : checked_begins(self);
    if (status == LEAT_OK)
        status = leat_view_fill(r, min, size - leat_tell(r));
    if (status == LEAT_OK || status == LEAT_AGAIN)
        return status;
    if (!self->began || r->end_offset < size)
        return checked_fails(self, status);
    checked_sums(self, r->end, r->end_offset);
    if (self->member.has_crc && self->crc != self->member.crc)
        return leat_reader_fails(r, LEAT_FAULT_CHECKSUM,
                                 self->member.encrypted ? "wrong password, or damage"
                                                        : "wrong checksum",
                                 self->member.at);
    return LEAT_END;
}

struct leat_reader *leat_sz_checked(struct leat_reader *src, const struct sz_member *member)
{
    static const struct leat_reader_ops ops = {
        .name = "7z",
        .self_size = sizeof(struct checked),
        .view = true,
        .fill = checked_fill,
        .settle = checked_settle,
        .share = leat_view_share,
    };
    struct checked *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->member = *member;
    return &self->reader;
}
