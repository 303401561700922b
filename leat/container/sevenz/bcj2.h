#ifndef LEAT_CONTAINER_SEVENZ_BCJ2_H
#define LEAT_CONTAINER_SEVENZ_BCJ2_H

#include "leat/core/stage.h"

/* BCJ2, the filter for programs of x86: where they go to is taken out of the stream, as absolute
 * addresses, and a range coder tells for each jump whether its address was. */

enum sz_side { SZ_SIDE_CALLS, SZ_SIDE_JUMPS, SZ_SIDE_RANGE, SZ_SIDES };

/* What leat_sz_stage_bcj2 needs to know; must outlive the reader. */
struct sz_bcj2 {
    struct leat_reader *sides[SZ_SIDES]; /* the streams beside the main one */
    uint64_t size;                       /* bytes that come out */
};

extern const struct leat_stage leat_sz_stage_bcj2;

#endif
