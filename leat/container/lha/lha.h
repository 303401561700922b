#ifndef LEAT_CONTAINER_LHA_LHA_H
#define LEAT_CONTAINER_LHA_LHA_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of an LHA (LZH) archive, in its order, from `src`, which it owns and only ever reads
 * forward, by libarchive: headers of levels 0 to 3; packed by lh0 and lz4 (stored), lh5, lh6 and
 * lh7. One that is packed by an older method is UNSUPPORTED, and those after it are read.
 *
 * Names are UTF-8 where a header says how it is encoded, else as stored, with / between their
 * parts. An entry's checksum is compared behind its last byte, and a header's where it has one.
 * Behind damage it goes on at the next header. What libarchive allocates, a window of at most
 * 64 KiB and tables, is not the ctx's. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_lha(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_lha;

LEAT_END_DECLS

#endif
