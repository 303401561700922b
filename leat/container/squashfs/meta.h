#ifndef LEAT_CONTAINER_SQUASHFS_META_H
#define LEAT_CONTAINER_SQUASHFS_META_H

#include "leat/container/squashfs/image.h"
#include "leat/core/slice.h"

/* Metadata: tables that go on from block to block, of up to SQFS_META_LEN bytes each unpacked,
 * with two bytes before each that say how long it is packed. A place in one is where a block's two
 * bytes stand in the image, and an offset in what it unpacks to. */

struct sqfs_meta {
    uint64_t at; /* of the block in hand, or that is to come */
    size_t offset;
    uint64_t end; /* of the table: no block begins there, or behind it */
    bool headed;  /* its two bytes were read, */
    bool loaded;  /* and it was unpacked */
    uint16_t head;
    size_t len;
    struct leat_block *block;
};

/* Go to a place in the table that ends at `end`. What was unpacked is kept where it is that. */
void leat_sqfs_meta_go(struct sqfs_meta *meta, uint64_t at, size_t offset, uint64_t end);

/* Show what follows the place in its block, a byte at least: a loan until the next call.
 * Status  OK, AGAIN, FAULT (as of leat_sqfs_bytes) */
LEAT_MUST_USE enum leat_status leat_sqfs_meta_peek(struct sqfs_meta *meta, struct sqfs_image *image,
                                                   struct leat_span *ret);

/* Go past the first `n` bytes of what was shown. */
void leat_sqfs_meta_consume(struct sqfs_meta *meta, size_t n);

/* A record of fixed length, collected from however many blocks it lies in. */
struct sqfs_record {
    uint8_t data[64];
    size_t len; /* so far; set it to 0 to begin anew */
};

/* Collect until there are `want` bytes. Status  as leat_sqfs_meta_peek */
LEAT_MUST_USE enum leat_status leat_sqfs_meta_take(struct sqfs_meta *meta, struct sqfs_image *image,
                                                   struct sqfs_record *record, size_t want);

/* Zeroed is fine. */
void leat_sqfs_meta_fini(struct sqfs_meta *meta, struct leat_ctx *ctx);

#endif
