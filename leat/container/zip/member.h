#ifndef LEAT_CONTAINER_ZIP_MEMBER_H
#define LEAT_CONTAINER_ZIP_MEMBER_H

#include "leat/core/reader.h"
#include "leat/stage/gzip/gzip.h"

/* What a reader of one entry needs of its record; each has its own copy. */
struct zip_member {
    uint64_t header_at; /* of the local header, in the input */
    uint64_t packed_size;
    uint64_t size;
    uint32_t crc;
    uint32_t name_crc; /* of the name as stored, */
    uint16_t name_len; /* and its length */
    uint16_t flags;
    uint16_t time;             /* of DOS */
    uint16_t packed_by;        /* the method as stored */
    uint16_t method;           /* the method, whatever is around it */
    uint8_t aes_strength;      /* 0: not encrypted by AES */
    bool unsummed;             /* there is no checksum: a code within tells as much */
    struct leat_span password; /* for what is encrypted; the application's */
};

/* What the readers of an entry share: it outlives them, or lies in the one at the bottom, which is
 * closed last. */
struct zip_shared {
    struct zip_member member;
    bool differs;                      /* the local header is not what the directory says */
    bool ended;                        /* all that was packed came out */
    struct leat_reader *packed;        /* what is unpacked; NULL: it is stored */
    struct leat_inflate_options known; /* for deflate; all zero: nothing is, or is of use */

    /* Lengths and checksum are not known before all came out, which were `size` bytes: find out and
     * put them into `member`. OK, AGAIN, END (nothing tells them), FAULT. NULL: they are known. */
    enum leat_status (*learn)(struct zip_shared *shared, uint64_t size);
};

/* The packed bytes: a view of `src`, which it owns and which is at the local header: past it by its
 * own lengths, and then what is said to be packed. What follows those is END.
 *
 * ret  the readers' own; NULL where there is no memory: then what is returned carries that */
LEAT_MUST_USE struct leat_reader *leat_zip_body(struct leat_reader *src,
                                                const struct zip_member *member,
                                                struct zip_shared **ret);

/* The entry's bytes, unpacked and checked: a stack on `packed`, which it owns. What follows the
 * last of them is END when there were as many as the directory says, with its checksum, else a
 * fault. */
LEAT_MUST_USE struct leat_reader *leat_zip_unpacked(struct leat_reader *packed,
                                                    struct zip_shared *shared);

#endif
