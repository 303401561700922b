#include "leat/container/xar/checked.h"

#include "leat/core/view.h"
#include "leat/stage/hash/digests.h"

struct checked {
    struct leat_reader reader;
    struct xar_promise promise;
    struct leat_reader *packed;
    struct leat_digester digester; /* of what was consumed; kind NULL: there is none */
    enum leat_fault_code lacks;    /* because of that; NONE: as nothing is promised */
};

static enum leat_status checked_fails(struct checked *self, enum leat_fault_code code,
                                      const char *reason)
{
    return leat_reader_fails(&self->reader, code, reason, self->promise.at);
}

static void checked_settle(struct leat_reader *r)
{
    struct checked *self = (struct checked *)r;
    if (self->digester.kind != NULL)
        leat_digester_update(&self->digester, r->below->pos, leat_view_owes(r));
    leat_view_settle(r);
}

/* Read what the decoder left, to have it judged. END: it was as promised. */
static enum leat_status packed_ends(struct checked *self)
{
    uint64_t done;
    enum leat_status status = leat_skip(self->packed, UINT64_MAX, &done);
    if (status == LEAT_FAULT)
        self->reader.fault = *leat_reader_fault(self->packed);
    return status;
}

/* The bytes in the window count as well. */
static enum leat_status sum_judged(struct checked *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_digest digest;
    enum leat_fault_code lacks = self->lacks;
    if (self->promise.sum.kind == NULL)
        return LEAT_END;
    if (lacks == LEAT_FAULT_NONE)
        lacks = leat_digester_value(&self->digester, r->pos, (size_t)(r->end - r->pos), &digest);
    if (lacks != LEAT_FAULT_NONE)
        return checked_fails(self, lacks, leat_digest_lacks(lacks));
    if (!leat_digest_equal(&digest, &self->promise.sum))
        return checked_fails(self, LEAT_FAULT_CHECKSUM, self->promise.wrong);
    return LEAT_END;
}

static enum leat_status checked_end(struct checked *self)
{
    uint64_t size = self->reader.end_offset;
    enum leat_status status = self->packed != NULL ? packed_ends(self) : LEAT_END;
    if (status != LEAT_END)
        return status;
    if (size < self->promise.size)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "fewer bytes than the table says");
    if (size > self->promise.size)
        return checked_fails(self, LEAT_FAULT_CORRUPT, "more bytes than the table says");
    return sum_judged(self);
}

static enum leat_status checked_fill(struct leat_reader *r, size_t min)
{
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    return status == LEAT_END ? checked_end((struct checked *)r) : status;
}

static void checked_stop(struct leat_reader *r)
{
    leat_digester_stop(&((struct checked *)r)->digester);
}

struct leat_reader *leat_xar_checked(struct leat_reader *src, const struct xar_promise *promise,
                                     struct leat_reader *packed)
{
    static const struct leat_reader_ops ops = {
        .name = "xar",
        .self_size = sizeof(struct checked),
        .view = true,
        .fill = checked_fill,
        .settle = checked_settle,
        .share = leat_view_share,
        .stop = checked_stop,
    };
    struct checked *self = leat_view_over(src, &ops);
    if (self == NULL)
        return src;
    self->promise = *promise;
    self->packed = packed;
    if (promise->sum.kind != NULL)
        self->lacks = leat_digester_start(&self->digester, promise->sum.kind);
    return &self->reader;
}
