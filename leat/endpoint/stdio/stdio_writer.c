/* A writer into a FILE. stdio drops what it holds when a write of its own is interrupted or would
 * wait, and cannot be asked not to wait: so where there is a descriptor, bytes go to that through
 * the engine, and the FILE is told where it stands then. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "leat/endpoint/sink.h"
#include "leat/endpoint/stdio/stdio.h"

#define BLOCK_LEN (64 * LEAT_KIB)

/* --- A FILE with a descriptor --- */

struct descriptor_writer {
    struct leat_sink sink;
    FILE *file;
    bool own;
};

/* What the FILE holds of its user's comes before what is written here. */
static enum leat_status file_first(struct descriptor_writer *self)
{
    if (fflush_unlocked(self->file) == 0)
        return LEAT_OK;
    return leat_sink_fails(&self->sink, errno);
}

static enum leat_status descriptor_drain(struct leat_writer *w, size_t min)
{
    enum leat_status status = file_first((struct descriptor_writer *)w);
    return status == LEAT_OK ? leat_sink_drain(w, min) : status;
}

static enum leat_status descriptor_flush(struct leat_writer *w, enum leat_flush level)
{
    struct descriptor_writer *self = (struct descriptor_writer *)w;
    enum leat_status status = file_first(self);
    if (status == LEAT_OK)
        status = leat_sink_flush(w, level);
    if (status != LEAT_OK)
        return status;
    /* What its user writes next goes behind this. */
    off_t at = lseek(self->sink.handle->socket.fd, 0, SEEK_CUR);
    if (at >= 0 && fseeko(self->file, at, SEEK_SET) < 0)
        return leat_sink_fails(&self->sink, errno);
    return LEAT_OK;
}

static enum leat_status descriptor_give(struct leat_writer *w, struct leat_slice *slice)
{
    enum leat_status status = file_first((struct descriptor_writer *)w);
    return status == LEAT_OK ? leat_sink_give(w, slice) : status;
}

static enum leat_status descriptor_pull(struct leat_writer *w, const struct leat_offer *offer,
                                        uint64_t len, uint64_t *ret_done)
{
    enum leat_status status = file_first((struct descriptor_writer *)w);
    return status == LEAT_OK ? leat_sink_pull(w, offer, len, ret_done) : status;
}

static void descriptor_stop(struct leat_writer *w)
{
    struct descriptor_writer *self = (struct descriptor_writer *)w;
    leat_sink_stop(w);
    if (self->own)
        (void)fclose(self->file);
}

static const struct leat_writer_ops descriptor_ops = {
    .name = "stdio",
    .self_size = sizeof(struct descriptor_writer),
    .drain = descriptor_drain,
    .flush = descriptor_flush,
    .give = descriptor_give,
    .pull = descriptor_pull,
    .arm = leat_sink_arm,
    .stop = descriptor_stop,
};

/* --- A FILE without one: in memory, or a program's own --- */

struct file_writer {
    struct leat_writer writer;
    struct leat_block *block; /* NULL until first used; up to pos it is pending */
    FILE *file;
    uint64_t written;
    bool own;
};

static enum leat_status file_fails(struct file_writer *self, int code)
{
    return leat_writer_fails_system(&self->writer, code, self->written);
}

/* Let the room be all of the block. */
static void file_shows(struct file_writer *self)
{
    struct leat_writer *w = &self->writer;
    leat_writer_show(w, leat_writer_tell(w), self->block->data, self->block->size);
}

static enum leat_status file_writes(struct file_writer *self)
{
    struct leat_writer *w = &self->writer;
    size_t len = self->block != NULL ? (size_t)(w->pos - self->block->data) : 0;
    if (len == 0)
        return LEAT_OK;
    size_t n = fwrite_unlocked(self->block->data, 1, len, self->file);
    int code = errno;
    w->counts.copied[LEAT_CAUSE_USER] += n;
    self->written += n;
    if (n < len)
        return file_fails(self, code);
    file_shows(self);
    return LEAT_OK;
}

static enum leat_status file_drain(struct leat_writer *w, size_t min)
{
    struct file_writer *self = (struct file_writer *)w;
    enum leat_status status = file_writes(self);
    if (status != LEAT_OK)
        return status;
    if (self->block == NULL || self->block->size < min) {
        struct leat_block *block = leat_ctx_block(w->ctx, min > BLOCK_LEN ? min : BLOCK_LEN);
        if (block == NULL)
            return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, leat_writer_tell(w));
        leat_ctx_block_return(w->ctx, self->block);
        self->block = block;
        w->counts.allocations++;
        w->counts.allocated += self->block->size;
    }
    file_shows(self);
    return LEAT_OK;
}

static enum leat_status file_flush(struct leat_writer *w, enum leat_flush level)
{
    struct file_writer *self = (struct file_writer *)w;
    (void)level;
    enum leat_status status = file_writes(self);
    if (status == LEAT_OK && fflush_unlocked(self->file) != 0)
        return file_fails(self, errno);
    return status;
}

static void file_stop(struct leat_writer *w)
{
    struct file_writer *self = (struct file_writer *)w;
    leat_writer_show_none(w);
    leat_ctx_block_return(w->ctx, self->block);
    self->block = NULL;
    if (self->own)
        (void)fclose(self->file);
}

static const struct leat_writer_ops file_ops = {
    .name = "stdio",
    .self_size = sizeof(struct file_writer),
    .drain = file_drain,
    .flush = file_flush,
    .stop = file_stop,
};

/* --- Either --- */

static struct leat_writer *descriptor_open(struct leat_ctx *ctx, FILE *file, int fd, bool own)
{
    struct descriptor_writer *self = leat_writer_at(ctx, &descriptor_ops);
    if (self == NULL) {
        if (own)
            (void)fclose(file);
        return &ctx->no_writer;
    }
    self->file = file;
    self->own = own;
    return leat_sink_init(&self->sink, leat_handle_of(ctx, fd, false, NULL));
}

struct leat_writer *leat_stdio_writer(struct leat_ctx *ctx, FILE *file, bool own)
{
    leat_assert(file != NULL);
    int fd = fileno_unlocked(file);
    if (fd >= 0)
        return descriptor_open(ctx, file, fd, own);
    struct file_writer *self = leat_writer_at(ctx, &file_ops);
    if (self == NULL) {
        if (own)
            (void)fclose(file);
        return &ctx->no_writer;
    }
    self->file = file;
    self->own = own;
    return &self->writer;
}
