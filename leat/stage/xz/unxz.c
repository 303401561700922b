/* .xz: streams of blocks (xz-file-format.txt). liblzma decodes each piece by itself, headers,
 * block, index and footer: so a fault is at the piece that has it, and what follows the last stream
 * is never touched, which its decoder of whole files would read. */

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/xz/unxz.h"
#include "leat/stage/xz/xz.h"

enum { CRC_LEN = 4, MAGIC_LEN = 6, FLAGS_AT = MAGIC_LEN, FOOTER_MAGIC_AT = 10, ALIGN = 4 };

/* Of the magic bytes, so many make what follows a stream look like a damaged one. */
enum { MAGIC_LIKE = 4 };

static const uint8_t magic[MAGIC_LEN] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

static enum leat_status fails(struct leat_unxz *self, enum leat_fault_code code, const char *reason,
                              uint64_t offset)
{
    return leat_codec_fails(&self->codec, code, reason, offset);
}

static enum leat_status unxz_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    struct leat_unxz *self = (struct leat_unxz *)codec;
    enum leat_status status = leat_lzma_start(&self->coder, codec);
    if (status != LEAT_OK)
        return status;
    self->index = leat_liblzma()->lzma_index_hash_init(NULL, &self->coder.allocator);
    if (self->index == NULL)
        return fails(self, LEAT_FAULT_MEMORY, NULL, 0);
    self->flags.check = LZMA_CHECK_CRC64;
    return LEAT_OK;
}

bool leat_unxz_crc_fits(const uint8_t *header, size_t len)
{
    leat_assert(len > CRC_LEN);
    return leat_liblzma()->lzma_crc32(header, len - CRC_LEN, 0) ==
           leat_load_u32le(header + len - CRC_LEN);
}

/* --- A stream's header --- */

enum leat_match leat_unxz_is_stream(const uint8_t *data, size_t len)
{
    lzma_stream_flags flags;
    enum leat_match match = leat_match_magic(data, len, magic, MAGIC_LEN);
    if (match == LEAT_MATCH_NO)
        return match;
    if (len < LZMA_STREAM_HEADER_SIZE)
        return LEAT_MATCH_MORE;
    return leat_liblzma()->lzma_stream_header_decode(&flags, data) == LZMA_OK ? LEAT_MATCH_YES
                                                                              : LEAT_MATCH_NO;
}

static enum leat_status begin_stream(struct leat_unxz *self, const struct leat_reader *in,
                                     const uint8_t *header)
{
    const struct leat_liblzma *lzma = leat_liblzma();
    lzma_ret code = lzma->lzma_stream_header_decode(&self->flags, header);
    if (code == LZMA_DATA_ERROR)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong header checksum",
                     leat_tell(in) + LZMA_STREAM_HEADER_SIZE - CRC_LEN);
    if (code != LZMA_OK)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown flags", leat_tell(in) + FLAGS_AT);
    if (!self->unchecked && !lzma->lzma_check_is_supported(self->flags.check)) {
        self->unchecked = true;
        self->unchecked_at = leat_tell(in) + FLAGS_AT;
    }
    self->index = lzma->lzma_index_hash_init(self->index, &self->coder.allocator);
    self->torn = false;
    self->place = LEAT_UNXZ_AT_BLOCK;
    return LEAT_OK;
}

static enum leat_status take_stream(struct leat_unxz *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, LZMA_STREAM_HEADER_SIZE, &span);
    if (leat_match_magic(span.data, span.len, magic, MAGIC_LEN) == LEAT_MATCH_NO)
        return fails(self, LEAT_FAULT_CORRUPT, self->joined ? "bad stream header" : "no xz data",
                     leat_tell(in));
    if (status != LEAT_OK)
        return status;
    status = begin_stream(self, in, span.data);
    if (status == LEAT_OK)
        leat_consume(in, LZMA_STREAM_HEADER_SIZE);
    return status;
}

/* --- Blocks --- */

