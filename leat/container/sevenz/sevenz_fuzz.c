/* Any bytes as an archive: every entry is read, from small pieces and through small windows as the
 * middle byte has it, and all ends in a status. The checksums of start and header are put right,
 * for what they guard is what is to be tried, but where the start is blank. */

#include <stdlib.h>
#include <string.h>

#include "leat/container/sevenz/index.h"
#include "leat/container/sevenz/sevenz.h"
#include "leat/container/sevenz/start.h"
#include "leat/stage/hash/crc32.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_checksums_right(uint8_t *start, size_t size)
{
    if (size < SZ_START_LEN || leat_sz_start_is_blank(start))
        return;
    uint64_t at = leat_load_u64le(start + SZ_START_OFFSET);
    uint64_t len = leat_load_u64le(start + SZ_START_SIZE);
    size_t room = size - SZ_START_LEN;
    if (at <= room && len <= room - at)
        leat_store_u32le(start + SZ_START_HEADER_CRC,
                         leat_crc32(0, start + SZ_START_LEN + at, (size_t)len));
    leat_store_u32le(start + SZ_START_CRC,
                     leat_crc32(0, start + SZ_START_OFFSET, SZ_START_LEN - SZ_START_OFFSET));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    leat_assert(copy != NULL);
    memcpy(copy, data, size);
    put_checksums_right(copy, size);
    sweep_fuzz_seeking(leat_7z, copy, size);
    free(copy);
    return 0;
}
