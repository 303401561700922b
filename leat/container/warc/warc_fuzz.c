/* Any bytes as an archive. */

#include "leat/container/warc/warc.h"
#include "tests/support/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sweep_fuzz(leat_warc, data, size);
    return 0;
}
