/* Any bytes, to the decoder. */

#include "leat/stage/lzop/lzop.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_unlzop, data, size);
    return 0;
}
