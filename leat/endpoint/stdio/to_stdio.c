/* A FILE over a reader or a writer. errno is part of what stdio promises, so here it is set. */

#include <errno.h>
#include <stdio.h>

#include "leat/core/bytes.h"
#include "leat/endpoint/stdio/stdio.h"

static int code_of(const struct leat_fault *fault)
{
    if (fault != NULL && fault->code == LEAT_FAULT_SYSTEM && fault->system_code != 0)
        return fault->system_code;
    return fault != NULL && fault->code == LEAT_FAULT_MEMORY ? ENOMEM : EIO;
}

/* --- Reading --- */

static ssize_t reader_read(void *cookie, char *to, size_t len)
{
    struct leat_reader *r = cookie;
    struct leat_span span;
    if (len == 0)
        return 0;
    enum leat_status status = leat_peek(r, 1, &span);
    if (status == LEAT_END)
        return 0;
    if (status != LEAT_OK) {
        errno = status == LEAT_AGAIN ? EAGAIN : code_of(leat_reader_fault(r));
        return -1;
    }
    size_t n = span.len < len ? span.len : len;
    leat_bytes_copy(&r->counts, LEAT_CAUSE_USER, to, span.data, n);
    leat_consume(r, n);
    return (ssize_t)n;
}

/* Where SEEK_CUR and SEEK_END begin. False, with errno, where that is not to be known. */
static bool seek_base(struct leat_reader *r, int whence, uint64_t *ret)
{
    *ret = 0;
    if (whence == SEEK_CUR)
        *ret = leat_tell(r);
    if (whence != SEEK_END)
        return true;
    enum leat_status status = leat_size(r, ret);
    if (status != LEAT_OK)
        errno = status == LEAT_FAULT ? code_of(leat_reader_fault(r)) : ESPIPE;
    return status == LEAT_OK;
}

static int reader_seek(void *cookie, off64_t *offset, int whence)
{
    struct leat_reader *r = cookie;
    uint64_t base;
    if (!seek_base(r, whence, &base))
        return -1;
    int64_t to;
    if (base > INT64_MAX || __builtin_add_overflow((int64_t)base, *offset, &to) || to < 0) {
        errno = EINVAL;
        return -1;
    }
    if ((uint64_t)to != leat_tell(r)) {
        enum leat_status status = leat_seek(r, (uint64_t)to);
        if (status != LEAT_OK) {
            errno = status == LEAT_FAULT ? code_of(leat_reader_fault(r)) : ESPIPE;
            return -1;
        }
    }
    *offset = to;
    return 0;
}

static int reader_close(void *cookie)
{
    leat_reader_close(cookie);
    return 0;
}

FILE *leat_to_stdio(struct leat_reader *r)
{
    leat_assert(r != NULL);
    const cookie_io_functions_t functions = {
        .read = reader_read,
        .seek = reader_seek,
        .close = reader_close,
    };
    FILE *file = fopencookie(r, "r", functions);
    if (file == NULL) {
        int code = errno;
        leat_reader_close(r);
        errno = code;
    }
    return file;
}

/* --- Writing --- */

/* stdio takes any count that is short for an error, and expects no -1. */
static ssize_t writer_write(void *cookie, const char *from, size_t len)
{
    struct leat_writer *w = cookie;
    size_t done;
    enum leat_status status = leat_write(w, from, len, &done);
    if (status != LEAT_OK)
        errno = status == LEAT_FULL ? EAGAIN : code_of(leat_writer_fault(w));
    return (ssize_t)done;
}

static int writer_close(void *cookie)
{
    struct leat_writer *w = cookie;
    int code = 0;
    enum leat_status status = leat_flush(w, LEAT_FLUSH_FINISH);
    if (status != LEAT_OK && status != LEAT_UNSUPPORTED)
        code = status == LEAT_FULL ? EAGAIN : code_of(leat_writer_fault(w));
    leat_writer_close(w);
    if (code != 0)
        errno = code;
    return code != 0 ? EOF : 0;
}

FILE *leat_stdio_from_writer(struct leat_writer *w)
{
    leat_assert(w != NULL);
    const cookie_io_functions_t functions = {
        .write = writer_write,
        .close = writer_close,
    };
    FILE *file = fopencookie(w, "w", functions);
    if (file == NULL) {
        int code = errno;
        leat_writer_close(w);
        errno = code;
    }
    return file;
}
