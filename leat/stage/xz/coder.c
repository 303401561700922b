#include "leat/stage/xz/coder.h"

/* Where filters follow LZMA, an error leaves bytes unfiltered that cannot be told from the others,
 * so what came with it is not shown. With little input for each call it is little that is lost. */
#define FILTERED_LEN_MAX 512

/* Sizes of a chunk's head, by its control byte. */
enum { HEAD_STORED_LEN = 3, HEAD_LEN = 5, HEAD_PROPERTIES_LEN = 6 };

/* --- Memory --- */

static void *lzma_allocates(void *user, size_t count, size_t size)
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

static void lzma_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

enum leat_status leat_lzma_start(struct leat_lzma_coder *coder, struct leat_codec *codec)
{
    if (leat_liblzma() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "liblzma cannot be loaded", 0);
    coder->allocator =
        (lzma_allocator){ .alloc = lzma_allocates, .free = lzma_frees, .opaque = codec };
    coder->stream = (lzma_stream)LZMA_STREAM_INIT;
    coder->stream.allocator = &coder->allocator;
    return LEAT_OK;
}

void leat_lzma_stop(struct leat_lzma_coder *coder)
{
    if (coder->stream.internal != NULL)
        leat_liblzma()->lzma_end(&coder->stream);
}

/* --- Faults --- */

enum leat_status leat_lzma_fails(struct leat_codec *codec, lzma_ret code, uint64_t offset)
{
    leat_assert(code != LZMA_OK);
    leat_assert(code != LZMA_STREAM_END);
    switch (code) {
    case LZMA_MEM_ERROR:
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
    case LZMA_OPTIONS_ERROR:
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "unknown filter", offset);
    default:
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bad data", offset);
    }
}

/* --- Beginning --- */

static bool is_lzma(lzma_vli id)
{
    return id == LZMA_FILTER_LZMA1 || id == LZMA_FILTER_LZMA1EXT || id == LZMA_FILTER_LZMA2;
}

enum leat_status leat_lzma_begin(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                 lzma_filter *filters, uint64_t size, uint64_t offset)
{
    size_t last = 0;
    while (last < LZMA_FILTERS_MAX && filters[last + 1].id != LZMA_VLI_UNKNOWN)
        last++;
    if (!is_lzma(filters[last].id))
        return leat_lzma_fails(codec, LZMA_OPTIONS_ERROR, offset);
    lzma_options_lzma *lzma = filters[last].options;
    if (lzma->dict_size > size)
        lzma->dict_size = (uint32_t)size;
    if (lzma->dict_size > codec->ctx->limits.window_max)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "dictionary larger than the limit",
                                offset);
    coder->owes = false;
    coder->left = size;
    coder->chunked = filters[last].id == LZMA_FILTER_LZMA2;
    coder->filtered = last > 0;
    coder->chunk = (struct leat_lzma_chunk){ 0 };
    return LEAT_OK;
}

enum leat_status leat_lzma_begin_raw(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                     lzma_filter *filters, uint64_t size, bool marked,
                                     uint64_t offset)
{
    enum leat_status status = leat_lzma_begin(coder, codec, filters, size, offset);
    if (status == LEAT_OK && !coder->chunked) {
        lzma_filter *last = filters;
        while (!is_lzma(last->id))
            last++;
        lzma_options_lzma *lzma = last->options;
        last->id = LZMA_FILTER_LZMA1EXT;
        lzma->ext_flags = 0;
        lzma_set_ext_size(*lzma, marked ? UINT64_MAX : size);
    }
    if (status == LEAT_OK) {
        lzma_ret code = leat_liblzma()->lzma_raw_decoder(&coder->stream, filters);
        if (code != LZMA_OK)
            status = leat_lzma_fails(codec, code, offset);
    }
    leat_liblzma()->lzma_filters_free(filters, &coder->allocator);
    return status;
}

enum leat_status leat_lzma_begin_lzma1(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                       const uint8_t *properties, uint64_t size, uint64_t offset)
{
    lzma_filter filters[] = { { .id = LZMA_FILTER_LZMA1 }, { .id = LZMA_VLI_UNKNOWN } };
    lzma_ret code = leat_liblzma()->lzma_properties_decode(&filters[0], &coder->allocator,
                                                           properties, LEAT_LZMA1_PROPERTIES_LEN);
    if (code != LZMA_OK)
        return leat_lzma_fails(codec, code, offset);
    return leat_lzma_begin_raw(coder, codec, filters, size, false, offset);
}

/* --- Chunks of LZMA2 --- */

/* How long the head is that begins with this control byte. What is no control byte is liblzma's to
 * refuse. */
static size_t head_len(uint8_t control)
{
    if (control >= 0xc0)
        return HEAD_PROPERTIES_LEN;
    return control >= 0x80 ? HEAD_LEN : HEAD_STORED_LEN;
}

