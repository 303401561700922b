/* The tree of names, and what is done with names. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "leat/core/assert.h"
#include "leat/core/bytes.h"
#include "leat/engine/sim/state.h"

enum { NODES_MAX = 1 << 16 };

/* --- Nodes --- */

struct sim_node *leat_sim_node_create(struct sim *sim, bool is_folder, unsigned mode)
{
    struct sim_node *node =
        sim->nodes_len < NODES_MAX ? leat_allocate(&sim->loop.alloc, sizeof(*node)) : NULL;
    if (node == NULL)
        return NULL;
    node->refs = 1;
    node->is_folder = is_folder;
    node->mode = mode & 07777;
    node->number = ++sim->numbers;
    node->modified_ns = sim->now_ns;
    node->next = sim->nodes;
    node->link = &sim->nodes;
    if (node->next != NULL)
        node->next->link = &node->next;
    sim->nodes = node;
    sim->nodes_len++;
    return node;
}

void leat_sim_node_release(struct sim *sim, struct sim_node *node)
{
    const struct leat_alloc *alloc = &sim->loop.alloc;
    leat_assert(node->refs > 0);
    if (--node->refs > 0)
        return;
    leat_assert(node->entries == NULL);
    sim->disk_left += node->cached_len;
    *node->link = node->next;
    if (node->next != NULL)
        node->next->link = node->link;
    sim->nodes_len--;
    leat_deallocate(alloc, node->cached);
    leat_deallocate(alloc, node->stable);
    leat_deallocate(alloc, node);
}

bool leat_sim_tree_init(struct sim *sim)
{
    sim->root = leat_sim_node_create(sim, true, 0755);
    if (sim->root == NULL)
        return false;
    sim->root->parent = sim->root;
    return true;
}

/* The names go first, whatever the order of the nodes; then nothing holds any of these. */
void leat_sim_tree_fini(struct sim *sim)
{
    if (sim->root == NULL)
        return;
    leat_sim_changes_keep(sim, NULL);
    for (struct sim_node *node = sim->nodes; node != NULL; node = node->next)
        node->refs++;
    for (struct sim_node *node = sim->nodes; node != NULL; node = node->next) {
        while (node->entries != NULL) {
            struct sim_entry *entry = node->entries;
            leat_sim_entry_remove(entry);
            leat_sim_entry_destroy(sim, entry);
        }
    }
    leat_sim_node_release(sim, sim->root);
    while (sim->nodes != NULL) {
        leat_assert(sim->nodes->refs == 1);
        leat_sim_node_release(sim, sim->nodes);
    }
}

/* --- Paths --- */

static struct sim_entry *entry_of(const struct sim_node *folder, const char *name, size_t len)
{
    for (struct sim_entry *entry = folder->entries; entry != NULL; entry = entry->next) {
        if (entry->len == len && leat_bytes_equal(entry->name, name, len))
            return entry;
    }
    return NULL;
}

static bool is_name(const char *name, size_t len, const char *text)
{
    return strlen(text) == len && leat_bytes_equal(name, text, len);
}

/* Go on by one name, which may be the last. 0, or the error. */
static int walk(struct sim_place *place, struct sim_node *start, const char *name, size_t len,
                bool beneath)
{
    if (place->node == NULL)
        return ENOENT;
    if (!place->node->is_folder)
        return ENOTDIR;
    if (len > NAME_MAX)
        return ENAMETOOLONG;
    struct sim_node *here = place->node;
    if (is_name(name, len, ".") || is_name(name, len, "..")) {
        if (len == 2 && beneath && here == start)
            return EXDEV;
        place->node = len == 2 ? here->parent : here;
        *place = (struct sim_place){ .folder = place->node, .node = place->node };
        return 0;
    }
    *place = (struct sim_place){ .folder = here, .name = name, .len = len };
    place->entry = entry_of(here, name, len);
    place->node = place->entry != NULL ? place->entry->node : NULL;
    return 0;
}

