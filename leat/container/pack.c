#include "leat/container/pack.h"
#include "leat/core/bytes.h"

/* Headers of most entries fit. */
#define HELD_SIZE_FIRST (4 * LEAT_KIB)

/* --- The entry's writer: a view of the room below --- */

static enum leat_status view_fails(struct leat_pack_view *self, const char *reason)
{
    return leat_writer_fails(&self->writer, LEAT_FAULT_CHANGED, reason, self->len);
}

/* After any call below: its room is ours. */
static void view_shows(struct leat_pack_view *self, uint64_t tell)
{
    struct leat_writer *w = &self->writer;
    const struct leat_writer *below = w->below;
    leat_writer_show(w, tell, below->pos, (size_t)(below->end - below->pos));
    self->from = w->pos;
}

/* Look at what was committed, and pass it on. */
static enum leat_status view_settles(struct leat_pack_view *self)
{
    struct leat_writer *w = &self->writer;
    size_t n = (size_t)(w->pos - self->from);
    if (leat_writer_tell(w) > self->len)
        return view_fails(self, "more bytes than the entry was said to have");
    if (n == 0)
        return LEAT_OK;
    if (self->looks)
        self->pack->ops->look(self->pack, self->from, n);
    leat_assert(self->from == w->below->pos);
    leat_commit(w->below, n);
    self->from = w->pos;
    return LEAT_OK;
}

static enum leat_status view_drain(struct leat_writer *w, size_t min)
{
    struct leat_pack_view *self = (struct leat_pack_view *)w;
    if (view_settles(self) != LEAT_OK)
        return LEAT_FAULT;
    uint64_t tell = leat_writer_tell(w);
    struct leat_room room;
    enum leat_status status = leat_reserve(w->below, min, &room);
    leat_assert(status != LEAT_LIMIT);
    view_shows(self, tell);
    return status;
}

static enum leat_status view_flush(struct leat_writer *w, enum leat_flush level)
{
    struct leat_pack_view *self = (struct leat_pack_view *)w;
    if (view_settles(self) != LEAT_OK)
        return LEAT_FAULT;
    /* The end of an entry is not that of the archive; of an encoder it is. */
    if (level == LEAT_FLUSH_FINISH && w->below == self->pack->sink)
        return LEAT_OK;
    uint64_t tell = leat_writer_tell(w);
    enum leat_status status = leat_flush(w->below, level);
    view_shows(self, tell);
    return status;
}

static enum leat_status view_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct leat_pack_view *self = (struct leat_pack_view *)w;
    if (self->looks)
        return LEAT_UNSUPPORTED;
    if (view_settles(self) != LEAT_OK)
        return LEAT_FAULT;
    uint64_t tell = leat_writer_tell(w);
    if (slice->len > self->len - tell)
        return view_fails(self, "more bytes than the entry was said to have");
    size_t len = slice->len;
    enum leat_status status = leat_give(w->below, slice);
    view_shows(self, tell + (status == LEAT_OK ? len : 0));
    return status;
}

static enum leat_status view_pull(struct leat_writer *w, const struct leat_offer *offer,
                                  uint64_t len, uint64_t *ret_done)
{
    struct leat_pack_view *self = (struct leat_pack_view *)w;
    if (self->looks)
        return LEAT_UNSUPPORTED;
    if (view_settles(self) != LEAT_OK)
        return LEAT_FAULT;
    uint64_t tell = leat_writer_tell(w);
    uint64_t left = self->len - tell;
    if (left == 0)
        return LEAT_UNSUPPORTED; /* a byte more is a fault; perhaps there is none */
    enum leat_status status = leat_writer_pull(w->below, offer, len < left ? len : left, ret_done);
    view_shows(self, tell + *ret_done);
    return status;
}

/* What was committed since the last call goes no further: closing never flushes. */
static void view_stop(struct leat_writer *w)
{
    leat_writer_show_none(w);
}

