/* LZ4 frames, block by block, each into the room behind the one before.
 *
 * The frame is read here and liblz4 decodes the blocks: its frame decoder would wait for more input
 * than it needs, and keep history in a buffer of its own. A linked block looks back at most 64 KiB,
 * and liblz4 follows when the output jumps to the start of a ring, if that is as large as
 * LZ4_DECODER_RING_BUFFER_SIZE says: a block, and the history declared here. */

#include <lz4.h>

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/lz4/lz4.h"
#include "leat/stage/lz4/xxh32.h"
#include "leat/stage/mark.h"

enum {
    MAGIC_LEN = 4,
    WORD_LEN = 4, /* a block's length, a checksum, a dictionary's number */
    SIZE_LEN = 8,
    FRAME_FLAGS_AT = MAGIC_LEN,
    FRAME_BLOCKS_AT,
    FRAME_FIELDS_AT,
    FRAME_HEADER_LEN_MAX = FRAME_FIELDS_AT + SIZE_LEN + WORD_LEN + 1,
    SKIPPABLE_HEADER_LEN = MAGIC_LEN + WORD_LEN,
};

/* Bits of the two bytes behind the magic ones. */
enum {
    FLAG_DICTIONARY = 1,
    FLAG_RESERVED = 2,
    FLAG_CONTENT_CHECKSUM = 4,
    FLAG_CONTENT_SIZE = 8,
    FLAG_BLOCK_CHECKSUM = 16,
    FLAG_BLOCKS_INDEPENDENT = 32,
    VERSION_SHIFT = 6,
    BLOCKS_SIZE_SHIFT = 4,
    BLOCKS_SIZE_MIN = 4, /* 64 KiB; each one more is four times that */
    BLOCKS_SIZE_MAX = 7,
};

/* The top bit of a block's length: its bytes are as they were. */
#define BLOCK_STORED 0x80000000u

#define HISTORY_LEN    (64 * LEAT_KIB)
#define OLD_BLOCK_LEN  (8 * LEAT_MIB)
#define OLD_PACKED_MAX ((size_t)LZ4_COMPRESSBOUND(OLD_BLOCK_LEN))
#define BLOCK_64K      (64 * LEAT_KIB)
#define SIZE_UNKNOWN   UINT64_MAX

enum place { AT_FRAME, AT_SKIPPABLE, AT_LENGTH, AT_BLOCK, AT_END, PLACES };

struct unlz4 {
    struct leat_codec codec;
    LZ4_streamDecode_t history; /* where liblz4 finds what a linked block looks back at */
    struct leat_xxh32 content;  /* of this frame, where it has a checksum */
    enum place place;
    bool joined;        /* a whole frame came before */
    bool old;           /* this frame is of the old kind: no flags, and no end of its own */
    uint8_t flags;      /* this frame's */
    bool stored;        /* this block is */
    size_t block_len;   /* of this block, packed */
    size_t packed_max;  /* of any block of this frame, packed */
    size_t block_max;   /* of any block of this frame, unpacked */
    uint64_t skip_left; /* of a skippable frame */
    uint64_t made;      /* of this frame's content */
    uint64_t size;      /* of this frame's content, or SIZE_UNKNOWN */
};

static enum leat_status fails(struct unlz4 *self, enum leat_fault_code code, const char *reason,
                              uint64_t offset)
{
    return leat_codec_fails(&self->codec, code, reason, offset);
}

/* --- What a frame begins with --- */

enum kind { KIND_UNTOLD, KIND_NONE, KIND_FRAME, KIND_OLD, KIND_SKIPPABLE };

