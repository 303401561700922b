#ifndef LEAT_CONTAINER_SEVENZ_BUILD_TEST_H
#define LEAT_CONTAINER_SEVENZ_BUILD_TEST_H

#include "leat/container/sevenz/index.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/hash/crc32.h"

/* Write the start of an archive that is built in memory, SZ_START_LEN bytes, in front of its packed
 * bytes and its header, which stand there already. */
static inline void build_start(uint8_t *start, size_t packed_len, size_t header_len)
{
    static const uint8_t magic[] = { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c, 0, 4 };
    const uint8_t *header = start + SZ_START_LEN + packed_len;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, start, magic, sizeof(magic));
    leat_store_u64le(start + SZ_START_OFFSET, packed_len);
    leat_store_u64le(start + SZ_START_SIZE, header_len);
    leat_store_u32le(start + SZ_START_HEADER_CRC, leat_crc32(0, header, header_len));
    leat_store_u32le(start + SZ_START_CRC,
                     leat_crc32(0, start + SZ_START_OFFSET, SZ_START_LEN - SZ_START_OFFSET));
}

#endif
