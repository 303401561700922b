#ifndef LEAT_STAGE_BZIP2_LIBRARY_H
#define LEAT_STAGE_BZIP2_LIBRARY_H

#define BZ_NO_STDIO
#include <bzlib.h>

#include "leat/core/stage.h"
#include "leat/stage/late.h"

/* libbz2, loaded on first use. Not installed. */

#define LEAT_LIBBZ2_FUNCTIONS(FUNCTION)                                                            \
    FUNCTION(BZ2_bzCompress)                                                                       \
    FUNCTION(BZ2_bzCompressEnd)                                                                    \
    FUNCTION(BZ2_bzCompressInit)                                                                   \
    FUNCTION(BZ2_bzDecompress)                                                                     \
    FUNCTION(BZ2_bzDecompressEnd)                                                                  \
    FUNCTION(BZ2_bzDecompressInit)
LEAT_LATE_TABLE(leat_libbz2, LEAT_LIBBZ2_FUNCTIONS);

/* It counts in 32 bits. */
#define LEAT_BZIP2_CALL_BYTES_MAX ((size_t)1 << 30)

/* Load it, at a stage's start. OK, or FAULT: it cannot be had. */
LEAT_MUST_USE enum leat_status leat_bzip2_load(struct leat_codec *codec);

/* Have libbz2 get its memory from the ctx, counted. Good as long as `codec`. */
void leat_bzip2_memory(struct leat_codec *codec, bz_stream *bz);

#endif
