/* Any bytes, to each decoder. Half of the decoder of .xz is behind checksums of headers, so it gets
 * the same bytes again with those made right. */

#include <lzma.h>

#include "leat/core/load.h"
#include "leat/stage/xz/xz.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

enum { STREAM_HEADER_LEN = 12, FLAGS_AT = 6, FLAGS_LEN = 2, CRC_LEN = 4 };

static void seal(uint8_t *data, size_t from, size_t len)
{
    leat_store_u32le(data + from + len, lzma_crc32(data + from, len, 0));
}

/* The checksums of the first stream's header and of its first block's. */
static void seal_headers(uint8_t *data, size_t size)
{
    if (size <= STREAM_HEADER_LEN)
        return;
    seal(data, FLAGS_AT, FLAGS_LEN);
    size_t len = lzma_block_header_size_decode(data[STREAM_HEADER_LEN]);
    if (len <= size - STREAM_HEADER_LEN)
        seal(data, STREAM_HEADER_LEN, len - CRC_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_unxz, data, size);
    codec_fuzz(&leat_stage_unlzip, data, size);
    codec_fuzz(&leat_stage_unlzma, data, size);
    uint8_t *sealed = memory_get(size);
    for (size_t i = 0; i < size; i++)
        sealed[i] = data[i];
    seal_headers(sealed, size);
    codec_fuzz(&leat_stage_unxz, sealed, size);
    memory_put(sealed);
    return 0;
}
