#ifndef APPS_CP_HOLES_H
#define APPS_CP_HOLES_H

#include "apps/cp/item.h"

/* Where an ordinary file has holes, as its file system knows them. */

/* Whether the item's file says that it has some. */
bool holes_are_in(const struct item *item);

/* The next data at `at` or behind it, cut at the item's size. False: only holes follow. */
bool holes_next(const struct item *item, uint64_t at, struct leat_piece *ret);

/* All of its data, as an array to be freed. False: it has no holes, or more than are worth it, or
 * there is no memory for them; then it is to be taken whole. */
bool holes_pieces(const struct item *item, struct leat_piece **ret, size_t *ret_len);

#endif
