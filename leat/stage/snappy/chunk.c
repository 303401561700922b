#include "leat/stage/snappy/chunk.h"

#include <isa-l/crc.h>

uint32_t leat_snappy_check(const uint8_t *data, size_t len)
{
    /* ISA-L leaves both inversions of a CRC-32C to its caller; it reads only, through a pointer
     * that could write. */
    uint32_t crc = ~crc32_iscsi((unsigned char *)(uintptr_t)data, (int)len, ~0u);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
