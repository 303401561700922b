#ifndef LEAT_STAGE_BROTLI_LIBRARY_H
#define LEAT_STAGE_BROTLI_LIBRARY_H

#include <brotli/decode.h>
#include <brotli/encode.h>

#include "leat/stage/late.h"

/* libbrotlidec and libbrotlienc, each loaded on first use. Not installed. */

#define LEAT_LIBBROTLIDEC_FUNCTIONS(FUNCTION)                                                      \
    FUNCTION(BrotliDecoderCreateInstance)                                                          \
    FUNCTION(BrotliDecoderDecompressStream)                                                        \
    FUNCTION(BrotliDecoderDestroyInstance)                                                         \
    FUNCTION(BrotliDecoderGetErrorCode)                                                            \
    FUNCTION(BrotliDecoderSetParameter)
LEAT_LATE_TABLE(leat_libbrotlidec, LEAT_LIBBROTLIDEC_FUNCTIONS);

#define LEAT_LIBBROTLIENC_FUNCTIONS(FUNCTION)                                                      \
    FUNCTION(BrotliEncoderCompressStream)                                                          \
    FUNCTION(BrotliEncoderCreateInstance)                                                          \
    FUNCTION(BrotliEncoderDestroyInstance)                                                         \
    FUNCTION(BrotliEncoderHasMoreOutput)                                                           \
    FUNCTION(BrotliEncoderIsFinished)                                                              \
    FUNCTION(BrotliEncoderSetParameter)
LEAT_LATE_TABLE(leat_libbrotlienc, LEAT_LIBBROTLIENC_FUNCTIONS);

#endif
