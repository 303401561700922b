#include "leat/endpoint/source.h"

#include <errno.h>
#include <unistd.h>

/* Offsets of the system are signed. */
#define OFFSET_MAX ((uint64_t)INT64_MAX)

/* The smallest memory for reading exactly. */
#define EXACT_RING_LEN_MIN (4 * LEAT_KIB)

static size_t have(const struct leat_reader *r)
{
    return (size_t)(r->end - r->pos);
}

struct leat_reader *leat_source_init(struct leat_source *self, struct leat_handle *handle,
                                     const struct leat_source_blocks *blocks)
{
    struct leat_ctx *ctx = self->reader.ctx;
    leat_assert(blocks->exact || (blocks->first > 0 && blocks->rest > 0));
    if (handle == NULL) {
        leat_reader_close(&self->reader);
        return &ctx->no_reader;
    }
    self->handle = handle;
    self->blocks = *blocks;
    self->reader.label = handle->label;
    self->reader.counts.allocations++;
    self->reader.counts.allocated += sizeof(*handle);
    return &self->reader;
}

enum leat_status leat_source_opens(struct leat_source *self)
{
    if (leat_likely(self->handle->socket.fd >= 0))
        return LEAT_OK;
    struct leat_io io = leat_handle_open(self->handle, leat_engine_of(self->reader.ctx));
    leat_assert(io.status == LEAT_OK || io.status == LEAT_AGAIN || io.status == LEAT_FAULT);
    if (io.status == LEAT_FAULT)
        return leat_reader_fails_system(&self->reader, io.code);
    return io.status;
}

/* --- Reading --- */

/* Room for the next read, and how much of it to ask for.
 *
 * What has offsets is read in whole blocks, each into an empty ring. A stream that drips is read
 * behind the window until three quarters of the ring are full. The ring is as large as the window
 * already is, so that one which grows without end is moved a bounded number of times a byte. */
static enum leat_status source_room(struct leat_source *self, size_t min, struct leat_room *ret)
{
    struct leat_reader *r = &self->reader;
    size_t tail = have(r);
    leat_assert(min > tail);
    size_t block = r->end_offset == r->origin ? self->blocks.first : self->blocks.rest;
    size_t room = self->stream ? block / 4 : block;
    if (self->blocks.exact)
        room = min - tail;
    size_t ring_len = self->blocks.exact ? EXACT_RING_LEN_MIN : block;
    if (ring_len < tail)
        ring_len = tail;
    enum leat_status status = leat_buffer_room(&self->buffer, r, min, room, ring_len, ret);
    if (status == LEAT_OK && self->blocks.exact)
        ret->len = room;
    return status;
}

enum leat_status leat_source_reads(struct leat_source *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->ended)
        return LEAT_END;
    struct leat_room room;
    if (source_room(self, min, &room) != LEAT_OK)
        return LEAT_FAULT;
    leat_assert(r->end_offset <= OFFSET_MAX - self->start);
    int64_t offset = self->stream ? LEAT_OFFSET_NONE : (int64_t)(self->start + r->end_offset);
    struct leat_io io =
        leat_engine_read(engine, self->handle->socket.fd, room.data, room.len, offset);
    if (io.status == LEAT_FAULT && io.code == ESPIPE && !self->stream && r->end_offset == 0) {
        /* A path may name a pipe or a terminal. */
        self->stream = true;
        io = leat_engine_read(engine, self->handle->socket.fd, room.data, room.len,
                              LEAT_OFFSET_NONE);
    }
    if (io.status == LEAT_FAULT)
        return leat_reader_fails_system(r, io.code);
    if (io.status != LEAT_OK)
        return io.status;
    leat_assert(io.bytes > 0);
    leat_assert(io.bytes <= room.len);
    leat_buffer_add(r, io.bytes);
    r->counts.copied[LEAT_CAUSE_KERNEL] += io.bytes;
    self->ended = io.bytes < room.len && self->blocks.short_is_end && !self->stream;
    return LEAT_OK;
}

enum leat_status leat_source_fill(struct leat_reader *r, size_t min)
{
    struct leat_source *self = (struct leat_source *)r;
    enum leat_status status = leat_source_opens(self);
    while (status == LEAT_OK && have(r) < min)
        status = leat_source_reads(self, min);
    return status;
}

enum leat_status leat_source_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&((struct leat_source *)r)->buffer, r, n, ret);
}

/* --- Going about --- */

