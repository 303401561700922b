#ifndef LEAT_STAGE_XZ_CODER_H
#define LEAT_STAGE_XZ_CODER_H

#include "leat/core/stage.h"
#include "leat/stage/xz/library.h"
#include "leat/stage/xz/unfilter.h"

/* liblzma in the terms of a step: what xz, lzma and lzip share, both ways. Not installed. */

/* Room for a step. A filter behind LZMA holds some bytes back and wants room for more than those.
 * What is larger only saves calls. */
#define LEAT_LZMA_OUT_MIN (4 * LEAT_KIB)

/* Where LZMA2 (xz-file-format.txt, 5.3.1) begins a new chunk. liblzma may decode a damaged chunk
 * from the bytes of the next one, as many as it was given: so it is given none of those, and what
 * comes out does not depend on how the input was cut. */
struct leat_lzma_chunk {
    uint8_t head[6];
    uint8_t head_len; /* of those, how many were seen */
    uint32_t left;    /* of the chunk's data */
    bool ended;       /* the mark of the end was seen */
};

struct leat_lzma_coder {
    lzma_stream stream;
    lzma_allocator allocator;
    bool owes;               /* it stopped for want of room: more may come without more input */
    bool chunked;            /* this is LZMA2, and the next field is in use */
    bool holds;              /* the last byte that it took is still in the input */
    bool filtered;           /* there are filters behind LZMA; the next fields are for those: */
    bool plain_owes;         /* LZMA stopped for want of room */
    bool ends;               /* the filters were told that nothing more comes, */
    bool checked;            /* and the check */
    lzma_ret code;           /* LZMA's last */
    const lzma_block *block; /* that this is of, with a check behind it; or NULL */
    struct leat_lzma_unfilter unfilter;
    uint64_t left; /* of the output, if the size is known */
    uint8_t *made; /* by the last call; good until the next */
    size_t made_len;
    uint64_t taken_to; /* the input's offset behind what liblzma took */
    struct leat_lzma_chunk chunk;
};

/* Load liblzma, and have it take memory from the ctx of `codec`, counted; good as long as `codec`.
 * OK or FAULT. */
LEAT_MUST_USE enum leat_status leat_lzma_start(struct leat_lzma_coder *coder,
                                               struct leat_codec *codec);

/* Safe when never started. */
void leat_lzma_stop(struct leat_lzma_coder *coder);

/* A fault of `codec` for what liblzma says. Returns LEAT_FAULT. */
enum leat_status leat_lzma_fails(struct leat_codec *codec, lzma_ret code, uint64_t offset);

/* Begin to decode what is packed by a chain of filters, LZMA being the last, into `size` bytes
 * (UINT64_MAX: not known). Its dictionary becomes no larger than it needs to be for those; where it
 * is still over the limits of `codec`, that is a fault of it at `offset`. Handing liblzma the last
 * filter, and freeing all, is left to the caller. OK or FAULT.
 *
 * block      what they are the filters of, or NULL; its check is judged here where there are others
 *            than the last, and not by liblzma
 * ret_last   the last of `filters` */
LEAT_MUST_USE enum leat_status leat_lzma_begin(struct leat_lzma_coder *coder,
                                               struct leat_codec *codec, lzma_filter *filters,
                                               lzma_block *block, uint64_t size, uint64_t offset,
                                               lzma_filter **ret_last);

/* The same with liblzma's raw decoder, and with `filters` freed. `marked` says whether LZMA1 has a
 * mark at its end; where the size is not known, it must. (To let liblzma find out, that is
 * LZMA_LZMA1EXT_ALLOW_EOPM, will not do: it forgets that there may be one where its input is cut
 * within it.) */
LEAT_MUST_USE enum leat_status leat_lzma_begin_raw(struct leat_lzma_coder *coder,
                                                   struct leat_codec *codec, lzma_filter *filters,
                                                   uint64_t size, bool marked, uint64_t offset);

/* The same for LZMA1 alone: five bytes of properties, and a mark where the size is not known. */
enum { LEAT_LZMA1_PROPERTIES_LEN = 5 };
LEAT_MUST_USE enum leat_status leat_lzma_begin_lzma1(struct leat_lzma_coder *coder,
                                                     struct leat_codec *codec,
                                                     const uint8_t *properties, uint64_t size,
                                                     uint64_t offset);

/* Decode what there is input and room for.
 *
 * ret     OK or STREAM_END, or what is wrong with the input: on OK. Then `in` still stands on the
 *         last byte that liblzma took, which is part of the damage, and all that came before it is
 *         written
 * Status  OK, AGAIN, END, FULL, FAULT (of `in`) */
LEAT_MUST_USE enum leat_status leat_lzma_decode(struct leat_lzma_coder *coder,
                                                struct leat_codec *codec, struct leat_reader *in,
                                                struct leat_writer *out, lzma_ret *ret);

/* Encode `span`, as much of it as there is room for in `out`.
 *
 * ret_taken  how much of it that was, on every status
 * Status     OK, DONE (all of what `action` asks is written), FULL, FAULT (recorded) */
LEAT_MUST_USE enum leat_status leat_lzma_encode(struct leat_lzma_coder *coder,
                                                struct leat_codec *codec, struct leat_span span,
                                                lzma_action action, struct leat_writer *out,
                                                size_t *ret_taken);

#endif