/* The kind of frame that begins so: UNTOLD, while there are too few bytes to tell. */
static enum kind kind_of(const uint8_t *data, size_t len)
{
    static const uint8_t frame[MAGIC_LEN] = { 0x04, 0x22, 0x4d, 0x18 };
    static const uint8_t old[MAGIC_LEN] = { 0x02, 0x21, 0x4c, 0x18 };
    static const uint8_t skippable[] = { 0x2a, 0x4d, 0x18 }; /* behind 0x50 .. 0x5f */
    enum kind kind = KIND_NONE;
    if (leat_match_magic(data, len, frame, MAGIC_LEN) != LEAT_MATCH_NO)
        kind = KIND_FRAME;
    else if (leat_match_magic(data, len, old, MAGIC_LEN) != LEAT_MATCH_NO)
        kind = KIND_OLD;
    else if (data[0] >> 4 == 5 &&
             leat_match_magic(data + 1, len - 1, skippable, sizeof(skippable)) != LEAT_MATCH_NO)
        kind = KIND_SKIPPABLE;
    return kind != KIND_NONE && len < MAGIC_LEN ? KIND_UNTOLD : kind;
}

/* Tell the kind of what comes, waiting for no more bytes than that takes. OK; DONE: it is no frame,
 * and behind another one does not have to be. */
static enum leat_status peek_kind(struct unlz4 *self, struct leat_reader *in, enum kind *ret)
{
    size_t need = 1;
    for (;;) {
        struct leat_span span;
        enum leat_status status = leat_peek(in, need, &span);
        if (span.len == 0)
            return status == LEAT_END && self->joined ? LEAT_DONE : status;
        *ret = kind_of(span.data, span.len);
        if (*ret == KIND_NONE && self->joined)
            return LEAT_DONE;
        if (*ret == KIND_NONE)
            return fails(self, LEAT_FAULT_CORRUPT, "no lz4 data", leat_tell(in));
        if (*ret != KIND_UNTOLD)
            return LEAT_OK;
        if (status != LEAT_OK)
            return status;
        need = span.len + 1;
        leat_assert(need <= MAGIC_LEN);
    }
}

/* Tell the adapter what the frame's blocks need, and begin its content. */
static enum leat_status begin(struct unlz4 *self, const struct leat_reader *in, size_t block_max,
                              size_t packed_max)
{
    struct leat_codec *codec = &self->codec;
    bool linked = !self->old && (self->flags & FLAG_BLOCKS_INDEPENDENT) == 0;
    leat_assert(block_max >= BLOCK_64K);
    leat_assert(packed_max >= block_max);
    if (packed_max + WORD_LEN > codec->ctx->limits.window_max)
        return fails(self, LEAT_FAULT_BOUND, "blocks larger than the limit", leat_tell(in));
    if (codec->in_min < packed_max + WORD_LEN)
        codec->in_min = packed_max + WORD_LEN; /* each block has to be seen whole */
    codec->out_min = block_max;
    codec->out_history = linked ? LZ4_DECODER_RING_BUFFER_SIZE(0) : 0;
    int is_set = LZ4_setStreamDecode(&self->history, NULL, 0);
    leat_assert(is_set == 1);
    leat_xxh32_init(&self->content);
    self->block_max = block_max;
    self->packed_max = packed_max;
    self->made = 0;
    self->place = AT_LENGTH;
    return LEAT_OK;
}

/* How long a frame's header with these flags is. */
static size_t header_len(unsigned flags)
{
    size_t len = FRAME_FIELDS_AT + 1;
    len += flags & FLAG_CONTENT_SIZE ? SIZE_LEN : 0;
    len += flags & FLAG_DICTIONARY ? WORD_LEN : 0;
    leat_assert(len <= FRAME_HEADER_LEN_MAX);
    return len;
}

/* The whole of a header, whose own checksum is right. */
static enum leat_status read_header(struct unlz4 *self, const struct leat_reader *in,
                                    const uint8_t *header)
{
    unsigned blocks = header[FRAME_BLOCKS_AT];
    unsigned size = blocks >> BLOCKS_SIZE_SHIFT;
    const uint8_t *field = header + FRAME_FIELDS_AT;
    if (size < BLOCKS_SIZE_MIN || size > BLOCKS_SIZE_MAX || (blocks & 15) != 0)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown block size",
                     leat_tell(in) + FRAME_BLOCKS_AT);
    self->size = SIZE_UNKNOWN;
    if (self->flags & FLAG_CONTENT_SIZE) {
        self->size = leat_load_u64le(field);
        field += SIZE_LEN;
    }
    if (self->flags & FLAG_DICTIONARY && leat_load_u32le(field) != 0)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "needs a dictionary", leat_tell(in));
    size_t block_max = BLOCK_64K << 2 * (size - BLOCKS_SIZE_MIN);
    return begin(self, in, block_max, block_max);
}

