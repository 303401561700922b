#ifndef LEAT_STAGE_GZIP_INFLATE_H
#define LEAT_STAGE_GZIP_INFLATE_H

#include "leat/core/stage.h"

/* ISA-L's inflate in the terms of a step: what gzip, zlib and raw deflate share. Not installed. */

/* ISA-L hands out up to twice its history by way of its own buffer, and after an error forgets
 * what did not fit; with this much room everything always does. */
#define LEAT_INFLATE_OUT_MIN (72 * LEAT_KIB)

/* Copies of history for each call cost least in large windows, and cache misses in small ones. */
#define LEAT_INFLATE_OUT_GOOD (512 * LEAT_KIB)

struct leat_inflate_memory;

struct leat_inflater {
    struct leat_inflate_memory *memory; /* ISA-L's; NULL until there is something to decode */
    bool fresh;                         /* nothing of this stream was decoded yet */
    bool remembers;                     /* how its state was before this call */
    bool owes; /* it stopped for want of room, so more may come without more input */
};

/* Begin a new deflate stream. The first time, the inflater is all zero. */
void leat_inflater_begin(struct leat_inflater *inflater);

/* Give back its memory. Safe where nothing was begun. */
void leat_inflater_stop(struct leat_inflater *inflater, struct leat_codec *codec);

/* Decode what there is input and room for.
 *
 * ret     what was written and committed by this call, on every status; good until the next call
 * Status  OK, DONE (the stream's end: not a byte behind it was consumed), AGAIN, END, FULL,
 *         FAULT (recorded in `codec`, at the input byte where decoding stopped: all that could be
 *         decoded before it was written) */
LEAT_MUST_USE enum leat_status leat_inflater_step(struct leat_codec *codec,
                                                  struct leat_inflater *inflater,
                                                  struct leat_reader *in, struct leat_writer *out,
                                                  struct leat_span *ret);

#endif
