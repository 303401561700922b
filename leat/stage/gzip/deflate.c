/* ISA-L's deflate as a stage, in each of its three wrappers. */

#include <isa-l/igzip_lib.h>

#include "leat/stage/gzip/gzip.h"

/* ISA-L counts in 32 bits. */
#define CALL_BYTES_MAX ((size_t)1 << 30)

#define OUT_MIN (4 * LEAT_KIB)

enum { LEVEL_DEFAULT = 3 };

struct deflate {
    struct leat_codec codec;
    struct isal_zstream isal;
    bool owes;    /* it stopped for want of room, so more may come without more input */
    bool flushed; /* nothing came since the last flush: another would only add its marker */
};

/* Ours are 1 .. 4, so that 0 can be the default; ISA-L's are 0 .. 3. */
static unsigned isal_level(const struct leat_gzip_options *options)
{
    int level = options != NULL && options->level != 0 ? options->level : LEVEL_DEFAULT;
    if (level < 1)
        level = 1;
    if (level > LEAT_GZIP_LEVEL_MAX)
        level = LEAT_GZIP_LEVEL_MAX;
    return (unsigned)level - 1;
}

static enum leat_status start(struct leat_codec *codec, const void *options, uint16_t wrapper)
{
    static const uint32_t sizes[LEAT_GZIP_LEVEL_MAX] = {
        ISAL_DEF_LVL0_DEFAULT,
        ISAL_DEF_LVL1_DEFAULT,
        ISAL_DEF_LVL2_DEFAULT,
        ISAL_DEF_LVL3_DEFAULT,
    };
    struct isal_zstream *isal = &((struct deflate *)codec)->isal;
    isal_deflate_init(isal);
    isal->gzip_flag = wrapper;
    isal->level = isal_level(options);
    isal->level_buf_size = sizes[isal->level];
    if (isal->level_buf_size == 0)
        return LEAT_OK;
    isal->level_buf = leat_allocate(&codec->ctx->alloc, isal->level_buf_size);
    if (isal->level_buf == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    codec->counts->allocations++;
    codec->counts->allocated += isal->level_buf_size;
    return LEAT_OK;
}

static enum leat_status gzip_start(struct leat_codec *codec, const void *options)
{
    return start(codec, options, IGZIP_GZIP);
}

static enum leat_status zlib_start(struct leat_codec *codec, const void *options)
{
    return start(codec, options, IGZIP_ZLIB);
}

static enum leat_status deflate_start(struct leat_codec *codec, const void *options)
{
    return start(codec, options, IGZIP_DEFLATE);
}

/* One call of ISA-L's. OK or FULL; says how much input it took. */
static enum leat_status run(struct deflate *self, struct leat_span span, uint16_t flush,
                            struct leat_writer *out, size_t *ret_taken)
{
    struct isal_zstream *isal = &self->isal;
    *ret_taken = 0;
    struct leat_room room;
    enum leat_status status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    isal->next_in = (uint8_t *)(uintptr_t)span.data;
    isal->avail_in = (uint32_t)(span.len < CALL_BYTES_MAX ? span.len : CALL_BYTES_MAX);
    uint32_t given = isal->avail_in;
    isal->next_out = room.data;
    isal->avail_out = (uint32_t)(room.len < CALL_BYTES_MAX ? room.len : CALL_BYTES_MAX);
    isal->flush = flush;
    int code = isal_deflate(isal);
    leat_assert(code == COMP_OK);
    leat_assert(isal->avail_in <= given);
    *ret_taken = given - isal->avail_in;
    leat_commit(out, (size_t)(isal->next_out - room.data));
    self->owes = isal->avail_out == 0;
    return LEAT_OK;
}

static enum leat_status deflate_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct deflate *self = (struct deflate *)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, self->owes ? 0 : 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    if (status == LEAT_END)
        self->isal.end_of_stream = 1;
    size_t taken;
    status = run(self, span, NO_FLUSH, out, &taken);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, taken);
    self->flushed = false;
    /* It compresses from a buffer of its own until it has seen its history twice over, and keeps
     * history when a call ends: no more than is taken, nor than the buffer. */
    size_t buffer = sizeof(self->isal.internal_state.buffer);
    leat_codec_copied(codec, taken < buffer ? taken : buffer);
    return self->isal.internal_state.state == ZSTATE_END ? LEAT_DONE : LEAT_OK;
}

static enum leat_status deflate_flush(struct leat_codec *codec, struct leat_writer *out)
{
    struct deflate *self = (struct deflate *)codec;
    struct leat_span none = { .data = (const uint8_t *)"" };
    while (!self->flushed) {
        size_t taken;
        enum leat_status status = run(self, none, SYNC_FLUSH, out, &taken);
        if (status != LEAT_OK)
            return status;
        self->flushed = !self->owes;
    }
    return LEAT_OK;
}

static void deflate_stop(struct leat_codec *codec)
{
    leat_deallocate(&codec->ctx->alloc, ((struct deflate *)codec)->isal.level_buf);
}

const struct leat_stage leat_stage_gzip = {
    .name = "gzip",
    .self_size = sizeof(struct deflate),
    .out_min = OUT_MIN,
    .start = gzip_start,
    .step = deflate_step,
    .flush = deflate_flush,
    .stop = deflate_stop,
};

const struct leat_stage leat_stage_zlib = {
    .name = "zlib",
    .self_size = sizeof(struct deflate),
    .out_min = OUT_MIN,
    .start = zlib_start,
    .step = deflate_step,
    .flush = deflate_flush,
    .stop = deflate_stop,
};

const struct leat_stage leat_stage_deflate = {
    .name = "deflate",
    .self_size = sizeof(struct deflate),
    .out_min = OUT_MIN,
    .start = deflate_start,
    .step = deflate_step,
    .flush = deflate_flush,
    .stop = deflate_stop,
};

struct leat_writer *leat_gzip(struct leat_writer *sink, const struct leat_gzip_options *options)
{
    return leat_push(sink, &leat_stage_gzip, options);
}

struct leat_writer *leat_zlib(struct leat_writer *sink, const struct leat_gzip_options *options)
{
    return leat_push(sink, &leat_stage_zlib, options);
}

struct leat_writer *leat_deflate(struct leat_writer *sink, const struct leat_gzip_options *options)
{
    return leat_push(sink, &leat_stage_deflate, options);
}
