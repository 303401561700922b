/* A folder as an answer: its index.html, or a page that lists it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/serve/layers.h"
#include "apps/serve/listing.h"
#include "apps/serve/site.h"

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

/* OK, or false without memory. */
static bool row_add(struct exchange *x, struct listing *listing, const struct file *folder,
                    const char *text)
{
    struct stat stat;
    struct leat_span name = { (const uint8_t *)text, strlen(text) };
    struct http_page_row row = { .name = name };
    if (look(folder, text, &stat)) {
        row.folder = S_ISDIR(stat.st_mode);
        row.has_size = S_ISREG(stat.st_mode);
        row.size = (uint64_t)stat.st_size;
        row.has_modified = true;
        row.modified = (int64_t)stat.st_mtim.tv_sec;
        row.archive = S_ISREG(stat.st_mode) && !x->site->flags.no_layers && layers_enters(name);
    }
    return listing_add(listing, &row);
}

/* Read a folder: names but "." and "..". An error number, or 0. */
static int folder_read(struct exchange *x, const struct file *folder, struct listing *listing)
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
    while (code == 0 && !listing->is_full) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            code = errno;
            break;
        }
        bool is_own = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!is_own && !row_add(x, listing, folder, entry->d_name))
            code = ENOMEM;
        leat_fiber_breathe(x->site->fibers);
    }
    closedir(dir);
    return code;
}

static enum leat_status send_list(struct exchange *x, const struct file *folder)
{
    struct listing listing = { 0 };
    int code = folder_read(x, folder, &listing);
    enum leat_status status = code != 0 ? exchange_error(x, exchange_status_of(code),
                                                         "This folder cannot be listed.", false)
                                        : listing_answer(&listing, x, x->target.outer, "");
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
