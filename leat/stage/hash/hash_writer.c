/* The writer that digests what goes through it: it shows its sink's own room.
 *
 * What was committed here and not yet there lies between below->pos and pos. */

#include "leat/core/ctx.h"
#include "leat/stage/hash/digests.h"
#include "leat/stage/hash/hash.h"

struct hash_writer {
    struct leat_writer writer;
    struct leat_digester digester; /* of what was passed on; kind NULL: it failed */
    enum leat_fault_code lacks;    /* why it failed */
    struct leat_digest expected;   /* kind NULL: nothing is expected */
    bool shows;                    /* pos and end are in the sink's room */
};

static size_t owed_len(const struct hash_writer *self)
{
    const struct leat_writer *w = &self->writer;
    return self->shows ? (size_t)(w->pos - w->below->pos) : 0;
}

/* Digest what was committed, and commit it in the sink. OK, or the digest's fault. */
static enum leat_status pass_on(struct hash_writer *self)
{
    struct leat_writer *w = &self->writer;
    if (self->digester.kind == NULL)
        return leat_writer_fails(w, self->lacks, leat_digest_lacks(self->lacks),
                                 leat_writer_tell(w));
    size_t owed = owed_len(self);
    leat_digester_update(&self->digester, w->below->pos, owed);
    leat_commit(w->below, owed);
    return LEAT_OK;
}

/* Show the sink's room, at least `min` of it, after `tell` bytes. The sink's status. */
static enum leat_status show(struct hash_writer *self, uint64_t tell, size_t min)
{
    struct leat_writer *w = &self->writer;
    struct leat_room room;
    enum leat_status status = leat_reserve(w->below, min, &room);
    leat_writer_show(w, tell, room.data, room.len);
    self->shows = true;
    leat_assert(leat_writer_tell(w) == tell);
    return status;
}

static enum leat_status hash_drain(struct leat_writer *w, size_t min)
{
    struct hash_writer *self = (struct hash_writer *)w;
    enum leat_status status = pass_on(self);
    return status == LEAT_OK ? show(self, leat_writer_tell(w), min) : status;
}

/* Whether what was written is what was expected, once it is all there. */
static enum leat_status hash_checks(struct hash_writer *self)
{
    struct leat_writer *w = &self->writer;
    struct leat_digest digest;
    if (self->expected.kind == NULL)
        return LEAT_OK;
    enum leat_fault_code lacks = leat_digester_value(&self->digester, NULL, 0, &digest);
    if (lacks != LEAT_FAULT_NONE)
        return leat_writer_fails(w, lacks, NULL, leat_writer_tell(w));
    if (!leat_digest_equal(&digest, &self->expected))
        return leat_writer_fails(w, LEAT_FAULT_CHECKSUM, "wrong checksum", leat_writer_tell(w));
    return LEAT_OK;
}

static enum leat_status hash_flush(struct leat_writer *w, enum leat_flush level)
{
    struct hash_writer *self = (struct hash_writer *)w;
    uint64_t tell = leat_writer_tell(w);
    enum leat_status status = pass_on(self);
    if (status == LEAT_OK && level == LEAT_FLUSH_FINISH)
        status = hash_checks(self);
    if (status == LEAT_OK)
        status = leat_flush(w->below, level);
    /* The sink may have moved its room. */
    (void)!show(self, tell, 0);
    return status;
}

/* The slice is the sink's when it is digested: a reference of our own keeps it. */
static enum leat_status hash_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct hash_writer *self = (struct hash_writer *)w;
    uint64_t tell = leat_writer_tell(w);
    struct leat_slice kept = *slice;
    enum leat_status status = pass_on(self);
    if (kept.block != NULL)
        leat_block_take(kept.block);
    if (status == LEAT_OK)
        status = leat_give(w->below, slice);
    if (status == LEAT_OK) {
        leat_digester_update(&self->digester, kept.data, kept.len);
        tell += kept.len;
    }
    leat_slice_release(&kept);
    (void)!show(self, tell, 0);
    return status;
}

static void hash_stop(struct leat_writer *w)
{
    struct hash_writer *self = (struct hash_writer *)w;
    leat_digester_stop(&self->digester);
    w->pos -= owed_len(self); /* committed, but not passed on: that was not written */
}

static const struct leat_writer_ops hash_ops = {
    .name = "hash",
    .self_size = sizeof(struct hash_writer),
    .drain = hash_drain,
    .flush = hash_flush,
    .give = hash_give,
    .stop = hash_stop,
};

static struct leat_writer *hash_writer_over(struct leat_writer *sink,
                                            const struct leat_digest_kind *kind,
                                            const struct leat_digest *expected)
{
    struct hash_writer *self = leat_writer_over(sink, &hash_ops);
    if (self == NULL)
        return sink;
    self->lacks = leat_digester_start(&self->digester, kind);
    self->writer.part = kind->name;
    self->writer.room_max = sink->room_max;
    if (expected != NULL)
        self->expected = *expected;
    return &self->writer;
}

struct leat_writer *leat_hash_writer(struct leat_writer *sink, const struct leat_digest_kind *kind)
{
    return hash_writer_over(sink, kind, NULL);
}

struct leat_writer *leat_hash_writer_expect(struct leat_writer *sink,
                                            const struct leat_digest *expected)
{
    return hash_writer_over(sink, expected->kind, expected);
}

enum leat_status leat_hash_writer_value(struct leat_writer *hash, struct leat_digest *ret)
{
    const struct hash_writer *self = (const struct hash_writer *)hash;
    if (hash->ops != &hash_ops || self->digester.kind == NULL)
        return LEAT_FAULT;
    enum leat_fault_code lacks =
        leat_digester_value(&self->digester, hash->below->pos, owed_len(self), ret);
    return lacks == LEAT_FAULT_NONE ? LEAT_OK : LEAT_FAULT;
}
