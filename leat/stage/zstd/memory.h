#ifndef LEAT_STAGE_ZSTD_MEMORY_H
#define LEAT_STAGE_ZSTD_MEMORY_H

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "leat/core/stage.h"

/* Where libzstd gets its memory: from the ctx, counted. Good as long as `codec`. Not installed. */
ZSTD_customMem leat_zstd_memory(struct leat_codec *codec);

#endif
