/* Any bytes as a packed file, of which the directory says what its header does. */

#include "leat/container/iso9660/zisofs.h"
#include "leat/core/load.h"
#include "tests/support/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iso_zisofs at_hand;

static enum leat_status start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_iso_stage_unzisofs.start(codec, &at_hand);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEADER_LEN = 20 };
    if (size < HEADER_LEN)
        return 0;
    bool second = data[0] == 0xef;
    at_hand = (struct iso_zisofs){
        .version = second ? ISO_ZISOFS_2 : ISO_ZISOFS_1,
        .header_words = data[second ? 9 : 12],
        .block_log = data[second ? 11 : 13],
        .size = second ? leat_load_u64le(data + 12) : leat_load_u32le(data + 8),
        .packed_len = size,
    };
    if (leat_iso_zisofs_refused(&at_hand) != NULL)
        return 0;
    struct leat_stage stage = leat_iso_stage_unzisofs;
    stage.start = start;
    codec_fuzz(&stage, data, size);
    return 0;
}
