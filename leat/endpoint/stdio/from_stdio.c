/* Readers and writers over a FILE. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "leat/core/buffer.h"
#include "leat/endpoint/handle.h"
#include "leat/endpoint/stdio/stdio.h"

#define BLOCK_LEN (64 * LEAT_KIB)

/* Have the engine wait for the FILE's descriptor. A FILE without one (in memory, or a program's
 * own) is always ready. */
static struct leat_io file_waits(struct leat_ctx *ctx, FILE *file, enum leat_ready ready)
{
    struct leat_engine *engine = leat_engine_of(ctx);
    int fd = fileno_unlocked(file);
    if (fd < 0)
        return (struct leat_io){ .status = LEAT_OK };
    return engine->ops->wait(engine, fd, ready, LEAT_TIMEOUT_NONE);
}

static enum leat_status file_arms(struct leat_ctx *ctx, FILE *file, enum leat_ready ready,
                                  struct leat_wake *wake)
{
    struct leat_engine *engine = leat_engine_of(ctx);
    int fd = fileno_unlocked(file);
    return fd < 0 ? LEAT_UNSUPPORTED : engine->ops->arm(engine, fd, ready, wake);
}

/* --- Reading --- */

struct from_stdio {
    struct leat_reader reader;
    struct leat_buffer buffer;
    struct leat_wake *armed;
    FILE *file;
    bool own;
};

/* What can be had of the FILE without another read(2). Elsewhere than in the GNU C library that is
 * not to be known, and bytes are got one at a time. */
static size_t buffered_len(const FILE *file)
{
#ifdef __GLIBC__
    return (size_t)(file->_IO_read_end - file->_IO_read_ptr);
#else
    (void)file;
    return 0;
#endif
}

/* Wait for a byte as the engine does, and get it: getc reads a whole buffer, but waits only for
 * this one. OK, AGAIN, END, FAULT. */
static enum leat_status from_stdio_gets(struct from_stdio *self, uint8_t *ret)
{
    struct leat_reader *r = &self->reader;
    /* A getc waits by itself; only an engine that does not must be asked before. */
    bool ask = leat_engine_of(r->ctx) != &leat_engine_blocking;
    for (;;) {
        if (ask) {
            struct leat_io io = file_waits(r->ctx, self->file, LEAT_READY_READ);
            if (io.status == LEAT_FAULT)
                return leat_reader_fails_system(r, io.code);
            if (io.status != LEAT_OK)
                return io.status;
        }
        int byte = getc_unlocked(self->file);
        int code = errno;
        if (byte != EOF) {
            *ret = (uint8_t)byte;
            return LEAT_OK;
        }
        if (feof_unlocked(self->file))
            return LEAT_END;
        clearerr_unlocked(self->file);
        if (code != EAGAIN && code != EINTR)
            return leat_reader_fails_system(r, code);
        ask = code == EAGAIN;
    }
}

static enum leat_status from_stdio_reads(struct from_stdio *self, size_t min)
{
    struct leat_reader *r = &self->reader;
    struct leat_room room;
    size_t tail = (size_t)(r->end - r->pos);
    size_t ring_len = tail > BLOCK_LEN ? tail : BLOCK_LEN;
    if (leat_buffer_room(&self->buffer, r, min, BLOCK_LEN / 4, ring_len, &room) != LEAT_OK)
        return LEAT_FAULT;
    size_t len = 0;
    if (buffered_len(self->file) == 0) {
        enum leat_status status = from_stdio_gets(self, room.data);
        if (status != LEAT_OK)
            return status;
        len = 1;
    }
    size_t more = buffered_len(self->file);
    if (more > room.len - len)
        more = room.len - len;
    if (more > 0)
        len += fread_unlocked(room.data + len, 1, more, self->file);
    leat_assert(len > 0);
    leat_buffer_add(r, len);
    r->counts.copied[LEAT_CAUSE_USER] += len;
    return LEAT_OK;
}

static enum leat_status from_stdio_fill(struct leat_reader *r, size_t min)
{
    struct from_stdio *self = (struct from_stdio *)r;
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK && (size_t)(r->end - r->pos) < min)
        status = from_stdio_reads(self, min);
    return status;
}

static enum leat_status from_stdio_share(struct leat_reader *r, size_t n, struct leat_slice *ret)
{
    return leat_buffer_share(&((struct from_stdio *)r)->buffer, r, n, ret);
}

