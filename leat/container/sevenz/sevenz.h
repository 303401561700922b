#ifndef LEAT_CONTAINER_SEVENZ_SEVENZ_H
#define LEAT_CONTAINER_SEVENZ_SEVENZ_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a 7z archive, in its order, from `src`, which it owns and which must seek and know
 * its size (leat_spool gives that to any source); else the first leat_next is a fault UNSUPPORTED.
 *
 * It may stand behind a program that unpacks it, which is less than 1 MiB long; all offsets are
 * those of the source.
 *
 * Several files are mostly packed as one stream. They are decoded in turn, by one decoder: to read
 * one passes what is unread before it in the same stream, and nothing is decoded twice. What is
 * wrong in a stream is a fault of the file where it is met and of those behind it; files in other
 * streams go on. Each file's reader checks its CRC-32 where the archive has one. The target of a
 * link is what its reader has. What an archive marks as to be deleted is an entry of another kind.
 *
 * A mark is only where a stream begins, so that several containers may share those. To resume goes
 * through the header, on from the last place or from the first.
 *
 * Programs may be packed as four streams that are read at once; a source that does not fork is then
 * spooled.
 *
 * Encrypted files and headers are read with the ctx's password, where libcrypto is. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_7z(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_7z;

LEAT_END_DECLS

#endif
