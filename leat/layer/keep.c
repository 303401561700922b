#include "leat/layer/keep.h"

#include "leat/core/bytes.h"
#include "leat/core/writer.h"
#include "leat/endpoint/memory/memory.h"

struct keep {
    struct leat_reader reader;
    struct leat_writer *all; /* NULL: not all can be kept */
    size_t tail_len;
    uint8_t tail[LEAT_KEEP_TAIL_LEN];
};

static void drop(struct keep *self)
{
    leat_writer_close(self->all);
    self->all = NULL;
}

static void tail_add(struct keep *self, const uint8_t *data, size_t len)
{
    struct leat_counts *counts = &self->reader.counts;
    if (len > sizeof(self->tail)) {
        data += len - sizeof(self->tail);
        len = sizeof(self->tail);
    }
    size_t room = sizeof(self->tail) - len;
    size_t stays = self->tail_len < room ? self->tail_len : room;
    leat_bytes_move(counts, LEAT_CAUSE_TAIL, self->tail, self->tail + self->tail_len - stays,
                    stays);
    leat_bytes_copy(counts, LEAT_CAUSE_USER, self->tail + stays, data, len);
    self->tail_len = stays + len;
}

static void keep_settle(struct leat_reader *r)
{
    struct keep *self = (struct keep *)r;
    size_t owed = leat_view_owes(r);
    size_t done;
    if (owed > 0 && self->all != NULL &&
        leat_write(self->all, r->below->pos, owed, &done) != LEAT_OK)
        drop(self);
    if (owed > 0)
        tail_add(self, r->below->pos, owed);
    leat_view_settle(r);
}

static enum leat_status keep_fill(struct leat_reader *r, size_t min)
{
    return leat_view_ends(r, UINT64_MAX, leat_view_fill(r, min, UINT64_MAX));
}

/* What follows does not join what was kept. */
static enum leat_status keep_resync(struct leat_reader *r)
{
    drop((struct keep *)r);
    return leat_view_resync(r);
}

static void keep_stop(struct leat_reader *r)
{
    drop((struct keep *)r);
}

static const struct leat_reader_ops keep_ops = {
    .name = "keep",
    .self_size = sizeof(struct keep),
    .view = true,
    .fill = keep_fill,
    .settle = keep_settle,
    .share = leat_view_share,
    .resync = keep_resync,
    .stop = keep_stop,
};

struct leat_reader *leat_keep(struct leat_reader *src, size_t max)
{
    struct keep *self = leat_view_over(src, &keep_ops);
    if (self == NULL)
        return src;
    self->reader.end_offset = leat_tell(src);
    self->reader.origin = self->reader.end_offset;
    self->all = leat_memory_writer(self->reader.ctx, max);
    return &self->reader;
}

bool leat_keep_take(struct leat_reader *r, struct leat_slice *ret)
{
    struct keep *self = (struct keep *)r;
    *ret = (struct leat_slice){ .data = (const uint8_t *)"" };
    if (r->ops != &keep_ops || (r->state & LEAT_READER_DEAD))
        return false;
    keep_settle(r);
    if (self->all != NULL) {
        leat_memory_writer_take(self->all, ret);
        drop(self);
        return true;
    }
    *ret = (struct leat_slice){ .data = self->tail, .len = self->tail_len };
    return false;
}
