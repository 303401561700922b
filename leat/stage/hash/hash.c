/* The view that digests what is read. */

#include "leat/core/ctx.h"
#include "leat/stage/hash/digests.h"
#include "leat/stage/hash/hash.h"

struct hash {
    struct leat_reader reader;
    struct leat_digester digester; /* of what was consumed and settled; kind NULL: it failed */
    enum leat_fault_code lacks;    /* why it failed */
    struct leat_digest expected;   /* kind NULL: nothing is expected */
};

static void hash_settle(struct leat_reader *r)
{
    struct hash *self = (struct hash *)r;
    if (self->digester.kind != NULL)
        leat_digester_update(&self->digester, r->below->pos, leat_view_owes(r));
    leat_view_settle(r);
}

/* The end is behind the window: what is in it counts as well. */
static enum leat_status hash_checks(struct hash *self)
{
    struct leat_reader *r = &self->reader;
    struct leat_digest digest;
    enum leat_fault_code lacks =
        leat_digester_value(&self->digester, r->pos, (size_t)(r->end - r->pos), &digest);
    if (lacks != LEAT_FAULT_NONE)
        return leat_reader_fails(r, lacks, NULL, r->end_offset);
    if (!leat_digest_equal(&digest, &self->expected))
        return leat_reader_fails(r, LEAT_FAULT_CHECKSUM, "wrong checksum", r->end_offset);
    return LEAT_END;
}

static enum leat_status hash_fill(struct leat_reader *r, size_t min)
{
    struct hash *self = (struct hash *)r;
    if (self->digester.kind == NULL)
        return leat_reader_fails(r, self->lacks, leat_digest_lacks(self->lacks), r->end_offset);
    enum leat_status status = leat_view_fill(r, min, UINT64_MAX);
    return status == LEAT_END && self->expected.kind != NULL ? hash_checks(self) : status;
}

static void hash_stop(struct leat_reader *r)
{
    leat_digester_stop(&((struct hash *)r)->digester);
}

static const struct leat_reader_ops hash_ops = {
    .name = "hash",
    .self_size = sizeof(struct hash),
    .view = true,
    .fill = hash_fill,
    .settle = hash_settle,
    .share = leat_view_share,
    .stop = hash_stop,
};

static struct leat_reader *hash_over(struct leat_reader *src, const struct leat_digest_kind *kind,
                                     const struct leat_digest *expected)
{
    struct hash *self = leat_view_over(src, &hash_ops);
    if (self == NULL)
        return src;
    self->lacks = leat_digester_start(&self->digester, kind);
    self->reader.part = kind->name;
    if (expected != NULL)
        self->expected = *expected;
    return &self->reader;
}

struct leat_reader *leat_hash(struct leat_reader *src, const struct leat_digest_kind *kind)
{
    return hash_over(src, kind, NULL);
}

struct leat_reader *leat_hash_expect(struct leat_reader *src, const struct leat_digest *expected)
{
    return hash_over(src, expected->kind, expected);
}

enum leat_status leat_hash_value(struct leat_reader *hash, struct leat_digest *ret)
{
    const struct hash *self = (const struct hash *)hash;
    if (hash->ops != &hash_ops || (hash->state & LEAT_READER_DEAD) || self->digester.kind == NULL)
        return LEAT_FAULT;
    enum leat_fault_code lacks =
        leat_digester_value(&self->digester, hash->below->pos, leat_view_owes(hash), ret);
    return lacks == LEAT_FAULT_NONE ? LEAT_OK : LEAT_FAULT;
}
