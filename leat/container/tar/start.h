#ifndef LEAT_CONTAINER_TAR_START_H
#define LEAT_CONTAINER_TAR_START_H

#include "leat/container/container.h"
#include "leat/core/format.h"

/* Where an archive's first whole header is, if what its name says to be one begins with none. */

/* How many bytes of the input are looked at. */
#define TAR_START_MAX ((size_t)1 << 20)

LEAT_BEGIN_DECLS

/* Look in the first `len` bytes, at most TAR_START_MAX, which are `all` there are or not, for the
 * first block that is a header, with its magic and checksum: headers stand in steps of a block.
 *
 * Returns  YES (at *ret_at), NO, or MORE: further bytes may tell another */
enum leat_match leat_tar_start_find(const uint8_t *data, size_t len, bool all, size_t *ret_at);

/* The same for leat_format, of an input that has `size`: NO to what begins as a program does. That
 * may hold archives as its data, and none follows it. */
enum leat_match leat_tar_start_probe(const uint8_t *data, size_t len, uint64_t size);

/* How many bytes lie before the first header in the source of `c`, whose first block is none.
 * Status  OK, AGAIN, or END: it is one, or there is no other within TAR_START_MAX */
enum leat_status leat_tar_start_look(struct leat_container *c, size_t *ret);

/* Skip to `from`, which is at a block's beginning, and over blocks to one that is a header.
 * Status  OK, AGAIN (call again from there), END, FAULT */
enum leat_status leat_tar_start_scan(struct leat_container *c, uint64_t from);

LEAT_END_DECLS

#endif