static void view_init(struct leat_pack_view *self, struct leat_pack *p, struct leat_writer *below,
                      uint64_t len)
{
    static const struct leat_writer_ops ops = {
        .name = "pack",
        .self_size = sizeof(struct leat_pack_view),
        .drain = view_drain,
        .flush = view_flush,
        .give = view_give,
        .pull = view_pull,
        .stop = view_stop,
    };
    leat_writer_init(&self->writer, p->ctx, &ops);
    self->writer.part = p->ops->name;
    self->writer.room_max = below->room_max;
    self->writer.below = below;
    if (below == p->sink)
        self->writer.state |= LEAT_WRITER_BORROWS;
    self->pack = p;
    self->len = len;
    self->looks = false;
    view_shows(self, 0);
}

/* --- What is put --- */

void leat_pack_put(struct leat_pack *p, const void *data, size_t len)
{
    leat_assert(len <= SIZE_MAX / 4);
    leat_assert(p->held_len <= SIZE_MAX / 4);
    if (p->fault.code != LEAT_FAULT_NONE || len == 0)
        return;
    if (len > p->held_size - p->held_len) {
        size_t size = p->held_size > 0 ? p->held_size : HELD_SIZE_FIRST;
        while (size < p->held_len + len)
            size *= 2;
        uint8_t *held = leat_allocate(&p->ctx->alloc, size);
        if (held == NULL) {
            leat_pack_fails(p, LEAT_FAULT_MEMORY, NULL);
            return;
        }
        leat_bytes_copy(NULL, LEAT_CAUSE_GROW, held, p->held, p->held_len);
        leat_deallocate(&p->ctx->alloc, p->held);
        p->held = held;
        p->held_size = size;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, p->held + p->held_len, data, len);
    p->held_len += len;
}

void leat_pack_put_zeros(struct leat_pack *p, size_t len)
{
    static const uint8_t zeros[512];
    while (len > 0) {
        size_t some = len < sizeof(zeros) ? len : sizeof(zeros);
        leat_pack_put(p, zeros, some);
        len -= some;
    }
}

uint64_t leat_pack_tell(const struct leat_pack *p)
{
    leat_assert(p->state != LEAT_PACK_OPEN);
    return leat_writer_tell(p->sink) - p->start + (p->held_len - p->held_done);
}

enum leat_status leat_pack_fails(struct leat_pack *p, enum leat_fault_code code, const char *reason)
{
    leat_assert(code != LEAT_FAULT_NONE);
    if (p->fault.code == LEAT_FAULT_NONE) {
        p->fault = (struct leat_fault){
            .code = code,
            .part = p->ops->name,
            .reason = reason,
            .name = p->sink->label != NULL ? p->sink->label : "",
            .offset = leat_writer_tell(p->sink),
        };
    }
    return LEAT_FAULT;
}

/* A writer of ours failed: so does the packer. */
static enum leat_status pack_inherits(struct leat_pack *p, const struct leat_writer *w)
{
    leat_assert(leat_writer_fault(w) != NULL);
    if (p->fault.code == LEAT_FAULT_NONE)
        p->fault = *leat_writer_fault(w);
    return LEAT_FAULT;
}

/* Write what is held. OK (all of it), FULL, FAULT. */
static enum leat_status held_drains(struct leat_pack *p)
{
    if (p->fault.code != LEAT_FAULT_NONE)
        return LEAT_FAULT;
    size_t done;
    enum leat_status status =
        leat_write(p->sink, p->held + p->held_done, p->held_len - p->held_done, &done);
    p->held_done += done;
    if (status == LEAT_FAULT)
        return pack_inherits(p, p->sink);
    if (status == LEAT_OK)
        p->held_len = p->held_done = 0;
    return status;
}

/* --- Entries --- */

