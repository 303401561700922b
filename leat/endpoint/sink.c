#include "leat/endpoint/sink.h"

/* One write is this long; what is reserved at once may make it longer. */
#define BLOCK_LEN (64 * LEAT_KIB)

/* What is sent at once: as many connections may be sending, and most say little. */
#define SEND_LEN (16 * LEAT_KIB)

struct leat_writer *leat_sink_init(struct leat_sink *self, struct leat_handle *handle)
{
    struct leat_ctx *ctx = self->writer.ctx;
    if (handle == NULL) {
        leat_writer_close(&self->writer);
        return &ctx->no_writer;
    }
    self->handle = handle;
    self->from = self->writer.pos;
    self->way = LEAT_MOVE_WAYS;
    self->writer.label = handle->label;
    self->writer.counts.allocations++;
    self->writer.counts.allocated += sizeof(*handle);
    return &self->writer;
}

struct leat_sink *leat_sink_of(struct leat_writer *w)
{
    /* Whatever else is put before the ops, no sink is waited for in another way. */
    return w->ops->arm == leat_sink_arm ? (struct leat_sink *)w : NULL;
}

static size_t pending_len(const struct leat_sink *self)
{
    return (size_t)(self->writer.pos - self->from);
}

/* Set the room to `len` bytes from `data` on; tell stays. */
static void room_set(struct leat_sink *self, uint8_t *data, size_t len)
{
    struct leat_writer *w = &self->writer;
    leat_writer_show(w, leat_writer_tell(w), data, len);
    self->from = data;
}

/* `n` bytes of what is pending were written. */
static void let_go(struct leat_sink *self, size_t n)
{
    size_t of_block = n < pending_len(self) ? n : pending_len(self);
    if (of_block > 0) /* there may be no block yet, and NULL takes no sum */
        self->from += of_block;
    n -= of_block;
    leat_assert(n <= self->slice.len);
    if (n == 0)
        return;
    self->slice.data += n;
    self->slice.len -= n;
    if (self->slice.len == 0)
        leat_slice_release(&self->slice);
}

void leat_sink_wrote(struct leat_sink *self, size_t n)
{
    self->writer.counts.copied[LEAT_CAUSE_KERNEL] += n;
    self->written += n;
    let_go(self, n);
}

unsigned leat_sink_pieces(const struct leat_sink *self, struct leat_span ret[2])
{
    unsigned len = 0;
    if (pending_len(self) > 0)
        ret[len++] = (struct leat_span){ self->from, pending_len(self) };
    if (self->slice.len > 0)
        ret[len++] = (struct leat_span){ self->slice.data, self->slice.len };
    return len;
}

enum leat_status leat_sink_fails(struct leat_sink *self, int code)
{
    return leat_writer_fails_system(&self->writer, code, self->written);
}

static uint64_t deadline_of(const struct leat_sink *self, struct leat_engine *engine)
{
    return self->timeout_ns != 0 ? engine->ops->now_ns(engine) + self->timeout_ns : 0;
}

enum leat_status leat_sink_writes(struct leat_sink *self, bool more)
{
    struct leat_engine *engine = leat_engine_of(self->writer.ctx);
    struct leat_span pieces[2];
    unsigned pieces_len;
    while ((pieces_len = leat_sink_pieces(self, pieces)) > 0) {
        struct leat_op op = {
            .code = self->sends ? LEAT_OP_SEND : LEAT_OP_WRITE,
            .fd = self->handle->socket.fd,
            .write = { pieces, pieces_len, more },
            .deadline_ns = deadline_of(self, engine),
        };
        struct leat_io io = leat_engine_run(engine, &op);
        if (io.status == LEAT_FAULT)
            return leat_sink_fails(self, io.code);
        if (io.status != LEAT_OK)
            return io.status;
        leat_sink_wrote(self, io.bytes);
    }
    return LEAT_OK;
}

void leat_sink_rest(struct leat_sink *self)
{
    leat_assert(pending_len(self) + self->slice.len == 0);
    if (self->block == NULL)
        return;
    leat_ctx_block_return(self->writer.ctx, self->block);
    self->block = NULL;
    room_set(self, (uint8_t *)(uintptr_t) "", 0);
}

enum leat_status leat_sink_drain(struct leat_writer *w, size_t min)
{
    struct leat_sink *self = (struct leat_sink *)w;
    enum leat_status status = leat_sink_writes(self, false);
    if (status != LEAT_OK)
        return status;
    size_t len = self->sends ? SEND_LEN : BLOCK_LEN;
    if (self->block == NULL || self->block->size < min) {
        struct leat_block *block = leat_ctx_block(w->ctx, min > len ? min : len);
        if (block == NULL)
            return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
        leat_ctx_block_return(w->ctx, self->block);
        self->block = block;
        w->counts.allocations++;
        w->counts.allocated += self->block->size;
    }
    room_set(self, self->block->data, self->block->size);
    return LEAT_OK;
}

