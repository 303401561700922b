#ifndef APPS_CP_RESUME_H
#define APPS_CP_RESUME_H

#include "apps/cp/item.h"

/* Going on where an earlier copy stopped. */

/* How much of `item` stands in the file at `fd` already: its length, where that is no longer than
 * the source and pieces of both agree, the last block among them, or all of a stream; else nothing,
 * which is told, and the file is emptied. The reader and the file are left just behind.
 *
 * 0, the system's error number, or -1: it cannot be, which was told */
int resume_at(struct cp *cp, const struct item *item, int fd, struct leat_span label,
              uint64_t *ret_start);

#endif
