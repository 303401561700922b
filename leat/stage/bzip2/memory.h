#ifndef LEAT_STAGE_BZIP2_MEMORY_H
#define LEAT_STAGE_BZIP2_MEMORY_H

#define BZ_NO_STDIO
#include <bzlib.h>

#include "leat/core/stage.h"

/* libbz2 counts in 32 bits. Not installed. */
#define LEAT_BZIP2_CALL_BYTES_MAX ((size_t)1 << 30)

/* Have libbz2 get its memory from the ctx, counted. Good as long as `codec`. */
void leat_bzip2_memory(struct leat_codec *codec, bz_stream *bz);

#endif
