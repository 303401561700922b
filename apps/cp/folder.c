#include "apps/cp/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/cp/beneath.h"
#include "apps/cp/check.h"
#include "apps/cp/name.h"
#include "apps/cp/resume.h"
#include "apps/cp/route.h"
#include "apps/cp/target.h"

/* A folder that was copied gets its mode and time when nothing more comes into it. */
struct later {
    char *name;
    struct leat_entry about;
    bool dated;
    size_t index; /* in the order of coming */
};

struct folder {
    struct output out;
    int root;
    const char *label;
    struct beneath beneath, links; /* of the items, and of what hard links name */
    struct term_buffer name;       /* of the item: clean */
    struct term_buffer target;     /* of a hard link: clean */
    struct term_buffer shown;      /* the name with the label, for messages */
    struct later *later;
    size_t later_len, later_size;
};

/* --- Names and messages --- */

static struct leat_span shown(struct folder *self, const char *name)
{
    term_buffer_clear(&self->shown);
    if (self->label != NULL) {
        term_puts(&self->shown, self->label);
        if (self->shown.len > 0 && self->shown.data[self->shown.len - 1] != '/')
            term_putc(&self->shown, '/');
    }
    term_puts(&self->shown, name);
    return (struct leat_span){ (const uint8_t *)self->shown.data, self->shown.len };
}

static void fails(struct folder *self, int code)
{
    struct cp *cp = self->out.cp;
    cp->stopped = cp->stopped || code == ENOSPC || code == EDQUOT || code == EROFS;
    cp_tell_code(cp, shown(self, self->name.data), code);
}

/* The clean name of an item, and whether it is one. */
static bool names(struct folder *self, const struct item *item)
{
    struct cp *cp = self->out.cp;
    switch (name_clean(&self->name, item->name)) {
    case NAME_GOOD:
        break;
    case NAME_ABSOLUTE:
        cp_tell(cp, item->place, "an absolute name: taken as one below the folder");
        break;
    case NAME_EMPTY:
        if (item->about.kind != LEAT_ENTRY_FOLDER)
            cp_tell(cp, item->place, "an entry without a name");
        return false;
    case NAME_LEAVES:
        cp_tell(cp, item->place, "its name leads out of the folder: not copied");
        return false;
    case NAME_BROKEN:
        cp_tell(cp, item->place, "a NUL in its name: not copied");
        return false;
    }
    if (!self->name.cut)
        return true;
    cp_tell_memory(cp);
    return false;
}

/* Why the folder of an item cannot be opened, which may be somebody's intent. */
static void folder_fails(struct folder *self, const struct item *item, int code)
{
    if (code == ELOOP || code == ENOTDIR)
        cp_tell(self->out.cp, item->place,
                "a link or a file stands where its folder would: "
                "not copied");
    else
        fails(self, code);
}

/* --- Folders --- */

static void remember(struct folder *self, const struct item *item)
{
    if (self->later_len == self->later_size) {
        size_t size = self->later_size > 0 ? self->later_size * 2 : 16;
        struct later *larger = reallocarray(self->later, size, sizeof(*larger));
        if (larger == NULL) {
            cp_tell_memory(self->out.cp);
            return;
        }
        self->later = larger;
        self->later_size = size;
    }
    char *name = strdup(self->name.data);
    if (name == NULL) {
        cp_tell_memory(self->out.cp);
        return;
    }
    self->later[self->later_len] = (struct later){
        .name = name,
        .about = item->about,
        .dated = item->dated,
        .index = self->later_len,
    };
    self->later_len++;
}

