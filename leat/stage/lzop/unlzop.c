/* The decoder: block by block, each into the room behind the one before. */

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/lzop/header.h"
#include "leat/stage/lzop/library.h"
#include "leat/stage/lzop/lzop.h"
#include "leat/stage/mark.h"

enum { WORD_LEN = LEAT_LZOP_WORD_LEN, LENGTHS_LEN = 2 * WORD_LEN };

/* lzop refuses more, in whatever has its magic. */
#define BLOCK_LEN_MAX (64 * LEAT_MIB)

/* No byte of LZO1X makes more: the longest matches count in bytes of 255. */
enum { GROWS_MAX = 255 };

enum place { AT_HEADER, AT_EXTRA_LENGTH, AT_EXTRA, AT_BLOCK, AT_PADDING, PLACES };

struct unlzop {
    struct leat_codec codec;
    enum place place;
    bool joined; /* a whole member came before */
    uint32_t flags;
    uint32_t filter;
    uint32_t extra_left; /* bytes of the extra field, */
    uint32_t extra_sum;  /* and that of those before */
    uint64_t next_at;    /* where the block behind one that is damaged would be; 0: not known */
};

struct block {
    size_t len;
    size_t head_len;
    size_t packed_len; /* as `len`: it is stored */
};

static enum leat_status fails(struct unlzop *self, enum leat_fault_code code, const char *reason,
                              uint64_t offset)
{
    return leat_codec_fails(&self->codec, code, reason, offset);
}

static enum leat_match matches_magic(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, LEAT_LZOP_MAGIC, LEAT_LZOP_MAGIC_LEN);
}

/* --- What a member begins with --- */

/* What keeps a member from being read whose header is as it was written. */
static enum leat_status judge(struct unlzop *self, const struct leat_lzop_header *header,
                              uint64_t at)
{
    if (header->version < LEAT_LZOP_VERSION_FIRST || header->needed > LEAT_LZOP_VERSION)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown version", at + LEAT_LZOP_VERSION_AT);
    if (header->method < LEAT_LZOP_1 || header->method > LEAT_LZOP_999)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "packed by a method that is not known",
                     at + header->method_at);
    if (header->flags & LEAT_LZOP_UNKNOWN)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown flags", at + header->flags_at);
    if (header->filter > LEAT_LZOP_FILTER_MAX)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown filter",
                     at + header->flags_at + WORD_LEN);
    return LEAT_OK;
}

static enum leat_status read_header(struct unlzop *self, struct leat_reader *in,
                                    const uint8_t *data, size_t len)
{
    uint64_t at = leat_tell(in);
    struct leat_lzop_header header;
    leat_lzop_header_read(data, len, &header);
    if (!leat_lzop_header_holds(data, &header))
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong header checksum", at + len - WORD_LEN);
    enum leat_status status = judge(self, &header, at);
    if (status != LEAT_OK)
        return status;
    self->flags = header.flags;
    self->filter = header.filter;
    self->place = header.flags & LEAT_LZOP_EXTRA ? AT_EXTRA_LENGTH : AT_BLOCK;
    leat_consume(in, len);
    return LEAT_OK;
}

/* Zeros fill up the last block on a tape. Behind them there is no member any more. */
static enum leat_status take_padding(struct unlzop *self, struct leat_reader *in,
                                     struct leat_writer *out)
{
    (void)self;
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    size_t zeros = 0;
    while (zeros < span.len && span.data[zeros] == 0)
        zeros++;
    leat_consume(in, zeros);
    return zeros > 0 ? LEAT_OK : LEAT_DONE;
}