enum leat_status leat_sink_flush(struct leat_writer *w, enum leat_flush level)
{
    struct leat_sink *self = (struct leat_sink *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    enum leat_status status = leat_sink_writes(self, false);
    if (status == LEAT_OK && self->sends)
        leat_sink_rest(self);
    if (status != LEAT_OK || level != LEAT_FLUSH_SYNC || self->sends)
        return status;
    struct leat_io io = leat_engine_sync(engine, self->handle->socket.fd);
    return io.status == LEAT_FAULT ? leat_sink_fails(self, io.code) : io.status;
}

enum leat_status leat_sink_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct leat_sink *self = (struct leat_sink *)w;
    /* Only one can be pending, and nothing after it. */
    if (self->slice.len > 0) {
        enum leat_status status = leat_sink_writes(self, false);
        if (status != LEAT_OK)
            return status;
    }
    size_t pending = pending_len(self);
    struct leat_slice before = *slice;
    self->slice = *slice;
    /* To a socket it goes with the flush, together with what stands before it. */
    enum leat_status status = self->sends ? LEAT_FULL : leat_sink_writes(self, false);
    if (status == LEAT_FAULT) {
        /* It is still the caller's. */
        self->slice = (struct leat_slice){ 0 };
        return status;
    }
    leat_assert(pending_len(self) <= pending);
    uint64_t tell = leat_writer_tell(w) + before.len;
    /* No room behind it until it is written. */
    leat_writer_show(w, tell, w->pos, status == LEAT_FULL ? 0 : (size_t)(w->end - w->pos));
    return LEAT_OK;
}

/* --- Pulling --- */

/* Copying a file onto itself reads what was just written, and need never end. */
static bool is_same_file(struct leat_engine *engine, int a, int b)
{
    struct leat_stat of_a, of_b;
    if (leat_engine_stat(engine, a, &of_a).status != LEAT_OK ||
        leat_engine_stat(engine, b, &of_b).status != LEAT_OK)
        return false;
    return of_a.kind == LEAT_KIND_FILE && of_a.device == of_b.device && of_a.number == of_b.number;
}

enum leat_status leat_sink_pull(struct leat_writer *w, const struct leat_offer *offer, uint64_t len,
                                uint64_t *ret_done)
{
    struct leat_sink *self = (struct leat_sink *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    if (offer->kind != LEAT_OFFER_DESCRIPTOR)
        return LEAT_UNSUPPORTED;
    if (!self->sends && is_same_file(engine, offer->descriptor, self->handle->socket.fd))
        return leat_writer_fails(w, LEAT_FAULT_UNSUPPORTED, "input and output are the same file",
                                 leat_writer_tell(w));
    if (len == 0)
        return LEAT_UNSUPPORTED;
    enum leat_status status = leat_sink_writes(self, true);
    if (status != LEAT_OK)
        return status;
    struct leat_move move = {
        .from = offer->descriptor,
        .to = self->handle->socket.fd,
        .from_offset = offer->seekable ? (int64_t)offer->offset : LEAT_OFFSET_NONE,
    };
    struct leat_io io = { .status = LEAT_OK };
    while (*ret_done < len && io.status == LEAT_OK) {
        move.len = len - *ret_done;
        struct leat_op op = {
            .code = LEAT_OP_MOVE,
            .fd = move.to,
            .move = { &move },
            .deadline_ns = deadline_of(self, engine),
        };
        io = leat_engine_run(engine, &op);
        if (io.status != LEAT_OK)
            break;
        self->way = move.way;
        *ret_done += io.bytes;
        w->end_offset += io.bytes;
        self->written += io.bytes;
    }
    if (io.status == LEAT_END)
        return LEAT_OK;
    /* A failed move does not say which side failed. The same bytes by hand will. */
    if (io.status == LEAT_FAULT || io.status == LEAT_UNSUPPORTED)
        return *ret_done > 0 ? LEAT_OK : LEAT_UNSUPPORTED;
    return io.status;
}

enum leat_status leat_sink_arm(struct leat_writer *w, struct leat_wake *wake)
{
    struct leat_sink *self = (struct leat_sink *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    if (self->handle->socket.fd < 0)
        return LEAT_UNSUPPORTED;
    enum leat_status status =
        leat_engine_arm(engine, self->handle->socket.fd, LEAT_READY_WRITE, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

void leat_sink_stop(struct leat_writer *w)
{
    struct leat_sink *self = (struct leat_sink *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    if (self->armed != NULL)
        leat_engine_disarm(engine, self->armed);
    leat_slice_release(&self->slice);
    leat_writer_show_none(w);
    leat_ctx_block_return(w->ctx, self->block);
    self->block = NULL;
    leat_handle_release(self->handle, engine);
    self->handle = NULL;
}
