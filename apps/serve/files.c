#include "apps/serve/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "apps/http/media.h"
#include "leat/core/bytes.h"

/* A file that was changed so lately may be changed again without its time showing it. */
#define WEAK_NS 2000000000

void files_init(struct files *files, struct leat_ctx *ctx, int root, uint64_t fresh_ns)
{
    *files = (struct files){ .ctx = ctx, .root = root, .fresh_ns = fresh_ns };
}

/* FNV-1a: names are short. */
uint64_t path_hash(struct leat_span path)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < path.len; i++)
        hash = (hash ^ path.data[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

void file_release(struct file *file)
{
    if (file == NULL)
        return;
    leat_assert(file->refs > 0);
    if (--file->refs > 0)
        return;
    struct leat_ctx *ctx = file->ctx;
    if (file->fd >= 0)
        leat_engine_close(leat_engine_of(ctx), file->fd);
    leat_block_release(file->body);
    leat_deallocate(&ctx->alloc, file);
}

/* Have a slot keep another file, or NULL: none. */
static void slot_set(struct files *files, struct file **slot, struct file *file)
{
    struct file *before = *slot;
    leat_assert(before == NULL || files->kept > 0);
    files->kept += (file != NULL) - (before != NULL);
    if (file != NULL)
        file->refs++;
    *slot = file;
    file_release(before);
}

void files_fini(struct files *files)
{
    for (unsigned i = 0; i < FILES_SLOTS; i++)
        slot_set(files, &files->slots[i], NULL);
    leat_assert(files->kept == 0);
}

void files_forget(struct files *files, const struct file *file)
{
    struct file **slot = &files->slots[file->hash % FILES_SLOTS];
    if (*slot == file)
        slot_set(files, slot, NULL);
}

void files_sweep(struct files *files, uint64_t kept_ns)
{
    struct leat_engine *engine = leat_engine_of(files->ctx);
    uint64_t now = engine->ops->now_ns(engine);
    for (unsigned i = 0; i < FILES_SLOTS; i++) {
        const struct file *file = files->slots[i];
        if (file != NULL && now - file->checked_ns >= kept_ns)
            slot_set(files, &files->slots[i], NULL);
    }
}

/* Read a small file whole. One that is not as long as it was said to be is sent as it comes. */
static void body_read(struct file *file)
{
    size_t size = (size_t)file->stat.size, len = 0;
    if (file->stat.size == 0 || file->stat.size > FILE_BODY_MAX)
        return;
    struct leat_block *block = leat_block_create(&file->ctx->alloc, size + 1);
    if (block == NULL)
        return;
    struct leat_io io;
    do {
        io = leat_engine_read(leat_engine_of(file->ctx), file->fd, block->data + len,
                              block->size - len, (int64_t)len);
        len += io.status == LEAT_OK ? io.bytes : 0;
    } while (io.status == LEAT_OK && len < block->size);
    if (io.status == LEAT_END && len == size)
        file->body = block;
    else
        leat_block_release(block);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Whether two looks saw one and the same. */
static bool is_same(const struct leat_stat *a, const struct leat_stat *b)
{
    return a->kind == b->kind && a->device == b->device && a->number == b->number &&
           a->size == b->size && a->modified_ns == b->modified_ns;
}

/* What is not a file is not waited for: a pipe without a writer would have the open itself wait. */
static struct leat_io open_beneath(const struct files *files, const char *path)
{
    struct leat_op op = {
        .code = LEAT_OP_OPEN,
        .open = { .path = path[0] != '\0' ? path : ".",
                  .folder = files->root,
                  .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                  .beneath = true },
    };
    return leat_engine_run(leat_engine_of(files->ctx), &op);
}

static struct leat_io file_open(struct files *files, struct leat_span path, uint64_t hash,
                                struct file **ret)
{
    struct leat_engine *engine = leat_engine_of(files->ctx);
    struct file *file = leat_allocate(&files->ctx->alloc, sizeof(*file) + path.len + 1);
    if (file == NULL)
        return leat_io_fault(ENOMEM);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, file->path, path.data, path.len);
    file->ctx = files->ctx;
    file->refs = 1;
    file->hash = hash;
    file->path_len = path.len;
    file->fd = -1;
    struct leat_io io = open_beneath(files, file->path);
    if (io.status == LEAT_OK) {
        file->fd = io.descriptor;
        io = leat_engine_stat(engine, file->fd, &file->stat);
    }
    if (io.status != LEAT_OK) {
        file_release(file);
        return io;
    }
    bool weak = now_ns() - file->stat.modified_ns < WEAK_NS;
    file->tag_len = http_tag_format(file->stat.size, file->stat.modified_ns, file->stat.number,
                                    weak, file->tag);
    file->media = http_media_type(path);
    file->checked_ns = engine->ops->now_ns(engine);
    *ret = file;
    return io;
}

struct http_validators file_validators(const struct file *file, int64_t now_s)
{
    const int64_t modified = file->stat.modified_ns / 1000000000;
    return (struct http_validators){
        .tag = { (const uint8_t *)file->tag, file->tag_len },
        .has_modified = modified <= now_s,
        .modified = modified,
        .now = now_s,
    };
}

/* Look again whether the path still names what is kept. */
static bool is_fresh(const struct files *files, struct file *file)
{
    struct leat_engine *engine = leat_engine_of(files->ctx);
    uint64_t now = engine->ops->now_ns(engine);
    if (now - file->checked_ns < files->fresh_ns)
        return true;
    struct leat_stat stat;
    struct leat_io io = open_beneath(files, file->path);
    if (io.status != LEAT_OK)
        return false;
    int fd = io.descriptor;
    io = leat_engine_stat(engine, fd, &stat);
    leat_engine_close(engine, fd);
    /* The time may have been too near to be trusted; the tag is to become a strong one. */
    if (io.status != LEAT_OK || !is_same(&stat, &file->stat) || file->tag[0] == 'W')
        return false;
    file->checked_ns = now;
    return true;
}

struct leat_io files_take(struct files *files, struct leat_span path, struct file **ret)
{
    uint64_t hash = path_hash(path); /* who has the same only shares a slot */
    struct file **slot = &files->slots[hash % FILES_SLOTS];
    struct file *kept = *slot;
    if (kept != NULL && kept->hash == hash && kept->path_len == path.len &&
        memcmp(kept->path, path.data, path.len) == 0) {
        kept->refs++; /* it is waited for below, and the slot may be another's meanwhile */
        if (is_fresh(files, kept)) {
            *ret = kept;
            return (struct leat_io){ .status = LEAT_OK };
        }
        files_forget(files, kept);
        file_release(kept);
    }
    struct file *file;
    struct leat_io io = file_open(files, path, hash, &file);
    if (io.status != LEAT_OK)
        return io;
    if (file->stat.kind == LEAT_KIND_FILE)
        body_read(file);
    if (file->stat.kind == LEAT_KIND_FILE)
        slot_set(files, slot, file);
    *ret = file;
    return io;
}
