#ifndef LEAT_CONTAINER_ISO9660_RECORD_H
#define LEAT_CONTAINER_ISO9660_RECORD_H

#include "leat/container/iso9660/fields.h"

/* One record of a directory, as it stands there. */
struct iso_record {
    struct leat_span name;
    struct leat_span system_use; /* what follows the name */
    uint64_t at;                 /* of the bytes, in the image */
    uint32_t size;
    int64_t mtime_s;
    uint8_t flags;
    bool interleaved;
    bool special; /* the directory itself, or the one above it */
};

/* Read the record at the start of `data`, of `len` > 0 bytes; blocks are of `block_size` bytes.
 * False when it does not hold together. */
bool leat_iso_record_read(const uint8_t *data, size_t len, uint32_t block_size,
                          struct iso_record *ret);

/* ECMA-119 9.1.5: seven bytes, with the zone's distance from UTC in quarters of an hour. */
int64_t leat_iso_time(const uint8_t *at);

/* ECMA-119 8.4.26.1: seventeen bytes, of which sixteen are digits. 0 when they are not. */
int64_t leat_iso_time_long(const uint8_t *at);

/* Without the version, and the dot before it when nothing stands between. `width` is that of a
 * character in bytes: 2 for Joliet's, which are big-endian. */
struct leat_span leat_iso_name(struct leat_span stored, size_t width);

#endif
