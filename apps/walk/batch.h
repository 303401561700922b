#ifndef APPS_WALK_BATCH_H
#define APPS_WALK_BATCH_H

#include "apps/walk/folder.h"

/* Entries of a folder put by: half of its files for another thread to take, or all that is in it in
 * order, to be worked off one after the other. */
struct batch {
    struct folder *folder; /* a share, and its descriptor kept */
    size_t at, count;
    size_t bytes, room;
    uint32_t *items; /* where in `text` an item starts: its type, then its name */
    size_t items_room;
    char *text;
};

/* An empty batch, which keeps the folder's descriptor to be had. NULL without memory. */
LEAT_MUST_USE struct batch *batch_create(struct folder *folder);
void batch_destroy(struct batch *batch);

/* Add an entry: copies the name. Returns 0, or ENOMEM, or EFBIG past WALK_SORT_MAX. */
LEAT_MUST_USE int batch_add(struct batch *batch, uint8_t type, const char *name);

/* Put the entries in the order of their names' bytes. */
void batch_sort(struct batch *batch);

#endif
