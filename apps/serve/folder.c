/* A folder as an answer: its index.html, or a page that lists it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/http/page.h"
#include "apps/serve/layers.h"
#include "apps/serve/site.h"

/* A larger folder is not listed. */
enum { ENTRIES_MAX = 100000 };

struct listing {
    struct dirent **entries;
    size_t len, size;
};

static void listing_fini(struct listing *listing)
{
    for (size_t i = 0; i < listing->len; i++)
        free(listing->entries[i]);
    free(listing->entries);
}

static bool listing_add(struct listing *listing, const struct dirent *entry)
{
    if (listing->len == listing->size) {
        size_t size = listing->size > 0 ? 2 * listing->size : 64;
        void *entries = reallocarray(listing->entries, size, sizeof(struct dirent *));
        if (entries == NULL)
            return false;
        listing->entries = entries;
        listing->size = size;
    }
    size_t size = offsetof(struct dirent, d_name) + strlen(entry->d_name) + 1;
    struct dirent *copy = malloc(size);
    if (copy == NULL)
        return false;
    memcpy(copy, entry, size);
    listing->entries[listing->len++] = copy;
    return true;
}

/* Read a folder: names but "." and "..". An error number, or 0. */
static int listing_read(struct exchange *x, const struct file *folder, struct listing *ret)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return code;
    }
    int code = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            code = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (ret->len == ENTRIES_MAX || !listing_add(ret, entry)) {
            code = ENOMEM;
            break;
        }
        leat_fiber_breathe(x->site->fibers);
    }
    closedir(dir);
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct dirent *const *left = a, *const *right = b;
    return strcmp((*left)->d_name, (*right)->d_name);
}

/* What a name in the folder is. Links are followed inside of the folder alone: of what lies outside
 * nothing is to be learned, not its size and not that it is there. */
static bool look(const struct file *folder, const char *name, struct stat *ret)
{
    struct leat_engine *engine = leat_engine_of(folder->ctx);
    struct leat_op op = {
        .code = LEAT_OP_OPEN,
        .open = { .path = name,
                  .folder = folder->fd,
                  .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                  .beneath = true },
    };
    if (fstatat(folder->fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    if (!S_ISLNK(ret->st_mode))
        return true;
    struct leat_io io = leat_engine_run(engine, &op);
    if (io.status != LEAT_OK)
        return false;
    bool found = fstat(io.descriptor, ret) == 0;
    leat_engine_close(engine, io.descriptor);
    return found;
}

static void put_row(struct exchange *x, struct term_buffer *page, const struct file *folder,
                    const struct dirent *entry)
{
    struct stat stat;
    struct leat_span name = { (const uint8_t *)entry->d_name, strlen(entry->d_name) };
    struct http_page_row row = { .name = name };
    if (look(folder, entry->d_name, &stat)) {
        row.folder = S_ISDIR(stat.st_mode);
        row.has_size = S_ISREG(stat.st_mode);
        row.size = (uint64_t)stat.st_size;
        row.has_modified = true;
        row.modified = (int64_t)stat.st_mtim.tv_sec;
        row.archive = S_ISREG(stat.st_mode) && !x->site->flags.no_layers && layers_enters(name);
    }
    http_page_row(page, &row);
}

static enum leat_status send_list(struct exchange *x, const struct file *folder)
{
    struct listing listing = { 0 };
    struct term_buffer page = { 0 };
    int code = listing_read(x, folder, &listing);
    enum leat_status status;
    if (code != 0) {
        status =
            exchange_error(x, exchange_status_of(code), "This folder cannot be listed.", false);
    } else {
        if (listing.len > 0)
            qsort(listing.entries, listing.len, sizeof(void *), by_name);
        http_page_begin(&page, x->target.outer);
        for (size_t i = 0; i < listing.len; i++) {
            put_row(x, &page, folder, listing.entries[i]);
            leat_fiber_breathe(x->site->fibers);
        }
        http_page_end(&page, (struct leat_span){ 0 });
        struct http_response response = { .status = 200,
                                          .content_type = "text/html; charset=utf-8" };
        status = page.cut ? exchange_error(x, 503, "", false)
                          : exchange_text(x, &response,
                                          (struct leat_span){ (uint8_t *)page.data, page.len });
    }
    term_buffer_fini(&page);
    listing_fini(&listing);
    return status;
}

enum leat_status send_folder(struct exchange *x, struct file *folder)
{
    static const char index[] = "index.html";
    struct leat_span path = x->target.outer;
    struct term_buffer name = { 0 };
    struct file *file = NULL;
    term_put(&name, path.data, path.len);
    if (path.len > 0)
        term_putc(&name, '/');
    term_puts(&name, index);
    struct leat_io io = { .status = LEAT_FAULT, .code = ENOMEM };
    if (!name.cut)
        io = files_take(&x->site->files, (struct leat_span){ (uint8_t *)name.data, name.len },
                        &file);
    term_buffer_fini(&name);
    if (io.status == LEAT_OK && file->stat.kind == LEAT_KIND_FILE) {
        enum leat_status status = send_file(x, file);
        file_release(file);
        return status;
    }
    if (io.status == LEAT_OK)
        file_release(file);
    else if (io.code != ENOENT)
        return exchange_error(x, exchange_status_of(io.code), "", false);
    if (x->site->flags.no_folders)
        return exchange_error(x, 404, "", false);
    return send_list(x, folder);
}
