#ifndef LEAT_CONTAINER_CAB_CAB_H
#define LEAT_CONTAINER_CAB_CAB_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* The entries of a cabinet ([MS-CAB]) from `src`, which it owns and only ever reads forward, by
 * libarchive: stored, MSZIP and LZX; Quantum is not known. One entry at a time, in the order of the
 * cabinet's list. Those of a folder are packed together, so one that is skipped is unpacked all the
 * same.
 *
 * Names are UTF-8 where the cabinet says so, else as stored, with / between their parts. A file
 * that begins in the cabinet before this one or goes on in the next is UNSUPPORTED and named as
 * that. The checksums of the blocks are compared. An entry's offset is that of the list.
 *
 * Damage ends it: a cabinet has no marks to go on at. What libarchive allocates, which is a window
 * of at most 2 MiB and the list of at most 65,535 names, is not the ctx's. */
LEAT_API LEAT_MUST_USE struct leat_container *leat_cab(struct leat_reader *src);

LEAT_API extern const struct leat_format leat_format_cab;

LEAT_END_DECLS

#endif
