#ifndef LEAT_CONTAINER_UNPACK_H
#define LEAT_CONTAINER_UNPACK_H

#include "leat/core/stage.h"

/* For containers whose files are packed block by block, each a stream of its own. A block is
 * unpacked from memory to memory, by a stage that is stepped without the adapters: those would have
 * a window of their own for each block, and what comes out would be copied from there. */

/* What a decoder wants free behind the last byte that it writes: zstd's a block of its own, which
 * is 128 KiB, and some; zlib's 72 KiB. */
#define LEAT_UNPACK_SLACK (136 * LEAT_KIB)

struct leat_unpacker {
    const struct leat_stage *stage;
    struct leat_ctx *ctx;
    struct leat_counts *counts; /* of what the stage copies */
    struct leat_codec *codec;   /* memory for one, kept from block to block; NULL at first */
};

struct leat_unpacked {
    size_t taken; /* of the packed bytes */
    size_t made;  /* bytes that are right as far as can be told; never more than were asked for */
    struct leat_fault fault; /* its offset counts the packed bytes */
};

LEAT_BEGIN_DECLS

/* Unpack the stream at the start of `packed` straight into `to`, which has room for `len` bytes and
 * LEAT_UNPACK_SLACK more. More than `len` bytes are a fault, fewer are none.
 *
 * ret     set on every status
 * Status  OK, END (`packed` ends within the stream), FAULT
 * Allocates  the first time, and what the stage does. */
LEAT_MUST_USE enum leat_status leat_unpack(struct leat_unpacker *unpacker, struct leat_span packed,
                                           uint8_t *to, size_t len, struct leat_unpacked *ret);

/* Let go of the memory. Zeroed is fine. */
void leat_unpacker_fini(struct leat_unpacker *unpacker);

LEAT_END_DECLS

#endif
