/* libdeflate takes up to a tenth less time than ISA-L. It decodes all or nothing. */

#include "leat/stage/gzip/whole.h"

#include <libdeflate.h>

#include "leat/stage/late.h"

#define LEAT_LIBDEFLATE_FUNCTIONS(FUNCTION)                                                        \
    FUNCTION(libdeflate_alloc_decompressor)                                                        \
    FUNCTION(libdeflate_deflate_decompress_ex)                                                     \
    FUNCTION(libdeflate_free_decompressor)
LEAT_LATE_TABLE(leat_libdeflate, LEAT_LIBDEFLATE_FUNCTIONS);
LEAT_LATE_LIBRARY(leat_libdeflate, LEAT_LIBDEFLATE_FUNCTIONS, LEAT_SONAME_DEFLATE)

/* Its decompressor is some 12 KiB from the C library: only for all threads at once can it be told
 * to take memory from elsewhere. */
size_t leat_inflate_whole(struct leat_span packed, uint8_t *to, size_t to_len)
{
    const struct leat_libdeflate *library = leat_libdeflate();
    if (library == NULL)
        return 0;
    struct libdeflate_decompressor *decompressor = library->libdeflate_alloc_decompressor();
    if (decompressor == NULL)
        return 0;
    size_t taken = 0;
    enum libdeflate_result result = library->libdeflate_deflate_decompress_ex(
        decompressor, packed.data, packed.len, to, to_len, &taken, NULL);
    library->libdeflate_free_decompressor(decompressor);
    return result == LIBDEFLATE_SUCCESS ? taken : 0;
}
