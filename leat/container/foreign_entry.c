/* The reader of an entry that libarchive unpacks. Its window is a block of libarchive's, in place,
 * until more is wanted together: then it is gathered in a buffer. */

#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"

#include "leat/core/bytes.h"

/* A hole is shown as these, piece by piece. */
static const uint8_t zeros[4096];

#define RING_LEN (64 * LEAT_KIB)

/* A ratio is judged only past this much output, as of a stage. */
#define RATIO_FROM (64 * LEAT_MIB)

static struct leat_foreign *foreign_of(struct leat_foreign_entry *entry)
{
    return (struct leat_foreign *)((char *)entry - offsetof(struct leat_foreign, entry));
}

static size_t shown(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* --- What libarchive gives --- */

/* After what was given, this. The first one counts. */
static void entry_ends(struct leat_foreign_entry *entry, struct leat_fault fault)
{
    if (!entry->ends)
        entry->fault = fault;
    entry->ends = true;
}

static struct leat_fault fault_of(const struct leat_foreign *self, enum leat_fault_code code,
                                  const char *reason)
{
    return (struct leat_fault){
        .code = code,
        .part = self->container.ops->name,
        .reason = reason,
        .name = leat_reader_label(self->container.src),
        .offset = leat_foreign_tell(self),
    };
}

/* What comes next, zeros or bytes, loses what is over the limits: just so much as is allowed comes
 * out, however it is cut. */
static void entry_bounds(struct leat_foreign_entry *entry, uint64_t in)
{
    struct leat_foreign *self = foreign_of(entry);
    struct leat_ctx *ctx = entry->reader.ctx;
    uint64_t len = entry->zeros + entry->block.len;
    ctx->spent.bytes += len;
    entry->came += len;
    if (entry->came > ctx->limits.bytes_max) {
        uint64_t excess = entry->came - ctx->limits.bytes_max;
        uint64_t of_block = excess < entry->block.len ? excess : entry->block.len;
        entry->block.len -= (size_t)of_block;
        entry->zeros -= excess - of_block < entry->zeros ? excess - of_block : entry->zeros;
        entry_ends(entry, fault_of(self, LEAT_FAULT_BOUND, "more output than the limit allows"));
    } else if (ctx->spent.bytes > ctx->spent.bytes_max) {
        entry_ends(entry,
                   fault_of(self, LEAT_FAULT_BOUND, "more output in all than the limit allows"));
    } else if (entry->came >= RATIO_FROM && entry->came / ctx->limits.ratio_max > in) {
        entry_ends(entry, fault_of(self, LEAT_FAULT_BOUND, "expands more than the limit allows"));
    }
}

/* The block that libarchive gave last: behind a hole where it begins later than the one before
 * ended. */
static void entry_takes(struct leat_foreign_entry *entry)
{
    struct leat_foreign *self = foreign_of(entry);
    const struct leat_foreign_flow *flow = &self->flow;
    if (flow->block.len == 0)
        return;
    if (flow->block_at < entry->came) {
        entry_ends(entry, fault_of(self, LEAT_FAULT_CORRUPT, "bytes that come twice"));
        return;
    }
    entry->zeros = flow->block_at - entry->came;
    entry->block = flow->block;
    entry_bounds(entry, leat_foreign_tell(self) - entry->in_start);
}

/* The next block. OK: there is one, or the end is known; AGAIN. */
static enum leat_status entry_more(struct leat_foreign_entry *entry)
{
    struct leat_foreign *self = foreign_of(entry);
    enum leat_status status = leat_foreign_block(self);
    if (status != LEAT_OK)
        return status;
    int said = self->flow.said;
    entry_takes(entry);
    bool whole = self->behind.code != LEAT_FAULT_NONE && entry->came >= self->behind_len;
    if (said != ARCHIVE_OK && whole)
        entry_ends(entry, self->behind);
    else if (said == ARCHIVE_EOF && entry->size != LEAT_SIZE_UNKNOWN && entry->came < entry->size)
        entry_ends(entry, fault_of(self, LEAT_FAULT_CORRUPT, "fewer bytes than its header says"));
    else if (said == ARCHIVE_EOF)
        entry_ends(entry, (struct leat_fault){ 0 });
    else if (said != ARCHIVE_OK)
        entry_ends(entry, leat_foreign_fault(self));
    return LEAT_OK;
}

/* --- The reader --- */

/* Add to the gathered window. OK, or FAULT. */
static enum leat_status gather(struct leat_reader *r, struct leat_buffer *buffer, size_t min,
                               struct leat_span from)
{
    while (from.len > 0) {
        struct leat_room room;
        size_t some = from.len < RING_LEN ? from.len : RING_LEN;
        if (leat_buffer_room(buffer, r, min, some, RING_LEN, &room) != LEAT_OK)
            return LEAT_FAULT;
        leat_bytes_copy(&r->counts, LEAT_CAUSE_SEAM, room.data, from.data, some);
        leat_buffer_add(r, some);
        from.data += some;
        from.len -= some;
    }
    return LEAT_OK;
}

/* The window lies in libarchive's memory, which is about to change: have it in the buffer. */
static enum leat_status entry_keeps(struct leat_foreign_entry *entry, size_t min)
{
    struct leat_reader *r = &entry->reader;
    const struct leat_block *block = entry->buffer.block;
    struct leat_span window = { .data = r->pos, .len = shown(r) };
    if (!entry->in_place)
        return LEAT_OK;
    entry->in_place = false;
    r->end_offset -= window.len;
    r->pos = r->end = block != NULL ? block->data + block->size : r->end;
    return gather(r, &entry->buffer, min, window);
}

/* Show what was given: in place where nothing stands in the window, else behind that. */
static enum leat_status entry_shows(struct leat_foreign_entry *entry, size_t min)
{
    struct leat_reader *r = &entry->reader;
    bool holed = entry->zeros > 0;
    struct leat_span next = entry->block;
    if (holed) {
        next.data = zeros;
        next.len = entry->zeros < sizeof(zeros) ? (size_t)entry->zeros : sizeof(zeros);
        entry->zeros -= next.len;
    } else {
        entry->block.len = 0;
    }
    if (shown(r) > 0)
        return gather(r, &entry->buffer, min, next);
    entry->in_place = true;
    r->pos = next.data;
    r->end = next.data + next.len;
    r->end_offset += next.len;
    return LEAT_OK;
}

static enum leat_status entry_fill(struct leat_reader *r, size_t min)
{
    struct leat_foreign_entry *entry = (struct leat_foreign_entry *)r;
    if (r->ctx->breathe != NULL)
        r->ctx->breathe(r->ctx);
    if (!entry->ends && leat_ctx_is_late(r->ctx))
        entry_ends(entry, fault_of(foreign_of(entry), LEAT_FAULT_BOUND,
                                   "takes longer than the limit allows"));
    while (shown(r) < min) {
        enum leat_status status = entry_keeps(entry, min);
        if (status == LEAT_OK && (entry->zeros > 0 || entry->block.len > 0))
            status = entry_shows(entry, min);
        else if (status == LEAT_OK && entry->ends)
            status = entry->fault.code != LEAT_FAULT_NONE ? LEAT_FAULT : LEAT_END;
        else if (status == LEAT_OK)
            status = entry_more(entry);
        if (status == LEAT_FAULT && r->fault.code == LEAT_FAULT_NONE)
            r->fault = entry->fault;
        if (status != LEAT_OK)
            return status;
    }
    return LEAT_OK;
}

static void entry_stop(struct leat_reader *r)
{
    struct leat_foreign_entry *entry = (struct leat_foreign_entry *)r;
    leat_buffer_fini(&entry->buffer, r);
}

struct leat_reader *leat_foreign_entry(struct leat_foreign *self, const struct leat_entry *of)
{
    static const struct leat_reader_ops ops = {
        .name = "entry",
        .self_size = sizeof(struct leat_foreign_entry),
        .fill = entry_fill,
        .stop = entry_stop,
    };
    struct leat_foreign_entry *entry = &self->entry;
    *entry = (struct leat_foreign_entry){
        .size = of->size,
        .in_start = leat_foreign_tell(self),
        .ends = of->kind != LEAT_ENTRY_FILE, /* libarchive has no bytes for it, and may mind */
    };
    leat_reader_init(&entry->reader, self->container.ctx, &ops);
    entry->reader.part = self->container.ops->name;
    entry->reader.below = self->container.src;
    entry->reader.state |= LEAT_READER_BORROWS;
    return &entry->reader;
}
