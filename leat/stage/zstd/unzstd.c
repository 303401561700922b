/* Zstandard frames, block by block, each into the room behind the one before.
 *
 * libzstd's buffer-less interface decodes into the caller's memory, finds there what earlier blocks
 * left, and follows when the output jumps (zstd.h, "Buffer-less streaming decompression"). What the
 * ring must hold for that:
 *
 *      history = window + block      block
 *   ┌──────────────────────────────┬──────────┐
 *   │ new →     │ kept ...... back │          │
 *   └──────────────────────────────┴──────────┘
 *
 * A block's decoding may scribble anywhere in the room it is given, which is one largest block and
 * a margin; so the history that is kept is the window, and one such room more. Then no room ever
 * reaches the bytes within a window of its start. (libzstd's own ring, ZSTD_decodingBufferSize_min,
 * is computed the same way.) */

#include <zstd_errors.h>

#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/mark.h"
#include "leat/stage/zstd/memory.h"
#include "leat/stage/zstd/zstd.h"

/* What libzstd may write behind a block, on both sides of a jump. */
#define MARGIN 64

enum { SKIPPABLE_HEADER_LEN = 8, BLOCK_HEADER_LEN = 3 };

enum place { AT_FRAME, AT_SKIPPABLE, AT_BLOCKS };

struct unzstd {
    struct leat_codec codec;
    ZSTD_DCtx *zstd;
    enum place place;
    bool joined;        /* a whole frame came before */
    uint64_t skip_left; /* of a skippable frame */
    uint64_t made;      /* of this frame's content */
    uint64_t size;      /* of this frame's content, or ZSTD_CONTENTSIZE_UNKNOWN */
};

static enum leat_status unzstd_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    struct unzstd *self = (struct unzstd *)codec;
    self->zstd = ZSTD_createDCtx_advanced(leat_zstd_memory(codec));
    if (self->zstd == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    return LEAT_OK;
}

/* A fault for what libzstd says. */
static enum leat_status fails(struct unzstd *self, const struct leat_reader *in, size_t code)
{
    enum leat_fault_code kind = LEAT_FAULT_CORRUPT;
    const char *reason = "bad block";
    leat_assert(ZSTD_isError(code));
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_prefix_unknown:
        reason = "no zstd data";
        break;
    case ZSTD_error_checksum_wrong:
        kind = LEAT_FAULT_CHECKSUM;
        reason = "wrong checksum";
        break;
    case ZSTD_error_frameParameter_unsupported:
        kind = LEAT_FAULT_UNSUPPORTED;
        reason = "unknown frame header";
        break;
    case ZSTD_error_frameParameter_windowTooLarge:
        kind = LEAT_FAULT_BOUND;
        reason = "window larger than the limit";
        break;
    default:
        break;
    }
    return leat_codec_fails(&self->codec, kind, reason, leat_tell(in));
}

/* Read a frame's header, waiting for no more bytes than it takes to tell what is there.
 * OK; DONE: it is no frame, and behind another one does not have to be. */
static enum leat_status peek_header(struct unzstd *self, struct leat_reader *in,
                                    ZSTD_frameHeader *ret, struct leat_span *ret_span)
{
    size_t need = 1;
    for (;;) {
        enum leat_status status = leat_peek(in, need, ret_span);
        size_t have = ret_span->len;
        if (have == 0)
            return status == LEAT_END && self->joined ? LEAT_DONE : status;
        size_t more = ZSTD_getFrameHeader(
            ret, ret_span->data, have < ZSTD_FRAMEHEADERSIZE_MAX ? have : ZSTD_FRAMEHEADERSIZE_MAX);
        if (more == 0)
            return LEAT_OK;
        if (ZSTD_isError(more) && self->joined &&
            ZSTD_getErrorCode(more) == ZSTD_error_prefix_unknown)
            return LEAT_DONE;
        if (ZSTD_isError(more))
            return fails(self, in, more);
        if (status != LEAT_OK)
            return status;
        leat_assert(more > have);
        need = more;
    }
}

