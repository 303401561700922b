/* Any bytes, to the decoder. */

#include "leat/stage/compress/compress.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_uncompress, data, size);
    return 0;
}
