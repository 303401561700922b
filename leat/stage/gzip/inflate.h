#ifndef LEAT_STAGE_GZIP_INFLATE_H
#define LEAT_STAGE_GZIP_INFLATE_H

#include <isa-l/igzip_lib.h>

#include "leat/core/stage.h"

/* ISA-L's inflate in the terms of a step: what gzip, zlib and raw deflate share. Not installed. */

/* ISA-L hands out up to twice its history by way of its own buffer, and after an error forgets
 * what did not fit; with this much room everything always does. */
#define LEAT_INFLATE_OUT_MIN (72 * LEAT_KIB)

/* Copies of history for each call cost least in large windows, and cache misses in small ones. */
#define LEAT_INFLATE_OUT_GOOD (512 * LEAT_KIB)

struct leat_inflater {
    struct inflate_state isal;
    bool owes; /* it stopped for want of room, so more may come without more input */
};

/* Begin a new deflate stream. */
void leat_inflater_begin(struct leat_inflater *inflater);

/* Decode what there is input and room for.
 *
 * ret     what was written and committed by this call, on every status; good until the next call
 * Status  OK, DONE (the stream's end: not a byte behind it was consumed), AGAIN, END, FULL,
 *         FAULT (recorded in `codec`, at the input byte where decoding stopped) */
LEAT_MUST_USE enum leat_status leat_inflater_step(struct leat_codec *codec,
                                                  struct leat_inflater *inflater,
                                                  struct leat_reader *in, struct leat_writer *out,
                                                  struct leat_span *ret);

#endif
