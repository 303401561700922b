#ifndef LEAT_ENDPOINT_MAP_GUARD_H
#define LEAT_ENDPOINT_MAP_GUARD_H

#include "leat/core/slice.h"

/* Regions of mapped files, with a SIGBUS guard over them. Touching a page that the file no longer
 * has, since it was cut short, kills a process; under the guard it finds zeros there, and the
 * reader finds out. Internal, but for leat_map_guard_install. */

/* How many regions there can be in a process. */
enum { LEAT_GUARD_REGIONS_MAX = 4096 };

/* Part of a file in memory, as a block that slices may hold. */
struct leat_region {
    struct leat_block block; /* first; data and size are the reserved addresses */
    uint32_t slot;           /* in the guard's table */
};

/* Map `len` bytes of `fd` from `offset` (a multiple of LEAT_REGION_ALIGN) on, and guard them.
 * NULL when there is no memory, no room in the table, or no guard. */
struct leat_region *leat_region_create(const struct leat_alloc *alloc, int fd, uint64_t offset,
                                       size_t len);

/* Put another part of the file in its place: `len` <= block.size. Nobody else may hold it.
 * False: the system refused, and nothing may be touched. */
bool leat_region_slide(struct leat_region *region, int fd, uint64_t offset, size_t len);

/* How many of the region's first bytes are the file's own: less than block.size once a page could
 * not be read. */
size_t leat_region_len(const struct leat_region *region);

/* What file offsets of regions are multiples of: the largest page there is, and the distance to
 * which the kernel maps around a fault. */
#define LEAT_REGION_ALIGN (64 * LEAT_KIB)

bool leat_guard_is_installed(void);

#endif
