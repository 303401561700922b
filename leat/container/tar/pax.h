#ifndef LEAT_CONTAINER_TAR_PAX_H
#define LEAT_CONTAINER_TAR_PAX_H

#include "leat/container/gather.h"
#include "leat/container/tar/sparse.h"

/* Extended headers of pax: records of text that stand above a header's fields, for one entry or
 * (global) for all that follow. POSIX.1-2017, pax, "pax Extended Header". */

enum tar_pax_field {
    TAR_PAX_PATH = 1,
    TAR_PAX_LINK = 2,
    TAR_PAX_SIZE = 4,
    TAR_PAX_MTIME = 8,
    TAR_PAX_SPARSE = 16,      /* there is a map: in the records, or else before the data */
    TAR_PAX_SPARSE_NAME = 32, /* in `path`, where it wins over PATH */
};

struct tar_pax {
    unsigned seen;  /* of tar_pax_field */
    unsigned empty; /* of those, without a value: neither this nor a global one counts */
    struct leat_gather path;
    struct leat_gather link;
    uint64_t size;
    int64_t mtime_s;
    uint32_t mtime_ns;
    bool map_in_data; /* GNU.sparse 1.0 */
};

/* Take over the records in `body`, which stood at `offset`. Numbers of a sparse map go to `map`;
 * NULL for a global header, where they make no sense.
 * Status  OK, FAULT (corrupt, or no memory; recorded in c). */
LEAT_MUST_USE enum leat_status leat_tar_pax_read(struct tar_pax *pax, struct tar_map *map,
                                                 struct leat_container *c, struct leat_span body,
                                                 uint64_t offset);

/* Which of the two says something about `field`: NULL when the header's own field counts. */
const struct tar_pax *leat_tar_pax_pick(const struct tar_pax *local, const struct tar_pax *global,
                                        enum tar_pax_field field);

void leat_tar_pax_clear(struct tar_pax *pax);
void leat_tar_pax_fini(struct tar_pax *pax, struct leat_container *c);

/* Decimal digits and nothing else, of which there is at least one, up to INT64_MAX. */
bool leat_tar_decimal(struct leat_span text, uint64_t *ret);

#endif