int leat_sim_find(struct sim *sim, struct sim_node *from, const char *path, bool beneath,
                  struct sim_place *ret)
{
    size_t len = strlen(path);
    bool is_absolute = path[0] == '/';
    if (len == 0)
        return ENOENT;
    if (len >= PATH_MAX)
        return ENAMETOOLONG;
    if (is_absolute && beneath)
        return EXDEV;
    struct sim_node *start = from == NULL || is_absolute ? sim->root : from;
    struct sim_place place = { .folder = start, .node = start };
    for (size_t at = 0; at < len;) {
        size_t name_len = strcspn(path + at, "/");
        int code = name_len > 0 ? walk(&place, start, path + at, name_len, beneath) : 0;
        if (code != 0)
            return code;
        at += name_len;
        place.wants_folder = at < len;
        at += strspn(path + at, "/");
    }
    if (place.wants_folder && place.node != NULL && !place.node->is_folder)
        return ENOTDIR;
    *ret = place;
    return 0;
}

/* Where names begin that are relative to descriptor `fd`; 0, or the error. */
static int base_of(const struct sim *sim, int fd, const char *path, struct sim_node **ret)
{
    *ret = sim->root;
    if (fd == AT_FDCWD || path[0] == '/')
        return 0;
    const struct sim_descriptor *d = leat_sim_descriptor(sim, fd);
    if (d == NULL)
        return EBADF;
    if (d->what != SIM_FOLDER)
        return ENOTDIR;
    if (d->stale)
        return EIO;
    *ret = d->node;
    return 0;
}

/* Whether `node` is `folder` or lies somewhere in it. */
static bool is_inside(const struct sim *sim, const struct sim_node *node,
                      const struct sim_node *folder)
{
    for (unsigned depth = 0; depth < NODES_MAX && node != folder; depth++) {
        if (node == sim->root)
            return false;
        node = node->parent;
    }
    return true;
}

/* --- What is done with names --- */

static struct sim_entry *entry_create(struct sim *sim, const struct sim_place *place,
                                      struct sim_node *node)
{
    struct sim_entry *entry = leat_allocate(&sim->loop.alloc, sizeof(*entry) + place->len);
    if (entry == NULL)
        return NULL;
    entry->folder = place->folder;
    entry->node = node;
    entry->len = place->len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, entry->name, place->name, place->len);
    node->refs++;
    return entry;
}

bool leat_sim_name(struct sim *sim, const struct sim_place *place, struct sim_node *node,
                   struct sim_entry *old)
{
    leat_assert(place->len > 0);
    struct sim_change *change = leat_allocate(&sim->loop.alloc, sizeof(*change));
    struct sim_entry *added = change != NULL ? entry_create(sim, place, node) : NULL;
    if (added == NULL) {
        leat_deallocate(&sim->loop.alloc, change);
        return false;
    }
    change->added = added;
    change->removed[0] = old;
    change->removed[1] = place->entry;
    for (unsigned i = 0; i < 2; i++) {
        if (change->removed[i] != NULL)
            leat_sim_entry_remove(change->removed[i]);
    }
    leat_sim_entry_add(added);
    leat_sim_change_add(sim, change);
    return true;
}

static struct leat_io open_node(struct sim *sim, struct sim_node *node, int flags)
{
    struct sim_descriptor *d = leat_sim_open(sim, node->is_folder ? SIM_FOLDER : SIM_FILE);
    int mode = flags & O_PATH ? -1 : flags & O_ACCMODE;
    if (d == NULL)
        return leat_io_fault(EMFILE);
    d->reads = mode == O_RDONLY || mode == O_RDWR;
    d->writes = mode == O_WRONLY || mode == O_RDWR;
    d->appends = flags & O_APPEND;
    d->syncs = flags & O_DSYNC;
    d->node = node;
    node->refs++;
    if (d->writes && (flags & O_TRUNC))
        leat_sim_node_set_len(sim, node, 0);
    return (struct leat_io){ .status = LEAT_OK, .descriptor = d->fd };
}