static enum leat_status take_header(struct unlz4 *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, FRAME_FIELDS_AT, &span);
    if (status != LEAT_OK)
        return status;
    uint64_t at = leat_tell(in);
    self->old = false;
    self->flags = span.data[FRAME_FLAGS_AT];
    if (self->flags >> VERSION_SHIFT != 1)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown version", at + FRAME_FLAGS_AT);
    if (self->flags & FLAG_RESERVED)
        return fails(self, LEAT_FAULT_UNSUPPORTED, "unknown flags", at + FRAME_FLAGS_AT);
    size_t len = header_len(self->flags);
    status = leat_peek(in, len, &span);
    if (status != LEAT_OK)
        return status;
    uint32_t sum = leat_xxh32(span.data + MAGIC_LEN, len - MAGIC_LEN - 1);
    if (span.data[len - 1] != (uint8_t)(sum >> 8))
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong header checksum", at + len - 1);
    status = read_header(self, in, span.data);
    if (status == LEAT_OK)
        leat_consume(in, len);
    return status;
}

static enum leat_status take_old_header(struct unlz4 *self, struct leat_reader *in)
{
    self->old = true;
    self->flags = 0;
    self->size = SIZE_UNKNOWN;
    enum leat_status status = begin(self, in, OLD_BLOCK_LEN, OLD_PACKED_MAX);
    if (status == LEAT_OK)
        leat_consume(in, MAGIC_LEN);
    return status;
}

static enum leat_status take_skippable_header(struct unlz4 *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, SKIPPABLE_HEADER_LEN, &span);
    if (status != LEAT_OK)
        return status;
    self->skip_left = leat_load_u32le(span.data + MAGIC_LEN);
    self->place = AT_SKIPPABLE;
    leat_consume(in, SKIPPABLE_HEADER_LEN);
    return LEAT_OK;
}

static enum leat_status take_frame(struct unlz4 *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    (void)out;
    enum kind kind;
    enum leat_status status = peek_kind(self, in, &kind);
    if (status != LEAT_OK)
        return status;
    if (kind == KIND_FRAME)
        return take_header(self, in);
    if (kind == KIND_OLD)
        return take_old_header(self, in);
    leat_assert(kind == KIND_SKIPPABLE);
    return take_skippable_header(self, in);
}

static enum leat_status take_skippable(struct unlz4 *self, struct leat_reader *in,
                                       struct leat_writer *out)
{
    (void)out;
    uint64_t done;
    enum leat_status status = leat_skip(in, self->skip_left, &done);
    self->skip_left -= done;
    if (status != LEAT_OK)
        return status;
    self->joined = true;
    self->place = AT_FRAME;
    return LEAT_OK;
}

/* --- Blocks --- */

static enum leat_status finish_frame(struct unlz4 *self)
{
    self->joined = true;
    self->place = AT_FRAME;
    return LEAT_OK;
}

/* A frame of the old kind goes on until the input ends, or no block can be as long as what comes
 * says: it is another frame, or not ours. */
static enum leat_status take_old_length(struct unlz4 *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, WORD_LEN, &span);
    if (status == LEAT_END && span.len == 0)
        return finish_frame(self);
    if (status != LEAT_OK)
        return status;
    size_t len = leat_load_u32le(span.data);
    if (len > self->packed_max)
        return finish_frame(self);
    self->stored = false;
    self->block_len = len;
    self->place = AT_BLOCK;
    leat_consume(in, WORD_LEN);
    return LEAT_OK;
}

static enum leat_status take_length(struct unlz4 *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)out;
    if (self->old)
        return take_old_length(self, in);
    struct leat_span span;
    enum leat_status status = leat_peek(in, WORD_LEN, &span);
    if (status != LEAT_OK)
        return status;
    uint32_t word = leat_load_u32le(span.data);
    self->stored = (word & BLOCK_STORED) != 0;
    self->block_len = word & ~BLOCK_STORED;
    if (self->block_len > self->packed_max)
        return fails(self, LEAT_FAULT_CORRUPT, "bad block length", leat_tell(in));
    self->place = word == 0 ? AT_END : AT_BLOCK;
    leat_consume(in, WORD_LEN);
    return LEAT_OK;
}