static bool is_usable(struct leat_pack *p)
{
    if (p == NULL)
        return false;
    if (p->state == LEAT_PACK_OPEN && leat_writer_fault(&p->top.writer) != NULL)
        pack_inherits(p, &p->top.writer);
    if (p->refused) {
        p->refused = false;
        p->fault = (struct leat_fault){ 0 };
    }
    return p->fault.code == LEAT_FAULT_NONE;
}

static enum leat_status entry_begins(struct leat_pack *p, const struct leat_entry *entry)
{
    const struct leat_limits *limits = &p->ctx->limits;
    enum leat_status status;
    size_t held = p->held_len;
    if (entry->name.len == 0)
        status = leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "an entry without a name");
    else if (entry->name.len > limits->name_max || entry->target.len > limits->name_max)
        status = leat_pack_fails(p, LEAT_FAULT_BOUND, "a name longer than the limit allows");
    else if (entry->pieces != NULL && !p->ops->sparse)
        status = leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "no file is packed with holes");
    else
        status = p->ops->begin(p, entry);
    if (status == LEAT_OK && p->fault.code != LEAT_FAULT_NONE)
        status = LEAT_FAULT;
    p->refused = status == LEAT_FAULT && p->fault.code != LEAT_FAULT_MEMORY;
    leat_assert(status == LEAT_OK || p->held_len == held || !p->refused);
    return status;
}

/* How many bytes are to be written of the entry. */
static uint64_t bytes_of(const struct leat_entry *entry)
{
    if (entry->kind != LEAT_ENTRY_FILE)
        return 0;
    if (entry->pieces == NULL)
        return entry->size;
    uint64_t at = 0, sum = 0;
    for (size_t i = 0; i < entry->pieces_len; i++) {
        const struct leat_piece *piece = &entry->pieces[i];
        leat_assert(piece->offset >= at && piece->offset <= entry->size);
        leat_assert(piece->len <= entry->size - piece->offset);
        at = piece->offset + piece->len;
        sum += piece->len;
    }
    return sum;
}

/* Put the entry's writer together. */
static void entry_opens(struct leat_pack *p, const struct leat_entry *entry)
{
    const void *options = NULL;
    const struct leat_stage *stage = p->ops->encoder != NULL ? p->ops->encoder(p, &options) : NULL;
    struct leat_writer *below = p->sink;
    p->encodes = stage != NULL;
    if (p->encodes) {
        view_init(&p->low, p, p->sink, LEAT_SIZE_UNKNOWN);
        below = leat_push(&p->low.writer, stage, options);
    }
    view_init(&p->top, p, below, bytes_of(entry));
    p->top.looks = p->ops->look != NULL;
}

enum leat_status leat_pack_entry(struct leat_pack *p, const struct leat_entry *entry,
                                 struct leat_writer **ret)
{
    if (!is_usable(p))
        return LEAT_FAULT;
    leat_assert(p->state == LEAT_PACK_BETWEEN || p->state == LEAT_PACK_BEGINS);
    if (p->state == LEAT_PACK_BETWEEN) {
        if (entry_begins(p, entry) != LEAT_OK)
            return LEAT_FAULT;
        p->entries++;
        p->state = LEAT_PACK_BEGINS;
    }
    enum leat_status status = held_drains(p);
    if (status != LEAT_OK)
        return status;
    entry_opens(p, entry);
    p->state = LEAT_PACK_OPEN;
    *ret = &p->top.writer;
    return LEAT_OK;
}

/* Everything below the entry's writer is told that no more comes. */
static enum leat_status entry_finishes(struct leat_pack *p)
{
    struct leat_writer *w = &p->top.writer;
    if (leat_writer_fault(w) == NULL && p->top.len != LEAT_SIZE_UNKNOWN &&
        leat_writer_tell(w) < p->top.len)
        return leat_pack_fails(p, LEAT_FAULT_CHANGED,
                               "fewer bytes than the entry was said to have");
    enum leat_status status = leat_flush(w, LEAT_FLUSH_FINISH);
    return status == LEAT_FAULT ? pack_inherits(p, w) : status;
}

