/* Any bytes as an image. */

#include "leat/container/iso9660/iso9660.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sweep_fuzz_seeking(leat_iso9660, data, size);
    return 0;
}
