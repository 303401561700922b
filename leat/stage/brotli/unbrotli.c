/* The decoder: libbrotlidec's streaming interface. */

#include "leat/stage/brotli/brotli.h"
#include "leat/stage/brotli/library.h"

/* libbrotlidec hands over all that it has decoded where its input ends, and none of it where it
 * meets an error; so it gets its input in pieces. */
#define FEED_LEN_MAX LEAT_KIB

struct unbrotli {
    struct leat_codec codec;
    BrotliDecoderState *brotli;
    bool begun; /* the window's size was judged */
    bool owes;  /* it stopped for want of room, so more may come without more input */
};

static void *unbrotli_allocates(void *user, size_t size)
{
    struct leat_codec *codec = user;
    void *memory = leat_allocate(&codec->ctx->alloc, size);
    if (memory == NULL)
        return NULL;
    codec->counts->allocations++;
    codec->counts->allocated += size;
    return memory;
}

static void unbrotli_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

static enum leat_status unbrotli_start(struct leat_codec *codec, const void *options)
{
    const struct leat_libbrotlidec *library = leat_libbrotlidec();
    (void)options;
    struct unbrotli *self = (struct unbrotli *)codec;
    if (library == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libbrotlidec cannot be loaded", 0);
    self->brotli = library->BrotliDecoderCreateInstance(unbrotli_allocates, unbrotli_frees, codec);
    if (self->brotli == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    BROTLI_BOOL is_set =
        library->BrotliDecoderSetParameter(self->brotli, BROTLI_DECODER_PARAM_LARGE_WINDOW, 1);
    leat_assert(is_set);
    return LEAT_OK;
}

/* How many bits the window's size has (RFC 7932, 9.1), or that of a large one, which is behind a
 * code that has no meaning there; 0: there are too few bytes to tell. */
static unsigned window_bits(struct leat_span span)
{
    enum { LARGE = 0x11, LARGE_BITS_MASK = 0x3f };
    leat_assert(span.len > 0);
    unsigned first = span.data[0];
    unsigned high = first >> 1 & 7;
    unsigned low = first >> 4 & 7;
    if (first == LARGE)
        return span.len > 1 ? span.data[1] & LARGE_BITS_MASK : 0;
    if ((first & 1) == 0)
        return 16;
    if (high > 0)
        return 17 + high;
    return low == 0 ? 17 : 8 + low;
}

/* Refuse what would need more memory than the ctx allows. */
static enum leat_status take_header(struct unbrotli *self, struct leat_reader *in)
{
    struct leat_span span;
    unsigned bits = 0;
    for (size_t need = 1; bits == 0; need++) {
        enum leat_status status = leat_peek(in, need, &span);
        if (status != LEAT_OK)
            return status;
        bits = window_bits(span);
        if (bits == 0 && need > 1)
            break;
    }
    if ((uint64_t)1 << bits > self->codec.ctx->limits.window_max)
        return leat_codec_fails(&self->codec, LEAT_FAULT_BOUND, "window larger than the limit",
                                leat_tell(in));
    self->begun = true;
    return LEAT_OK;
}

static enum leat_status fails(struct unbrotli *self, uint64_t offset)
{
    BrotliDecoderErrorCode code = leat_libbrotlidec()->BrotliDecoderGetErrorCode(self->brotli);
    bool memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                  code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    if (memory)
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, offset);
    return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad data", offset);
}

static enum leat_status unbrotli_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct unbrotli *self = (struct unbrotli *)codec;
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = self->begun ? LEAT_OK : take_header(self, in);
    if (status == LEAT_OK)
        status = leat_peek(in, self->owes ? 0 : 1, &span);
    if (status == LEAT_OK)
        status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    const uint8_t *next = span.data;
    size_t given = span.len < FEED_LEN_MAX ? span.len : FEED_LEN_MAX;
    size_t in_left = given;
    size_t out_left = room.len;
    BrotliDecoderResult result = leat_libbrotlidec()->BrotliDecoderDecompressStream(
        self->brotli, &in_left, &next, &out_left, &room.data, NULL);
    leat_assert(in_left <= given);
    leat_codec_copied(codec, room.len - out_left);
    leat_commit(out, room.len - out_left);
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return fails(self, leat_tell(in) + given - in_left);
    leat_consume(in, given - in_left);
    self->owes = result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    return result == BROTLI_DECODER_RESULT_SUCCESS ? LEAT_DONE : LEAT_OK;
}

static void unbrotli_stop(struct leat_codec *codec)
{
    struct unbrotli *self = (struct unbrotli *)codec;
    if (self->brotli != NULL)
        leat_libbrotlidec()->BrotliDecoderDestroyInstance(self->brotli);
}

const struct leat_stage leat_stage_unbrotli = {
    .name = "brotli",
    .self_size = sizeof(struct unbrotli),
    .in_min = 2,
    .out_min = 1,
    .start = unbrotli_start,
    .step = unbrotli_step,
    .stop = unbrotli_stop,
};

struct leat_reader *leat_unbrotli(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unbrotli, NULL);
}