static enum leat_status from_stdio_arm(struct leat_reader *r, struct leat_wake *wake)
{
    struct from_stdio *self = (struct from_stdio *)r;
    enum leat_status status = file_arms(r->ctx, self->file, LEAT_READY_READ, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

static void from_stdio_stop(struct leat_reader *r)
{
    struct from_stdio *self = (struct from_stdio *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->armed != NULL)
        engine->ops->disarm(engine, self->armed);
    leat_buffer_fini(&self->buffer, r);
    if (self->own)
        (void)fclose(self->file);
}

struct leat_reader *leat_from_stdio(struct leat_ctx *ctx, FILE *file, bool own)
{
    static const struct leat_reader_ops ops = {
        .name = "stdio",
        .self_size = sizeof(struct from_stdio),
        .fill = from_stdio_fill,
        .share = from_stdio_share,
        .arm = from_stdio_arm,
        .stop = from_stdio_stop,
    };
    leat_assert(file != NULL);
    struct from_stdio *self = leat_reader_at(ctx, &ops);
    if (self == NULL) {
        if (own)
            (void)fclose(file);
        return &ctx->no_reader;
    }
    self->file = file;
    self->own = own;
    return &self->reader;
}

/* --- Writing --- */

struct stdio_writer {
    struct leat_writer writer;
    struct leat_block *block; /* NULL until first used */
    uint8_t *from;            /* what lies from here to pos is pending */
    struct leat_wake *armed;
    FILE *file;
    bool own;
};

/* After stdio failed: OK when it is worth trying again. */
static enum leat_status stdio_writer_waits(struct stdio_writer *self, int code)
{
    struct leat_writer *w = &self->writer;
    clearerr_unlocked(self->file);
    if (code == EINTR)
        return LEAT_OK;
    if (code != EAGAIN)
        return leat_writer_fails_system(w, code, leat_writer_tell(w));
    struct leat_io io = file_waits(w->ctx, self->file, LEAT_READY_WRITE);
    if (io.status == LEAT_FAULT)
        return leat_writer_fails_system(w, io.code, leat_writer_tell(w));
    return io.status == LEAT_OK ? LEAT_OK : LEAT_FULL;
}

static enum leat_status stdio_writer_writes(struct stdio_writer *self)
{
    struct leat_writer *w = &self->writer;
    enum leat_status status = LEAT_OK;
    while (self->from < w->pos && status == LEAT_OK) {
        size_t len = (size_t)(w->pos - self->from);
        size_t n = fwrite_unlocked(self->from, 1, len, self->file);
        int code = errno;
        self->from += n;
        w->counts.copied[LEAT_CAUSE_USER] += n;
        if (n < len)
            status = stdio_writer_waits(self, code);
    }
    return status;
}

static enum leat_status stdio_writer_drain(struct leat_writer *w, size_t min)
{
    struct stdio_writer *self = (struct stdio_writer *)w;
    enum leat_status status = stdio_writer_writes(self);
    if (status != LEAT_OK)
        return status;
    uint64_t tell = leat_writer_tell(w);
    if (self->block == NULL || self->block->size < min) {
        struct leat_block *block = leat_ctx_block(w->ctx, min > BLOCK_LEN ? min : BLOCK_LEN);
        if (block == NULL)
            return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, tell);
        leat_ctx_block_return(w->ctx, self->block);
        self->block = block;
        w->counts.allocations++;
        w->counts.allocated += self->block->size;
    }
    self->from = w->pos = self->block->data;
    w->end = w->pos + self->block->size;
    w->end_offset = tell + self->block->size;
    return LEAT_OK;
}

static enum leat_status stdio_writer_flush(struct leat_writer *w, enum leat_flush level)
{
    struct stdio_writer *self = (struct stdio_writer *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    enum leat_status status = stdio_writer_writes(self);
    while (status == LEAT_OK && fflush_unlocked(self->file) != 0)
        status = stdio_writer_waits(self, errno);
    int fd = fileno_unlocked(self->file);
    if (status != LEAT_OK || level != LEAT_FLUSH_SYNC || fd < 0)
        return status;
    struct leat_io io = engine->ops->sync(engine, fd);
    return io.status == LEAT_FAULT ? leat_writer_fails_system(w, io.code, leat_writer_tell(w))
                                   : io.status;
}

static enum leat_status stdio_writer_arm(struct leat_writer *w, struct leat_wake *wake)
{
    struct stdio_writer *self = (struct stdio_writer *)w;
    enum leat_status status = file_arms(w->ctx, self->file, LEAT_READY_WRITE, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

static void stdio_writer_stop(struct leat_writer *w)
{
    struct stdio_writer *self = (struct stdio_writer *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    uint64_t tell = leat_writer_tell(w);
    if (self->armed != NULL)
        engine->ops->disarm(engine, self->armed);
    leat_ctx_block_return(w->ctx, self->block);
    w->pos = w->end = NULL;
    w->end_offset = tell;
    if (self->own)
        (void)fclose(self->file);
}

struct leat_writer *leat_stdio_writer(struct leat_ctx *ctx, FILE *file, bool own)
{
    static const struct leat_writer_ops ops = {
        .name = "stdio",
        .self_size = sizeof(struct stdio_writer),
        .drain = stdio_writer_drain,
        .flush = stdio_writer_flush,
        .arm = stdio_writer_arm,
        .stop = stdio_writer_stop,
    };
    leat_assert(file != NULL);
    struct stdio_writer *self = leat_writer_at(ctx, &ops);
    if (self == NULL) {
        if (own)
            (void)fclose(file);
        return &ctx->no_writer;
    }
    self->file = file;
    self->own = own;
    self->from = self->writer.pos;
    return &self->writer;
}
