#include "apps/cp/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "apps/cp/peel.h"
#include "leat/endpoint/descriptor/descriptor.h"

struct tree {
    struct cp *cp;
    struct output *out;
    struct links *links;
    const char *name;
    size_t path_len;              /* of the operand, in each path below it */
    struct term_buffer item_name; /* of the file that is copied now */
};

static struct leat_entry about(const struct stat *stat)
{
    struct leat_entry entry = {
        .kind = S_ISREG(stat->st_mode)   ? LEAT_ENTRY_FILE
                : S_ISDIR(stat->st_mode) ? LEAT_ENTRY_FOLDER
                : S_ISLNK(stat->st_mode) ? LEAT_ENTRY_LINK
                                         : LEAT_ENTRY_OTHER,
        .size = S_ISREG(stat->st_mode) ? (uint64_t)stat->st_size : LEAT_SIZE_UNKNOWN,
        .mode = stat->st_mode & 07777,
        .mtime_s = stat->st_mtim.tv_sec,
        .mtime_ns = (uint32_t)stat->st_mtim.tv_nsec,
    };
    if (entry.kind == LEAT_ENTRY_OTHER) {
        entry.special = stat->st_mode & S_IFMT;
        entry.special_major = major(stat->st_rdev);
        entry.special_minor = minor(stat->st_rdev);
    }
    return entry;
}

/* --- Files --- */

/* Put a file that is open, whatever it is, with its layers off where that is wanted. */
static void put_open(struct tree *self, struct item *item, int fd)
{
    struct cp *cp = self->cp;
    const char *label = (const char *)item->place.data;
    bool ordinary = item->about.size != LEAT_SIZE_UNKNOWN;
    leat_ctx_spends_anew(&cp->ctx);
    item->descriptor = ordinary ? fd : -1;
    item->reader = ordinary ? leat_descriptor_at(&cp->ctx, fd, 0, label)
                            : leat_descriptor(&cp->ctx, fd, false, label);
    if (cp->flags.layers)
        peel_item(item);
    self->out->ops->put(self->out, item);
    leat_reader_close(item->reader);
}

/* Of a file with several names, those after the first are links to that. False without memory. */
static bool finds_links(struct tree *self, struct item *item, const struct stat *stat)
{
    if (!S_ISREG(stat->st_mode) || stat->st_nlink <= 1 || self->cp->flags.layers)
        return true;
    struct link *link = links_find(self->links, stat->st_dev, stat->st_ino);
    if (link == NULL)
        return false;
    item->about.links = stat->st_nlink < UINT32_MAX ? (uint32_t)stat->st_nlink : UINT32_MAX;
    item->about.inode = link->serial;
    if (link->name == NULL)
        return link_named(link, item->name);
    item->about.kind = LEAT_ENTRY_HARD_LINK;
    item->about.target = cp_text(link->name);
    return true;
}

