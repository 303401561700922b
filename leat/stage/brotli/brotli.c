/* The encoder: libbrotlienc's streaming interface. */

#include <stddef.h>

#include "leat/stage/brotli/brotli.h"
#include "leat/stage/brotli/library.h"

enum { LEVEL_DEFAULT = 5, WINDOW_BITS_DEFAULT = 22 };

/* A step's work is bounded by what it takes. */
#define FEED_LEN_MAX (256 * LEAT_KIB)

struct brotli {
    struct leat_codec codec;
    BrotliEncoderState *brotli;
    bool ending; /* the input is at its end */
    bool lacks;  /* the ctx had no memory left */
};

/* --- Memory ---
 *
 * libbrotlienc, as it is usually built, calls exit() where its allocator has nothing to give. So
 * what the ctx does not have comes from the C library, and the call that asked is the last one. */

/* Before each block: where it came from. */
union origin {
    const struct leat_alloc *alloc;
    max_align_t aligned;
};

static void *brotli_allocates(void *user, size_t size)
{
    struct brotli *self = user;
    const struct leat_alloc *alloc = &self->codec.ctx->alloc;
    union origin *origin = leat_allocate(alloc, sizeof(*origin) + size);
    if (origin == NULL) {
        self->lacks = true;
        alloc = &leat_alloc_hosted;
        origin = leat_allocate(alloc, sizeof(*origin) + size);
    }
    if (origin == NULL)
        return NULL;
    origin->alloc = alloc;
    self->codec.counts->allocations++;
    self->codec.counts->allocated += sizeof(*origin) + size;
    return origin + 1;
}

static void brotli_frees(void *user, void *memory)
{
    (void)user;
    if (memory == NULL)
        return;
    union origin *origin = (union origin *)memory - 1;
    leat_deallocate(origin->alloc, origin);
}

/* --- The encoder --- */

static uint32_t within(int value, int least, int most)
{
    if (value < least)
        return (uint32_t)least;
    return (uint32_t)(value < most ? value : most);
}

static void set(struct brotli *self, BrotliEncoderParameter parameter, uint32_t value)
{
    BROTLI_BOOL is_set =
        leat_libbrotlienc()->BrotliEncoderSetParameter(self->brotli, parameter, value);
    leat_assert(is_set);
}

static enum leat_status brotli_start(struct leat_codec *codec, const void *options)
{
    static const struct leat_brotli_options defaults;
    struct brotli *self = (struct brotli *)codec;
    const struct leat_brotli_options *how = options != NULL ? options : &defaults;
    const struct leat_libbrotlienc *library = leat_libbrotlienc();
    if (library == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libbrotlienc cannot be loaded", 0);
    self->brotli = library->BrotliEncoderCreateInstance(brotli_allocates, brotli_frees, self);
    if (self->brotli == NULL || self->lacks)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    int level = how->level != 0 ? how->level : LEVEL_DEFAULT;
    int bits = how->window_bits != 0 ? how->window_bits : WINDOW_BITS_DEFAULT;
    set(self, BROTLI_PARAM_LARGE_WINDOW, bits > BROTLI_MAX_WINDOW_BITS);
    set(self, BROTLI_PARAM_QUALITY, within(level, BROTLI_MIN_QUALITY, BROTLI_MAX_QUALITY));
    set(self, BROTLI_PARAM_LGWIN,
        within(bits, BROTLI_MIN_WINDOW_BITS, BROTLI_LARGE_MAX_WINDOW_BITS));
    return LEAT_OK;
}

/* One call of libbrotlienc's. OK, DONE (all was written that there is), FULL or FAULT. */
static enum leat_status run(struct brotli *self, struct leat_span *span,
                            BrotliEncoderOperation operation, struct leat_writer *out)
{
    const struct leat_libbrotlienc *library = leat_libbrotlienc();
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t left = room.len;
    size_t given = span->len;
    /* What is written cannot be wrong: only memory can lack. */
    BROTLI_BOOL went = library->BrotliEncoderCompressStream(self->brotli, operation, &span->len,
                                                            &span->data, &left, &room.data, NULL);
    if (!went || self->lacks)
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
    leat_codec_copied(&self->codec, given - span->len);
    leat_commit(out, room.len - left);
    return library->BrotliEncoderHasMoreOutput(self->brotli) || span->len > 0 ? LEAT_OK : LEAT_DONE;
}

static enum leat_status brotli_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    const struct leat_libbrotlienc *library = leat_libbrotlienc();
    struct brotli *self = (struct brotli *)codec;
    struct leat_span span;
    bool owes = library->BrotliEncoderHasMoreOutput(self->brotli);
    enum leat_status status = leat_peek(in, owes ? 0 : 1, &span);
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    self->ending = self->ending || status == LEAT_END;
    size_t given = 0;
    if (!owes)
        given = span.len < FEED_LEN_MAX ? span.len : FEED_LEN_MAX;
    span.len = given;
    status =
        run(self, &span, self->ending ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS, out);
    if (status != LEAT_OK && status != LEAT_DONE)
        return status;
    leat_consume(in, given - span.len);
    return library->BrotliEncoderIsFinished(self->brotli) ? LEAT_DONE : LEAT_OK;
}

static enum leat_status brotli_flush(struct leat_codec *codec, struct leat_writer *out)
{
    enum leat_status status;
    do {
        struct leat_span none = { .data = (const uint8_t *)"" };
        status = run((struct brotli *)codec, &none, BROTLI_OPERATION_FLUSH, out);
    } while (status == LEAT_OK);
    return status == LEAT_DONE ? LEAT_OK : status;
}

static void brotli_stop(struct leat_codec *codec)
{
    struct brotli *self = (struct brotli *)codec;
    if (self->brotli != NULL)
        leat_libbrotlienc()->BrotliEncoderDestroyInstance(self->brotli);
}

const struct leat_stage leat_stage_brotli = {
    .name = "brotli",
    .self_size = sizeof(struct brotli),
    .out_min = 1,
    .start = brotli_start,
    .step = brotli_step,
    .flush = brotli_flush,
    .stop = brotli_stop,
};

struct leat_writer *leat_brotli(struct leat_writer *sink, const struct leat_brotli_options *options)
{
    return leat_push(sink, &leat_stage_brotli, options);
}
