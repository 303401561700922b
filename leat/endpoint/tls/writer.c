/* The writing end: OpenSSL encrypts what is in our room, or in a slice that was given.
 *
 *      pending       room
 *   ┌─────────────┬──────────┐   then `slice`; while there is one, there is no room
 *   └─────────────┴──────────┘
 *   from          pos        end
 *
 * Once the kernel encrypts, the room is the transport's own, slices go to it as they are, and files
 * are pulled by it. */

#include <openssl/err.h>

#include "leat/endpoint/tls/parts.h"

/* As much as a record takes. */
#define BLOCK_LEN (16 * LEAT_KIB)

static struct leat_tls *tls_of(struct leat_writer *w)
{
    return LEAT_CONTAINER_OF(w, struct leat_tls, writer);
}

static size_t pending_len(const struct leat_tls_writer *self)
{
    return (size_t)(self->writer.pos - self->from);
}

/* Set the room to `len` bytes from `data` on; tell stays. */
static void room_set(struct leat_tls_writer *self, uint8_t *data, size_t len)
{
    struct leat_writer *w = &self->writer;
    leat_writer_show(w, leat_writer_tell(w), data, len);
    self->from = data;
}

static void memory_return(struct leat_tls_writer *self)
{
    leat_assert(pending_len(self) + self->slice.len == 0);
    if (self->block == NULL)
        return;
    leat_ctx_block_return(self->writer.ctx, self->block);
    self->block = NULL;
    room_set(self, (uint8_t *)(uintptr_t) "", 0);
}

/* --- Encrypting --- */

/* A call of OpenSSL on behalf of the writer failed. */
static enum leat_status waits(struct leat_tls *tls, int result)
{
    enum leat_status status = leat_tls_waits(tls, LEAT_TLS_WRITES, result);
    if (status == LEAT_AGAIN)
        return LEAT_FULL;
    if (status != LEAT_END)
        return status;
    const struct leat_fault fault = {
        .code = LEAT_FAULT_TRUNCATED,
        .part = "tls",
        .reason = "the other side has closed the session",
        .name = leat_reader_label(tls->in),
        .offset = leat_tell(tls->in),
    };
    return leat_tls_fails(tls, LEAT_TLS_WRITES, &fault);
}

/* Write some of `bytes`, of which there are some. A call that has to be repeated is repeated with
 * the same bytes, and perhaps more behind them, as OpenSSL wants it. */
static enum leat_status encrypts(struct leat_tls *tls, struct leat_span bytes, size_t *ret_len)
{
    leat_assert(bytes.len > 0);
    *ret_len = 0;
    enum leat_status status = leat_tls_stands(tls, LEAT_TLS_WRITES);
    if (status != LEAT_OK)
        return status;
    ERR_clear_error();
    int result = SSL_write_ex(tls->ssl, bytes.data, bytes.len, ret_len);
    if (result != 1) {
        *ret_len = 0;
        return waits(tls, result);
    }
    tls->writer.writer.counts.copied[LEAT_CAUSE_CODEC] += *ret_len; /* into its own buffer */
    return LEAT_OK;
}

/* Encrypt all that is pending. OK (nothing is left), FULL, FAULT. */
static enum leat_status writes(struct leat_tls *tls)
{
    struct leat_tls_writer *self = &tls->writer;
    enum leat_status status = LEAT_OK;
    size_t len;
    while (status == LEAT_OK && pending_len(self) > 0) {
        status = encrypts(tls, (struct leat_span){ self->from, pending_len(self) }, &len);
        self->from += len;
    }
    while (status == LEAT_OK && self->slice.len > 0) {
        status = encrypts(tls, (struct leat_span){ self->slice.data, self->slice.len }, &len);
        self->slice.data += len;
        self->slice.len -= len;
        if (self->slice.len == 0)
            leat_slice_release(&self->slice);
    }
    return status;
}

/* --- Once the kernel encrypts --- */

static bool is_by_kernel(const struct leat_tls *tls)
{
    return leat_unlikely(tls->sent.by == LEAT_TLS_BY_KERNEL);
}

