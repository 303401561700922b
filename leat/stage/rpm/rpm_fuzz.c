/* Any bytes as a package. */

#include "leat/stage/rpm/rpm.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_unrpm, data, size);
    return 0;
}
