/* The encoder: libbz2's streaming interface. */

#include "leat/stage/bzip2/bzip2.h"
#include "leat/stage/bzip2/library.h"

enum { LEVEL_MIN = 1, LEVEL_MAX = 9, LEVEL_DEFAULT = 9 };

struct bzip2 {
    struct leat_codec codec;
    bz_stream bz;
    bool owes;   /* it stopped for want of room, so more may come without more input */
    bool ending; /* the input is at its end */
};

static int level_of(const struct leat_bzip2_options *options)
{
    int level = options != NULL && options->level != 0 ? options->level : LEVEL_DEFAULT;
    if (level < LEVEL_MIN)
        return LEVEL_MIN;
    return level < LEVEL_MAX ? level : LEVEL_MAX;
}

static enum leat_status bzip2_start(struct leat_codec *codec, const void *options)
{
    struct bzip2 *self = (struct bzip2 *)codec;
    enum leat_status status = leat_bzip2_load(codec);
    if (status != LEAT_OK)
        return status;
    leat_bzip2_memory(codec, &self->bz);
    int code = leat_libbz2()->BZ2_bzCompressInit(&self->bz, level_of(options), 0, 0);
    if (code == BZ_MEM_ERROR)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    leat_assert(code == BZ_OK);
    return LEAT_OK;
}

/* One call of libbz2's, which must not be asked to run where there is nothing for it to do: whether
 * it owed anything is seen only by asking. */
static int run(struct bzip2 *self, struct leat_span span, struct leat_room room)
{
    size_t most = LEAT_BZIP2_CALL_BYTES_MAX;
    self->bz.next_in = (char *)(uintptr_t)span.data;
    self->bz.avail_in = (unsigned)(span.len < most ? span.len : most);
    self->bz.next_out = (char *)room.data;
    self->bz.avail_out = (unsigned)(room.len < most ? room.len : most);
    unsigned given = self->bz.avail_in;
    int code = leat_libbz2()->BZ2_bzCompress(&self->bz, self->ending ? BZ_FINISH : BZ_RUN);
    if (code == BZ_PARAM_ERROR && given == 0)
        code = BZ_RUN_OK;
    leat_assert(code == BZ_RUN_OK || code == BZ_FINISH_OK || code == BZ_STREAM_END);
    self->owes = self->bz.avail_out == 0;
    return code;
}

static enum leat_status bzip2_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct bzip2 *self = (struct bzip2 *)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, self->owes ? 0 : 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    self->ending = self->ending || status == LEAT_END;
    struct leat_room room;
    status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    int code = run(self, span, room);
    leat_commit(out, (size_t)((uint8_t *)self->bz.next_out - room.data));
    leat_consume(in, (size_t)((const uint8_t *)self->bz.next_in - span.data));
    return code == BZ_STREAM_END ? LEAT_DONE : LEAT_OK;
}

static void bzip2_stop(struct leat_codec *codec)
{
    struct bzip2 *self = (struct bzip2 *)codec;
    if (self->bz.state != NULL)
        leat_libbz2()->BZ2_bzCompressEnd(&self->bz);
}

const struct leat_stage leat_stage_bzip2 = {
    .name = "bzip2",
    .self_size = sizeof(struct bzip2),
    .out_min = 1,
    .start = bzip2_start,
    .step = bzip2_step,
    .stop = bzip2_stop,
};

struct leat_writer *leat_bzip2(struct leat_writer *sink, const struct leat_bzip2_options *options)
{
    return leat_push(sink, &leat_stage_bzip2, options);
}