/* The transport came to that. */
static enum leat_status out_came_to(struct leat_tls *tls, enum leat_status status)
{
    tls->needs[LEAT_TLS_WRITES] = LEAT_TLS_WRITES;
    return status == LEAT_FAULT ? leat_tls_fails(tls, LEAT_TLS_WRITES, leat_writer_fault(tls->out))
                                : status;
}

/* What is pending stands in the transport's room already. From here on we have none. */
static void passes(struct leat_tls *tls)
{
    struct leat_tls_writer *self = &tls->writer;
    leat_assert(self->block == NULL);
    leat_commit(tls->out, pending_len(self));
    room_set(self, (uint8_t *)(uintptr_t) "", 0);
}

static enum leat_status kernel_drain(struct leat_tls *tls, size_t min)
{
    struct leat_room room;
    enum leat_status status = leat_tls_stands(tls, LEAT_TLS_WRITES);
    if (status != LEAT_OK)
        return status;
    passes(tls);
    status = leat_reserve(tls->out, min, &room);
    room_set(&tls->writer, room.data, room.len);
    return out_came_to(tls, status);
}

static enum leat_status kernel_flush(struct leat_tls *tls, enum leat_flush level)
{
    struct leat_tls_writer *self = &tls->writer;
    enum leat_status status = leat_tls_stands(tls, LEAT_TLS_WRITES);
    if (status != LEAT_OK)
        return status;
    passes(tls);
    /* The transport is finished when the close_notify is in it. */
    status = out_came_to(tls, leat_flush(tls->out, LEAT_FLUSH_PUSH));
    if (status == LEAT_OK && self->pulled)
        status = leat_tls_kernel_ends_record(tls);
    if (status != LEAT_OK)
        return status;
    self->pulled = false;
    if (level == LEAT_FLUSH_FINISH && !self->notified) {
        status = leat_tls_kernel_notifies(tls);
        self->notified = status == LEAT_OK;
    }
    if (status == LEAT_OK && level != LEAT_FLUSH_PUSH)
        status = out_came_to(tls, leat_flush(tls->out, level));
    tls->finished = status == LEAT_OK && level == LEAT_FLUSH_FINISH;
    return status;
}

static enum leat_status kernel_give(struct leat_tls *tls, struct leat_slice *slice)
{
    struct leat_writer *w = &tls->writer.writer;
    size_t len = slice->len;
    enum leat_status status = leat_tls_stands(tls, LEAT_TLS_WRITES);
    if (status != LEAT_OK)
        return status;
    passes(tls);
    status = leat_give(tls->out, slice);
    if (status == LEAT_OK)
        w->end_offset += len;
    return out_came_to(tls, status);
}

/* A file goes past us, if the kernel takes over, or has. */
static enum leat_status writer_pull(struct leat_writer *w, const struct leat_offer *offer,
                                    uint64_t len, uint64_t *ret_done)
{
    struct leat_tls *tls = tls_of(w);
    if (len == 0 || offer->kind != LEAT_OFFER_DESCRIPTOR || tls->sent.by == LEAT_TLS_BY_OPENSSL)
        return LEAT_UNSUPPORTED;
    if (!is_by_kernel(tls)) {
        enum leat_status status = writes(tls);
        if (status == LEAT_OK)
            memory_return(&tls->writer);
        if (status == LEAT_OK)
            status = leat_tls_kernel_takes(tls);
        if (status != LEAT_OK)
            return status;
    }
    enum leat_status status = leat_tls_stands(tls, LEAT_TLS_WRITES);
    if (status != LEAT_OK)
        return status;
    passes(tls);
    status = leat_writer_pull(tls->out, offer, len, ret_done);
    w->end_offset += *ret_done;
    tls->writer.pulled = true;
    return out_came_to(tls, status);
}

/* --- Room --- */

static enum leat_status writer_drain(struct leat_writer *w, size_t min)
{
    struct leat_tls_writer *self = &tls_of(w)->writer;
    if (is_by_kernel(tls_of(w)))
        return kernel_drain(tls_of(w), min);
    enum leat_status status = writes(tls_of(w));
    if (status != LEAT_OK)
        return status;
    if (self->block == NULL || self->block->size < min) {
        struct leat_block *block = leat_ctx_block(w->ctx, min > BLOCK_LEN ? min : BLOCK_LEN);
        if (block == NULL)
            return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
        leat_ctx_block_return(w->ctx, self->block);
        self->block = block;
        w->counts.allocations++;
        w->counts.allocated += block->size;
    }
    room_set(self, self->block->data, self->block->size);
    return LEAT_OK;
}

