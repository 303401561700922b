#ifndef LEAT_CONTAINER_ISO9660_ROCK_H
#define LEAT_CONTAINER_ISO9660_ROCK_H

#include "leat/container/gather.h"
#include "leat/container/iso9660/fields.h"
#include "leat/container/iso9660/zisofs.h"

/* Rock Ridge: what POSIX knows of a file, in the system use area of its record. After the System
 * Use Sharing Protocol 1.12 and the Rock Ridge Interchange Protocol 1.12 (IEEE P1281, P1282). */

/* Where an area goes on: SUSP 5.1, "CE". */
struct iso_continuation {
    uint64_t at; /* in the image */
    uint32_t len;
};

struct iso_rock {
    uint32_t mode; /* POSIX, with the type; 0 when not said */
    bool has_mtime;
    int64_t mtime_s;
    bool relocated; /* its folder is listed elsewhere as well: this one is left out */
    bool elsewhere; /* a folder whose own directory is at `child_at` */
    uint64_t child_at;
    struct iso_zisofs zisofs;
};

/* Append an area's fields to `fields`, without padding and what cannot be one.
 *
 * ret_more  the continuation; len 0: there is none
 * Status    OK, FAULT (no memory, recorded in `c`) */
LEAT_MUST_USE enum leat_status leat_iso_rock_add(struct leat_gather *fields,
                                                 struct leat_container *c, struct leat_span area,
                                                 uint32_t block_size,
                                                 struct iso_continuation *ret_more);

/* Read all fields of a record. Its name is appended to `name`, the target of a link to `target`;
 * neither grows when there is none. Status  OK, FAULT (no memory, recorded in `c`). */
LEAT_MUST_USE enum leat_status leat_iso_rock_read(struct leat_span fields, uint32_t block_size,
                                                  struct leat_container *c,
                                                  struct leat_gather *name,
                                                  struct leat_gather *target, struct iso_rock *ret);

/* Whether the fields of the root's own record say that Rock Ridge is used.
 *
 * ret_skip  bytes before the fields, in every other record */
bool leat_iso_rock_begins(struct leat_span fields, size_t *ret_skip);

#endif
