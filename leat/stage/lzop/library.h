#ifndef LEAT_STAGE_LZOP_LIBRARY_H
#define LEAT_STAGE_LZOP_LIBRARY_H

#include <lzo/lzo1x.h>

#include "leat/core/stage.h"
#include "leat/stage/late.h"

/* liblzo2, loaded on first use: for .lzo files, and for what else is packed by LZO1X. It takes no
 * memory of its own. Not installed. */

#define LEAT_LIBLZO2_FUNCTIONS(FUNCTION)                                                           \
    FUNCTION(lzo1x_1_15_compress)                                                                  \
    FUNCTION(lzo1x_1_compress)                                                                     \
    FUNCTION(lzo1x_999_compress_level)                                                             \
    FUNCTION(lzo1x_decompress_safe)                                                                \
    FUNCTION(lzo_version)
LEAT_LATE_TABLE(leat_liblzo2, LEAT_LIBLZO2_FUNCTIONS);

/* Load it, at a stage's start. OK, or FAULT: it cannot be had. */
LEAT_MUST_USE enum leat_status leat_lzo_load(struct leat_codec *codec);

#endif