/* --- Flushing --- */

enum leat_status leat_tls_shakes(struct leat_tls *tls)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && !SSL_is_init_finished(tls->ssl)) {
        status = leat_tls_stands(tls, LEAT_TLS_WRITES);
        if (status != LEAT_OK)
            break;
        ERR_clear_error();
        int result = SSL_do_handshake(tls->ssl);
        if (result <= 0)
            status = waits(tls, result);
    }
    return status;
}

/* Say that nothing more comes. Who has said nothing yet shakes hands first. */
static enum leat_status notifies(struct leat_tls *tls)
{
    enum leat_status status = leat_tls_shakes(tls);
    while (status == LEAT_OK && !tls->writer.notified) {
        status = leat_tls_stands(tls, LEAT_TLS_WRITES);
        if (status != LEAT_OK)
            break;
        ERR_clear_error();
        int result = SSL_shutdown(tls->ssl);
        if (result >= 0)
            tls->writer.notified = true;
        else
            status = waits(tls, result);
    }
    return status;
}

static enum leat_status writer_flush(struct leat_writer *w, enum leat_flush level)
{
    struct leat_tls *tls = tls_of(w);
    if (is_by_kernel(tls))
        return kernel_flush(tls, level);
    enum leat_status status = writes(tls);
    if (status == LEAT_OK)
        memory_return(&tls->writer);
    if (status == LEAT_OK && level == LEAT_FLUSH_FINISH)
        status = notifies(tls);
    if (status == LEAT_OK)
        status = leat_tls_flushes(tls, LEAT_TLS_WRITES, level);
    if (status == LEAT_OK && level == LEAT_FLUSH_FINISH)
        tls->finished = true;
    return status;
}

/* --- By reference --- */

static enum leat_status writer_give(struct leat_writer *w, struct leat_slice *slice)
{
    struct leat_tls *tls = tls_of(w);
    struct leat_tls_writer *self = &tls->writer;
    if (is_by_kernel(tls))
        return kernel_give(tls, slice);
    /* Only one can be pending, and nothing after it. */
    if (self->slice.len > 0) {
        enum leat_status status = writes(tls);
        if (status != LEAT_OK)
            return status;
    }
    uint64_t tell = leat_writer_tell(w) + slice->len;
    self->slice = *slice;
    enum leat_status status = writes(tls);
    if (status == LEAT_FAULT) {
        /* It is still the caller's. */
        self->slice = (struct leat_slice){ 0 };
        return status;
    }
    /* No room behind it until it is written. */
    leat_writer_show(w, tell, w->pos, status == LEAT_FULL ? 0 : (size_t)(w->end - w->pos));
    return LEAT_OK;
}

static enum leat_status writer_arm(struct leat_writer *w, struct leat_wake *wake)
{
    return leat_tls_arm(tls_of(w), LEAT_TLS_WRITES, wake);
}

static void writer_stop(struct leat_writer *w)
{
    struct leat_tls *tls = tls_of(w);
    struct leat_tls_writer *self = &tls->writer;
    tls->wakes[LEAT_TLS_WRITES] = NULL;
    leat_slice_release(&self->slice);
    leat_writer_show_none(w);
    leat_ctx_block_return(w->ctx, self->block);
    self->block = NULL;
    self->closed = true;
}

void leat_tls_writer_init(struct leat_tls *tls, struct leat_ctx *ctx)
{
    static const struct leat_writer_ops ops = {
        .name = "tls",
        .self_size = sizeof(struct leat_tls_writer),
        .drain = writer_drain,
        .flush = writer_flush,
        .give = writer_give,
        .pull = writer_pull,
        .arm = writer_arm,
        .stop = writer_stop,
    };
    leat_writer_init(&tls->writer.writer, ctx, &ops);
    tls->writer.from = tls->writer.writer.pos;
    tls->writer.writer.label = leat_reader_label(tls->in);
}
