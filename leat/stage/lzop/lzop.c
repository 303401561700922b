/* The encoder: what fills a block, or what there is at the end or at a push. */

#include "leat/stage/lzop/lzop.h"

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/lzop/header.h"
#include "leat/stage/lzop/library.h"

/* lzop's, which reads none that is larger. */
#define BLOCK_LEN (256 * LEAT_KIB)

/* What liblzo2 may write for one (its LZO.FAQ, "how much can my data expand"). */
#define PACKED_LEN_MAX (BLOCK_LEN + BLOCK_LEN / 16 + 64 + 3)

enum {
    WORD_LEN = LEAT_LZOP_WORD_LEN,
    HEAD_LEN = 3 * WORD_LEN, /* the lengths of a block and its sum */
    HEADER_LEN = 38,         /* of a member without a name */
};

#define OUT_MIN (HEADER_LEN + HEAD_LEN + PACKED_LEN_MAX + WORD_LEN)

enum { LEVEL_MIN = 1, LEVEL_DEFAULT = 5, LEVEL_999 = 7, LEVEL_MAX = 9 };

struct lzop {
    struct leat_codec codec;
    enum leat_lzop_method method;
    uint8_t level;
    bool begun;     /* the header is written */
    size_t held;    /* bytes in `block`, */
    uint8_t *block; /* which has room for one, */
    uint8_t *work;  /* and what liblzo2 works in behind it */
};

/* --- How --- */

static size_t work_len(enum leat_lzop_method method)
{
    switch (method) {
    case LEAT_LZOP_1_15:
        return LZO1X_1_15_MEM_COMPRESS;
    case LEAT_LZOP_999:
        return LZO1X_999_MEM_COMPRESS;
    case LEAT_LZOP_1:
        break;
    }
    return LZO1X_1_MEM_COMPRESS;
}

/* As lzop's options -1 to -9. It has all of 2 to 6 say that they are 5. */
static void choose(struct lzop *self, int level)
{
    self->method = LEAT_LZOP_1;
    self->level = LEVEL_DEFAULT;
    if (level < 0 || level == LEVEL_MIN) {
        self->method = LEAT_LZOP_1_15;
        self->level = LEVEL_MIN;
    } else if (level >= LEVEL_999) {
        self->method = LEAT_LZOP_999;
        self->level = (uint8_t)(level < LEVEL_MAX ? level : LEVEL_MAX);
    }
}

static enum leat_status lzop_start(struct leat_codec *codec, const void *options)
{
    struct lzop *self = (struct lzop *)codec;
    const struct leat_lzop_options *chosen = options;
    enum leat_status status = leat_lzo_load(codec);
    if (status != LEAT_OK)
        return status;
    choose(self, chosen != NULL ? chosen->level : 0);
    size_t size = BLOCK_LEN + work_len(self->method);
    self->block = leat_allocate(&codec->ctx->alloc, size);
    if (self->block == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    codec->counts->allocations++;
    codec->counts->allocated += size;
    self->work = self->block + BLOCK_LEN;
    return LEAT_OK;
}

static void lzop_stop(struct leat_codec *codec)
{
    leat_deallocate(&codec->ctx->alloc, ((struct lzop *)codec)->block);
}

/* --- What is written --- */

static uint32_t adler32(const uint8_t *data, size_t len)
{
    return leat_lzop_sum(false, leat_lzop_sum_start(false), data, len);
}

static uint8_t *put_header(struct lzop *self, uint8_t *to)
{
    uint8_t *at = to + LEAT_LZOP_MAGIC_LEN;
    leat_bytes_zero(to, HEADER_LEN);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, to, LEAT_LZOP_MAGIC, LEAT_LZOP_MAGIC_LEN);
    leat_store_u16be(at, LEAT_LZOP_VERSION);
    leat_store_u16be(at + 2, (uint16_t)leat_liblzo2()->lzo_version());
    leat_store_u16be(at + 4, LEAT_LZOP_VERSION_LEVELS);
    at[6] = (uint8_t)self->method;
    at[7] = self->level;
    leat_store_u32be(at + 8,
                     LEAT_LZOP_UNIX | LEAT_LZOP_STDIN | LEAT_LZOP_STDOUT | LEAT_LZOP_ADLER32);
    uint8_t *sum = to + HEADER_LEN - WORD_LEN;
    leat_store_u32be(sum, adler32(at, (size_t)(sum - at)));
    self->begun = true;
    return to + HEADER_LEN;
}