/* Tell the adapter what the frame's blocks need. */
static enum leat_status declare(struct unzstd *self, const struct leat_reader *in,
                                const ZSTD_frameHeader *header)
{
    struct leat_codec *codec = &self->codec;
    uint64_t window = header->windowSize;
    uint64_t window_max = codec->ctx->limits.window_max;
    if (window_max > LEAT_ZSTD_WINDOW_MAX)
        window_max = LEAT_ZSTD_WINDOW_MAX;
    if (window > window_max)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "window larger than the limit",
                                leat_tell(in));
    if (window > header->frameContentSize)
        window = header->frameContentSize;
    if (codec->in_min < header->blockSizeMax)
        codec->in_min = header->blockSizeMax; /* each block has to be seen whole */
    codec->out_min = header->blockSizeMax + MARGIN;
    codec->out_history = (size_t)window + codec->out_min;
    return LEAT_OK;
}

/* Hand the header over as libzstd wants it, in two pieces. */
static enum leat_status give_header(struct unzstd *self, struct leat_reader *in,
                                    struct leat_span span, size_t len)
{
    size_t code = ZSTD_decompressBegin(self->zstd);
    for (size_t at = 0; at < len && !ZSTD_isError(code);) {
        size_t some = ZSTD_nextSrcSizeToDecompress(self->zstd);
        leat_assert(some > 0);
        leat_assert(some <= len - at);
        code = ZSTD_decompressContinue(self->zstd, NULL, 0, span.data + at, some);
        at += some;
    }
    return ZSTD_isError(code) ? fails(self, in, code) : LEAT_OK;
}

static enum leat_status take_frame(struct unzstd *self, struct leat_reader *in)
{
    ZSTD_frameHeader header;
    struct leat_span span;
    enum leat_status status = peek_header(self, in, &header, &span);
    if (status != LEAT_OK)
        return status;
    if (header.frameType == ZSTD_skippableFrame) {
        self->skip_left = header.frameContentSize;
        self->place = AT_SKIPPABLE;
        leat_consume(in, SKIPPABLE_HEADER_LEN);
        return LEAT_OK;
    }
    if (header.dictID != 0)
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "needs a dictionary",
                                leat_tell(in));
    status = declare(self, in, &header);
    if (status == LEAT_OK)
        status = give_header(self, in, span, header.headerSize);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, header.headerSize);
    self->made = 0;
    self->size = header.frameContentSize;
    self->place = AT_BLOCKS;
    return LEAT_OK;
}

static enum leat_status take_skippable(struct unzstd *self, struct leat_reader *in)
{
    uint64_t done;
    enum leat_status status = leat_skip(in, self->skip_left, &done);
    self->skip_left -= done;
    if (status != LEAT_OK)
        return status;
    self->joined = true;
    self->place = AT_FRAME;
    return LEAT_OK;
}

/* Room for one block, where it is a block that comes next. */
static enum leat_status room_for_block(struct unzstd *self, struct leat_writer *out,
                                       struct leat_room *ret)
{
    ZSTD_nextInputType_e next = ZSTD_nextInputType(self->zstd);
    *ret = (struct leat_room){ 0 };
    if (next != ZSTDnit_block && next != ZSTDnit_lastBlock)
        return LEAT_OK;
    enum leat_status status = leat_reserve(out, self->codec.out_min, ret);
    ret->len = self->codec.out_min;
    return status;
}

/* A block's header, a block, or the frame's checksum. */
static enum leat_status take_piece(struct unzstd *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    size_t len = ZSTD_nextSrcSizeToDecompress(self->zstd);
    leat_assert(len > 0);
    leat_assert(len <= ZSTD_BLOCKSIZE_MAX);
    struct leat_span span;
    enum leat_status status = leat_peek(in, len, &span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = room_for_block(self, out, &room);
    if (status != LEAT_OK)
        return status;
    size_t made = ZSTD_decompressContinue(self->zstd, room.data, room.len, span.data, len);
    if (ZSTD_isError(made))
        return fails(self, in, made);
    leat_assert(made <= room.len);
    self->made += made;
    if (self->made > self->size)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "longer than its header says",
                                leat_tell(in));
    leat_commit(out, made);
    leat_consume(in, len);
    if (ZSTD_nextSrcSizeToDecompress(self->zstd) > 0)
        return LEAT_OK;
    self->joined = true;
    self->place = AT_FRAME;
    return LEAT_OK;
}

