#ifndef LEAT_CONTAINER_TAR_START_H
#define LEAT_CONTAINER_TAR_START_H

#include "leat/container/container.h"
#include "leat/container/first.h"

/* Where an archive's first whole header is, if what its name says to be one begins with none; and
 * where the next one is behind one that is damaged: blocks lie in steps of their length. */

LEAT_BEGIN_DECLS

extern const struct leat_first leat_tar_first;

/* leat_first_probe of that. */
enum leat_match leat_tar_start_probe(const uint8_t *data, size_t len, uint64_t size);

/* Skip to `from`, which is at a block's beginning, and over blocks to one that is a header.
 * Status  OK, AGAIN (call again from there), END, FAULT */
enum leat_status leat_tar_start_scan(struct leat_container *c, uint64_t from);

LEAT_END_DECLS

#endif
