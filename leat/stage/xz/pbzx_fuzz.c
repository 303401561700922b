/* Any bytes as pbzx. */

#include "leat/stage/xz/pbzx.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_unpbzx, data, size);
    return 0;
}
