/* Any bytes, to the decoder. */

#include "leat/stage/deflate64/deflate64.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_inflate64, data, size);
    return 0;
}
