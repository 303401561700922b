#include "tests/support/source.h"
#include "leat/core/buffer.h"
#include "leat/core/ctx.h"
#include "tests/support/check.h"

struct source {
    struct leat_reader reader;
    struct leat_buffer buffer;
    struct source_plan plan;
};

void source_bytes(uint64_t offset, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = source_byte(offset + i);
}

/* How far it goes, and what stands there. */
static uint64_t source_end(const struct source *self, enum leat_status *ret)
{
    bool faults = self->plan.faults_at > 0;
    *ret = faults ? LEAT_FAULT : LEAT_END;
    return faults ? self->plan.faults_at : self->plan.len;
}

static enum leat_status source_fill(struct leat_reader *r, size_t min)
{
    struct source *self = (struct source *)r;
    size_t had = (size_t)(r->end - r->pos);
    size_t more = min - had > self->plan.step ? min - had : self->plan.step;
    enum leat_status at_end;
    uint64_t end = source_end(self, &at_end);
    uint64_t left = r->end_offset < end ? end - r->end_offset : 0;
    more = more < left ? more : (size_t)left;
    struct leat_room room;
    if (more > 0 &&
        leat_buffer_room(&self->buffer, r, min, more, self->plan.step, &room) != LEAT_OK)
        return LEAT_FAULT;
    if (more > 0) {
        source_bytes(r->end_offset, room.data, more);
        leat_buffer_add(r, more);
    }
    if (had + more >= min)
        return LEAT_OK;
    if (at_end == LEAT_FAULT)
        leat_reader_fails(r, LEAT_FAULT_SYSTEM, "a bad sector", r->end_offset);
    return at_end;
}

static enum leat_status source_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct source *self = (struct source *)r;
    check(r->pos == r->end);
    enum leat_status at_end;
    uint64_t end = source_end(self, &at_end);
    uint64_t left = r->end_offset < end ? end - r->end_offset : 0;
    uint64_t some = n < left ? n : left;
    if (some > 1024 * LEAT_MIB)
        some = 1024 * LEAT_MIB;
    r->end_offset += some;
    *ret_done = some;
    if (some == 0 && at_end == LEAT_FAULT)
        leat_reader_fails(r, LEAT_FAULT_SYSTEM, "a bad sector", r->end_offset);
    return some > 0 ? LEAT_OK : at_end;
}

static enum leat_status source_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&((struct source *)r)->buffer, r, n, ret);
}

static enum leat_status source_seek(struct leat_reader *r, uint64_t offset)
{
    struct source *self = (struct source *)r;
    if (self->plan.seek_faults) {
        leat_buffer_fini(&self->buffer, r);
        return leat_reader_fails(r, LEAT_FAULT_SYSTEM, "the disk is gone", offset);
    }
    r->pos = r->end;
    r->end_offset = offset;
    return LEAT_OK;
}

static enum leat_status source_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                    struct leat_reader **ret)
{
    uint64_t offset = leat_tell(r);
    *ret = source_reader(ctx, &((struct source *)r)->plan);
    if (*ret != &ctx->no_reader)
        (*ret)->end_offset = offset;
    return LEAT_OK;
}

static enum leat_status source_size(struct leat_reader *r, uint64_t *ret)
{
    *ret = ((struct source *)r)->plan.len;
    return LEAT_OK;
}

static void source_stop(struct leat_reader *r)
{
    leat_buffer_fini(&((struct source *)r)->buffer, r);
}

struct leat_reader *source_reader(struct leat_ctx *ctx, const struct source_plan *plan)
{
    static const struct leat_reader_ops plain = {
        .name = "source",
        .self_size = sizeof(struct source),
        .fill = source_fill,
        .share = source_share,
        .stop = source_stop,
    };
    static const struct leat_reader_ops skips = {
        .name = "source",
        .self_size = sizeof(struct source),
        .fill = source_fill,
        .skip = source_skip,
        .share = source_share,
        .stop = source_stop,
    };
    static const struct leat_reader_ops seeks = {
        .name = "source",
        .self_size = sizeof(struct source),
        .fill = source_fill,
        .skip = source_skip,
        .share = source_share,
        .seek = source_seek,
        .fork = source_fork,
        .size = source_size,
        .stop = source_stop,
    };
    struct source *self =
        leat_reader_at(ctx, plan->seeks ? &seeks : (plan->skips ? &skips : &plain));
    if (self == NULL)
        return &ctx->no_reader;
    self->plan = *plan;
    if (self->plan.step == 0)
        self->plan.step = 64 * LEAT_KIB;
    self->reader.label = "a source";
    return &self->reader;
}
