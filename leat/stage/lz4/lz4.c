/* The encoder: liblz4's frames, linked blocks of 64 KiB. */

#define LZ4F_STATIC_LINKING_ONLY
#include <lz4frame.h>

#include "leat/stage/lz4/lz4.h"

#define BLOCK_LEN (64 * LEAT_KIB)

/* liblz4 keeps so much of what it has seen: it looks back as far. */
#define HISTORY_LEN (64 * LEAT_KIB)

/* Whole blocks are compressed where they stand, and cost the keeping of history once a call. */
#define FEED_LEN_MAX (4 * BLOCK_LEN)

/* Blocks that do not shrink, a length before each, and the frame's end. */
#define OUT_MIN (FEED_LEN_MAX + 64)

/* Faster than this is the same; and its negative is an int in liblz4. */
#define LEVEL_MIN (-65536)

struct lz4 {
    struct leat_codec codec;
    LZ4F_cctx *lz4;
    LZ4F_preferences_t how;
    size_t held; /* bytes that liblz4 has taken into its buffer, less than a block */
    bool begun;  /* the frame's header is written */
};

static void *lz4_allocates(void *user, size_t size)
{
    struct leat_codec *codec = user;
    void *memory = leat_allocate(&codec->ctx->alloc, size);
    if (memory == NULL)
        return NULL;
    codec->counts->allocations++;
    codec->counts->allocated += size;
    return memory;
}

static void lz4_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

static enum leat_status lz4_start(struct leat_codec *codec, const void *options)
{
    struct lz4 *self = (struct lz4 *)codec;
    const struct leat_lz4_options *chosen = options;
    int level = chosen != NULL ? chosen->level : 0;
    LZ4F_CustomMem memory = { .customAlloc = lz4_allocates,
                              .customFree = lz4_frees,
                              .opaqueState = codec };
    self->lz4 = LZ4F_createCompressionContext_advanced(memory, LZ4F_VERSION);
    if (self->lz4 == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    self->how = (LZ4F_preferences_t){
        .frameInfo = { .blockSizeID = LZ4F_max64KB,
                       .blockMode = LZ4F_blockLinked,
                       .contentChecksumFlag = LZ4F_contentChecksumEnabled },
        .compressionLevel = level < LEVEL_MIN ? LEVEL_MIN : level,
    };
    return LEAT_OK;
}

static enum leat_status put_header(struct lz4 *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    size_t made = LZ4F_compressBegin(self->lz4, room.data, room.len, &self->how);
    /* The preferences are ours: only memory can lack. */
    if (LZ4F_isError(made))
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
    leat_commit(out, made);
    self->begun = true;
    return LEAT_OK;
}

/* How much of the input to give: what fills up the block that is held, or blocks as a whole. */
static size_t feed_len(const struct lz4 *self, size_t len)
{
    if (self->held == 0 && len >= BLOCK_LEN)
        return len < FEED_LEN_MAX ? len / BLOCK_LEN * BLOCK_LEN : FEED_LEN_MAX;
    size_t lacks = BLOCK_LEN - self->held;
    return len < lacks ? len : lacks;
}

static void feed(struct lz4 *self, struct leat_span span, struct leat_writer *out,
                 struct leat_room room)
{
    leat_assert(self->held < BLOCK_LEN);
    leat_assert(span.len <= FEED_LEN_MAX);
    bool whole = self->held == 0 && span.len >= BLOCK_LEN;
    size_t made = LZ4F_compressUpdate(self->lz4, room.data, room.len, span.data, span.len, NULL);
    leat_assert(!LZ4F_isError(made));
    leat_commit(out, made);
    self->held += span.len;
    /* What is no whole block goes into its buffer; behind a block, history may be moved. */
    leat_codec_copied(&self->codec, whole ? 0 : span.len);
    leat_codec_copied(&self->codec, self->held >= BLOCK_LEN ? HISTORY_LEN : 0);
    self->held %= BLOCK_LEN;
}

static enum leat_status lz4_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct lz4 *self = (struct lz4 *)codec;
    if (!self->begun)
        return put_header(self, out);
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    bool ends = status == LEAT_END;
    struct leat_room room;
    status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    if (ends) {
        size_t made = LZ4F_compressEnd(self->lz4, room.data, room.len, NULL);
        leat_assert(!LZ4F_isError(made));
        leat_commit(out, made);
        return LEAT_DONE;
    }
    span.len = feed_len(self, span.len);
    feed(self, span, out, room);
    leat_consume(in, span.len);
    return LEAT_OK;
}

static enum leat_status lz4_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct lz4 *self = (struct lz4 *)codec;
    leat_assert(self->begun);
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    size_t made = LZ4F_flush(self->lz4, room.data, room.len, NULL);
    leat_assert(!LZ4F_isError(made));
    leat_commit(out, made);
    leat_codec_copied(codec, self->held > 0 ? HISTORY_LEN : 0);
    self->held = 0;
    return LEAT_OK;
}

static void lz4_stop(struct leat_codec *codec)
{
    LZ4F_freeCompressionContext(((struct lz4 *)codec)->lz4);
}

const struct leat_stage leat_stage_lz4 = {
    .name = "lz4",
    .self_size = sizeof(struct lz4),
    .out_min = OUT_MIN,
    .start = lz4_start,
    .step = lz4_step,
    .flush = lz4_flush,
    .stop = lz4_stop,
};

struct leat_writer *leat_lz4(struct leat_writer *sink, const struct leat_lz4_options *options)
{
    return leat_push(sink, &leat_stage_lz4, options);
}
