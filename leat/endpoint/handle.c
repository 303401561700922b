#include "leat/endpoint/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "leat/core/bytes.h"

static struct leat_handle *handle_create(const struct leat_alloc *alloc, size_t text_size)
{
    struct leat_handle *handle = leat_allocate(alloc, sizeof(*handle) + text_size);
    if (handle == NULL)
        return NULL;
    handle->refs = 1;
    handle->socket.fd = -1;
    handle->alloc = *alloc;
    pthread_mutex_init(&handle->spare_lock, NULL);
    return handle;
}

struct leat_handle *leat_handle_at(const struct leat_alloc *alloc, int folder, const char *path,
                                   const char *label)
{
    leat_assert(path != NULL);
    size_t path_size = strlen(path) + 1;
    size_t label_size = label != NULL ? strlen(label) + 1 : 0;
    struct leat_handle *handle = handle_create(alloc, path_size + label_size);
    if (handle == NULL)
        return NULL;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, handle->text, path, path_size);
    handle->folder = folder;
    handle->own = true;
    handle->path = handle->text;
    handle->label = handle->text;
    if (label != NULL) {
        leat_bytes_copy(NULL, LEAT_CAUSE_USER, handle->text + path_size, label, label_size);
        handle->label = handle->text + path_size;
    }
    return handle;
}

struct leat_handle *leat_handle_of(const struct leat_ctx *ctx, int fd, bool own, const char *label)
{
    size_t label_size = label != NULL ? strlen(label) + 1 : 1;
    struct leat_handle *handle = handle_create(&ctx->alloc, label_size);
    if (handle == NULL) {
        if (own && fd >= 0)
            leat_engine_close(leat_engine_of(ctx), fd);
        return NULL;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, handle->text, label != NULL ? label : "", label_size);
    handle->socket.fd = fd;
    handle->own = own;
    handle->label = handle->text;
    return handle;
}

struct leat_handle *leat_handle_take(struct leat_handle *handle)
{
    uint32_t before = __atomic_fetch_add(&handle->refs, 1, __ATOMIC_RELAXED);
    leat_assert(before > 0);
    leat_assert(before < UINT32_MAX);
    return handle;
}

void leat_handle_release(struct leat_handle *handle, struct leat_engine *engine)
{
    if (handle == NULL)
        return;
    uint32_t before = __atomic_fetch_sub(&handle->refs, 1, __ATOMIC_ACQ_REL);
    leat_assert(before > 0);
    if (before > 1)
        return;
    /* What was only read has nothing to lose in a close. */
    if (handle->own && handle->socket.fd >= 0)
        engine->ops->close(engine, &handle->socket);
    leat_block_release(handle->spare);
    pthread_mutex_destroy(&handle->spare_lock);
    struct leat_alloc alloc = handle->alloc;
    leat_deallocate(&alloc, handle);
}

void leat_handle_leave(struct leat_handle *handle, struct leat_block *block, uint64_t start,
                       size_t len)
{
    leat_assert(block != NULL);
    pthread_mutex_lock(&handle->spare_lock);
    struct leat_block *old = handle->spare;
    handle->spare = block;
    handle->spare_start = start;
    handle->spare_len = len;
    pthread_mutex_unlock(&handle->spare_lock);
    leat_block_release(old);
}

struct leat_block *leat_handle_find(struct leat_handle *handle, uint64_t from, uint64_t to,
                                    uint64_t *ret_start, size_t *ret_len)
{
    struct leat_block *found = NULL;
    leat_assert(from <= to);
    pthread_mutex_lock(&handle->spare_lock);
    if (handle->spare != NULL && from >= handle->spare_start &&
        to <= handle->spare_start + handle->spare_len) {
        found = leat_block_take(handle->spare);
        *ret_start = handle->spare_start;
        *ret_len = handle->spare_len;
    }
    pthread_mutex_unlock(&handle->spare_lock);
    return found;
}

struct leat_io leat_handle_open(struct leat_handle *handle, struct leat_engine *engine)
{
    if (handle->socket.fd >= 0)
        return (struct leat_io){ .status = LEAT_OK, .descriptor = handle->socket.fd };
    leat_assert(handle->path != NULL);
    struct leat_io io =
        leat_engine_open(engine, handle->folder, handle->path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (io.status == LEAT_OK)
        handle->socket.fd = io.descriptor;
    return io;
}

static enum leat_fault_code kind_of(int code)
{
    return code == ECANCELED ? LEAT_FAULT_CANCELLED
           : code == ENOMEM  ? LEAT_FAULT_MEMORY
                             : LEAT_FAULT_SYSTEM;
}

static const char *reason_of(int code)
{
    const char *reason = strerrordesc_np(code);
    return reason != NULL ? reason : "unknown system error";
}

struct leat_fault leat_fault_of_system(const char *part, int code)
{
    leat_assert(part != NULL);
    leat_assert(code != 0);
    return (struct leat_fault){
        .code = kind_of(code),
        .system_code = code,
        .part = part,
        .reason = reason_of(code),
    };
}

enum leat_status leat_reader_fails_system(struct leat_reader *r, int code)
{
    if (r->fault.code == LEAT_FAULT_NONE) {
        leat_reader_fails(r, kind_of(code), reason_of(code), r->end_offset);
        r->fault.system_code = code;
    }
    return LEAT_FAULT;
}

enum leat_status leat_writer_fails_system(struct leat_writer *w, int code, uint64_t offset)
{
    if (w->fault.code == LEAT_FAULT_NONE) {
        leat_writer_fails(w, kind_of(code), reason_of(code), offset);
        w->fault.system_code = code;
    }
    return LEAT_FAULT;
}
