/* The writer of a new file under a temporary name, which takes its own when it is whole. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/sink.h"

/* Random names that are tried before giving up: 64 bits never collide, but a folder may refuse. */
enum { NAME_TRIES_MAX = 8 };

#define NAME_PREFIX ".leat-"
enum { NAME_DIGITS = 16, NAME_SIZE = sizeof(NAME_PREFIX) + NAME_DIGITS };

/* How far it is on its way to its name. */
enum stage { STAGE_WRITTEN, STAGE_SYNCED, STAGE_CLOSED, STAGE_NAMED, STAGE_WHOLE };

struct file_writer {
    struct leat_sink sink;
    struct leat_file_writer_options options;
    char *target;         /* the path with a last link followed; ours */
    const char *base;     /* in target: what the file will be called in `folder` */
    int folder;           /* where it will lie; -1 when there is nothing to rename */
    uint8_t stage;        /* enum stage */
    char name[NAME_SIZE]; /* what it is called until then; "" when there is no such file */
};

static enum leat_status fails(struct file_writer *self)
{
    return leat_sink_fails(&self->sink, errno);
}

/* --- Making it --- */

/* Copy the path to where its last component can be cut off, with a link at its end followed. */
static enum leat_status target_resolve(struct file_writer *self)
{
    const char *path = self->sink.handle->path;
    struct stat stat;
    char *real = NULL;
    if (lstat(path, &stat) == 0 && S_ISLNK(stat.st_mode)) {
        real = realpath(path, NULL);
        if (real == NULL)
            return fails(self);
        path = real;
    }
    struct leat_writer *w = &self->sink.writer;
    size_t size = strlen(path) + 1;
    self->target = leat_allocate(&w->ctx->alloc, size);
    if (self->target != NULL)
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, self->target, path, size);
    free(real);
    if (self->target == NULL)
        return leat_writer_fails(w, LEAT_FAULT_MEMORY, NULL, 0);
    return LEAT_OK;
}

/* What came of opening something: OK, FULL (it would have to be waited for), FAULT. */
static enum leat_status opened(struct file_writer *self, struct leat_io io)
{
    if (io.status == LEAT_FAULT)
        return leat_sink_fails(&self->sink, io.code);
    return io.status == LEAT_OK ? LEAT_OK : LEAT_FULL;
}

static enum leat_status folder_open(struct file_writer *self)
{
    struct leat_engine *engine = leat_engine_of(self->sink.writer.ctx);
    int flags = O_DIRECTORY | O_CLOEXEC | (self->options.durable ? O_RDONLY : O_PATH);
    char *slash = strrchr(self->target, '/');
    self->base = slash != NULL ? slash + 1 : self->target;
    if (self->base[0] == '\0')
        return leat_sink_fails(&self->sink, EISDIR);
    const char *path = slash == NULL ? "." : slash == self->target ? "/" : self->target;
    if (path == self->target)
        *slash = '\0';
    struct leat_io io = leat_engine_open(engine, AT_FDCWD, path, flags, 0);
    if (path == self->target)
        *slash = '/';
    if (io.status == LEAT_OK)
        self->folder = io.descriptor;
    return opened(self, io);
}

/* Look at what the target names now. OK, also where there is nothing, FULL, FAULT. */
static enum leat_status old_stat(struct file_writer *self, struct leat_stat *ret, bool *ret_is)
{
    struct leat_engine *engine = leat_engine_of(self->sink.writer.ctx);
    struct leat_io io = leat_engine_open(engine, AT_FDCWD, self->target, O_PATH | O_CLOEXEC, 0);
    *ret_is = io.status == LEAT_OK;
    /* A folder that is missing as well, opening it tells. */
    if (io.status == LEAT_FAULT && (io.code == ENOENT || io.code == ENOTDIR))
        return LEAT_OK;
    if (io.status != LEAT_OK)
        return opened(self, io);
    int fd = io.descriptor;
    io = leat_engine_stat(engine, fd, ret);
    leat_engine_close(engine, fd);
    return opened(self, io);
}