enum leat_status leat_source_size(struct leat_reader *r, uint64_t *ret)
{
    struct leat_source *self = (struct leat_source *)r;
    enum leat_status status = leat_source_opens(self);
    if (status != LEAT_OK)
        return status;
    struct leat_stat stat;
    struct leat_io io = leat_engine_stat(leat_engine_of(r->ctx), self->handle->socket.fd, &stat);
    if (io.status != LEAT_OK)
        return io.status == LEAT_FAULT ? leat_reader_fails_system(r, io.code) : io.status;
    uint64_t end = stat.size;
    if (stat.kind == LEAT_KIND_DISK) {
        off_t at = lseek(self->handle->socket.fd, 0, SEEK_END);
        if (at < 0)
            return leat_reader_fails_system(r, errno);
        end = (uint64_t)at;
    } else if (stat.kind != LEAT_KIND_FILE) {
        return LEAT_UNSUPPORTED;
    }
    *ret = end > self->start ? end - self->start : 0;
    return LEAT_OK;
}

/* By reading: what a skip does for streams, and where the size does not say how far it may go. */
static enum leat_status skip_reads(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    enum leat_status status = leat_source_fill(r, 1);
    *ret_done = have(r) < n ? have(r) : n;
    leat_consume(r, (size_t)*ret_done);
    return *ret_done > 0 ? LEAT_OK : status;
}

enum leat_status leat_source_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done)
{
    struct leat_source *self = (struct leat_source *)r;
    leat_assert(have(r) == 0);
    *ret_done = 0;
    enum leat_status status = leat_source_opens(self);
    if (status != LEAT_OK)
        return status;
    if (self->stream || n < self->blocks.rest)
        return skip_reads(r, n, ret_done);
    uint64_t size;
    status = leat_source_size(r, &size);
    if (status == LEAT_FAULT)
        return status;
    /* Some files, as those in /proc, have a size of 0 and more bytes than that. */
    if (status != LEAT_OK || size <= r->end_offset)
        return skip_reads(r, n, ret_done);
    *ret_done = n < size - r->end_offset ? n : size - r->end_offset;
    r->end_offset += *ret_done;
    return LEAT_OK;
}

enum leat_status leat_source_seek(struct leat_reader *r, uint64_t offset)
{
    struct leat_source *self = (struct leat_source *)r;
    enum leat_status status = leat_source_opens(self);
    if (status != LEAT_OK)
        return status;
    if (self->stream || offset > OFFSET_MAX - self->start)
        return LEAT_UNSUPPORTED;
    self->ended = false;
    if (offset >= leat_tell(r) && offset <= r->end_offset) {
        r->pos = r->end - (r->end_offset - offset);
        return LEAT_OK;
    }
    r->pos = r->end;
    r->end_offset = offset;
    return LEAT_OK;
}

enum leat_status leat_source_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                  struct leat_reader **ret)
{
    struct leat_source *self = (struct leat_source *)r;
    enum leat_status status = leat_source_opens(self);
    if (status != LEAT_OK)
        return status;
    if (self->stream)
        return LEAT_UNSUPPORTED;
    struct leat_source *twin = leat_reader_at(ctx, r->ops);
    if (twin == NULL) {
        *ret = &ctx->no_reader;
        return LEAT_OK;
    }
    leat_assert(self->handle->socket.fd >= 0);
    *ret = leat_source_init(twin, leat_handle_take(self->handle), &self->blocks);
    twin->start = self->start;
    twin->reader.end_offset = leat_tell(r);
    return LEAT_OK;
}

/* --- Beside the bytes --- */

enum leat_status leat_source_offer(struct leat_reader *r, struct leat_offer *ret)
{
    struct leat_source *self = (struct leat_source *)r;
    /* A file that cannot be opened is met again, and reported, by the fill that follows. */
    if (self->ended || leat_source_opens(self) != LEAT_OK)
        return LEAT_UNSUPPORTED;
    *ret = (struct leat_offer){
        .kind = LEAT_OFFER_DESCRIPTOR,
        .descriptor = self->handle->socket.fd,
        .seekable = !self->stream,
        .offset = self->start + r->end_offset,
        .len = UINT64_MAX,
    };
    return LEAT_OK;
}

void leat_source_pulled(struct leat_reader *r, uint64_t n)
{
    leat_assert(have(r) == 0);
    r->end_offset += n;
}

enum leat_status leat_source_arm(struct leat_reader *r, struct leat_wake *wake)
{
    struct leat_source *self = (struct leat_source *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->handle->socket.fd < 0)
        return LEAT_UNSUPPORTED;
    enum leat_status status =
        leat_engine_arm(engine, self->handle->socket.fd, LEAT_READY_READ, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

void leat_source_stop(struct leat_reader *r)
{
    struct leat_source *self = (struct leat_source *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->armed != NULL)
        leat_engine_disarm(engine, self->armed);
    /* Who shares the descriptor goes on after what was consumed, not after what was read ahead. */
    if (self->returns && !self->stream)
        (void)lseek(self->handle->socket.fd, (off_t)(self->start + leat_tell(r)), SEEK_SET);
    leat_buffer_fini(&self->buffer, r);
    leat_handle_release(self->handle, engine);
    self->handle = NULL;
}
