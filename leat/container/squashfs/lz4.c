#include <lz4.h>

#include "leat/container/squashfs/method.h"

/* The input is in memory, and so is the end of it: see leat_unpack. */
static enum leat_status lz4_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct leat_span packed;
    struct leat_room room;
    enum leat_status status = leat_peek(in, 1, &packed);
    if (status == LEAT_OK)
        status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    leat_assert(in->tail == LEAT_TAIL_END);
    leat_assert(packed.len <= LZ4_MAX_INPUT_SIZE && room.len <= LZ4_MAX_INPUT_SIZE);
    int made = LZ4_decompress_safe((const char *)packed.data, (char *)room.data, (int)packed.len,
                                   (int)room.len);
    if (made < 0)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad block", leat_tell(in));
    leat_consume(in, packed.len);
    leat_commit(out, (size_t)made);
    return LEAT_DONE;
}

const struct leat_stage leat_sqfs_stage_lz4 = {
    .name = "lz4",
    .self_size = sizeof(struct leat_codec),
    .out_min = 1,
    .step = lz4_step,
};