/* Waits for no more bytes than tell how many there are. */
static enum leat_status take_header(struct unlzop *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    size_t need = 1;
    for (;;) {
        struct leat_span span;
        enum leat_status status = leat_peek(in, need, &span);
        if (span.len == 0)
            return status == LEAT_END && self->joined ? LEAT_DONE : status;
        bool ours = matches_magic(span.data, span.len) != LEAT_MATCH_NO;
        if (!ours && self->joined) {
            self->place = AT_PADDING;
            return take_padding(self, in, out);
        }
        if (!ours)
            return fails(self, LEAT_FAULT_CORRUPT, "no lzop data", leat_tell(in));
        need = leat_lzop_header_len(span.data, span.len);
        if (need <= span.len)
            return read_header(self, in, span.data, need);
        if (status != LEAT_OK)
            return status;
    }
}

static bool header_has_crc32(const struct unlzop *self)
{
    return self->flags & LEAT_LZOP_HEADER_CRC32;
}

static void add_extra(struct unlzop *self, const uint8_t *data, size_t len)
{
    self->extra_sum = leat_lzop_sum(header_has_crc32(self), self->extra_sum, data, len);
}

static enum leat_status take_extra_length(struct unlzop *self, struct leat_reader *in,
                                          struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_status status = leat_peek(in, WORD_LEN, &span);
    if (status != LEAT_OK)
        return status;
    self->extra_left = leat_load_u32be(span.data);
    self->extra_sum = leat_lzop_sum_start(header_has_crc32(self));
    add_extra(self, span.data, WORD_LEN);
    leat_consume(in, WORD_LEN);
    self->place = AT_EXTRA;
    return LEAT_OK;
}

/* Its bytes are passed by, as lzop does, which never wrote any. */
static enum leat_status take_extra(struct unlzop *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    bool over = self->extra_left == 0;
    enum leat_status status = leat_peek(in, over ? WORD_LEN : 1, &span);
    if (status != LEAT_OK)
        return status;
    if (!over) {
        size_t some = span.len < self->extra_left ? span.len : self->extra_left;
        add_extra(self, span.data, some);
        self->extra_left -= (uint32_t)some;
        leat_consume(in, some);
        return LEAT_OK;
    }
    if (leat_load_u32be(span.data) != self->extra_sum)
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum of the extra field", leat_tell(in));
    leat_consume(in, WORD_LEN);
    self->place = AT_BLOCK;
    return LEAT_OK;
}

/* --- Sums of blocks --- */

/* In the order in which a block's head has them. */
static const struct sum {
    uint32_t flag;
    bool of_packed; /* and not there where the block is stored */
    bool crc32;
} sums[] = {
    { LEAT_LZOP_ADLER32, false, false },
    { LEAT_LZOP_CRC32, false, true },
    { LEAT_LZOP_PACKED_ADLER32, true, false },
    { LEAT_LZOP_PACKED_CRC32, true, true },
};
enum { SUMS_LEN = sizeof(sums) / sizeof(sums[0]) };

#define IN_MIN_ADDS (LENGTHS_LEN + SUMS_LEN * WORD_LEN)

static bool has_sum(const struct unlzop *self, const struct sum *sum, bool stored)
{
    return (self->flags & sum->flag) && !(sum->of_packed && stored);
}

/* Compare those of what is packed, or unpacked, with what the block's head says, which the input
 * stands at. */
static enum leat_status check_sums(struct unlzop *self, const struct leat_reader *in,
                                   const struct block *block, bool of_packed, const uint8_t *head,
                                   struct leat_span bytes)
{
    size_t at = LENGTHS_LEN;
    for (size_t i = 0; i < SUMS_LEN; i++) {
        bool crc32 = sums[i].crc32;
        if (!has_sum(self, &sums[i], block->packed_len == block->len))
            continue;
        if (sums[i].of_packed == of_packed &&
            leat_load_u32be(head + at) !=
                leat_lzop_sum(crc32, leat_lzop_sum_start(crc32), bytes.data, bytes.len))
            return fails(self, LEAT_FAULT_CHECKSUM,
                         of_packed ? "wrong block checksum" : "wrong checksum", leat_tell(in) + at);
        at += WORD_LEN;
    }
    return LEAT_OK;
}

/* --- Blocks --- */

