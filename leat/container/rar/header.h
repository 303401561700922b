#ifndef LEAT_CONTAINER_RAR_HEADER_H
#define LEAT_CONTAINER_RAR_HEADER_H

#include "leat/core/format.h"

/* Of the blocks that an archive is made of, what a stream of them is told by: the rest is
 * libarchive's. Version 4: technote.txt of RAR 4; version 5: "RAR 5.0 archive format". */

#define RAR4_SIGNATURE "Rar!\x1a\x07\x00"
#define RAR5_SIGNATURE "Rar!\x1a\x07\x01\x00"

enum { RAR4_SIGNATURE_LEN = 7, RAR5_SIGNATURE_LEN = 8 };

/* A header may be longer in version 5, up to 2 MiB, and is not looked at then. */
enum { RAR_HEADER_MAX = 65536 };

enum leat_rar_type { LEAT_RAR_OTHER, LEAT_RAR_FILE };

struct leat_rar_block {
    enum leat_rar_type type;
    bool first; /* of those that an archive begins with: its own header, or that of encryption */
    size_t header_len;
    uint64_t data_len;
    uint32_t crc;    /* of a file's bytes */
    bool stored;     /* they are not packed */
    bool summed;     /* the header has their CRC */
    bool encrypted;  /* its data */
    bool from_other; /* a volume before this one has its first bytes */
    bool in_other;   /* the next volume has its last ones */
};

typedef enum leat_match leat_rar_judge(const uint8_t *data, size_t len, struct leat_rar_block *ret);

struct leat_rar_version {
    size_t signature_len;
    leat_rar_judge *judge; /* of its blocks */
};

LEAT_BEGIN_DECLS

/* Judge the header of a block, whose checksum is compared. MORE only of less than RAR_HEADER_MAX
 * bytes. `ret` is set with YES. */
leat_rar_judge leat_rar4_block, leat_rar5_block;

/* Judge the signature that an archive begins with. `ret` is set with YES. */
enum leat_match leat_rar_signature(const uint8_t *data, size_t len, struct leat_rar_version *ret);

LEAT_END_DECLS

#endif