static void name_draw(char name[NAME_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t random = 0;
    /* Names need to differ, not to be secret: O_EXCL guards the rest. */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        random = (uint64_t)getpid() ^ (uint64_t)(uintptr_t)name;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, name, NAME_PREFIX, sizeof(NAME_PREFIX));
    char *at = name + sizeof(NAME_PREFIX) - 1;
    for (unsigned i = 0; i < NAME_DIGITS; i++, random >>= 4)
        *at++ = digits[random & 15];
    *at = '\0';
}

static enum leat_status temporary_create(struct file_writer *self, unsigned mode)
{
    struct leat_engine *engine = leat_engine_of(self->sink.writer.ctx);
    char name[NAME_SIZE];
    struct leat_io io = { .status = LEAT_FAULT, .code = EEXIST };
    for (unsigned i = 0; i < NAME_TRIES_MAX && io.status == LEAT_FAULT && io.code == EEXIST; i++) {
        name_draw(name);
        io = leat_engine_open(engine, self->folder, name,
                              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);
        if (io.status == LEAT_OK) {
            self->sink.handle->socket.fd = io.descriptor;
            leat_bytes_copy(NULL, LEAT_CAUSE_USER, self->name, name, NAME_SIZE);
            return LEAT_OK;
        }
    }
    return opened(self, io);
}

/* What is replaced keeps its permissions, whatever the umask takes from those of a new file. */
static enum leat_status mode_keep(struct file_writer *self, unsigned mode)
{
    struct leat_stat stat;
    int fd = self->sink.handle->socket.fd;
    struct leat_io io = leat_engine_stat(leat_engine_of(self->sink.writer.ctx), fd, &stat);
    if (io.status == LEAT_OK && (stat.mode & 0777) != mode && fchmod(fd, mode) < 0)
        return fails(self);
    return opened(self, io);
}

