#ifndef LEAT_CONTAINER_SQUASHFS_SQUASHFS_H
#define LEAT_CONTAINER_SQUASHFS_SQUASHFS_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a squashfs image of version 4.0 (the kernel's Documentation/filesystems/
 * squashfs.rst), from `src`, which it owns and which must seek and know its size (leat_spool gives
 * that to any source); else the first leat_next is a fault UNSUPPORTED. Folders are walked as they
 * list their entries, each before what is in it. Parallel where the source forks. The image may be
 * behind a program or a script, as in an AppImage; what stands before it is the container's lead.
 *
 * A file's method is that of the image, or "sparse" where it has holes, which are read as zeros.
 * Blocks are unpacked by the stages that this build has. A file with several names comes under each
 * of them, whole. Owners and extended attributes are not read. What a folder's damage hides is one
 * entry, "(damaged)", whose fault says where it is. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_squashfs(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_squashfs;

LEAT_END_DECLS

#endif
