#include "leat/stage/xz/coder.h"

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
    coder->unfilter.stream = coder->stream;
    return LEAT_OK;
}

void leat_lzma_stop(struct leat_lzma_coder *coder)
{
    if (coder->stream.internal != NULL)
        leat_liblzma()->lzma_end(&coder->stream);
    leat_lzma_unfilter_stop(&coder->unfilter);
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
                                 lzma_filter *filters, lzma_block *block, uint64_t size,
                                 uint64_t offset, lzma_filter **ret_last)
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
    coder->holds = false;
    coder->left = size;
    coder->chunked = filters[last].id == LZMA_FILTER_LZMA2;
    coder->filtered = last > 0;
    coder->chunk = (struct leat_lzma_chunk){ 0 };
    *ret_last = &filters[last];
    if (!coder->filtered)
        return LEAT_OK;
    enum leat_status status =
        leat_lzma_unfilter_begin(&coder->unfilter, codec, filters, block, offset);
    coder->plain_owes = false;
    coder->ends = false;
    coder->code = LZMA_OK;
    coder->checked = false;
    coder->block = block;
    if (block != NULL)
        block->ignore_check = true;
    return status;
}

enum leat_status leat_lzma_begin_raw(struct leat_lzma_coder *coder, struct leat_codec *codec,
                                     lzma_filter *filters, uint64_t size, bool marked,
                                     uint64_t offset)
{
    lzma_filter *last;
    enum leat_status status = leat_lzma_begin(coder, codec, filters, NULL, size, offset, &last);
    if (status == LEAT_OK && !coder->chunked) {
        lzma_options_lzma *lzma = last->options;
        last->id = LZMA_FILTER_LZMA1EXT;
        lzma->ext_flags = 0;
        lzma_set_ext_size(*lzma, marked ? UINT64_MAX : size);
    }
    if (status == LEAT_OK) {
        lzma_ret code = leat_liblzma()->lzma_raw_decoder(&coder->stream, last);
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

/* One call of liblzma's, with as much of the input as it may have. */
static lzma_ret decode_piece(struct leat_lzma_coder *coder, struct leat_span span, size_t *taken)
{
    lzma_stream *stream = &coder->stream;
    const uint8_t *data = span.data + *taken;
    size_t len = span.len - *taken;
    if (coder->chunked && len > chunk_len_max(&coder->chunk))
        len = chunk_len_max(&coder->chunk);
    stream->next_in = data;
    stream->avail_in = len;
    lzma_ret code = leat_liblzma()->lzma_code(stream, LZMA_RUN);
    leat_assert(stream->avail_in <= len);
    if (coder->chunked)
        chunk_takes(&coder->chunk, data, len - stream->avail_in);
    *taken += len - stream->avail_in;
    return code;
}

/* LZMA alone, into `room`. */
static lzma_ret decode_plain(struct leat_lzma_coder *coder, struct leat_span span,
                             struct leat_room *room, size_t *taken)
{
    lzma_stream *stream = &coder->stream;
    stream->next_out = room->data;
    stream->avail_out = room->len;
    lzma_ret code;
    do
        code = decode_piece(coder, span, taken);
    while (code == LZMA_OK && stream->avail_out > 0 && *taken < span.len);
    /* Without input it may well get nowhere; with input and room it must not. */
    if (code == LZMA_BUF_ERROR)
        code = *taken < span.len ? LZMA_DATA_ERROR : LZMA_OK;
    room->data = stream->next_out;
    room->len = stream->avail_out;
    return code;
}

/* Whether LZMA2 came to its end, though of its block the check is still to come. liblzma says how
 * long it was then, if the block's header did not before. */
static bool plain_is_over(const struct leat_lzma_coder *coder)
{
    const lzma_block *block = coder->block;
    return block != NULL && block->compressed_size != LZMA_VLI_UNKNOWN && !coder->plain_owes &&
           coder->stream.total_in >= block->compressed_size;
}

/* LZMA, and then the filters. What LZMA says comes behind all that came of it. */
static lzma_ret decode_filtered(struct leat_lzma_coder *coder, struct leat_span span,
                                struct leat_room *room, size_t *taken)
{
    struct leat_lzma_unfilter *unfilter = &coder->unfilter;
    for (;;) {
        lzma_ret code = leat_lzma_unfilter_run(unfilter, room);
        if (code != LZMA_OK || room->len == 0)
            return code;
        if (!coder->ends && (coder->code != LZMA_OK || plain_is_over(coder))) {
            coder->ends = true;
            leat_lzma_unfilter_end(unfilter);
            continue;
        }
        if (!coder->checked && coder->code == LZMA_STREAM_END && coder->block != NULL) {
            coder->checked = true;
            leat_lzma_unfilter_check(unfilter, coder->block->raw_check);
            continue;
        }
        if (coder->code != LZMA_OK)
            return coder->code;
        if (*taken == span.len && !coder->plain_owes)
            return LZMA_OK;
        struct leat_room plain = { leat_lzma_unfilter_room(unfilter), LEAT_LZMA_PLAIN_LEN_MAX };
        coder->code = decode_plain(coder, span, &plain, taken);
        coder->plain_owes = plain.len == 0;
        leat_lzma_unfilter_add(unfilter, LEAT_LZMA_PLAIN_LEN_MAX - plain.len);
    }
}

/* `made_len` bytes came out. Returns `code`, or that they are more than there can be. */
static lzma_ret decode_shows(struct leat_lzma_coder *coder, struct leat_codec *codec,
                             struct leat_writer *out, lzma_ret code)
{
    if (coder->made_len > coder->left) {
        coder->made_len = (size_t)coder->left;
        code = LZMA_DATA_ERROR;
    }
    coder->left -= coder->made_len;
    /* Out of its dictionary; with filters into and out of one more. */
    leat_codec_copied(codec, coder->made_len * (coder->filtered ? 3 : 1));
    leat_commit(out, coder->made_len);
    return code;
}

/* Let go of what was taken; of the last byte only once all is known to be well. */
static void decode_consumes(struct leat_lzma_coder *coder, struct leat_reader *in, size_t taken,
                            lzma_ret code)
{
    lzma_ret said = coder->filtered && code == LZMA_OK ? coder->code : code;
    if (leat_tell(in) + taken > coder->taken_to)
        coder->taken_to = leat_tell(in) + taken;
    if (taken > 0) {
        coder->holds = said != LZMA_OK;
        leat_consume(in, taken - coder->holds);
    }
    if (coder->holds && code == LZMA_STREAM_END) {
        coder->holds = false;
        leat_consume(in, 1);
    }
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
    coder->made = room.data;
    size_t taken = 0;
    lzma_ret code = coder->filtered ? decode_filtered(coder, span, &room, &taken)
                                    : decode_plain(coder, span, &room, &taken);
    coder->made_len = (size_t)(room.data - coder->made);
    coder->owes = room.len == 0;
    code = decode_shows(coder, codec, out, code);
    decode_consumes(coder, in, taken, code);
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