enum leat_status leat_pack_end(struct leat_pack *p)
{
    if (!is_usable(p))
        return LEAT_FAULT;
    leat_assert(p->state == LEAT_PACK_OPEN || p->state == LEAT_PACK_ENDS);
    if (p->state == LEAT_PACK_OPEN) {
        enum leat_status status = entry_finishes(p);
        if (status != LEAT_OK)
            return status;
        uint64_t size = leat_writer_tell(&p->top.writer);
        uint64_t packed = p->encodes ? leat_writer_tell(&p->low.writer) : size;
        leat_writer_close(&p->top.writer);
        p->state = LEAT_PACK_ENDS;
        p->ops->end(p, size, packed);
    }
    enum leat_status status = held_drains(p);
    if (status == LEAT_OK)
        p->state = LEAT_PACK_BETWEEN;
    return status;
}

enum leat_status leat_pack_finish(struct leat_pack *p)
{
    if (!is_usable(p))
        return LEAT_FAULT;
    leat_assert(p->state == LEAT_PACK_BETWEEN || p->state >= LEAT_PACK_FINISHES);
    enum leat_status status = LEAT_OK;
    if (p->state == LEAT_PACK_BETWEEN) {
        p->state = LEAT_PACK_FINISHES;
        p->ops->finish(p);
    }
    if (p->state == LEAT_PACK_FINISHES) {
        status = held_drains(p);
        if (status == LEAT_OK)
            p->state = LEAT_PACK_FLUSHES;
    }
    if (p->state == LEAT_PACK_FLUSHES) {
        status = leat_flush(p->sink, LEAT_FLUSH_FINISH);
        if (status == LEAT_FAULT)
            return pack_inherits(p, p->sink);
        if (status == LEAT_OK)
            p->state = LEAT_PACK_FINISHED;
    }
    return status;
}

/* --- The rest --- */

enum leat_status leat_pack_arm(struct leat_pack *p, struct leat_wake *wake)
{
    struct leat_writer *w = p->state == LEAT_PACK_OPEN ? &p->top.writer : p->sink;
    return leat_writer_arm(w, wake);
}

const struct leat_fault *leat_pack_fault(const struct leat_pack *p)
{
    static const struct leat_fault no_memory = { .code = LEAT_FAULT_MEMORY, .part = "pack" };
    if (p == NULL)
        return &no_memory;
    if (p->state == LEAT_PACK_OPEN && leat_writer_fault(&p->top.writer) != NULL)
        return leat_writer_fault(&p->top.writer);
    return p->fault.code != LEAT_FAULT_NONE ? &p->fault : NULL;
}

bool leat_pack_refused(const struct leat_pack *p)
{
    return p != NULL && p->refused;
}

bool leat_pack_is_sparse(const struct leat_pack *p)
{
    return p != NULL && p->ops->sparse;
}

void leat_pack_close(struct leat_pack *p)
{
    if (p == NULL)
        return;
    struct leat_ctx *ctx = p->ctx;
    if (p->state == LEAT_PACK_OPEN)
        leat_writer_close(&p->top.writer);
    if (p->ops->stop != NULL)
        p->ops->stop(p);
    leat_deallocate(&ctx->alloc, p->held);
    leat_writer_close(p->sink);
    leat_deallocate(&ctx->alloc, p);
}

void *leat_pack_over(struct leat_writer *sink, const struct leat_pack_ops *ops,
                     const struct leat_pack_options *options)
{
    leat_assert(sink != NULL);
    leat_assert(ops->self_size >= sizeof(struct leat_pack));
    struct leat_pack *p = leat_allocate(&sink->ctx->alloc, ops->self_size);
    if (p == NULL) {
        leat_writer_close(sink);
        return NULL;
    }
    p->ops = ops;
    p->ctx = sink->ctx;
    p->sink = sink;
    p->start = leat_writer_tell(sink);
    if (options != NULL)
        p->options = *options;
    return p;
}
