#include "leat/container/sevenz/raw.h"

#include <lzma.h>

#define OUT_MIN (16 * LEAT_KIB)

/* Where filters follow LZMA, an error leaves bytes unfiltered that cannot be told from the others,
 * so what came with it is not shown. With little input for each call it is little that is lost. */
#define FILTERED_LEN_MAX ((size_t)512)

struct raw {
    struct leat_codec codec;
    lzma_allocator allocator;
    lzma_stream stream;
    bool filtered;
    bool owes; /* there was no room for all that it has */
};

static void *raw_allocates(void *user, size_t count, size_t size)
{
    struct leat_codec *codec = user;
    const struct leat_alloc *alloc = &codec->ctx->alloc;
    leat_assert(count == 1);
    /* Not leat_allocate: to write zeros would touch all of a dictionary that is used in part. */
    void *memory = alloc->resize(alloc->user, NULL, size);
    if (memory == NULL)
        return NULL;
    codec->counts->allocations++;
    codec->counts->allocated += size;
    return memory;
}

static void raw_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

static enum leat_status raw_fails(struct leat_codec *codec, lzma_ret code, uint64_t offset)
{
    switch (code) {
    case LZMA_MEM_ERROR:
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
    case LZMA_OPTIONS_ERROR:
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "bad properties", offset);
    default:
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad data", offset);
    }
}

/* The last filter says how much memory is needed; no more than what comes out. */
static enum leat_status raw_bounds(struct raw *self, lzma_filter *last, uint64_t size)
{
    lzma_options_lzma *lzma = last->options;
    if (last->id == LZMA_FILTER_LZMA1) {
        last->id = LZMA_FILTER_LZMA1EXT;
        lzma->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
        lzma_set_ext_size(*lzma, size);
    }
    if (lzma->dict_size > size)
        lzma->dict_size = (uint32_t)size;
    if (lzma->dict_size > self->codec.ctx->limits.window_max)
        return leat_codec_fails(&self->codec, LEAT_FAULT_BOUND, "dictionary larger than the limit",
                                0);
    return LEAT_OK;
}

static enum leat_status raw_start(struct leat_codec *codec, const void *options)
{
    struct raw *self = (struct raw *)codec;
    const struct sz_raw *raw = options;
    lzma_filter filters[SZ_FILTERS_MAX + 1];
    unsigned len = 0;
    lzma_ret code = LZMA_OK;
    leat_assert(raw->filters_len >= 1 && raw->filters_len <= SZ_FILTERS_MAX);
    self->allocator =
        (lzma_allocator){ .alloc = raw_allocates, .free = raw_frees, .opaque = codec };
    self->stream = (lzma_stream)LZMA_STREAM_INIT;
    self->stream.allocator = &self->allocator;
    self->filtered = raw->filters_len > 1;
    for (; len < raw->filters_len && code == LZMA_OK; len++) {
        const struct sz_filter *filter = &raw->filters[len];
        filters[len] = (lzma_filter){ .id = filter->id };
        code = lzma_properties_decode(&filters[len], &self->allocator, filter->properties.data,
                                      filter->properties.len);
    }
    filters[len] = (lzma_filter){ .id = LZMA_VLI_UNKNOWN };
    enum leat_status status = LEAT_OK;
    if (code == LZMA_OK)
        status = raw_bounds(self, &filters[len - 1], raw->size);
    if (code == LZMA_OK && status == LEAT_OK)
        code = lzma_raw_decoder(&self->stream, filters);
    lzma_filters_free(filters, &self->allocator);
    return code == LZMA_OK ? status : raw_fails(codec, code, 0);
}

/* One call of liblzma's. */
static lzma_ret decode_piece(struct raw *self, const uint8_t *data, size_t len)
{
    lzma_stream *stream = &self->stream;
    uint8_t *was = stream->next_out;
    size_t room = stream->avail_out;
    stream->next_in = data;
    stream->avail_in = self->filtered && len > FILTERED_LEN_MAX ? FILTERED_LEN_MAX : len;
    lzma_ret code = lzma_code(stream, LZMA_RUN);
    bool broken = code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR;
    if (broken && self->filtered) {
        stream->next_out = was;
        stream->avail_out = room;
    }
    return code;
}

static enum leat_status raw_step(struct leat_codec *codec, struct leat_reader *in,
                                 struct leat_writer *out)
{
    struct raw *self = (struct raw *)codec;
    lzma_stream *stream = &self->stream;
    struct leat_span span;
    enum leat_status status = leat_peek(in, self->owes ? 0 : 1, &span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    stream->next_out = room.data;
    stream->avail_out = room.len;
    size_t taken = 0;
    lzma_ret code;
    do {
        code = decode_piece(self, span.data + taken, span.len - taken);
        taken = (size_t)(stream->next_in - span.data);
    } while (code == LZMA_OK && stream->avail_out > 0 && taken < span.len);
    /* Without input it may well get nowhere; with input and room it must not. */
    if (code == LZMA_BUF_ERROR)
        code = taken < span.len ? LZMA_DATA_ERROR : LZMA_OK;
    self->owes = stream->avail_out == 0;
    leat_codec_copied(codec, room.len - stream->avail_out); /* out of its dictionary */
    leat_commit(out, room.len - stream->avail_out);
    leat_consume(in, taken);
    if (code == LZMA_STREAM_END)
        return LEAT_DONE;
    return code == LZMA_OK ? LEAT_OK : raw_fails(codec, code, leat_tell(in));
}

static void raw_stop(struct leat_codec *codec)
{
    lzma_end(&((struct raw *)codec)->stream);
}

const struct leat_stage leat_sz_stage_raw = {
    .name = "lzma",
    .self_size = sizeof(struct raw),
    .out_min = OUT_MIN,
    .start = raw_start,
    .step = raw_step,
    .stop = raw_stop,
};
