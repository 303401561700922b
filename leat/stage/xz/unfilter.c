#include "leat/stage/xz/unfilter.h"

#include "leat/core/bytes.h"

/* A chunk that packs nothing (xz-file-format.txt 5.3.1): its control byte, and its length less 1,
 * the high byte first. The first one begins a new dictionary. */
enum { CONTROL_END = 0, CONTROL_FIRST = 1, CONTROL_NEXT = 2, HEAD_LEN = 3 };

enum { ALIGN = 4, TAIL_LEN_MAX = ALIGN - 1 + LZMA_CHECK_SIZE_MAX };

_Static_assert(TAIL_LEN_MAX <= LEAT_LZMA_PLAIN_LEN_MAX, "the end is put where a chunk is");
_Static_assert(LEAT_LZMA_PLAIN_LEN_MAX <= 1 << 16, "a chunk is no longer");

enum leat_status leat_lzma_unfilter_begin(struct leat_lzma_unfilter *unfilter,
                                          struct leat_codec *codec, const lzma_filter *filters,
                                          const lzma_block *block, uint64_t offset)
{
    lzma_filter chain[LZMA_FILTERS_MAX + 1];
    lzma_options_lzma stored = { .dict_size = LZMA_DICT_SIZE_MIN };
    size_t n = 0;
    for (; filters[n + 1].id != LZMA_VLI_UNKNOWN; n++) {
        leat_assert(n < LZMA_FILTERS_MAX - 1);
        chain[n] = filters[n];
    }
    chain[n] = (lzma_filter){ .id = LZMA_FILTER_LZMA2, .options = &stored };
    chain[n + 1].id = LZMA_VLI_UNKNOWN;
    const lzma_allocator *allocator = unfilter->stream.allocator;
    if (unfilter->chunk == NULL)
        unfilter->chunk =
            allocator->alloc(allocator->opaque, 1, HEAD_LEN + LEAT_LZMA_PLAIN_LEN_MAX);
    if (unfilter->chunk == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
    unfilter->begun = false;
    unfilter->chunk_len = 0;
    unfilter->chunks_len = 0;
    unfilter->checks = block != NULL;
    lzma_ret code;
    if (block != NULL) {
        unfilter->block = *block;
        unfilter->block.filters = chain;
        unfilter->block.compressed_size = LZMA_VLI_UNKNOWN;
        unfilter->block.uncompressed_size = LZMA_VLI_UNKNOWN;
        code = leat_liblzma()->lzma_block_decoder(&unfilter->stream, &unfilter->block);
        unfilter->block.filters = NULL;
    } else {
        code = leat_liblzma()->lzma_raw_decoder(&unfilter->stream, chain);
    }
    if (code == LZMA_OK)
        return LEAT_OK;
    if (code == LZMA_MEM_ERROR)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, offset);
    return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "unknown filter", offset);
}

void leat_lzma_unfilter_stop(struct leat_lzma_unfilter *unfilter)
{
    const lzma_allocator *allocator = unfilter->stream.allocator;
    if (unfilter->stream.internal != NULL)
        leat_liblzma()->lzma_end(&unfilter->stream);
    if (unfilter->chunk != NULL)
        allocator->free(allocator->opaque, unfilter->chunk);
}

uint8_t *leat_lzma_unfilter_room(struct leat_lzma_unfilter *unfilter)
{
    leat_assert(unfilter->chunk_len == 0);
    return unfilter->chunk + HEAD_LEN;
}

static void give(struct leat_lzma_unfilter *unfilter, size_t len)
{
    unfilter->chunk_len = len;
    unfilter->chunks_len += len;
    unfilter->stream.next_in = unfilter->chunk;
    unfilter->stream.avail_in = len;
}

void leat_lzma_unfilter_add(struct leat_lzma_unfilter *unfilter, size_t len)
{
    leat_assert(len <= LEAT_LZMA_PLAIN_LEN_MAX);
    if (len == 0)
        return;
    unfilter->chunk[0] = unfilter->begun ? CONTROL_NEXT : CONTROL_FIRST;
    unfilter->chunk[1] = (uint8_t)((len - 1) >> 8);
    unfilter->chunk[2] = (uint8_t)(len - 1);
    unfilter->begun = true;
    give(unfilter, HEAD_LEN + len);
}

void leat_lzma_unfilter_end(struct leat_lzma_unfilter *unfilter)
{
    leat_assert(unfilter->chunk_len == 0);
    unfilter->chunk[0] = CONTROL_END;
    give(unfilter, 1);
}

void leat_lzma_unfilter_check(struct leat_lzma_unfilter *unfilter, const uint8_t *check)
{
    leat_assert(unfilter->chunk_len == 0);
    leat_assert(unfilter->checks);
    uint8_t *tail = unfilter->chunk;
    size_t len = 0;
    while ((unfilter->chunks_len + len) % ALIGN != 0)
        tail[len++] = 0;
    uint32_t check_len = leat_liblzma()->lzma_check_size(unfilter->block.check);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, tail + len, check, check_len);
    give(unfilter, len + check_len);
}

lzma_ret leat_lzma_unfilter_run(struct leat_lzma_unfilter *unfilter, struct leat_room *to)
{
    lzma_stream *stream = &unfilter->stream;
    if (unfilter->chunk_len == 0)
        return LZMA_OK;
    stream->next_out = to->data;
    stream->avail_out = to->len;
    lzma_ret code = leat_liblzma()->lzma_code(stream, LZMA_RUN);
    to->data = stream->next_out;
    to->len = stream->avail_out;
    if (to->len > 0)
        unfilter->chunk_len = 0;
    /* Having nothing to do is no error here. */
    return code == LZMA_DATA_ERROR || code == LZMA_MEM_ERROR ? code : LZMA_OK;
}
