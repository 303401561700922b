/* Any bytes, to each of the three decoders. */

#include "leat/stage/gzip/gzip.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_gunzip, data, size);
    codec_fuzz(&leat_stage_unzlib, data, size);
    codec_fuzz(&leat_stage_inflate, data, size);
    return 0;
}
