#include "apps/walk/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder_root *folder_root_create(struct walk *walk, struct folder_budget *budget, int fd,
                                       char *shown, char *absolute)
{
    struct folder_root *root = calloc(1, sizeof *root);
    if (!root) {
        close(fd);
        free(shown);
        free(absolute);
        return NULL;
    }
    atomic_init(&root->shares, 1);
    root->fd = fd;
    root->walk = walk;
    root->budget = budget;
    root->shown = shown;
    root->absolute = absolute;
    root->shown_len = strlen(shown);
    root->absolute_len = absolute ? strlen(absolute) : 0;
    return root;
}

void folder_root_release(struct folder_root *root)
{
    if (atomic_fetch_sub_explicit(&root->shares, 1, memory_order_acq_rel) != 1)
        return;
    close(root->fd);
    free(root->shown);
    free(root->absolute);
    free(root);
}

static struct folder *create(struct folder_root *root, size_t path_len)
{
    struct folder *folder = malloc(sizeof *folder + path_len + 1);
    if (!folder)
        return NULL;
    *folder = (struct folder){ .root = root, .fd = -1, .path_len = (uint32_t)path_len };
    folder->path[path_len] = '\0';
    atomic_init(&folder->shares, 1);
    atomic_fetch_add_explicit(&root->shares, 1, memory_order_relaxed);
    return folder;
}

struct folder *folder_create_root(struct folder_root *root)
{
    return create(root, 0);
}

struct folder *folder_create(struct folder *parent, const char *name, size_t len)
{
    assert(len > 0);
    size_t start = parent->path_len ? parent->path_len + 1 : 0;
    struct folder *folder = create(parent->root, start + len);
    if (!folder)
        return NULL;
    if (start) {
        memcpy(folder->path, parent->path, start - 1);
        folder->path[start - 1] = '/';
    }
    memcpy(folder->path + start, name, len);
    folder->name = (uint32_t)start;
    folder->depth = parent->depth + 1;
    folder->parent = folder_take(parent);
    folder->keeps_parent = true;
    folder_keep(parent);
    return folder;
}

/* Open a path that may be longer than the system takes at once. */
static int open_below(int root_fd, const char *path, int flags)
{
    int base = root_fd;
    size_t len = strlen(path);
    while (len >= PATH_MAX) {
        const char *slash = memrchr(path, '/', PATH_MAX - 1);
        if (!slash) {
            errno = ENAMETOOLONG;
            break;
        }
        char piece[PATH_MAX];
        memcpy(piece, path, (size_t)(slash - path));
        piece[slash - path] = '\0';
        int next = openat(base, piece, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (base != root_fd)
            close(base);
        base = next;
        if (base < 0)
            return -1;
        len -= (size_t)(slash + 1 - path);
        path = slash + 1;
    }
    int fd = len < PATH_MAX ? openat(base, len ? path : ".", flags) : -1;
    int code = errno;
    if (base != root_fd)
        close(base);
    errno = code;
    return fd;
}

static int open_flags(const struct folder *folder)
{
    return O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder->is_link ? 0 : O_NOFOLLOW);
}

/* Note which folder this is, and see whether a link led to one of its own parents. A folder that
 * is met again below such a link, but not by one, is let be: the next link ends it. */
static int find_loop(struct folder *folder)
{
    struct stat about;
    if (fstat(folder->fd, &about) < 0)
        return errno;
    folder->device = about.st_dev;
    folder->inode = about.st_ino;
    for (const struct folder *up = folder->parent; up && folder->is_link; up = up->parent) {
        if (up->device == about.st_dev && up->inode == about.st_ino)
            return ELOOP;
    }
    return 0;
}

/* One user of the descriptor less. */
static void drop_fd(struct folder *folder)
{
    assert(folder->fd >= 0);
    if (atomic_fetch_sub_explicit(&folder->fd_users, 1, memory_order_acq_rel) != 1)
        return;
    if (folder->fd != folder->root->fd)
        close(folder->fd);
    folder->fd = -1;
    atomic_fetch_sub_explicit(&folder->root->budget->open, 1, memory_order_relaxed);
}

void folder_keep(struct folder *folder)
{
    assert(folder->by_path || folder->fd >= 0);
    if (!folder->by_path)
        atomic_fetch_add_explicit(&folder->fd_users, 1, memory_order_relaxed);
}

void folder_let_go(struct folder *folder)
{
    if (!folder->by_path)
        drop_fd(folder);
}

static void leave_parent(struct folder *folder)
{
    if (folder->keeps_parent)
        folder_let_go(folder->parent);
    folder->keeps_parent = false;
}

/* The descriptor of a folder, from its parent's if that is kept. */
static int open_fd(const struct folder *folder)
{
    int flags = open_flags(folder);
    if (!folder->parent)
        return folder->root->fd;
    if (folder->parent->by_path)
        return open_below(folder->root->fd, folder->path, flags);
    return openat(folder->parent->fd, folder->path + folder->name, flags);
}

int folder_open(struct folder *folder, bool watch_loops)
{
    assert(folder->fd < 0);
    assert(!folder->parent || !folder->ignore);
    struct folder_budget *budget = folder->root->budget;
    folder->fd = open_fd(folder);
    if (folder->fd < 0)
        return errno;
    unsigned open = atomic_fetch_add_explicit(&budget->open, 1, memory_order_relaxed);
    folder->by_path = open >= budget->open_max;
    atomic_store_explicit(&folder->fd_users, 1, memory_order_relaxed);
    leave_parent(folder);
    int code = watch_loops ? find_loop(folder) : 0;
    if (code) {
        drop_fd(folder);
        return code;
    }
    struct folder *parent = folder->parent;
    if (parent)
        folder->ignore = ignore_take(parent->ignore);
    if (!watch_loops && parent) {
        folder->parent = NULL;
        folder_release(parent);
    }
    return 0;
}

void folder_close(struct folder *folder)
{
    drop_fd(folder);
}

int folder_fd(const struct folder *folder)
{
    if (!folder->by_path)
        return folder->fd;
    return open_below(folder->root->fd, folder->path, open_flags(folder));
}

void folder_fd_done(const struct folder *folder, int fd)
{
    if (folder->by_path && fd >= 0)
        close(fd);
}

struct folder *folder_take(struct folder *folder)
{
    atomic_fetch_add_explicit(&folder->shares, 1, memory_order_relaxed);
    return folder;
}

void folder_release(struct folder *folder)
{
    while (folder && atomic_fetch_sub_explicit(&folder->shares, 1, memory_order_acq_rel) == 1) {
        struct folder *parent = folder->parent;
        leave_parent(folder);
        ignore_release(folder->ignore);
        folder_root_release(folder->root);
        free(folder);
        folder = parent;
    }
}
