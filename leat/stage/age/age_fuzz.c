/* Any bytes, to the decoder, with the identity that the corpus was encrypted to. */

#include "leat/stage/age/age.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static enum leat_status start(struct leat_codec *codec, const void *none)
{
    (void)none;
    return leat_stage_unage.start(codec, &memory_keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_stage keyed = leat_stage_unage;
    keyed.start = start;
    codec_fuzz(&keyed, data, size);
    return 0;
}
