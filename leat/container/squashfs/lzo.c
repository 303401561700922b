#include "leat/container/squashfs/method.h"
#include "leat/stage/lzop/library.h"

static enum leat_status lzo_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_lzo_load(codec);
}

/* The input is in memory, and so is the end of it: see leat_unpack. */
static enum leat_status lzo_step(struct leat_codec *codec, struct leat_reader *in,
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
    lzo_uint made = room.len;
    int code =
        leat_liblzo2()->lzo1x_decompress_safe(packed.data, packed.len, room.data, &made, NULL);
    if (code != LZO_E_OK)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad block", leat_tell(in));
    leat_consume(in, packed.len);
    leat_commit(out, made);
    return LEAT_DONE;
}

const struct leat_stage leat_sqfs_stage_lzo = {
    .name = "lzo",
    .self_size = sizeof(struct leat_codec),
    .out_min = 1,
    .start = lzo_start,
    .step = lzo_step,
};