/* Whether there may be a block with the lengths that `data` has; not the word of zeros. */
static bool read_lengths(const struct unlzop *self, const uint8_t *data, struct block *ret)
{
    size_t len = leat_load_u32be(data);
    size_t packed_len = leat_load_u32be(data + WORD_LEN);
    size_t head_len = LENGTHS_LEN;
    for (size_t i = 0; i < SUMS_LEN; i++)
        head_len += has_sum(self, &sums[i], packed_len == len) ? WORD_LEN : 0;
    *ret = (struct block){ .len = len, .head_len = head_len, .packed_len = packed_len };
    return len > 0 && len <= BLOCK_LEN_MAX && packed_len > 0 && packed_len <= len &&
           len / GROWS_MAX <= packed_len;
}

/* The lengths of the block that comes; 0: none, it is the member's end. */
static enum leat_status peek_block(struct unlzop *self, struct leat_reader *in, struct block *ret)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, WORD_LEN, &span);
    if (status != LEAT_OK)
        return status;
    *ret = (struct block){ 0 };
    if (leat_load_u32be(span.data) == 0)
        return LEAT_OK;
    status = leat_peek(in, LENGTHS_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (!read_lengths(self, span.data, ret))
        return fails(self, LEAT_FAULT_CORRUPT, "bad block length", leat_tell(in));
    if (ret->len + IN_MIN_ADDS > self->codec.ctx->limits.window_max)
        return fails(self, LEAT_FAULT_BOUND, "blocks larger than the limit", leat_tell(in));
    return LEAT_OK;
}

/* See the block whole, and get room for it: that only when its bytes are there, for a few may claim
 * it. */
static enum leat_status get_block(struct unlzop *self, struct leat_reader *in,
                                  struct leat_writer *out, const struct block *block,
                                  struct leat_span *ret_span, struct leat_room *ret_room)
{
    struct leat_codec *codec = &self->codec;
    /* And the lengths of the next, to go on by where this one is damaged. */
    size_t in_min = block->head_len + block->packed_len + LENGTHS_LEN;
    if (codec->in_min < in_min) {
        codec->in_min = in_min;
        return LEAT_FULL;
    }
    enum leat_status status = leat_peek(in, block->head_len + block->packed_len, ret_span);
    if (status != LEAT_OK)
        return status;
    if (codec->out_min < block->len) {
        codec->out_min = block->len;
        return LEAT_FULL;
    }
    return leat_reserve(out, block->len, ret_room);
}

/* Each byte was written as what it differs by from the one so far before it. */
static void undo_filter(uint8_t *data, size_t len, size_t distance)
{
    for (size_t i = distance; distance > 0 && i < len; i++)
        data[i] = (uint8_t)(data[i] + data[i - distance]);
}

static enum leat_status unpack(struct unlzop *self, const struct leat_reader *in,
                               const struct block *block, const uint8_t *head, uint8_t *to)
{
    struct leat_span packed = { .data = head + block->head_len, .len = block->packed_len };
    struct leat_span unpacked = { .data = to, .len = block->len };
    enum leat_status status = check_sums(self, in, block, true, head, packed);
    if (status != LEAT_OK)
        return status;
    if (packed.len == block->len) {
        leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, to, packed.data, packed.len);
    } else {
        lzo_uint made = block->len;
        int code = leat_liblzo2()->lzo1x_decompress_safe(packed.data, packed.len, to, &made, NULL);
        if (code != LZO_E_OK || made != block->len)
            return fails(self, LEAT_FAULT_CORRUPT, "bad block", leat_tell(in) + block->head_len);
    }
    undo_filter(to, block->len, self->filter);
    return check_sums(self, in, block, false, head, unpacked);
}

