#ifndef APPS_WALK_FOLDER_H
#define APPS_WALK_FOLDER_H

#include "apps/walk/ignore.h"

#include <stdatomic.h>
#include <sys/types.h>

/* Folders of a walk, from the moment their name is found until nothing needs them. */

/* How many descriptors are kept, and may be. */
struct folder_budget {
    atomic_uint open;
    unsigned open_max;
};

/* What all folders below one given path share. Shared by count. */
struct folder_root {
    atomic_uint shares;
    int fd; /* the folder that was given; open as long as the root is */
    struct walk *walk;
    struct folder_budget *budget;
    char *shown;    /* what paths begin with: "", "dir/", "./" */
    char *absolute; /* the same, canonical; NULL when no rules are asked */
    size_t shown_len, absolute_len;
};

struct folder {
    struct folder_root *root;
    struct folder *parent; /* a share, until it is open, or longer to find loops; or NULL */
    struct ignore *ignore; /* the rules in force in it, a root's before it is open; a share */
    atomic_uint shares;
    atomic_uint fd_users; /* who needs the descriptor; the last one closes it */
    int fd;               /* or -1 */
    bool is_link;         /* it was reached by a link, and may so be its own parent */
    bool keeps_parent;    /* it is one of its parent's fd_users */
    bool by_path;         /* too many are open: others open what they need by path */
    uint32_t depth;       /* 0 for a root */
    uint32_t path_len;
    uint32_t name; /* where in path the folder's own name starts */
    dev_t device;  /* with inode, known only when links are followed */
    ino_t inode;
    char path[]; /* below the root, "" for the root itself */
};

/* A share of a new root, which takes over `fd` and the strings, also on failure: NULL without
 * memory. */
LEAT_MUST_USE struct folder_root *folder_root_create(struct walk *walk,
                                                     struct folder_budget *budget, int fd,
                                                     char *shown, char *absolute);
void folder_root_release(struct folder_root *root);

/* A share of the root's own folder, not yet open. NULL without memory. */
LEAT_MUST_USE struct folder *folder_create_root(struct folder_root *root);

/* A share of a folder found in `parent`, which is open; not yet open itself. It keeps the parent's
 * descriptor open until it is. NULL without memory. */
LEAT_MUST_USE struct folder *folder_create(struct folder *parent, const char *name, size_t len);

/* Open a folder, for folder_close(). It inherits its parent's rules. With `watch_loops`, which is
 * needed once links are followed, the parent is kept. Returns 0 or an errno value, ELOOP when a
 * link led to one of the folders it is in. */
LEAT_MUST_USE int folder_open(struct folder *folder, bool watch_loops);
void folder_close(struct folder *folder);

/* See to it, by one who can have the descriptor, that it can be had later, by any thread. */
void folder_keep(struct folder *folder);

/* That descriptor, or -1 and errno. Give it back with folder_fd_done(). */
LEAT_MUST_USE int folder_fd(const struct folder *folder);
void folder_fd_done(const struct folder *folder, int fd);

/* Undo folder_keep(). */
void folder_let_go(struct folder *folder);

struct folder *folder_take(struct folder *folder);
void folder_release(struct folder *folder);

#endif
