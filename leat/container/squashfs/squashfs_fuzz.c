/* Any bytes as an image. */

#include "leat/container/squashfs/squashfs.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sweep_fuzz_seeking(leat_squashfs, data, size);
    return 0;
}
