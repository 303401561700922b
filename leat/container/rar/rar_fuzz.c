/* Any bytes as an archive. */

#include "leat/container/rar/rar.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sweep_fuzz(leat_rar, data, size);
    return 0;
}
