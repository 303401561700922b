#ifndef LEAT_CONTAINER_ZIP_RECORD_H
#define LEAT_CONTAINER_ZIP_RECORD_H

#include "leat/container/container.h"
#include "leat/container/gather.h"
#include "leat/container/zip/member.h"

/* One record of the central directory, or one local header, and what it means. */

struct zip_record {
    struct zip_member member;
    struct leat_span name; /* as stored, in the record or in a field of its own */
    bool says_utf8;
    bool split;  /* its bytes are in another file */
    bool broken; /* large numbers were promised and are not there */
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t mode;               /* POSIX, with the type; 0 when not from there */
    struct leat_span disk_field; /* what is left of zip64's field: the disk's number */
};

/* How long the record is whose first ZIP_RECORD_LEN bytes these are. */
size_t leat_zip_record_len(const uint8_t *record);

/* Read a whole record of that length. Offsets in it count from `base` in the input. */
void leat_zip_record_read(const uint8_t *record, uint64_t base, struct zip_record *ret);

/* The same of a local header, of which the first ZIP_LOCAL_LEN bytes are there, and which stands at
 * `at` in the input. */
size_t leat_zip_local_len(const uint8_t *header);
void leat_zip_local_read(const uint8_t *header, uint64_t at, struct zip_record *ret);

/* The entry that it is, with its name in `name`, and what is wrong with it as far as the record
 * tells; a password is put into its member.
 * Status  OK, FAULT (no memory, recorded in c) */
LEAT_MUST_USE enum leat_status leat_zip_record_entry(struct zip_record *record,
                                                     struct leat_container *c,
                                                     struct leat_gather *name,
                                                     struct leat_entry *ret);

#endif