static void put_file(struct tree *self, struct item *item, const char *path, bool named)
{
    struct cp *cp = self->cp;
    struct stat stat;
    /* What was an ordinary file a moment ago may be a pipe now, and would not be waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (named ? 0 : O_NOFOLLOW | O_NONBLOCK));
    if (fd < 0 || fstat(fd, &stat) < 0) {
        cp_tell_code(cp, item->place, errno);
    } else if (!cp_is_written(cp, item->place, item->from = identity_of(&stat))) {
        item->about = about(&stat);
        item->holes = S_ISREG(stat.st_mode) && stat.st_blocks * 512 < stat.st_size;
        item->about.kind = LEAT_ENTRY_FILE;
        if (finds_links(self, item, &stat))
            put_open(self, item, fd);
        else
            cp_tell_memory(cp);
    }
    if (fd >= 0)
        close(fd);
}

static void put_link(struct tree *self, struct item *item, const char *path)
{
    char target[4096];
    ssize_t len = readlink(path, target, sizeof(target));
    if (len < 0 || len == sizeof(target)) {
        cp_tell_code(self->cp, item->place, len < 0 ? errno : ENAMETOOLONG);
        return;
    }
    item->about.target = (struct leat_span){ (const uint8_t *)target, (size_t)len };
    self->out->ops->put(self->out, item);
}

/* --- The walk --- */

static void put_met(struct tree *self, const FTSENT *met)
{
    struct item item = {
        .place = cp_text(met->fts_path),
        .about = about(met->fts_statp),
        .dated = true,
        .descriptor = -1,
    };
    const char *below = met->fts_path + self->path_len;
    term_buffer_clear(&self->item_name);
    term_puts(&self->item_name, self->name);
    below += *below == '/';
    if (self->name[0] != '\0' && *below != '\0')
        term_putc(&self->item_name, '/');
    term_puts(&self->item_name, below);
    if (self->item_name.cut) {
        cp_tell_memory(self->cp);
        return;
    }
    item.name = (struct leat_span){ (const uint8_t *)self->item_name.data, self->item_name.len };
    if (item.about.kind == LEAT_ENTRY_FILE ||
        (item.about.kind == LEAT_ENTRY_OTHER && met->fts_level == 0))
        put_file(self, &item, met->fts_accpath, met->fts_level == 0);
    else if (item.about.kind == LEAT_ENTRY_LINK)
        put_link(self, &item, met->fts_accpath);
    else if (item.name.len > 0)
        self->out->ops->put(self->out, &item);
}

static void skip(struct tree *self, FTS *fts, FTSENT *met, const char *reason)
{
    cp_tell(self->cp, cp_text(met->fts_path), reason);
    fts_set(fts, met, FTS_SKIP);
}

/* Whether the folder is the one that is copied to, where a copy would go on without end. */
static bool is_output(const struct tree *self, const FTSENT *met)
{
    struct stat out;
    return self->cp->out_folder != NULL && stat(self->cp->out_folder, &out) == 0 &&
           out.st_dev == met->fts_statp->st_dev && out.st_ino == met->fts_statp->st_ino;
}

/* Whether the folder that is copied is what it would be copied to: by another way to it. */
static bool is_target(struct tree *self, const FTSENT *met)
{
    struct stat there;
    struct term_buffer *path = &self->item_name;
    if (met->fts_level > 0 || self->cp->out_folder == NULL)
        return false;
    term_buffer_clear(path);
    term_puts(path, self->cp->out_folder);
    term_putc(path, '/');
    term_puts(path, self->name);
    term_putc(path, '\0');
    return !path->cut && lstat(path->data, &there) == 0 &&
           identity_same(identity_of(&there), identity_of(met->fts_statp));
}

static void meet(struct tree *self, FTS *fts, FTSENT *met)
{
    switch (met->fts_info) {
    case FTS_DP:
        break;
    case FTS_D:
        if (is_output(self, met))
            skip(self, fts, met, "the folder that is copied to: not copied into itself");
        else if (is_target(self, met))
            skip(self, fts, met, "the source and the target are the same folder");
        else
            put_met(self, met);
        break;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        cp_tell_code(self->cp, cp_text(met->fts_path), met->fts_errno);
        break;
    case FTS_DC:
        cp_tell(self->cp, cp_text(met->fts_path), "a folder that lies in itself: not copied");
        break;
    default:
        put_met(self, met);
    }
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void copy_stdin(struct tree *self)
{
    struct stat stat;
    struct item item = { .place = cp_text("<stdin>"), .name = cp_text(self->name) };
    term_puts(&self->item_name, self->name);
    item.name = (struct leat_span){ (const uint8_t *)self->item_name.data, self->item_name.len };
    item.about = (struct leat_entry){ .size = LEAT_SIZE_UNKNOWN };
    if (fstat(STDIN_FILENO, &stat) < 0)
        cp_tell_code(self->cp, item.place, errno);
    else if (!cp_is_written(self->cp, item.place, item.from = identity_of(&stat)))
        put_open(self, &item, STDIN_FILENO);
}

void tree_copy(struct cp *cp, const char *path, const char *name, struct links *links,
               struct output *out)
{
    struct tree self = { .cp = cp, .out = out, .links = links, .name = name };
    if (strcmp(path, "-") == 0) {
        copy_stdin(&self);
        term_buffer_fini(&self.item_name);
        return;
    }
    self.path_len = strlen(path);
    char *operand = strdup(path);
    char *paths[] = { operand, NULL };
    FTS *fts = operand != NULL
                   ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name)
                   : NULL;
    if (fts == NULL)
        cp_tell_memory(cp);
    for (FTSENT *met; !cp->stopped && fts != NULL && (met = fts_read(fts)) != NULL;)
        meet(&self, fts, met);
    if (fts != NULL)
        fts_close(fts);
    free(operand);
    term_buffer_fini(&self.item_name);
}