static struct leat_io create_file(struct sim *sim, const struct sim_place *place,
                                  const struct leat_op *op)
{
    if (place->wants_folder)
        return leat_io_fault(EISDIR);
    if (sim->open >= sim->open_max)
        return leat_io_fault(EMFILE);
    if (sim->disk_left == 0)
        return leat_io_fault(ENOSPC);
    struct sim_node *node = leat_sim_node_create(sim, false, op->open.mode);
    if (node == NULL)
        return leat_io_fault(sim->nodes_len == NODES_MAX ? ENOSPC : ENOMEM);
    struct leat_io io = leat_io_fault(ENOMEM);
    if (leat_sim_name(sim, place, node, NULL))
        io = open_node(sim, node, op->open.flags);
    leat_sim_node_release(sim, node);
    return io;
}

/* 0, or why what is there is not opened so. */
static int objection(const struct sim_node *node, int flags)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return EEXIST;
    if (node->is_folder && (writes || (flags & (O_CREAT | O_TRUNC))) && !(flags & O_PATH))
        return EISDIR;
    return !node->is_folder && (flags & O_DIRECTORY) ? ENOTDIR : 0;
}

struct leat_io leat_sim_open_file(struct sim *sim, struct leat_op *op)
{
    struct sim_node *base;
    struct sim_place place = { 0 };
    int flags = op->open.flags;
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return leat_io_fault(EOPNOTSUPP);
    int code = base_of(sim, op->open.folder, op->open.path, &base);
    if (code == 0)
        code = leat_sim_find(sim, base, op->open.path, op->open.beneath, &place);
    if (code != 0)
        return leat_io_fault(code);
    if (place.node == NULL)
        return flags & O_CREAT ? create_file(sim, &place, op) : leat_io_fault(ENOENT);
    code = objection(place.node, flags);
    return code != 0 ? leat_io_fault(code) : open_node(sim, place.node, flags);
}

/* 0, or why `from` is not to be called `to`. */
static int rename_objection(const struct sim *sim, const struct sim_place *from,
                            const struct sim_place *to)
{
    if (from->node == NULL)
        return ENOENT;
    if (from->len == 0 || to->len == 0)
        return EBUSY;
    if (!from->node->is_folder && to->wants_folder)
        return ENOTDIR;
    if (from->node->is_folder && is_inside(sim, to->folder, from->node))
        return EINVAL;
    if (to->node == NULL || to->node == from->node)
        return 0;
    if (from->node->is_folder)
        return to->node->is_folder ? ENOTEMPTY : ENOTDIR;
    return to->node->is_folder ? EISDIR : 0;
}

struct leat_io leat_sim_rename(struct sim *sim, struct leat_op *op)
{
    struct sim_node *base, *base_to;
    struct sim_place from = { 0 }, to = { 0 };
    int code = base_of(sim, op->name.folder, op->name.from, &base);
    if (code == 0)
        code = base_of(sim, op->name.folder, op->name.to, &base_to);
    if (code == 0)
        code = leat_sim_find(sim, base, op->name.from, false, &from);
    if (code == 0)
        code = leat_sim_find(sim, base_to, op->name.to, false, &to);
    if (code == 0)
        code = rename_objection(sim, &from, &to);
    if (code != 0)
        return leat_io_fault(code);
    if (to.node != from.node && !leat_sim_name(sim, &to, from.node, from.entry))
        return leat_io_fault(ENOMEM);
    return (struct leat_io){ .status = LEAT_OK };
}

struct leat_io leat_sim_unlink(struct sim *sim, struct leat_op *op)
{
    struct sim_node *base;
    struct sim_place place = { 0 };
    int code = base_of(sim, op->name.folder, op->name.from, &base);
    if (code == 0)
        code = leat_sim_find(sim, base, op->name.from, false, &place);
    if (code == 0 && place.node == NULL)
        code = ENOENT;
    if (code == 0 && place.node->is_folder)
        code = EISDIR;
    if (code != 0)
        return leat_io_fault(code);
    struct sim_change *change = leat_allocate(&sim->loop.alloc, sizeof(*change));
    if (change == NULL)
        return leat_io_fault(ENOMEM);
    change->removed[0] = place.entry;
    leat_sim_entry_remove(place.entry);
    leat_sim_change_add(sim, change);
    return (struct leat_io){ .status = LEAT_OK };
}
