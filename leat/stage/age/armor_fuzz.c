/* Any bytes, to the decoder of armor. */

#include "leat/stage/age/age.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_age_unarmor, data, size);
    return 0;
}
