#ifndef LEAT_CONTAINER_ZIP_RECOVER_H
#define LEAT_CONTAINER_ZIP_RECOVER_H

#include "leat/container/container.h"

/* The entries of a zip archive by their local headers, one after another, from `src`, which it owns
 * and which need not seek: for archives whose directory is damaged, missing or still to come, and
 * for what the directory does not list any more. Behind the last is a fault CORRUPT that says so.
 *
 * Bytes between entries that are nothing the format knows are a fault CORRUPT; resync goes on at
 * the next local header. Where the bytes of an entry end is known from its header, else from its
 * own end, else by the data descriptor; where none of those hold, the next header is looked for
 * from the entry's first byte on, or, without seeking, from where the source is. */
LEAT_MUST_USE struct leat_container *leat_zip_recover(struct leat_reader *src);

#endif
