/* A reader over a FILE. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "leat/core/buffer.h"
#include "leat/endpoint/handle.h"
#include "leat/endpoint/stdio/stdio.h"

#define BLOCK_LEN (64 * LEAT_KIB)

/* Have the engine wait for the FILE's descriptor. A FILE without one (in memory, or a program's
 * own) is always ready. */
static struct leat_io file_waits(struct leat_ctx *ctx, FILE *file)
{
    struct leat_engine *engine = leat_engine_of(ctx);
    int fd = fileno_unlocked(file);
    if (fd < 0)
        return (struct leat_io){ .status = LEAT_OK };
    return leat_engine_wait(engine, fd, LEAT_READY_READ, LEAT_TIMEOUT_NONE);
}

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
            struct leat_io io = file_waits(r->ctx, self->file);
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
    struct leat_engine *engine = leat_engine_of(r->ctx);
    int fd = fileno_unlocked(self->file);
    if (fd < 0)
        return LEAT_UNSUPPORTED;
    enum leat_status status = leat_engine_arm(engine, fd, LEAT_READY_READ, wake);
    if (status == LEAT_OK)
        self->armed = wake;
    return status;
}

static void from_stdio_stop(struct leat_reader *r)
{
    struct from_stdio *self = (struct from_stdio *)r;
    struct leat_engine *engine = leat_engine_of(r->ctx);
    if (self->armed != NULL)
        leat_engine_disarm(engine, self->armed);
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
