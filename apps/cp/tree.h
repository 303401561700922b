#ifndef APPS_CP_TREE_H
#define APPS_CP_TREE_H

#include "apps/cp/item.h"
#include "apps/cp/links.h"

/* The source that is a file or a folder of the file system: it as an item, and all that lies in it,
 * by names in order. Links in it stay links; one that is named itself is followed.
 *
 * path      "-" is standard input
 * name      what it is called below the output: "" for a folder whose contents are meant
 * links     of all sources for one output: a file with several names is copied once */
void tree_copy(struct cp *cp, const char *path, const char *name, struct links *links,
               struct output *out);

#endif
