#include "apps/cp/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_MAX = 255 };

void beneath_init(struct beneath *beneath, int root)
{
    *beneath = (struct beneath){ .root = root, .fd = -1 };
}

void beneath_fini(struct beneath *beneath)
{
    if (beneath->fd >= 0)
        close(beneath->fd);
    term_buffer_fini(&beneath->path);
    beneath->fd = -1;
}

/* One step down from `from`. A descriptor, or -1 with errno. */
static int step(int from, const char *part, size_t len, bool make)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    char name[PART_MAX + 1];
    if (len > PART_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, part, len);
    name[len] = '\0';
    int fd = openat(from, name, FLAGS);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdirat(from, name, 0777) < 0 && errno != EEXIST)
        return -1;
    return openat(from, name, FLAGS);
}

static bool is_kept(const struct beneath *beneath, const char *path, size_t len)
{
    return beneath->fd >= 0 && beneath->path.len == len + 1 &&
           memcmp(beneath->path.data, path, len) == 0;
}

int beneath_open(struct beneath *beneath, const char *name, bool make, int *ret_folder,
                 const char **ret_base)
{
    const char *slash = strrchr(name, '/');
    size_t len = slash != NULL ? (size_t)(slash - name) : 0;
    *ret_base = slash != NULL ? slash + 1 : name;
    *ret_folder = beneath->root;
    if (slash == NULL)
        return 0;
    if (!is_kept(beneath, name, len)) {
        int fd = beneath->root;
        for (const char *part = name; part < slash;) {
            size_t part_len = (size_t)(strchr(part, '/') - part);
            int next = step(fd, part, part_len, make);
            int code = errno;
            if (fd != beneath->root)
                close(fd);
            if (next < 0)
                return code;
            fd = next;
            part += part_len + 1;
        }
        if (beneath->fd >= 0)
            close(beneath->fd);
        beneath->fd = fd;
        term_buffer_clear(&beneath->path);
        term_put(&beneath->path, name, len);
        term_putc(&beneath->path, '\0');
    }
    *ret_folder = beneath->fd;
    return 0;
}
