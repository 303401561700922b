/* On behind damage: at the next header of a block or of a stream, at any offset, since bytes may be
 * missing. Both carry a CRC-32 of their own. */

#include "leat/stage/xz/unxz.h"

/* What four filters and both sizes take is less, and who writes pads no more than it needs. */
enum { BLOCK_HEADER_LEN_MAX = 64, BLOCK_HEADER_LEN_MIN = 12 };

/* Bits of a block's flags that no block has. */
enum { BLOCK_FLAGS_RESERVED = 0x3c };

enum { ALIGN = 4 };

static enum leat_match is_block(const uint8_t *data, size_t len)
{
    size_t size = lzma_block_header_size_decode(data[0]);
    if (size < BLOCK_HEADER_LEN_MIN || size > BLOCK_HEADER_LEN_MAX)
        return LEAT_MATCH_NO;
    if (len > 1 && (data[1] & BLOCK_FLAGS_RESERVED))
        return LEAT_MATCH_NO;
    if (len < size)
        return LEAT_MATCH_MORE;
    return leat_unxz_crc_fits(data, size) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* Whether a mark stands here, and where to step then. */
static enum leat_match is_mark(const uint8_t *data, size_t len, enum leat_unxz_place *ret)
{
    *ret = LEAT_UNXZ_AT_STREAM;
    enum leat_match match = leat_unxz_is_stream(data, len);
    if (match != LEAT_MATCH_NO)
        return match;
    *ret = LEAT_UNXZ_AT_BLOCK;
    return is_block(data, len);
}

/* What is left of the damaged block, where its header said how long it is: there may be another
 * file in it, as it was. */
static enum leat_status leave_block(struct leat_unxz *self, struct leat_reader *in)
{
    if (leat_tell(in) >= self->lost_to)
        return LEAT_OK;
    uint64_t done;
    enum leat_status status = leat_skip(in, self->lost_to - leat_tell(in), &done);
    if (status == LEAT_FAULT)
        self->lost_to = 0; /* how much of it is missing cannot be told */
    return status;
}

enum leat_status leat_unxz_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct leat_unxz *self = (struct leat_unxz *)codec;
    size_t need = 1;
    self->place = LEAT_UNXZ_IN_SEARCH;
    enum leat_status status = leave_block(self, in);
    while (status == LEAT_OK) {
        struct leat_span span;
        enum leat_unxz_place place;
        enum leat_match match = LEAT_MATCH_NO;
        size_t at = 0;
        status = leat_peek(in, need, &span);
        bool more = status == LEAT_OK || status == LEAT_AGAIN;
        for (; at < span.len; at++) {
            match = is_mark(span.data + at, span.len - at, &place);
            if (match == LEAT_MATCH_YES || (match == LEAT_MATCH_MORE && more))
                break;
        }
        leat_consume(in, at);
        if (at < span.len && match == LEAT_MATCH_YES) {
            self->place = place;
            self->torn = true;
            self->lost_to = 0;
            return LEAT_OK;
        }
        need = span.len - at + 1;
    }
    return status;
}

/* A footer says how long the index before it is. */
static bool is_footer(const struct leat_unxz *self, const uint8_t *data, uint64_t at)
{
    lzma_stream_flags footer;
    if (data[LZMA_STREAM_HEADER_SIZE - 1] != 'Z' ||
        leat_liblzma()->lzma_stream_footer_decode(&footer, data) != LZMA_OK)
        return false;
    return footer.backward_size == at - self->index_at;
}

enum leat_status leat_unxz_leaves_index(struct leat_unxz *self, struct leat_reader *in,
                                        struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, LZMA_STREAM_HEADER_SIZE, &span);
    if (status != LEAT_OK)
        return status;
    if (is_footer(self, span.data, leat_tell(in))) {
        leat_consume(in, LZMA_STREAM_HEADER_SIZE);
        self->joined = true;
        self->place = LEAT_UNXZ_AT_NEXT;
    } else if (leat_unxz_is_stream(span.data, span.len) == LEAT_MATCH_YES) {
        self->place = LEAT_UNXZ_AT_STREAM;
    } else {
        leat_consume(in, ALIGN);
    }
    return LEAT_OK;
}