/* Copy what is shorter than the history to where the next blocks find it. liblz4 has no call to
 * say that bytes were added to its history by others; so it gets them as blocks that hold one run
 * of literals each, whose length fits in two bytes. */
static void add_stored(struct unlz4 *self, struct leat_span span, uint8_t *to)
{
    enum { TOKEN_MAX = 15, RUN_MAX = TOKEN_MAX + 254 };
    for (size_t at = 0; at < span.len;) {
        char block[2 + RUN_MAX];
        size_t run = span.len - at < RUN_MAX ? span.len - at : RUN_MAX;
        size_t head = run < TOKEN_MAX ? 1 : 2;
        block[0] = (char)((run < TOKEN_MAX ? run : TOKEN_MAX) << 4);
        block[1] = (char)(run - TOKEN_MAX);
        leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, block + head, span.data + at, run);
        int made = LZ4_decompress_safe_continue(&self->history, block, (char *)to + at,
                                                (int)(head + run), (int)run);
        leat_assert(made == (int)run);
        at += run;
    }
}

static void put_stored(struct unlz4 *self, struct leat_span span, uint8_t *to)
{
    bool linked = self->codec.out_history > 0;
    if (linked && span.len < HISTORY_LEN) {
        add_stored(self, span, to);
        return;
    }
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, to, span.data, span.len);
    if (!linked)
        return;
    const char *history = (const char *)to + span.len - HISTORY_LEN;
    int is_set = LZ4_setStreamDecode(&self->history, history, (int)HISTORY_LEN);
    leat_assert(is_set == 1);
}

/* Unpack one block. How many bytes it made, less than 0: it is bad. */
static int unpack(struct unlz4 *self, struct leat_span span, uint8_t *to)
{
    const char *from = (const char *)span.data;
    int len = (int)span.len;
    int most = (int)self->block_max;
    if (self->stored) {
        put_stored(self, span, to);
        return len;
    }
    if (self->codec.out_history > 0)
        return LZ4_decompress_safe_continue(&self->history, from, (char *)to, len, most);
    return LZ4_decompress_safe(from, (char *)to, len, most);
}

static enum leat_status take_block(struct unlz4 *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_span span;
    size_t len = self->block_len;
    size_t check_len = self->flags & FLAG_BLOCK_CHECKSUM ? WORD_LEN : 0;
    enum leat_status status = leat_peek(in, len + check_len, &span);
    if (status != LEAT_OK)
        return status;
    if (check_len > 0 && leat_load_u32le(span.data + len) != leat_xxh32(span.data, len))
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong block checksum", leat_tell(in) + len);
    struct leat_room room;
    status = leat_reserve(out, self->block_max, &room);
    if (status != LEAT_OK)
        return status;
    int made = unpack(self, (struct leat_span){ .data = span.data, .len = len }, room.data);
    if (made < 0)
        return fails(self, LEAT_FAULT_CORRUPT, "bad block", leat_tell(in));
    leat_assert((size_t)made <= self->block_max);
    self->made += (size_t)made;
    if (self->made > self->size)
        return fails(self, LEAT_FAULT_CORRUPT, "longer than its header says", leat_tell(in));
    if (self->flags & FLAG_CONTENT_CHECKSUM)
        leat_xxh32_add(&self->content, room.data, (size_t)made);
    leat_commit(out, (size_t)made);
    leat_consume(in, len + check_len);
    self->place = AT_LENGTH;
    return LEAT_OK;
}

