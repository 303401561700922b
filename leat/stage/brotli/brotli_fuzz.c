/* Any bytes, to the probe and to the decoder. */

#include "leat/core/assert.h"
#include "leat/stage/brotli/brotli.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum leat_match match = leat_format_brotli.probe(data, size);
    leat_assert(match != LEAT_MATCH_MORE || size < leat_format_brotli.probe_max);
    codec_fuzz(&leat_stage_unbrotli, data, size);
    return 0;
}
