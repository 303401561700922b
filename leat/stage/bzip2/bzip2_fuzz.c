/* Any bytes, to the decoder. */

#include "leat/stage/bzip2/bzip2.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_bunzip2, data, size);
    return 0;
}