/* Have liblzma begin with the block of a header whose own checksum is right. */
static enum leat_status begin_block(struct leat_unxz *self, const struct leat_reader *in,
                                    const uint8_t *header, uint32_t header_len)
{
    const struct leat_liblzma *lzma = leat_liblzma();
    struct leat_lzma_coder *coder = &self->coder;
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    self->block = (lzma_block){
        .version = 1,
        .header_size = header_len,
        .check = self->flags.check,
        .filters = filters,
    };
    lzma_ret code = lzma->lzma_block_header_decode(&self->block, &coder->allocator, header);
    if (code != LZMA_OK)
        return leat_lzma_fails(&self->codec, code, leat_tell(in));
    lzma_filter *last;
    enum leat_status status = leat_lzma_begin(coder, &self->codec, filters, &self->block,
                                              self->block.uncompressed_size, leat_tell(in), &last);
    if (status == LEAT_OK) {
        self->block.filters = last;
        code = lzma->lzma_block_decoder(&coder->stream, &self->block);
        if (code != LZMA_OK)
            status = leat_lzma_fails(&self->codec, code, leat_tell(in));
    }
    lzma->lzma_filters_free(filters, &coder->allocator);
    self->block.filters = NULL;
    /* 0 or unknown: the header does not say. */
    lzma_vli len = lzma->lzma_block_total_size(&self->block);
    self->block_end = len == LZMA_VLI_UNKNOWN || len == 0 ? 0 : leat_tell(in) + len;
    return status;
}

static enum leat_status take_index(struct leat_unxz *self, struct leat_reader *in,
                                   struct leat_writer *out);

/* A block's header, or the index: that begins with what would be an empty header. */
static enum leat_status take_block(struct leat_unxz *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status;
    if (span.data[0] == 0) {
        self->index_at = leat_tell(in);
        self->place = self->torn ? LEAT_UNXZ_AT_TORN_INDEX : LEAT_UNXZ_AT_INDEX;
        return self->torn ? leat_unxz_leaves_index(self, in, out) : take_index(self, in, out);
    }
    uint32_t len = lzma_block_header_size_decode(span.data[0]);
    status = leat_peek(in, len, &span);
    if (status != LEAT_OK)
        return status;
    if (!leat_unxz_crc_fits(span.data, len))
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong block header checksum",
                     leat_tell(in) + len - CRC_LEN);
    status = begin_block(self, in, span.data, len);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, len);
    self->place = LEAT_UNXZ_AT_DATA;
    return LEAT_OK;
}

/* Where a block ends badly, it is its check if all that comes before was taken. */
static enum leat_status block_fails(struct leat_unxz *self, lzma_ret code)
{
    uint64_t at = self->coder.taken_to;
    const lzma_block *block = &self->block;
    uint64_t taken = self->coder.stream.total_in;
    uint32_t check_len = leat_liblzma()->lzma_check_size(block->check);
    self->lost_to = self->block_end;
    if (code != LZMA_DATA_ERROR || !self->coder.chunk.ended)
        return leat_lzma_fails(&self->codec, code, at);
    bool whole = block->compressed_size != LZMA_VLI_UNKNOWN && check_len > 0 &&
                 taken >= block->compressed_size + check_len;
    if (whole)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum", at - check_len);
    return fails(self, LEAT_FAULT_CORRUPT, "bad end of block", at);
}

static enum leat_status take_data(struct leat_unxz *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    const struct leat_liblzma *lzma = leat_liblzma();
    lzma_ret code;
    enum leat_status status = leat_lzma_decode(&self->coder, &self->codec, in, out, &code);
    if (status != LEAT_OK || code == LZMA_OK)
        return status;
    if (code != LZMA_STREAM_END)
        return block_fails(self, code);
    /* As many blocks as the format can count: more would not fit into a file. */
    code = self->torn ? LZMA_OK
                      : lzma->lzma_index_hash_append(self->index,
                                                     lzma->lzma_block_unpadded_size(&self->block),
                                                     self->block.uncompressed_size);
    if (code != LZMA_OK)
        return fails(self, LEAT_FAULT_CORRUPT, "too many blocks", leat_tell(in));
    self->place = LEAT_UNXZ_AT_BLOCK;
    return LEAT_OK;
}

/* --- A stream's end --- */

static enum leat_status take_index(struct leat_unxz *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status;
    size_t taken = 0;
    lzma_ret code =
        leat_liblzma()->lzma_index_hash_decode(self->index, span.data, &taken, span.len);
    if (code != LZMA_OK && code != LZMA_STREAM_END)
        return fails(self, LEAT_FAULT_CORRUPT, "bad index", leat_tell(in) + taken);
    leat_consume(in, taken);
    if (code == LZMA_STREAM_END)
        self->place = LEAT_UNXZ_AT_FOOTER;
    return LEAT_OK;
}

