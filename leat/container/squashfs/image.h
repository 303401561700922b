#ifndef LEAT_CONTAINER_SQUASHFS_IMAGE_H
#define LEAT_CONTAINER_SQUASHFS_IMAGE_H

#include "leat/container/squashfs/method.h"
#include "leat/container/squashfs/super.h"
#include "leat/container/unpack.h"

/* How the container, and each file's reader, gets at the image: bytes at a place, whole, and what
 * a block of them unpacks to. */

struct sqfs_image {
    struct leat_reader *src;    /* seeks; its owner is whoever has this */
    struct leat_counts *counts; /* of what is copied */
    const struct sqfs_method *method;
    struct sqfs_super super;
    uint64_t base; /* where the image begins in the source; all places count from there, */
    uint64_t size; /* and what there is of it */
    bool strayed;  /* somebody else moved the source, or left a fault in it */

    /* What was found wrong, until it is cleared; code NONE behind a FAULT: the source has it. */
    struct leat_fault fault;

    struct leat_unpacker unpacker;
    uint8_t *gathered; /* what stands at gathered_at, where the source's window is too small */
    uint64_t gathered_at;
    size_t gathered_len;
    size_t gathered_size;
};

/* How long a block of data is in the image, and whether it was packed: a word in a file's list, or
 * in that of the fragments. */
enum { SQFS_BLOCK_STORED = 1 << 24 };

static inline uint32_t leat_sqfs_block_len(uint32_t word)
{
    return word & (SQFS_BLOCK_STORED - 1);
}

static inline bool leat_sqfs_block_is_stored(uint32_t word)
{
    return word & SQFS_BLOCK_STORED;
}

/* Whether it can be a word of a block that is `block_size` bytes long, unpacked. */
static inline bool leat_sqfs_is_block(uint32_t word, uint32_t block_size)
{
    uint32_t len = leat_sqfs_block_len(word);
    return word >> 25 == 0 && len > 0 && len <= block_size;
}

/* Record a fault at `offset` of the image and return LEAT_FAULT. */
enum leat_status leat_sqfs_fails(struct sqfs_image *image, enum leat_fault_code code,
                                 const char *reason, uint64_t offset);

/* The `len` > 0 bytes at `at`: a loan until the next call that uses the image.
 * Status  OK, AGAIN (call again for the same place), FAULT */
LEAT_MUST_USE enum leat_status leat_sqfs_bytes(struct sqfs_image *image, uint64_t at, size_t len,
                                               struct leat_span *ret);

/* Unpack a block that stands at `at`, straight into `to`, which has room for `len` bytes and
 * LEAT_UNPACK_SLACK more: less than `len` is no fault here, more is one.
 *
 * stored    it was not packed, and is copied
 * ret_made  the bytes that are right as far as can be told, on every status; <= len
 * Status    OK, FAULT */
LEAT_MUST_USE enum leat_status leat_sqfs_unpack(struct sqfs_image *image, struct leat_span packed,
                                                bool stored, uint64_t at, uint8_t *to, size_t len,
                                                size_t *ret_made);

/* Let go of the memory, but not of the source. Zeroed is fine. */
void leat_sqfs_image_fini(struct sqfs_image *image);

#endif
