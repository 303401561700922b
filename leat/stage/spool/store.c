#include "leat/core/bytes.h"
#include "leat/stage/spool/store.h"

#define NO_ROOM "more to keep for random access than the limit allows"

/* The number of the block that holds `offset`. */
static unsigned block_of(uint64_t offset)
{
    unsigned k = 63 - (unsigned)__builtin_clzll(offset / STORE_BLOCK_LEN + 1);
    leat_assert(k < STORE_BLOCKS_MAX);
    return k;
}

static uint64_t block_start(unsigned k)
{
    return (((uint64_t)1 << k) - 1) * STORE_BLOCK_LEN;
}

struct store *leat_store_create(struct leat_reader *src, uint64_t max)
{
    const char *label = leat_reader_label(src);
    size_t label_len = 0;
    while (label[label_len] != '\0')
        label_len++;
    struct store *self = leat_allocate(&src->ctx->alloc, sizeof(*self) + label_len + 1);
    if (self == NULL)
        return NULL;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, self->label, label, label_len);
    self->refs = self->local = 1;
    self->alloc = src->ctx->alloc;
    self->ctx = src->ctx;
    self->src = src;
    self->max = max < block_start(STORE_BLOCKS_MAX) ? max : block_start(STORE_BLOCKS_MAX);
    return self;
}

void leat_store_take(struct store *self, const struct leat_ctx *ctx)
{
    uint32_t before = __atomic_fetch_add(&self->refs, 1, __ATOMIC_RELAXED);
    leat_assert(before > 0);
    leat_assert(ctx == self->ctx || self->ended != LEAT_OK);
    self->local += ctx == self->ctx;
}

void leat_store_release(struct store *self, const struct leat_ctx *ctx)
{
    if (ctx == self->ctx && --self->local == 0) {
        leat_reader_close(self->src);
        self->src = NULL;
    }
    uint32_t before = __atomic_fetch_sub(&self->refs, 1, __ATOMIC_ACQ_REL);
    leat_assert(before > 0);
    if (before > 1)
        return;
    leat_assert(self->src == NULL);
    for (unsigned k = 0; k < STORE_BLOCKS_MAX; k++)
        leat_block_release(self->blocks[k]);
    struct leat_alloc alloc = self->alloc;
    leat_deallocate(&alloc, self);
}

static enum leat_status fails(struct store *self, enum leat_fault_code code, const char *reason)
{
    self->fault = (struct leat_fault){
        .code = code,
        .part = "spool",
        .reason = reason,
        .offset = self->len,
    };
    return LEAT_FAULT;
}

/* Free space behind what is kept, at least a byte of it. */
static enum leat_status room(struct store *self, struct leat_counts *counts, struct leat_room *ret)
{
    if (self->len == self->max)
        return fails(self, LEAT_FAULT_BOUND, NO_ROOM);
    unsigned k = block_of(self->len);
    uint64_t start = block_start(k);
    if (self->blocks[k] == NULL) {
        uint64_t size = STORE_BLOCK_LEN << k;
        size = size < self->max - start ? size : self->max - start;
        if (size <= SIZE_MAX)
            self->blocks[k] = leat_block_create(&self->alloc, (size_t)size);
        if (self->blocks[k] == NULL)
            return fails(self, LEAT_FAULT_MEMORY, NULL);
        counts->allocations++;
        counts->allocated += size;
    }
    size_t used = (size_t)(self->len - start);
    leat_assert(used < self->blocks[k]->size);
    ret->data = self->blocks[k]->data + used;
    ret->len = self->blocks[k]->size - used;
    return LEAT_OK;
}

enum leat_status leat_store_more(struct store *self, struct leat_counts *counts)
{
    if (self->ended != LEAT_OK)
        return self->ended;
    struct leat_span window;
    struct leat_room to;
    enum leat_status status = leat_peek(self->src, 1, &window);
    if (status == LEAT_FAULT)
        self->fault = *leat_reader_fault(self->src);
    if (status == LEAT_OK)
        status = room(self, counts, &to);
    if (status == LEAT_AGAIN)
        return status;
    if (status != LEAT_OK) {
        self->fault.name = self->label;
        self->ended = status;
        return status;
    }
    size_t some = window.len < to.len ? window.len : to.len;
    leat_bytes_copy(counts, LEAT_CAUSE_TAKE, to.data, window.data, some);
    leat_consume(self->src, some);
    self->len += some;
    return LEAT_OK;
}

enum leat_status leat_store_all(struct store *self, struct leat_counts *counts)
{
    enum leat_status status;
    do {
        status = leat_store_more(self, counts);
    } while (status == LEAT_OK);
    return status;
}

struct leat_slice leat_store_at(const struct store *self, uint64_t offset)
{
    leat_assert(offset < self->len);
    unsigned k = block_of(offset);
    size_t from = (size_t)(offset - block_start(k));
    uint64_t kept = self->len - block_start(k);
    struct leat_block *block = self->blocks[k];
    size_t end = kept < block->size ? (size_t)kept : block->size;
    return (struct leat_slice){ .data = block->data + from, .len = end - from, .block = block };
}
