#ifndef APPS_CP_LINKS_H
#define APPS_CP_LINKS_H

#include "apps/cp/item.h"

/* The files that have several names, by device and number, each with the first name that it was
 * copied to. Zeroed: none. */
struct links {
    struct link *slots;
    size_t len;
    size_t size;      /* a power of two, or 0 */
    uint64_t devices; /* made so far, for files that are on none */
};

struct link {
    uint64_t device, number;
    uint64_t serial;      /* 1, 2, 3 ... in the order of coming: the file's, among these; 0: free */
    char *name;           /* the first, or NULL: none was copied yet */
    struct waiting *last; /* of the names that came before the file's bytes; a ring of them */
};

/* The file, good until the next call; known from now on. NULL without memory. */
struct link *links_find(struct links *links, uint64_t device, uint64_t number);

/* Keep the first name that it was copied to; "" where it was not and will not be. False without
 * memory. */
bool link_named(struct link *link, struct leat_span name);

/* A device of its own, for files in an archive. */
uint64_t links_device(struct links *links);

/* Put an item out of an archive that is, by its inode, a name of a file with several, on `device`.
 * Some formats have a file's bytes with the last of its names: those before wait for it. */
void links_put(struct links *links, uint64_t device, const struct item *item, struct output *out);

/* The same of what is not copied: links to it will not be made. */
void links_pass(struct links *links, uint64_t device, const struct leat_entry *entry,
                struct output *out);

/* No more come: what still waits is an empty file, unless bytes may be `lost`. */
void links_finish(struct links *links, bool lost, struct output *out);

void links_fini(struct links *links);

#endif
