#include "leat/core/bytes.h"
#include "leat/stage/spool/spool.h"
#include "leat/stage/spool/store.h"

/* A window that crosses blocks is put together here, with room for what follows it. */
#define JOINED_LEN (64 * LEAT_KIB)

struct spool {
    struct leat_reader reader;
    struct store *store;       /* NULL: there was no memory for it */
    struct leat_block *joined; /* holds [joined_at, joined_at + joined_len), or NULL */
    uint64_t joined_at;
    size_t joined_len;
};

static const struct leat_reader_ops spool_ops;

/* Copy what is kept behind the joined bytes, as much as there is room for. */
static void joined_fill(struct spool *self)
{
    const struct store *store = self->store;
    uint64_t at = self->joined_at + self->joined_len;
    while (at < store->len && self->joined_len < self->joined->size) {
        struct leat_slice piece = leat_store_at(store, at);
        size_t room = self->joined->size - self->joined_len;
        size_t some = piece.len < room ? piece.len : room;
        leat_bytes_copy(&self->reader.counts, LEAT_CAUSE_SEAM,
                        self->joined->data + self->joined_len, piece.data, some);
        self->joined_len += some;
        at += some;
    }
}

/* Have [at, at + len), all of it kept, in one piece in the joined block. What was given out of that
 * stays as it is: bytes are only added. */
static enum leat_status join(struct spool *self, uint64_t at, size_t len)
{
    struct leat_reader *r = &self->reader;
    bool there = self->joined != NULL && at >= self->joined_at &&
                 at <= self->joined_at + self->joined_len &&
                 at + len <= self->joined_at + self->joined->size;
    if (!there) {
        size_t size = len > JOINED_LEN / 2 && len < SIZE_MAX / 2 ? 2 * len : JOINED_LEN;
        struct leat_block *block = leat_ctx_block(r->ctx, size > len ? size : len);
        if (block == NULL)
            return leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, at);
        r->counts.allocations++;
        r->counts.allocated += block->size;
        leat_ctx_block_return(r->ctx, self->joined);
        self->joined = block;
        self->joined_at = at;
        self->joined_len = 0;
    }
    joined_fill(self);
    leat_assert(self->joined_at + self->joined_len >= at + len);
    r->pos = self->joined->data + (size_t)(at - self->joined_at);
    r->end = self->joined->data + self->joined_len;
    return LEAT_OK;
}

/* Show what is kept from `at` on: `min` of it, or as much as there is. */
static enum leat_status show(struct spool *self, uint64_t at, size_t min)
{
    struct leat_reader *r = &self->reader;
    enum leat_status status = LEAT_OK;
    uint64_t kept = self->store->len > at ? self->store->len - at : 0;
    if (kept == 0) {
        r->pos = r->end;
    } else {
        struct leat_slice here = leat_store_at(self->store, at);
        r->pos = here.data;
        r->end = here.data + here.len;
        if (here.len < min && here.len < kept)
            status = join(self, at, kept < min ? (size_t)kept : min);
    }
    r->end_offset = at + (uint64_t)(r->end - r->pos);
    return status;
}

static enum leat_status spool_fill(struct leat_reader *r, size_t min)
{
    struct spool *self = (struct spool *)r;
    if (self->store == NULL)
        return leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, 0);
    uint64_t at = leat_tell(r);
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && (self->store->len < at || self->store->len - at < min))
        status = leat_store_more(self->store, &r->counts);
    enum leat_status shown = show(self, at, min);
    if (shown != LEAT_OK)
        return shown;
    if (status == LEAT_FAULT)
        r->fault = self->store->fault;
    return status;
}

static enum leat_status spool_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    struct spool *self = (struct spool *)r;
    struct leat_slice here = leat_store_at(self->store, leat_tell(r));
    struct leat_block *block = here.data == r->pos ? here.block : self->joined;
    *ret = (struct leat_slice){ .data = r->pos, .len = n, .block = leat_block_take(block) };
    return LEAT_OK;
}

static enum leat_status spool_seek(struct leat_reader *r, uint64_t offset)
{
    if (((struct spool *)r)->store == NULL)
        return LEAT_UNSUPPORTED;
    r->pos = r->end;
    r->end_offset = offset;
    return LEAT_OK;
}

/* Read the source to its end. OK once it is known, whatever it is. */
static enum leat_status complete(struct spool *self)
{
    if (self->store == NULL)
        return leat_reader_fails(&self->reader, LEAT_FAULT_MEMORY, NULL, 0);
    enum leat_status status = leat_store_all(self->store, &self->reader.counts);
    return status == LEAT_AGAIN ? LEAT_AGAIN : LEAT_OK;
}

static enum leat_status spool_size(struct leat_reader *r, uint64_t *ret)
{
    struct spool *self = (struct spool *)r;
    enum leat_status status = complete(self);
    if (status != LEAT_OK)
        return status;
    if (self->store->ended == LEAT_FAULT) {
        r->fault = self->store->fault;
        return LEAT_FAULT;
    }
    *ret = self->store->len;
    return LEAT_OK;
}

static enum leat_status spool_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                   struct leat_reader **ret)
{
    struct spool *self = (struct spool *)r;
    if (self->store == NULL)
        return LEAT_UNSUPPORTED;
    if (ctx != self->store->ctx && complete(self) != LEAT_OK)
        return LEAT_UNSUPPORTED;
    struct spool *fork = leat_reader_at(ctx, &spool_ops);
    *ret = &ctx->no_reader;
    if (fork == NULL)
        return LEAT_OK;
    leat_store_take(self->store, ctx);
    fork->store = self->store;
    fork->reader.label = self->store->label;
    fork->reader.end_offset = leat_tell(r);
    *ret = &fork->reader;
    return LEAT_OK;
}

static enum leat_status spool_arm(struct leat_reader *r, struct leat_wake *wake)
{
    const struct spool *self = (const struct spool *)r;
    if (self->store == NULL || self->store->ended != LEAT_OK)
        return LEAT_UNSUPPORTED;
    return leat_arm(self->store->src, wake);
}

static void spool_stop(struct leat_reader *r)
{
    struct spool *self = (struct spool *)r;
    leat_ctx_block_return(r->ctx, self->joined);
    if (self->store != NULL) {
        r->label = r->fault.name = NULL; /* they go with the store */
        leat_store_release(self->store, r->ctx);
    }
}

static const struct leat_reader_ops spool_ops = {
    .name = "spool",
    .self_size = sizeof(struct spool),
    .fill = spool_fill,
    .share = spool_share,
    .seek = spool_seek,
    .fork = spool_fork,
    .size = spool_size,
    .arm = spool_arm,
    .stop = spool_stop,
};

struct leat_reader *leat_spool(struct leat_reader *src, size_t max)
{
    size_t limit = src->ctx->limits.spool_max;
    struct spool *self = leat_reader_over(src, &spool_ops);
    if (self == NULL)
        return src;
    self->store = leat_store_create(src, max > 0 && max < limit ? max : limit);
    if (self->store != NULL) {
        self->reader.below = NULL; /* the store's, since the last fork closes it */
        self->reader.label = self->store->label;
    }
    return &self->reader;
}
