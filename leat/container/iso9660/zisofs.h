#ifndef LEAT_CONTAINER_ISO9660_ZISOFS_H
#define LEAT_CONTAINER_ISO9660_ZISOFS_H

#include "leat/core/stage.h"

/* zisofs: a file is packed in blocks, each a zlib stream of its own, and its system use area says
 * so. After libisofs' doc/zisofs_format.txt and doc/zisofs2_format.txt.
 *
 *      header     what the system use area says as well
 *      pointers   where each block begins, and where the last one ends: blocks + 1 of them
 *      blocks     one behind the other; one that has no bytes is zeros
 */

enum iso_zisofs_version { ISO_ZISOFS_NONE, ISO_ZISOFS_1, ISO_ZISOFS_2, ISO_ZISOFS_UNKNOWN };

/* What the system use area says: "ZF", or "Z2". */
struct iso_zisofs {
    enum iso_zisofs_version version;
    uint8_t header_words; /* of four bytes, before the pointers */
    uint8_t block_log;    /* a block is 1 << that many bytes long, unpacked */
    uint64_t size;        /* of the file, unpacked */
    uint64_t packed_len;  /* of header, pointers and blocks; UINT64_MAX: not known */
};

/* Why such a file cannot be read, or NULL. */
const char *leat_iso_zisofs_refused(const struct iso_zisofs *zisofs);

/* A reader of the file that is packed in the next zisofs->packed_len bytes of `src`, which it owns.
 * leat_iso_zisofs_refused must be NULL. What is wrong with a block comes behind all that is before
 * it, and leat_resync goes on at the next one. */
LEAT_MUST_USE struct leat_reader *leat_iso_unzisofs(struct leat_reader *src,
                                                    const struct iso_zisofs *zisofs);

/* The stage of that; its options are a struct iso_zisofs, which must outlive it. */
extern const struct leat_stage leat_iso_stage_unzisofs;

#endif
