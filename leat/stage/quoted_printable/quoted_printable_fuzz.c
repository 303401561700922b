/* Any bytes, to the decoder. */

#include "leat/stage/quoted_printable/quoted_printable.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(&leat_stage_unquoted_printable, data, size);
    return 0;
}
