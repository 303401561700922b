/* Any bytes, to the decoder, with the key that the corpus was sealed by. */

#include "leat/stage/seal/seal.h"
#include "tests/support/codec.h"
#include "tests/support/memory.h"

static enum leat_status start(struct leat_codec *codec, const void *none)
{
    static struct leat_seal_options options;
    (void)none;
    options.key = memory_keys.key;
    return leat_stage_unseal.start(codec, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_stage keyed = leat_stage_unseal;
    keyed.start = start;
    codec_fuzz(&keyed, data, size);
    return 0;
}
