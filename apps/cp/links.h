#ifndef APPS_CP_LINKS_H
#define APPS_CP_LINKS_H

#include <sys/stat.h>

#include "leat/core/span.h"

/* The files of a tree that have several names, by device and number, each with the first name that
 * it was copied to. Zeroed: none. */
struct links {
    struct link *slots;
    size_t len;
    size_t size; /* a power of two, or 0 */
};

/* The first name of the file, or NULL where this is it: then `name` is kept. *ret_failed is set
 * without memory. */
const char *links_find(struct links *links, const struct stat *stat, struct leat_span name,
                       bool *ret_failed);

void links_fini(struct links *links);

#endif
