#include "leat/core/ctx.h"
#include "leat/stage/hash/hash.h"

struct hash {
    struct leat_reader reader;
    const struct leat_hash_kind *kind;
    uint64_t value; /* of what was consumed and settled */
    uint64_t expected;
    bool expects;
};

static uint64_t crc32_update(uint64_t value, const uint8_t *data, size_t len)
{
    return leat_crc32((uint32_t)value, data, len);
}

const struct leat_hash_kind leat_hash_crc32 = { .name = "crc32", .update = crc32_update };

static void hash_settle(struct leat_reader *r)
{
    struct hash *self = (struct hash *)r;
    size_t owed = leat_view_owes(r);
    if (owed > 0)
        self->value = self->kind->update(self->value, r->below->pos, owed);
    leat_view_settle(r);
}

/* The end is behind the window: what is in it counts as well. */
static enum leat_status hash_checks(struct hash *self)
{
    struct leat_reader *r = &self->reader;
    size_t rest = (size_t)(r->end - r->pos);
    uint64_t value = rest > 0 ? self->kind->update(self->value, r->pos, rest) : self->value;
    if (value == self->expected)
        return LEAT_END;
    return leat_reader_fails(r, LEAT_FAULT_CHECKSUM, "wrong checksum", r->end_offset);
}

static enum leat_status hash_fill(struct leat_reader *r, size_t min)
{
    struct hash *self = (struct hash *)r;
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    return status == LEAT_END && self->expects ? hash_checks(self) : status;
}

static const struct leat_reader_ops hash_ops = {
    .name = "hash",
    .self_size = sizeof(struct hash),
    .view = true,
    .fill = hash_fill,
    .settle = hash_settle,
    .share = leat_view_share,
};

struct leat_reader *leat_hash(struct leat_reader *src, const struct leat_hash_kind *kind)
{
    leat_assert(kind->update != NULL);
    struct hash *self = leat_view_over(src, &hash_ops);
    if (self == NULL)
        return src;
    self->kind = kind;
    self->value = kind->start;
    self->reader.part = kind->name;
    return &self->reader;
}

struct leat_reader *leat_hash_expect(struct leat_reader *src, const struct leat_hash_kind *kind,
                                     uint64_t expected)
{
    struct leat_reader *r = leat_hash(src, kind);
    if (r->ops != &hash_ops || r == src)
        return r;
    struct hash *self = (struct hash *)r;
    self->expected = expected;
    self->expects = true;
    return r;
}

enum leat_status leat_hash_value(struct leat_reader *hash, uint64_t *ret)
{
    const struct hash *self = (const struct hash *)hash;
    if (hash->ops != &hash_ops || (hash->state & LEAT_READER_DEAD))
        return LEAT_FAULT;
    size_t owed = leat_view_owes(hash);
    *ret = owed > 0 ? self->kind->update(self->value, hash->below->pos, owed) : self->value;
    return LEAT_OK;
}
