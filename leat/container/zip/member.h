#ifndef LEAT_CONTAINER_ZIP_MEMBER_H
#define LEAT_CONTAINER_ZIP_MEMBER_H

#include "leat/core/reader.h"

/* What a reader of one entry needs of the directory; each has its own copy. */
struct zip_member {
    uint64_t header_at; /* of the local header, in the input */
    uint64_t packed_size;
    uint64_t size;
    uint32_t crc;
    uint16_t flags;
    uint16_t method;
};

/* The packed bytes: a view of `src`, which seeks, and which it owns. Goes to the local header at
 * the first fill and past it by its own lengths; where it contradicts the directory: CORRUPT. */
LEAT_MUST_USE struct leat_reader *leat_zip_body(struct leat_reader *src,
                                                const struct zip_member *member);

/* The entry's bytes, checked: a view of `src`, which it owns. What follows the last of them is END
 * when there were as many as the directory says, with its checksum, else a fault. */
LEAT_MUST_USE struct leat_reader *leat_zip_checked(struct leat_reader *src,
                                                   const struct zip_member *member);

#endif