static enum leat_status take_end(struct unlz4 *self, struct leat_reader *in,
                                 struct leat_writer *out)
{
    (void)out;
    if (self->size != SIZE_UNKNOWN && self->made != self->size)
        return fails(self, LEAT_FAULT_CORRUPT, "shorter than its header says", leat_tell(in));
    if ((self->flags & FLAG_CONTENT_CHECKSUM) == 0)
        return finish_frame(self);
    struct leat_span span;
    enum leat_status status = leat_peek(in, WORD_LEN, &span);
    if (status != LEAT_OK)
        return status;
    if (leat_load_u32le(span.data) != leat_xxh32_digest(&self->content))
        return fails(self, LEAT_FAULT_CHECKSUM, "wrong checksum", leat_tell(in));
    leat_consume(in, WORD_LEN);
    return finish_frame(self);
}

static enum leat_status unlz4_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    typedef enum leat_status take(struct unlz4 *, struct leat_reader *, struct leat_writer *);
    static take *const takes[PLACES] = {
        [AT_FRAME] = take_frame,   [AT_SKIPPABLE] = take_skippable,
        [AT_LENGTH] = take_length, [AT_BLOCK] = take_block,
        [AT_END] = take_end,
    };
    struct unlz4 *self = (struct unlz4 *)codec;
    leat_assert(self->place < PLACES);
    return takes[self->place](self, in, out);
}

/* --- Behind damage --- */

/* A header whose checksum is right, or the old kind's with a block that can be. A skippable frame
 * is no mark: it holds nothing that would come out, and its length may be anything. */
static enum leat_match matches_frame(const uint8_t *data, size_t len)
{
    enum kind kind = kind_of(data, len);
    if (kind == KIND_NONE || kind == KIND_SKIPPABLE)
        return LEAT_MATCH_NO;
    if (kind == KIND_UNTOLD || len < MAGIC_LEN + WORD_LEN)
        return LEAT_MATCH_MORE;
    if (kind == KIND_OLD) {
        uint32_t block = leat_load_u32le(data + MAGIC_LEN);
        return block > 0 && block <= OLD_PACKED_MAX ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    }
    size_t header = header_len(data[FRAME_FLAGS_AT]);
    if (len < header)
        return LEAT_MATCH_MORE;
    uint32_t sum = leat_xxh32(data + MAGIC_LEN, header - MAGIC_LEN - 1);
    return data[header - 1] == (uint8_t)(sum >> 8) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_status unlz4_resync(struct leat_codec *codec, struct leat_reader *in)
{
    ((struct unlz4 *)codec)->place = AT_FRAME;
    return leat_mark_find(in, matches_frame);
}

const struct leat_stage leat_stage_unlz4 = {
    .name = "lz4",
    .self_size = sizeof(struct unlz4),
    .in_min = FRAME_HEADER_LEN_MAX,
    .out_min = 1,
    .step = unlz4_step,
    .resync = unlz4_resync,
};

struct leat_reader *leat_unlz4(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unlz4, NULL);
}

/* --- The catalogue --- */

enum { PROBE_MAX = 64 };

/* Skippable frames may come first, and zstd has the same: what is behind them decides. Where that
 * is too far to see, zstd takes them. */
static enum leat_match lz4_probe(const uint8_t *data, size_t len)
{
    uint64_t at = 0;
    while (at < len) {
        enum kind kind = kind_of(data + at, len - (size_t)at);
        if (kind == KIND_NONE)
            return LEAT_MATCH_NO;
        if (kind == KIND_FRAME || kind == KIND_OLD)
            return LEAT_MATCH_YES;
        if (kind == KIND_UNTOLD || len - at < SKIPPABLE_HEADER_LEN)
            return len < PROBE_MAX ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
        at += SKIPPABLE_HEADER_LEN + (uint64_t)leat_load_u32le(data + at + MAGIC_LEN);
    }
    return at <= PROBE_MAX - MAGIC_LEN ? LEAT_MATCH_MORE : LEAT_MATCH_NO;
}

_Static_assert(sizeof(struct leat_lz4_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_lz4 = {
    .name = "lz4",
    .summary = "LZ4 frames, joined, and those of the old kind",
    .endings = (const char *const[]){ ".lz4", ".tlz4", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = lz4_probe,
    .probe_max = PROBE_MAX,
    .decoder = &leat_stage_unlz4,
    .encoder = &leat_stage_lz4,
};
