#include "leat/endpoint/tls/link_test.h"

#include <string.h>

#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

void link_init(struct link *link)
{
    *link = (struct link){ .bytes = memory_get(LINK_LEN_MAX),
                           .flips_at = SIZE_MAX,
                           .ends_at = SIZE_MAX };
}

void link_fini(struct link *link)
{
    memory_put(link->bytes);
}

/* --- Reading --- */

struct link_reader {
    struct leat_reader reader;
    struct link *link;
};

static enum leat_status link_fill(struct leat_reader *r, size_t min)
{
    struct link *link = ((struct link_reader *)r)->link;
    size_t had = (size_t)(r->end - r->pos);
    size_t end = link->len < link->ends_at ? link->len : link->ends_at;
    r->pos = link->bytes + link->taken - had;
    r->end = link->bytes + end;
    r->end_offset = end;
    link->taken = end;
    if ((size_t)(r->end - r->pos) >= min)
        return LEAT_OK;
    return link->finished || end == link->ends_at ? LEAT_END : LEAT_AGAIN;
}

static enum leat_status link_arm(struct leat_reader *r, struct leat_wake *wake)
{
    (void)r;
    wake->fire(wake);
    return LEAT_OK;
}

struct leat_reader *link_reader(struct link *link, struct leat_ctx *ctx,
                                const struct split_plan *plan)
{
    static const struct leat_reader_ops ops = {
        .name = "link",
        .self_size = sizeof(struct link_reader),
        .fill = link_fill,
        .arm = link_arm,
    };
    struct link_reader *self = leat_reader_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_reader;
    self->link = link;
    return split_reader(&self->reader, plan);
}

/* --- Writing --- */

struct link_writer {
    struct leat_writer writer;
    struct link *link;
    struct leat_block *block; /* of just the room's size */
    uint8_t *from;
    size_t room_max;
    struct random random;
    unsigned again_percent;
    bool waiting; /* said FULL, and was not armed since */
};

static bool link_takes(struct link_writer *self)
{
    struct link *link = self->link;
    if (self->waiting || random_percent(&self->random, self->again_percent) ||
        (link->unread_max > 0 && link->len - link->taken > link->unread_max)) {
        self->waiting = true;
        return false;
    }
    size_t len = (size_t)(self->writer.pos - self->from);
    check(link->len + len <= LINK_LEN_MAX);
    if (len > 0)
        memcpy(link->bytes + link->len, self->from, len);
    if (link->flips_at >= link->len && link->flips_at < link->len + len)
        link->bytes[link->flips_at] ^= link->flips;
    link->len += len;
    self->from = self->writer.pos;
    return true;
}

static enum leat_status link_drain(struct leat_writer *w, size_t min)
{
    struct link_writer *self = (struct link_writer *)w;
    if (!link_takes(self))
        return LEAT_FULL;
    uint64_t tell = leat_writer_tell(w);
    size_t len = random_len(&self->random, self->room_max);
    len = len > min ? len : min;
    struct leat_block *block = leat_block_create(&w->ctx->alloc, len);
    if (block == NULL)
        return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, tell);
    leat_block_release(self->block);
    self->block = block;
    self->from = w->pos = block->data;
    w->end = w->pos + len;
    w->end_offset = tell + len;
    return LEAT_OK;
}

static enum leat_status link_flush(struct leat_writer *w, enum leat_flush level)
{
    struct link_writer *self = (struct link_writer *)w;
    if (!link_takes(self))
        return LEAT_FULL;
    self->link->finished |= level == LEAT_FLUSH_FINISH;
    return LEAT_OK;
}

static enum leat_status link_writer_arm(struct leat_writer *w, struct leat_wake *wake)
{
    ((struct link_writer *)w)->waiting = false;
    wake->fire(wake);
    return LEAT_OK;
}

static void link_stop(struct leat_writer *w)
{
    struct link_writer *self = (struct link_writer *)w;
    w->end_offset = leat_writer_tell(w);
    w->end = w->pos;
    self->link->finished = true;
    leat_block_release(self->block);
}

struct leat_writer *link_writer(struct link *link, struct leat_ctx *ctx,
                                const struct split_plan *plan)
{
    static const struct leat_writer_ops ops = {
        .name = "link",
        .self_size = sizeof(struct link_writer),
        .drain = link_drain,
        .flush = link_flush,
        .arm = link_writer_arm,
        .stop = link_stop,
    };
    struct link_writer *self = leat_writer_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_writer;
    self->link = link;
    self->from = self->writer.pos;
    self->random.state = plan->seed + 1;
    self->room_max = plan->piece_max > 0 ? plan->piece_max : 4096;
    self->again_percent = plan->again_percent;
    return &self->writer;
}
