#ifndef LEAT_STAGE_XZ_UNFILTER_H
#define LEAT_STAGE_XZ_UNFILTER_H

#include "leat/core/stage.h"
#include "leat/stage/xz/library.h"

/* The filters behind LZMA, undone by a decoder of their own. liblzma's chain of both leaves bytes
 * unfiltered where LZMA meets an error, which cannot be told from the others. Here LZMA decodes
 * alone, and what comes of it goes on as LZMA2 that packs nothing: at an error the filters see an
 * end, and all comes out. Not installed. */

#define LEAT_LZMA_PLAIN_LEN_MAX (16 * LEAT_KIB)

struct leat_lzma_unfilter {
    lzma_stream stream;  /* with the allocator of the coder that this is of */
    lzma_block block;    /* of an .xz file: what it decodes has a check behind it */
    bool checks;         /* there is such a block */
    bool begun;          /* a chunk was made */
    uint8_t *chunk;      /* of LZMA2, stored: a head, and what LZMA decoded */
    size_t chunk_len;    /* 0: there is none */
    uint64_t chunks_len; /* of all so far */
};

/* Undo all of `filters` but the last, as in `block` or, where that is NULL, without one. What
 * `filters` point at is left to the caller. OK or FAULT (recorded, at `offset`). */
LEAT_MUST_USE enum leat_status leat_lzma_unfilter_begin(struct leat_lzma_unfilter *unfilter,
                                                        struct leat_codec *codec,
                                                        const lzma_filter *filters,
                                                        const lzma_block *block, uint64_t offset);

/* Safe when never begun. */
void leat_lzma_unfilter_stop(struct leat_lzma_unfilter *unfilter);

/* Where LZMA is to put its next bytes, LEAT_LZMA_PLAIN_LEN_MAX at most; and that it put `len`. */
uint8_t *leat_lzma_unfilter_room(struct leat_lzma_unfilter *unfilter);
void leat_lzma_unfilter_add(struct leat_lzma_unfilter *unfilter, size_t len);

/* Nothing more comes; and behind that, of a block, what has to be its check. */
void leat_lzma_unfilter_end(struct leat_lzma_unfilter *unfilter);
void leat_lzma_unfilter_check(struct leat_lzma_unfilter *unfilter, const uint8_t *check);

/* Write as much as is there and there is room for, and move `to` on. Where `to` is not full then,
 * all of it was written. OK, or DATA_ERROR: the check is wrong, or MEM_ERROR. */
LEAT_MUST_USE lzma_ret leat_lzma_unfilter_run(struct leat_lzma_unfilter *unfilter,
                                              struct leat_room *to);

#endif