static enum leat_status take_block(struct unlzop *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct block block;
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = peek_block(self, in, &block);
    if (status == LEAT_OK && block.len == 0) {
        leat_consume(in, WORD_LEN);
        self->joined = true;
        self->place = AT_HEADER;
        return LEAT_OK;
    }
    if (status == LEAT_OK)
        status = get_block(self, in, out, &block, &span, &room);
    if (status != LEAT_OK)
        return status;
    status = unpack(self, in, &block, span.data, room.data);
    if (status != LEAT_OK) {
        self->next_at = leat_tell(in) + block.head_len + block.packed_len;
        return status;
    }
    leat_commit(out, block.len);
    leat_consume(in, block.head_len + block.packed_len);
    return LEAT_OK;
}

static enum leat_status unlzop_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    typedef enum leat_status take(struct unlzop *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_HEADER] = take_header, [AT_EXTRA_LENGTH] = take_extra_length, [AT_EXTRA] = take_extra,
        [AT_BLOCK] = take_block,   [AT_PADDING] = take_padding,
    };
    struct unlzop *self = (struct unlzop *)codec;
    leat_assert(self->place < PLACES);
    self->next_at = 0;
    return takes[self->place](self, in, out);
}

/* --- Behind damage --- */

/* Whether a block's lengths come, or the end of the member and what may follow that. */
static bool goes_on(const struct unlzop *self, struct leat_span span)
{
    struct block block;
    if (span.len >= WORD_LEN && leat_load_u32be(span.data) == 0)
        return matches_magic(span.data + WORD_LEN, span.len - WORD_LEN) != LEAT_MATCH_NO;
    return span.len >= LENGTHS_LEN && read_lengths(self, span.data, &block);
}

/* Go to the block behind one whose bytes were wrong. OK; AGAIN; END: there is none, so that its
 * lengths were wrong; FAULT. */
static enum leat_status find_block(struct unlzop *self, struct leat_reader *in)
{
    struct leat_span span;
    size_t ahead = (size_t)(self->next_at - leat_tell(in));
    enum leat_status status = leat_peek(in, ahead + LENGTHS_LEN, &span);
    leat_assert(status != LEAT_LIMIT);
    if (status == LEAT_AGAIN)
        return status;
    self->next_at = 0;
    if (status == LEAT_FAULT || span.len < ahead)
        return status;
    struct leat_span next = { .data = span.data + ahead, .len = span.len - ahead };
    if (!goes_on(self, next))
        return LEAT_END;
    leat_consume(in, ahead);
    return LEAT_OK;
}

static enum leat_match matches_member(const uint8_t *data, size_t len)
{
    struct leat_lzop_header header;
    enum leat_match match = matches_magic(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    size_t whole = leat_lzop_header_len(data, len);
    if (whole > len)
        return LEAT_MATCH_MORE;
    leat_lzop_header_read(data, whole, &header);
    return leat_lzop_header_holds(data, &header) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_status unlzop_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unlzop *self = (struct unlzop *)codec;
    bool told = self->next_at > leat_tell(in);
    enum leat_status status = told ? find_block(self, in) : LEAT_END;
    if (status != LEAT_END)
        return status;
    self->place = AT_HEADER;
    return leat_mark_find(in, matches_member);
}

static enum leat_status unlzop_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_lzo_load(codec);
}

const struct leat_stage leat_stage_unlzop = {
    .name = "lzop",
    .self_size = sizeof(struct unlzop),
    .in_min = LEAT_LZOP_HEADER_LEN_MAX,
    .out_min = 1,
    .start = unlzop_start,
    .step = unlzop_step,
    .resync = unlzop_resync,
};

struct leat_reader *leat_unlzop(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unlzop, NULL);
}

_Static_assert(sizeof(struct leat_lzop_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

/* Each block is checked, but not LEAT_FORMAT_CHECKED: one bit of its length, 256 KiB, makes it the
 * member's end. */
const struct leat_format leat_format_lzop = {
    .name = "lzop",
    .summary = "LZO by lzop, members joined",
    .endings = (const char *const[]){ ".lzo", ".tzo", NULL },
    .traits = LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = matches_magic,
    .probe_max = LEAT_LZOP_MAGIC_LEN,
    .decoder = &leat_stage_unlzop,
    .encoder = &leat_stage_lzop,
};
