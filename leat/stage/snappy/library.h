#ifndef LEAT_STAGE_SNAPPY_LIBRARY_H
#define LEAT_STAGE_SNAPPY_LIBRARY_H

#include <snappy-c.h>

#include "leat/core/stage.h"
#include "leat/stage/late.h"

/* libsnappy, loaded on first use. Not installed. */

#define LEAT_LIBSNAPPY_FUNCTIONS(FUNCTION)                                                         \
    FUNCTION(snappy_compress)                                                                      \
    FUNCTION(snappy_uncompress)                                                                    \
    FUNCTION(snappy_uncompressed_length)
LEAT_LATE_TABLE(leat_libsnappy, LEAT_LIBSNAPPY_FUNCTIONS);

/* The start of both stages: load it. OK or FAULT. */
LEAT_MUST_USE enum leat_status leat_snappy_start(struct leat_codec *codec, const void *options);

#endif
