#ifndef APPS_CP_FOLDER_H
#define APPS_CP_FOLDER_H

#include "apps/cp/item.h"

/* The output to a folder: each item becomes a file, a folder or a link below it, and nowhere else.
 *
 * root   the folder's descriptor, which is owned
 * label  its path, for messages; NULL: the working folder; must outlive the output
 * NULL without memory, told; then the descriptor is closed. */
struct output *output_to_folder(struct cp *cp, int root, const char *label);

#endif
