#include "leat/core/bytes.h"
#include "leat/endpoint/memory/memory.h"

/* What a first reserve gets at least. */
#define BLOCK_LEN_MIN (4 * LEAT_KIB)

struct memory_writer {
    struct leat_writer writer;
    struct leat_block *block; /* NULL while there are no bytes */
    size_t max;
};

static size_t used_len(const struct memory_writer *self)
{
    return self->block != NULL ? (size_t)(self->writer.pos - self->block->data) : 0;
}

/* Let the room be what of the block lies behind its first `used` bytes; tell stays. */
static void room_set(struct memory_writer *self, struct leat_block *block, size_t used)
{
    struct leat_writer *w = &self->writer;
    uint64_t tell = leat_writer_tell(w);
    self->block = block;
    if (block != NULL)
        leat_writer_show(w, tell, block->data + used, block->size - used);
    else
        leat_writer_show(w, tell, (uint8_t *)(uintptr_t) "", 0);
}

/* Doubling keeps what is copied below what is kept. */
static enum leat_status memory_writer_drain(struct leat_writer *w, size_t min)
{
    struct memory_writer *self = (struct memory_writer *)w;
    size_t used = used_len(self);
    leat_assert(used <= self->max);
    if (min > self->max - used)
        return leat_writer_fails(w, LEAT_FAULT_BOUND, "the memory to write into is full",
                                 leat_writer_tell(w));
    size_t size = used < self->max / 2 ? 2 * used : self->max;
    if (size < BLOCK_LEN_MIN)
        size = BLOCK_LEN_MIN < self->max ? BLOCK_LEN_MIN : self->max;
    if (size < used + min)
        size = used + min;
    struct leat_block *block = leat_block_create(&w->ctx->alloc, size);
    if (block == NULL)
        return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
    w->counts.allocations++;
    w->counts.allocated += size;
    if (used > 0)
        leat_bytes_copy(&w->counts, LEAT_CAUSE_GROW, block->data, self->block->data, used);
    leat_block_release(self->block);
    room_set(self, block, used);
    return LEAT_OK;
}

static enum leat_status memory_writer_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static void memory_writer_stop(struct leat_writer *w)
{
    struct memory_writer *self = (struct memory_writer *)w;
    leat_block_release(self->block);
    room_set(self, NULL, 0);
}

static const struct leat_writer_ops memory_writer_ops = {
    .name = "memory",
    .self_size = sizeof(struct memory_writer),
    .drain = memory_writer_drain,
    .flush = memory_writer_flush,
    .stop = memory_writer_stop,
};

struct leat_writer *leat_memory_writer(struct leat_ctx *ctx, size_t max)
{
    struct memory_writer *self = leat_writer_at(ctx, &memory_writer_ops);
    if (self == NULL)
        return &ctx->no_writer;
    self->max = max > 0 ? max : ctx->limits.spool_max;
    return &self->writer;
}

void leat_memory_writer_take(struct leat_writer *w, struct leat_slice *ret)
{
    if (w == &w->ctx->no_writer) {
        *ret = (struct leat_slice){ .data = (const uint8_t *)"" };
        return;
    }
    leat_assert(w->ops == &memory_writer_ops);
    struct memory_writer *self = (struct memory_writer *)w;
    *ret = (struct leat_slice){ .data = (const uint8_t *)"" };
    size_t used = used_len(self);
    if (used == 0)
        return;
    *ret = (struct leat_slice){ .data = self->block->data, .len = used, .block = self->block };
    room_set(self, NULL, 0);
}
