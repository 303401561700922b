#ifndef LEAT_CONTAINER_ISO9660_ISO9660_H
#define LEAT_CONTAINER_ISO9660_ISO9660_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The files of a CD-ROM image (ECMA-119, ISO 9660), a folder before what is in it, from `src`,
 * which it owns and which must seek and know its size (leat_spool gives that to any source); else
 * the first leat_next is a fault UNSUPPORTED. Where `src` forks, entries may be read in parallel.
 *
 * Names, modes, times and links are Rock Ridge's where the image has them; else names are
 * Joliet's; else the plain ones, without their version. They come out in UTF-8, as far as the
 * image says how they are written, with the folders before them.
 *
 * What an image holds beyond its end is that entry's fault, behind what is there of it. A folder
 * that cannot be entered, as it lies outside, in itself, or too deep, is given as a file that has
 * only the fault. So are files that lie in several places. An image of UDF alone is UNSUPPORTED.
 *
 * What Rock Ridge says is packed by zisofs comes out unpacked, of either version of it. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_iso9660(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_iso9660;

LEAT_END_DECLS

#endif