/* What lies inside comes first; of what came twice, the last has the last word. */
static int in_order(const void *a, const void *b)
{
    const struct later *one = a, *other = b;
    size_t depth = name_depth(one->name), other_depth = name_depth(other->name);
    if (depth != other_depth)
        return depth > other_depth ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

static void put_folder(struct folder *self, const struct item *item, int folder, const char *base)
{
    struct stat stat;
    int failed = mkdirat(folder, base, 0777);
    if (failed < 0 && errno == EEXIST && fstatat(folder, base, &stat, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(stat.st_mode))
            failed = 0;
        else if (unlinkat(folder, base, 0) == 0)
            failed = mkdirat(folder, base, 0777);
    }
    if (failed < 0) {
        fails(self, errno);
        return;
    }
    remember(self, item);
    cp_say(self->out.cp, item, shown(self, self->name.data), NULL);
}

/* A folder that is read-only becomes so only now, and what was copied into it sets its time no
 * more. */
static void dress_folder(struct folder *self, const struct later *later)
{
    struct cp *cp = self->out.cp;
    int folder;
    const char *base;
    term_buffer_clear(&self->name);
    term_puts(&self->name, later->name);
    term_putc(&self->name, '\0');
    int code = beneath_open(&self->beneath, later->name, false, &folder, &base);
    int fd = code == 0 ? openat(folder, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0)
        return; /* something else stands there by now, and that was told */
    const struct timespec times[2] = {
        { .tv_nsec = UTIME_NOW },
        { .tv_sec = later->about.mtime_s, .tv_nsec = later->about.mtime_ns },
    };
    if ((later->dated && futimens(fd, times) < 0) ||
        fchmod(fd, target_mode(cp, &later->about)) < 0 ||
        (cp->flags.durable && fsync(fd) < 0 && errno != EINVAL))
        fails(self, errno);
    close(fd);
}

/* --- Links --- */

/* Remove what stands in the way and is no folder. */
static bool makes_way(int folder, const char *base)
{
    return errno == EEXIST && unlinkat(folder, base, 0) == 0;
}

static void put_link(struct folder *self, const struct item *item, int folder, const char *base)
{
    struct cp *cp = self->out.cp;
    char target[4096];
    struct leat_span to = item->about.target;
    if (to.len == 0 || to.len >= sizeof(target) || memchr(to.data, 0, to.len) != NULL) {
        cp_tell(cp, item->place, "a link to what cannot be a name: not made");
        return;
    }
    if (item->hostile && !cp->flags.outside_links &&
        !name_link_stays(to, name_depth(self->name.data))) {
        cp_tell(cp, item->place, "a link that leads out of the folder: not made");
        return;
    }
    memcpy(target, to.data, to.len);
    target[to.len] = '\0';
    if (symlinkat(target, folder, base) < 0 &&
        (!makes_way(folder, base) || symlinkat(target, folder, base) < 0)) {
        fails(self, errno);
        return;
    }
    const struct timespec times[2] = {
        { .tv_nsec = UTIME_NOW },
        { .tv_sec = item->about.mtime_s, .tv_nsec = item->about.mtime_ns },
    };
    (void)utimensat(folder, base, times, AT_SYMLINK_NOFOLLOW); /* not every file system has it */
    cp_say(cp, item, shown(self, self->name.data), NULL);
}

/* --- Files --- */

/* Whether the file is to be left as it is: what must not be overwritten, or is the source; or else,
 * whether nothing is there. */
static bool is_spared(struct folder *self, const struct item *item, int folder, const char *base,
                      bool *ret_fresh)
{
    struct cp *cp = self->out.cp;
    struct stat old;
    *ret_fresh = fstatat(folder, base, &old, AT_SYMLINK_NOFOLLOW) < 0;
    if (*ret_fresh)
        return false;
    if (cp->flags.no_clobber)
        return true;
    if (S_ISDIR(old.st_mode)) {
        fails(self, EISDIR);
        return true;
    }
    if (fstatat(folder, base, &old, 0) < 0 || !identity_same(identity_of(&old), item->from))
        return false;
    cp_tell(cp, item->place, "the source and the target are the same file");
    return true;
}

/* The source was damaged, or gave out: what it gave is not lost, and does not look whole. */
static void leaves_part(struct folder *self, struct target *target, const struct route *route)
{
    struct cp *cp = self->out.cp;
    char what[128];
    if (cp->flags.check == NULL && route->done > 0)
        target->keeps = true;
    if (!target_drop(target))
        return;
    snprintf(what, sizeof(what),
             route->gaps.count == 0 ? "the first %llu bytes, as far as it could be read"
                                    : "%llu bytes, all that could be read",
             (unsigned long long)route->done);
    size_t dir = (size_t)(strlen(self->name.data) - strlen(target->name));
    term_buffer_clear(&self->target);
    term_put(&self->target, self->name.data, dir);
    term_put(&self->target, target->temporary, strlen(target->temporary) + 1);
    gaps_tell(cp, shown(self, self->target.data), what, &route->gaps);
}

static void completes(struct folder *self, struct target *target, const struct item *item,
                      const struct route *route)
{
    struct cp *cp = self->out.cp;
    if (!check_holds(cp, target->fd, shown(self, self->name.data))) {
        target->keeps = false;
        target_drop(target);
        return;
    }
    int code = target_dress(target, cp, item);
    if (code == 0)
        code = target_takes_name(target, cp->flags.durable);
    if (code != 0)
        fails(self, code);
    else
        cp_say(cp, item, shown(self, self->name.data), route->name);
    target_drop(target);
}

static void put_file(struct folder *self, const struct item *item, int folder, const char *base)
{
    struct cp *cp = self->out.cp;
    struct target target;
    struct route route = { 0 };
    uint64_t start = 0;
    bool fresh;
    if (is_spared(self, item, folder, base, &fresh))
        return;
    int code = target_open(&target, cp, folder, base, &item->about, fresh);
    if (code != 0) {
        fails(self, code);
        return;
    }
    if (cp->flags.resume)
        code = resume_at(cp, item, target.fd, shown(self, self->name.data), &start);
    if (code == 0) {
        (void)shown(self, self->name.data);
        term_putc(&self->shown, '\0');
        char *label = self->shown.cut ? NULL : strdup(self->shown.data);
        route_to_file(&route, cp, item, target.fd, start, label != NULL ? label : "");
        if (route.end == ROUTE_WHOLE)
            completes(self, &target, item, &route);
        else if (route.end == ROUTE_SOURCE_FAILED)
            leaves_part(self, &target, &route);
        else
            code = route.fault.system_code != 0 ? route.fault.system_code : ENOMEM;
        free(label);
    }
    if (code > 0)
        fails(self, code);
    target_drop(&target);
}

static void put_hard_link(struct folder *self, const struct item *item, int folder,
                          const char *base)
{
    struct cp *cp = self->out.cp;
    int from;
    const char *from_base;
    enum name_kind kind = name_clean(&self->target, item->about.target);
    if (kind != NAME_GOOD && kind != NAME_ABSOLUTE) {
        cp_tell(cp, item->place, "a link that leads out of the folder: not made");
        return;
    }
    if (strcmp(self->target.data, self->name.data) == 0) {
        cp_tell(cp, item->place, "a link to itself: not made");
        return;
    }
    int code = beneath_open(&self->links, self->target.data, false, &from, &from_base);
    if (code == 0 && linkat(from, from_base, folder, base, 0) < 0 &&
        (!makes_way(folder, base) || linkat(from, from_base, folder, base, 0) < 0))
        code = errno;
    if (code != 0 && item->reader != NULL)
        put_file(self, item, folder, base); /* the first name was not copied, or cannot have two */
    else if (code != 0)
        cp_tell(cp, item->place,
                code == ENOENT ? "a link to what is not there: not made" : strerrordesc_np(code));
    else
        cp_say(cp, item, shown(self, self->name.data), NULL);
}

/* --- The output --- */

static void folder_put(struct output *out, const struct item *item)
{
    struct folder *self = (struct folder *)out;
    int folder;
    const char *base;
    if (!names(self, item))
        return;
    if (item->about.kind == LEAT_ENTRY_OTHER) {
        cp_tell(out->cp, item->place, "a device, a pipe or the like: not copied");
        return;
    }
    int code = beneath_open(&self->beneath, self->name.data, true, &folder, &base);
    if (code != 0) {
        folder_fails(self, item, code);
        return;
    }
    struct stat old;
    if (item->about.kind == LEAT_ENTRY_FOLDER)
        put_folder(self, item, folder, base);
    else if (item->about.kind == LEAT_ENTRY_FILE)
        put_file(self, item, folder, base);
    else if (out->cp->flags.no_clobber && fstatat(folder, base, &old, AT_SYMLINK_NOFOLLOW) == 0)
        return;
    else if (item->about.kind == LEAT_ENTRY_LINK)
        put_link(self, item, folder, base);
    else
        put_hard_link(self, item, folder, base);
}

static void folder_finish(struct output *out)
{
    struct folder *self = (struct folder *)out;
    if (self->later_len > 0)
        qsort(self->later, self->later_len, sizeof(*self->later), in_order);
    for (size_t i = 0; i < self->later_len; i++)
        dress_folder(self, &self->later[i]);
    if (out->cp->flags.durable && fsync(self->root) < 0 && errno != EINVAL)
        fails(self, errno);
}

static void folder_close(struct output *out)
{
    struct folder *self = (struct folder *)out;
    for (size_t i = 0; i < self->later_len; i++)
        free(self->later[i].name);
    free(self->later);
    beneath_fini(&self->beneath);
    beneath_fini(&self->links);
    term_buffer_fini(&self->name);
    term_buffer_fini(&self->target);
    term_buffer_fini(&self->shown);
    close(self->root);
    free(self);
}

struct output *output_to_folder(struct cp *cp, int root, const char *label)
{
    static const struct output_ops ops = {
        .put = folder_put,
        .finish = folder_finish,
        .close = folder_close,
    };
    struct folder *self = malloc(sizeof(*self));
    if (self == NULL) {
        close(root);
        cp_tell_memory(cp);
        return NULL;
    }
    *self = (struct folder){ .out = { &ops, cp }, .root = root, .label = label };
    beneath_init(&self->beneath, root);
    beneath_init(&self->links, root);
    return &self->out;
}
