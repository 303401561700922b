#ifndef LEAT_STAGE_XZ_LIBRARY_H
#define LEAT_STAGE_XZ_LIBRARY_H

#include <lzma.h>

#include "leat/stage/late.h"

/* liblzma, loaded on first use. Not installed. */

#define LEAT_LIBLZMA_FUNCTIONS(FUNCTION)                                                           \
    FUNCTION(lzma_alone_encoder)                                                                   \
    FUNCTION(lzma_block_decoder)                                                                   \
    FUNCTION(lzma_block_header_decode)                                                             \
    FUNCTION(lzma_block_total_size)                                                                \
    FUNCTION(lzma_block_unpadded_size)                                                             \
    FUNCTION(lzma_check_is_supported)                                                              \
    FUNCTION(lzma_check_size)                                                                      \
    FUNCTION(lzma_code)                                                                            \
    FUNCTION(lzma_crc32)                                                                           \
    FUNCTION(lzma_easy_encoder)                                                                    \
    FUNCTION(lzma_end)                                                                             \
    FUNCTION(lzma_filter_decoder_is_supported)                                                     \
    FUNCTION(lzma_filters_free)                                                                    \
    FUNCTION(lzma_index_hash_append)                                                               \
    FUNCTION(lzma_index_hash_decode)                                                               \
    FUNCTION(lzma_index_hash_end)                                                                  \
    FUNCTION(lzma_index_hash_init)                                                                 \
    FUNCTION(lzma_index_hash_size)                                                                 \
    FUNCTION(lzma_lzma_preset)                                                                     \
    FUNCTION(lzma_properties_decode)                                                               \
    FUNCTION(lzma_raw_decoder)                                                                     \
    FUNCTION(lzma_raw_encoder)                                                                     \
    FUNCTION(lzma_stream_flags_compare)                                                            \
    FUNCTION(lzma_stream_footer_decode)                                                            \
    FUNCTION(lzma_stream_header_decode)
LEAT_LATE_TABLE(leat_liblzma, LEAT_LIBLZMA_FUNCTIONS);

#endif
