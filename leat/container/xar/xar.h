#ifndef LEAT_CONTAINER_XAR_XAR_H
#define LEAT_CONTAINER_XAR_XAR_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The files of an eXtensible ARchive (macOS' .pkg and .xip), in the order of its table of contents,
 * from `src`, which it owns and which must seek and know its size (leat_spool gives that to any
 * source); else the first leat_next is a fault UNSUPPORTED. Where `src` forks, entries may be read
 * in parallel. After xar's own wiki and header (mackyle/xar, xar.h).
 *
 * The table is read whole before the first entry, within the limit header_max, which also bounds
 * what is kept of it. What is wrong with it, its checksum included, is a fault behind the entries
 * that could be read of it. It holds no DOCTYPE: one is refused, and with it every entity.
 *
 * Stored, zlib ("x-gzip"), bzip2, xz and .lzma are unpacked. An entry's checksums, of its packed
 * bytes and of what they unpack to, are compared behind its last byte; a kind that this build does
 * not have (leat_digests_missing), or nobody, is not. Extended attributes and signatures are passed
 * over. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_xar(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_xar;

LEAT_END_DECLS

#endif