/* Pack `from`, whether that makes it shorter or not. How long it is then. */
static size_t pack(const struct lzop *self, struct leat_span from, uint8_t *to)
{
    const struct leat_liblzo2 *lzo = leat_liblzo2();
    lzo_uint len = 0;
    int code;
    if (self->method == LEAT_LZOP_999)
        code = lzo->lzo1x_999_compress_level(from.data, from.len, to, &len, self->work, NULL, 0,
                                             NULL, self->level);
    else if (self->method == LEAT_LZOP_1_15)
        code = lzo->lzo1x_1_15_compress(from.data, from.len, to, &len, self->work);
    else
        code = lzo->lzo1x_1_compress(from.data, from.len, to, &len, self->work);
    leat_assert(code == LZO_E_OK);
    leat_assert(len <= PACKED_LEN_MAX);
    return len;
}

static uint8_t *put_block(struct lzop *self, struct leat_span from, uint8_t *to)
{
    leat_assert(from.len > 0);
    leat_assert(from.len <= BLOCK_LEN);
    uint8_t *packed = to + HEAD_LEN;
    size_t len = pack(self, from, packed);
    if (len >= from.len) {
        len = from.len;
        leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, packed, from.data, len);
    }
    leat_store_u32be(to, (uint32_t)from.len);
    leat_store_u32be(to + WORD_LEN, (uint32_t)len);
    leat_store_u32be(to + 2 * WORD_LEN, adler32(from.data, from.len));
    return packed + len;
}

/* Write a block of `from`, if there is anything in it, behind the member's header, and the member's
 * end, if that is it. OK, FULL or FAULT. */
static enum leat_status put(struct lzop *self, struct leat_span from, bool ends,
                            struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    uint8_t *to = room.data;
    if (!self->begun)
        to = put_header(self, to);
    if (from.len > 0)
        to = put_block(self, from, to);
    if (ends) {
        leat_store_u32be(to, 0);
        to += WORD_LEN;
    }
    leat_commit(out, (size_t)(to - room.data));
    return LEAT_OK;
}

static enum leat_status put_held(struct lzop *self, bool ends, struct leat_writer *out)
{
    struct leat_span held = { .data = self->block, .len = self->held };
    enum leat_status status = put(self, held, ends, out);
    if (status == LEAT_OK)
        self->held = 0;
    return status;
}

/* --- The stage --- */

/* Keep what fills no block. How much of it there is room for. */
static size_t hold(struct lzop *self, struct leat_span span)
{
    size_t lacks = BLOCK_LEN - self->held;
    size_t some = span.len < lacks ? span.len : lacks;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, self->block + self->held, span.data,
                    some);
    self->held += some;
    return some;
}

static enum leat_status lzop_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct lzop *self = (struct lzop *)codec;
    if (self->held == BLOCK_LEN)
        return put_held(self, false, out);
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END) {
        status = put_held(self, true, out);
        return status == LEAT_OK ? LEAT_DONE : status;
    }
    if (status != LEAT_OK)
        return status;
    if (self->held == 0 && span.len >= BLOCK_LEN) {
        span.len = BLOCK_LEN; /* packed where it stands */
        status = put(self, span, false, out);
    } else {
        span.len = hold(self, span);
    }
    if (status == LEAT_OK)
        leat_consume(in, span.len);
    return status;
}

static enum leat_status lzop_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct lzop *self = (struct lzop *)codec;
    return self->held > 0 || !self->begun ? put_held(self, false, out) : LEAT_OK;
}

const struct leat_stage leat_stage_lzop = {
    .name = "lzop",
    .self_size = sizeof(struct lzop),
    .out_min = OUT_MIN,
    .start = lzop_start,
    .step = lzop_step,
    .flush = lzop_flush,
    .stop = lzop_stop,
};

struct leat_writer *leat_lzop(struct leat_writer *sink, const struct leat_lzop_options *options)
{
    return leat_push(sink, &leat_stage_lzop, options);
}
