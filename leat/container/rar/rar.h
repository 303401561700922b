#ifndef LEAT_CONTAINER_RAR_RAR_H
#define LEAT_CONTAINER_RAR_RAR_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a RAR archive of version 4 or 5, in its order, from `src`, which it owns and only
 * ever reads forward, by libarchive. A solid archive of version 5 is read as any other, and what is
 * skipped of it is unpacked all the same. A program of up to 1 MiB may be before it.
 *
 * UNSUPPORTED, and named as that: what is encrypted; what begins or goes on in another volume,
 * behind the bytes that are here where they are only stored (in version 5 the first such entry is
 * no entry, and is told at the end); and what libarchive 3.6 does not know, as solid archives of
 * version 4 and unusual filters.
 *
 * Names are UTF-8 where the archive says so, else as stored. The checksum of an entry is compared
 * behind its last byte, but for one that is stored with BLAKE2 alone; each header's is compared as
 * well. Behind damage it goes on at the next entry's header; what is solid cannot be unpacked from
 * there. libarchive looks 8 bytes ahead of a header in version 5: an entry that is shorter, and
 * right before damage or a cut, is lost with it.
 *
 * What libarchive allocates, which is a window of at most 64 MiB and for PPMd what the archive asks
 * for, 256 MiB at most, is not the ctx's. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_rar(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_rar;

LEAT_END_DECLS

#endif
