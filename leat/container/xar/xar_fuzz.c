/* Any bytes as an archive; and as a table of contents, which is packed here, over a heap of the
 * same bytes: an archive's own table is too well hidden to be mutated. */

#include <stdlib.h>

#include "leat/container/xar/build_test.h"
#include "leat/container/xar/xar.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || data[0] != '<') {
        sweep_fuzz_seeking(leat_xar, data, size);
        return 0;
    }
    struct build plan = {
        .table = (const char *)data,
        .table_len = size,
        .heap = data,
        .heap_len = size,
        .sum = data[size - 1] % 5,
    };
    struct archive archive = build(&plan);
    sweep_fuzz_seeking(leat_xar, archive.data, archive.len);
    free(archive.data);
    return 0;
}