/* A pipe or a device is written to where it is. */
static enum leat_status in_place_open(struct file_writer *self)
{
    struct leat_engine *engine = leat_engine_of(self->sink.writer.ctx);
    struct leat_io io =
        leat_engine_open(engine, AT_FDCWD, self->target, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (io.status == LEAT_OK)
        self->sink.handle->socket.fd = io.descriptor;
    return opened(self, io);
}

static enum leat_status file_writer_opens(struct file_writer *self)
{
    struct leat_stat old;
    bool replaces = false;
    if (leat_likely(self->sink.handle->socket.fd >= 0 || self->stage > STAGE_WRITTEN))
        return LEAT_OK;
    enum leat_status status = self->target == NULL ? target_resolve(self) : LEAT_OK;
    if (status == LEAT_OK)
        status = old_stat(self, &old, &replaces);
    if (status != LEAT_OK)
        return status;
    if (replaces && old.kind != LEAT_KIND_FILE)
        return in_place_open(self);
    if (self->folder < 0)
        status = folder_open(self);
    unsigned mode = self->options.mode != 0 ? self->options.mode : 0666;
    if (replaces)
        mode = old.mode & 0777;
    if (status == LEAT_OK)
        status = temporary_create(self, mode);
    return status == LEAT_OK && replaces ? mode_keep(self, mode) : status;
}

/* --- Making it whole --- */

/* With all that is known of it: of a folder, its names. */
static enum leat_status syncs(struct file_writer *self, int fd)
{
    struct leat_op op = { .code = LEAT_OP_SYNC, .fd = fd, .sync = { .whole = true } };
    if (!self->options.durable)
        return LEAT_OK;
    return opened(self, leat_engine_run(leat_engine_of(self->sink.writer.ctx), &op));
}

/* Close, so that a file system which finds out only then can say so. */
static enum leat_status closes(struct file_writer *self)
{
    int fd = self->sink.handle->socket.fd;
    self->sink.handle->socket.fd = -1;
    return opened(self, leat_engine_close(leat_engine_of(self->sink.writer.ctx), fd));
}

static enum leat_status takes_name(struct file_writer *self)
{
    struct leat_op op = {
        .code = LEAT_OP_RENAME,
        .name = { .from = self->name, .to = self->base, .folder = self->folder },
    };
    struct leat_io io = leat_engine_run(leat_engine_of(self->sink.writer.ctx), &op);
    if (io.status == LEAT_OK)
        self->name[0] = '\0';
    return opened(self, io);
}

/* Each stage is gone through once, though an engine that does not wait comes here several times. */
static enum leat_status file_writer_finishes(struct file_writer *self)
{
    enum leat_status status = LEAT_OK;
    if (self->folder < 0)
        return LEAT_OK; /* written in place */
    while (status == LEAT_OK && self->stage < STAGE_WHOLE) {
        if (self->stage == STAGE_WRITTEN)
            status = syncs(self, self->sink.handle->socket.fd);
        else if (self->stage == STAGE_SYNCED)
            status = closes(self);
        else if (self->stage == STAGE_CLOSED)
            status = takes_name(self);
        else
            status = syncs(self, self->folder);
        self->stage += status == LEAT_OK;
    }
    return status;
}

/* --- The table --- */

static enum leat_status file_writer_drain(struct leat_writer *w, size_t min)
{
    enum leat_status status = file_writer_opens((struct file_writer *)w);
    return status == LEAT_OK ? leat_sink_drain(w, min) : status;
}

static enum leat_status file_writer_flush(struct leat_writer *w, enum leat_flush level)
{
    struct file_writer *self = (struct file_writer *)w;
    enum leat_status status = file_writer_opens(self);
    if (status == LEAT_OK)
        status = leat_sink_flush(w, level);
    if (status == LEAT_OK && level == LEAT_FLUSH_FINISH)
        status = file_writer_finishes(self);
    return status;
}

static enum leat_status file_writer_give(struct leat_writer *w, struct leat_slice *slice)
{
    enum leat_status status = file_writer_opens((struct file_writer *)w);
    return status == LEAT_OK ? leat_sink_give(w, slice) : status;
}

static enum leat_status file_writer_pull(struct leat_writer *w, const struct leat_offer *offer,
                                         uint64_t len, uint64_t *ret_done)
{
    enum leat_status status = file_writer_opens((struct file_writer *)w);
    return status == LEAT_OK ? leat_sink_pull(w, offer, len, ret_done) : status;
}

/* Once the file is closed, what is waited for is the folder's. */
static enum leat_status file_writer_arm(struct leat_writer *w, struct leat_wake *wake)
{
    struct file_writer *self = (struct file_writer *)w;
    struct leat_engine *engine = leat_engine_of(w->ctx);
    if (self->stage <= STAGE_SYNCED || self->folder < 0)
        return leat_sink_arm(w, wake);
    enum leat_status status = leat_engine_arm(engine, self->folder, LEAT_READY_WRITE, wake);
    if (status == LEAT_OK)
        self->sink.armed = wake;
    return status;
}

/* Never waits, and may run where no operation can be asked for: so it is the plain call that
 * removes. A simulated machine keeps the name, as one does that lost its power. */
static void file_writer_stop(struct leat_writer *w)
{
    struct file_writer *self = (struct file_writer *)w;
    if (self->name[0] != '\0')
        (void)unlinkat(self->folder, self->name, 0);
    leat_sink_stop(w);
    if (self->folder >= 0)
        leat_engine_close(leat_engine_of(w->ctx), self->folder);
    leat_deallocate(&w->ctx->alloc, self->target);
}

struct leat_writer *leat_file_writer(struct leat_ctx *ctx, const char *path,
                                     const struct leat_file_writer_options *options)
{
    static const struct leat_writer_ops ops = {
        .name = "file",
        .self_size = sizeof(struct file_writer),
        .drain = file_writer_drain,
        .flush = file_writer_flush,
        .give = file_writer_give,
        .pull = file_writer_pull,
        .arm = file_writer_arm,
        .stop = file_writer_stop,
    };
    leat_assert(path != NULL);
    struct file_writer *self = leat_writer_at(ctx, &ops);
    if (self == NULL)
        return &ctx->no_writer;
    if (options != NULL)
        self->options = *options;
    self->folder = -1;
    return leat_sink_init(&self->sink, leat_handle_at(&ctx->alloc, AT_FDCWD, path, NULL));
}