static enum leat_status unzstd_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct unzstd *self = (struct unzstd *)codec;
    if (self->place == AT_FRAME)
        return take_frame(self, in);
    if (self->place == AT_SKIPPABLE)
        return take_skippable(self, in);
    leat_assert(self->place == AT_BLOCKS);
    return take_piece(self, in, out);
}

/* A frame that can be decoded, and whose first block can be one (RFC 8878, 3.1.1.2). A skippable
 * frame is no mark: it holds nothing that would come out, and its length may be anything. */
static enum leat_match matches_frame(const uint8_t *data, size_t len)
{
    enum { BLOCK_TYPE_SHIFT = 1, BLOCK_RESERVED = 3, BLOCK_LEN_SHIFT = 3 };
    static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES)
        return match;
    ZSTD_frameHeader header;
    size_t more = ZSTD_getFrameHeader(
        &header, data, len < ZSTD_FRAMEHEADERSIZE_MAX ? len : ZSTD_FRAMEHEADERSIZE_MAX);
    if (ZSTD_isError(more))
        return LEAT_MATCH_NO;
    if (more > 0 || len < header.headerSize + BLOCK_HEADER_LEN)
        return LEAT_MATCH_MORE;
    const uint8_t *block = data + header.headerSize;
    uint32_t word = leat_load_u16le(block) | (uint32_t)block[2] << 16;
    bool known = (word >> BLOCK_TYPE_SHIFT & 3) != BLOCK_RESERVED &&
                 word >> BLOCK_LEN_SHIFT <= header.blockSizeMax;
    bool fits = header.dictID == 0 && header.windowSize <= LEAT_ZSTD_WINDOW_MAX;
    return known && fits ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_status unzstd_resync(struct leat_codec *codec, struct leat_reader *in)
{
    ((struct unzstd *)codec)->place = AT_FRAME;
    return leat_mark_find(in, matches_frame);
}

static void unzstd_stop(struct leat_codec *codec)
{
    ZSTD_freeDCtx(((struct unzstd *)codec)->zstd);
}

const struct leat_stage leat_stage_unzstd = {
    .name = "zstd",
    .self_size = sizeof(struct unzstd),
    .in_min = ZSTD_FRAMEHEADERSIZE_MAX + BLOCK_HEADER_LEN,
    .out_min = 1,
    .start = unzstd_start,
    .step = unzstd_step,
    .resync = unzstd_resync,
    .stop = unzstd_stop,
};

struct leat_reader *leat_unzstd(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_unzstd, NULL);
}

/* --- The catalogue --- */

enum { PROBE_MAX = 64 };

/* Skippable frames may come first, and lz4 has the same: what is behind them decides, unless it is
 * too far to see. */
static enum leat_match zstd_probe(const uint8_t *data, size_t len)
{
    static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd };
    static const uint8_t skippable[] = { 0x2a, 0x4d, 0x18 }; /* behind 0x50 .. 0x5f */
    uint64_t at = 0;
    while (at < len) {
        const uint8_t *start = data + at;
        size_t left = len - (size_t)at;
        enum leat_match match = leat_match_magic(start, left, frame, sizeof(frame));
        if (match != LEAT_MATCH_NO)
            return match;
        if (start[0] >> 4 != 5)
            return LEAT_MATCH_NO;
        match = leat_match_magic(start + 1, left - 1, skippable, sizeof(skippable));
        if (match != LEAT_MATCH_YES || left < SKIPPABLE_HEADER_LEN)
            return match == LEAT_MATCH_NO ? match : LEAT_MATCH_MORE;
        at += SKIPPABLE_HEADER_LEN + (uint64_t)leat_load_u32le(start + 4);
    }
    return at <= PROBE_MAX - sizeof(frame) ? LEAT_MATCH_MORE : LEAT_MATCH_YES;
}

_Static_assert(sizeof(struct leat_zstd_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_zstd = {
    .name = "zstd",
    .summary = "Zstandard (RFC 8878), frames joined",
    .endings = (const char *const[]){ ".zst", ".tzst", ".zstd", NULL },
    .traits = LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = zstd_probe,
    .probe_max = PROBE_MAX,
    .decoder = &leat_stage_unzstd,
    .encoder = &leat_stage_zstd,
};