static enum leat_status take_footer(struct leat_unxz *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    const struct leat_liblzma *lzma = leat_liblzma();
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, LZMA_STREAM_HEADER_SIZE, &span);
    if (status != LEAT_OK)
        return status;
    uint64_t at = leat_tell(in);
    lzma_stream_flags footer;
    lzma_ret code = lzma->lzma_stream_footer_decode(&footer, span.data);
    if (code == LZMA_FORMAT_ERROR)
        return fails(self, LEAT_FAULT_CORRUPT, "bad stream footer", at + FOOTER_MAGIC_AT);
    if (code == LZMA_DATA_ERROR)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong footer checksum", at);
    if (code != LZMA_OK || lzma->lzma_stream_flags_compare(&self->flags, &footer) != LZMA_OK ||
        footer.backward_size != lzma->lzma_index_hash_size(self->index))
        return fails(self, LEAT_FAULT_CORRUPT, "footer of another stream", at);
    leat_consume(in, LZMA_STREAM_HEADER_SIZE);
    self->joined = true;
    self->place = LEAT_UNXZ_AT_NEXT;
    return LEAT_OK;
}

/* Nothing of ours comes any more. */
static enum leat_status finish(struct leat_unxz *self)
{
    if (self->unchecked)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown check, not verified",
                     self->unchecked_at);
    return LEAT_DONE;
}

/* Padding is zeros, four at a time. */
static enum leat_status take_padding(struct leat_unxz *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, ALIGN, &span);
    size_t zeros = 0;
    while (zeros < span.len && span.data[zeros] == 0)
        zeros++;
    leat_consume(in, zeros / ALIGN * ALIGN);
    if (zeros < span.len && zeros % ALIGN != 0)
        return fails(self, LEAT_FAULT_CORRUPT, "padding is no multiple of four bytes",
                     leat_tell(in));
    return zeros >= ALIGN ? LEAT_OK : status;
}

/* Behind a stream: padding, another stream, or what is not ours and is left alone. */
static enum leat_status take_next(struct leat_unxz *self, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END)
        return finish(self);
    if (status != LEAT_OK)
        return status;
    if (span.data[0] == 0)
        return take_padding(self, in);
    status = leat_peek(in, MAGIC_LEN, &span);
    bool begins = leat_match_magic(span.data, span.len, magic, MAGIC_LEN) != LEAT_MATCH_NO;
    if (status == LEAT_AGAIN || status == LEAT_FAULT || (status == LEAT_END && begins))
        return status;
    unsigned alike = 0;
    for (size_t i = 0; i < MAGIC_LEN && i < span.len; i++)
        alike += span.data[i] == magic[i];
    if (alike < MAGIC_LIKE)
        return finish(self);
    self->place = LEAT_UNXZ_AT_STREAM;
    return take_stream(self, in, out);
}

/* --- The stage --- */

static enum leat_status unxz_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    typedef enum leat_status take(struct leat_unxz *, struct leat_reader *, struct leat_writer *);
    static take *const takes[LEAT_UNXZ_PLACES] = {
        [LEAT_UNXZ_AT_STREAM] = take_stream,
        [LEAT_UNXZ_AT_BLOCK] = take_block,
        [LEAT_UNXZ_AT_DATA] = take_data,
        [LEAT_UNXZ_AT_INDEX] = take_index,
        [LEAT_UNXZ_AT_FOOTER] = take_footer,
        [LEAT_UNXZ_AT_NEXT] = take_next,
        [LEAT_UNXZ_AT_TORN_INDEX] = leat_unxz_leaves_index,
    };
    struct leat_unxz *self = (struct leat_unxz *)codec;
    leat_assert(self->place < LEAT_UNXZ_PLACES);
    return takes[self->place](self, in, out);
}

static void unxz_stop(struct leat_codec *codec)
{
    struct leat_unxz *self = (struct leat_unxz *)codec;
    if (self->index != NULL)
        leat_liblzma()->lzma_index_hash_end(self->index, &self->coder.allocator);
    leat_lzma_stop(&self->coder);
}

const struct leat_stage leat_stage_unxz = {
    .name = "xz",
    .self_size = sizeof(struct leat_unxz),
    .in_min = LZMA_BLOCK_HEADER_SIZE_MAX,
    .out_min = LEAT_LZMA_OUT_MIN,
    .start = unxz_start,
    .step = unxz_step,
    .resync = leat_unxz_resync,
    .stop = unxz_stop,
};

struct leat_reader *leat_unxz(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unxz, NULL);
}

static enum leat_match xz_probe(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, magic, MAGIC_LEN);
}

_Static_assert(sizeof(struct leat_xz_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_xz = {
    .name = "xz",
    .summary = "xz, streams joined",
    .endings = (const char *const[]){ ".xz", ".txz", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = xz_probe,
    .probe_max = MAGIC_LEN,
    .decoder = &leat_stage_unxz,
    .encoder = &leat_stage_xz,
};