/* How many bytes may be given at once. */
static size_t chunk_len_max(const struct leat_lzma_chunk *chunk)
{
    if (chunk->ended)
        return SIZE_MAX;
    return chunk->left > 0 ? chunk->left : 1;
}

/* liblzma took `n` bytes, from `data` on. */
static void chunk_takes(struct leat_lzma_chunk *chunk, const uint8_t *data, size_t n)
{
    leat_assert(n <= chunk_len_max(chunk));
    if (n == 0 || chunk->ended)
        return;
    if (chunk->left > 0) {
        chunk->left -= (uint32_t)n;
        return;
    }
    uint8_t *head = chunk->head;
    head[chunk->head_len++] = data[0];
    chunk->ended = head[0] == 0;
    if (chunk->head_len < head_len(head[0]))
        return;
    const uint8_t *size = head + (head[0] >= 0x80 ? 3 : 1);
    chunk->left = ((uint32_t)size[0] << 8 | size[1]) + 1;
    chunk->head_len = 0;
}

/* --- Decoding --- */

static size_t piece_len(const struct leat_lzma_coder *coder, size_t len)
{
    size_t most = SIZE_MAX;
    if (coder->chunked)
        most = chunk_len_max(&coder->chunk);
    if (coder->filtered && most > FILTERED_LEN_MAX)
        most = FILTERED_LEN_MAX;
    return len < most ? len : most;
}

/* One call of liblzma's. */
static lzma_ret decode_piece(struct leat_lzma_coder *coder, const uint8_t *data, size_t len)
{
    lzma_stream *stream = &coder->stream;
    uint8_t *was = stream->next_out;
    size_t room = stream->avail_out;
    stream->next_in = data;
    stream->avail_in = len;
    lzma_ret code = leat_liblzma()->lzma_code(stream, LZMA_RUN);
    leat_assert(stream->avail_in <= len);
    bool broken = code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR;
    if (broken && coder->filtered && !coder->chunk.ended) {
        stream->next_out = was;
        stream->avail_out = room;
    }
    if (coder->chunked)
        chunk_takes(&coder->chunk, data, len - stream->avail_in);
    return code;
}

enum leat_status leat_lzma_decode(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                  struct leat_reader *in, struct leat_writer *out, lzma_ret *ret)
{
    struct leat_span span;
    coder->made_len = 0;
    enum leat_status status = leat_peek(in, coder->owes ? 0 : 1, &span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, LEAT_LZMA_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    lzma_stream *stream = &coder->stream;
    stream->next_out = room.data;
    stream->avail_out = room.len;
    size_t taken = 0;
    lzma_ret code;
    do {
        size_t len = piece_len(coder, span.len - taken);
        code = decode_piece(coder, span.data + taken, len);
        taken += len - stream->avail_in;
    } while (code == LZMA_OK && stream->avail_out > 0 && taken < span.len);
    /* Without input it may well get nowhere; with input and room it must not. */
    if (code == LZMA_BUF_ERROR)
        code = taken < span.len ? LZMA_DATA_ERROR : LZMA_OK;
    coder->made = room.data;
    coder->made_len = room.len - stream->avail_out;
    if (coder->made_len > coder->left) {
        coder->made_len = (size_t)coder->left;
        code = LZMA_DATA_ERROR;
    }
    coder->left -= coder->made_len;
    coder->owes = stream->avail_out == 0;
    leat_codec_copied(codec, coder->made_len); /* out of its dictionary */
    leat_commit(out, coder->made_len);
    coder->taken_to = leat_tell(in) + taken;
    bool broken = code != LZMA_OK && code != LZMA_STREAM_END;
    leat_consume(in, taken - (broken && taken > 0));
    *ret = code;
    return LEAT_OK;
}

/* --- Encoding --- */

enum leat_status leat_lzma_encode(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                  struct leat_span span, lzma_action action,
                                  struct leat_writer *out, size_t *ret_taken)
{
    struct leat_room room;
    *ret_taken = 0;
    enum leat_status status = leat_reserve(out, LEAT_LZMA_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    lzma_stream *stream = &coder->stream;
    stream->next_in = span.data;
    stream->avail_in = span.len;
    stream->next_out = room.data;
    stream->avail_out = room.len;
    lzma_ret code = leat_liblzma()->lzma_code(stream, action);
    /* What is written cannot be wrong, and the options are ours: only memory can lack. */
    if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR) {
        leat_assert(code == LZMA_MEM_ERROR);
        return leat_lzma_fails(codec, code, 0);
    }
    *ret_taken = span.len - stream->avail_in;
    coder->made_len = room.len - stream->avail_out;
    coder->owes = stream->avail_out == 0;
    /* Into its window, and of LZMA2 out of a buffer for one chunk. */
    leat_codec_copied(codec, *ret_taken + (coder->chunked ? coder->made_len : 0));
    leat_commit(out, coder->made_len);
    return code == LZMA_STREAM_END ? LEAT_DONE : LEAT_OK;
}
