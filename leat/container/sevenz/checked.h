#ifndef LEAT_CONTAINER_SEVENZ_CHECKED_H
#define LEAT_CONTAINER_SEVENZ_CHECKED_H

#include "leat/core/reader.h"

/* One file within what its folder unpacks to. */
struct sz_member {
    uint64_t at; /* of its first byte */
    uint64_t size;
    bool has_crc;
    uint32_t crc;
    bool encrypted; /* what is wrong may be the password */
};

/* A view of the member within `src`, which it owns and which is not past it. Passes what is before
 * it first. What follows its last byte is END, or a fault where its checksum is another. */
LEAT_MUST_USE struct leat_reader *leat_sz_checked(struct leat_reader *src,
                                                  const struct sz_member *member);

#endif
