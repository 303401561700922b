#ifndef LEAT_CONTAINER_ZIP_RECORD_H
#define LEAT_CONTAINER_ZIP_RECORD_H

#include "leat/container/container.h"
#include "leat/container/zip/member.h"

/* One record of the central directory, and what it means. */

struct zip_record {
    struct zip_member member;
    struct leat_span name; /* as stored, in the record or in a field of its own */
    bool says_utf8;
    bool split;  /* its bytes are in another file */
    bool broken; /* large numbers were promised and are not there */
    int64_t mtime_s;
    uint32_t mode; /* POSIX, with the type; 0 when not from there */
};

/* How long the record is whose first ZIP_RECORD_LEN bytes these are. */
size_t leat_zip_record_len(const uint8_t *record);

/* Read a whole record of that length. Offsets in it count from `base` in the input. */
void leat_zip_record_read(const uint8_t *record, uint64_t base, struct zip_record *ret);

/* Whether it is a file, and what else. */
enum leat_entry_kind leat_zip_record_kind(const struct zip_record *record);

#endif
