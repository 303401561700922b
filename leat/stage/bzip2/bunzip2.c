/* bzip2 streams, block by block.
 *
 * Blocks begin and end at any bit. libbz2 reads byte by byte, so the last byte it was given of one
 * block may begin the next. The input stays in the window until its block is whole and right:
 *
 *         the last byte of what came before        given to libbz2     not yet
 *       ┌─────┬────────────────────────────────────────────────────┬──────────
 *       │ ..██│██████████ this block                          fed →│
 *       └─────┴────────────────────────────────────────────────────┴──────────
 *         tell                                                        (`shift` bits further, below)
 *
 * so that a block which was damaged, and therefore decoded past its end, hides no other: the search
 * for the next begins right behind this one's own mark. There decoding goes on as bzip2recover has
 * it: libbz2 is shown a header and then the rest of the stream, shifted to whole bytes. Each block
 * has a checksum of its own; that of all blocks cannot be told any more, and is left unchecked. */

#include "leat/core/load.h"
#include "leat/stage/bzip2/bzip2.h"
#include "leat/stage/bzip2/library.h"

enum {
    HEADER_LEN = 4, /* "BZh", and the size of blocks as a digit */
    MARK_LEN = 6,
    MARK_BITS = 8 * MARK_LEN,
    ENDING_LEN = MARK_LEN + 4, /* the mark of the end, and the checksum */
    SHIFT_LEN = 1024,
};

/* Digits of pi before each block, and of its square root at the end. */
#define MARK_BLOCK  0x314159265359u
#define MARK_ENDING 0x177245385090u

/* Real blocks are shorter. What goes on for longer is decoded all the same, and let go of. */
#define HELD_MAX LEAT_MIB

enum place { AT_STREAM, AT_BLOCK, AT_OUTPUT, AT_SEARCH };

struct bunzip2 {
    struct leat_codec codec;
    bz_stream bz;
    enum place place;
    bool joined;         /* a whole stream came before */
    bool begun;          /* libbz2 is at work on a stream */
    bool recovers;       /* on one that it was not shown from the start */
    unsigned shift;      /* bits of the window that libbz2 is ahead of whole bytes */
    size_t fed;          /* whole bytes of the window that it has */
    uint64_t block_fed;  /* bytes that it was given since the last block's end */
    uint64_t fault_at;   /* where the input stood at this stage's last fault */
    uint64_t search_bit; /* of the window: where to look next */
    uint8_t shifted[SHIFT_LEN];
};

static enum leat_status fails(struct bunzip2 *self, const struct leat_reader *in,
                              enum leat_fault_code code, const char *reason)
{
    return leat_codec_fails(&self->codec, code, reason, leat_tell(in) + self->fed);
}

static enum leat_status bunzip2_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    return leat_bzip2_load(codec);
}

/* Show libbz2 `len` bytes and no room, so that it decodes up to a whole block. Its own result. */
static int decode(struct bunzip2 *self, const uint8_t *data, size_t len, size_t *ret_taken)
{
    if (len > LEAT_BZIP2_CALL_BYTES_MAX)
        len = LEAT_BZIP2_CALL_BYTES_MAX;
    self->bz.next_in = (char *)(uintptr_t)data;
    self->bz.avail_in = (unsigned)len;
    self->bz.avail_out = 0;
    int code = leat_libbz2()->BZ2_bzDecompress(&self->bz);
    leat_assert(self->bz.avail_in <= len);
    *ret_taken = len - self->bz.avail_in;
    return code;
}

/* Have libbz2 begin a stream whose blocks are of the size that `digit` says. */
static enum leat_status begin(struct bunzip2 *self, const struct leat_reader *in, uint8_t digit)
{
    const uint8_t header[HEADER_LEN] = { 'B', 'Z', 'h', digit };
    if (self->begun)
        leat_libbz2()->BZ2_bzDecompressEnd(&self->bz);
    leat_bzip2_memory(&self->codec, &self->bz);
    int code = leat_libbz2()->BZ2_bzDecompressInit(&self->bz, 0, 0);
    self->begun = code == BZ_OK;
    size_t taken = 0;
    if (code == BZ_OK)
        code = decode(self, header, HEADER_LEN, &taken);
    if (code == BZ_MEM_ERROR)
        return fails(self, in, LEAT_FAULT_MEMORY, NULL);
    leat_assert(code == BZ_OK);
    leat_assert(taken == HEADER_LEN);
    self->block_fed = 0;
    self->place = AT_BLOCK;
    return LEAT_OK;
}

/* --- A stream's header --- */

static enum leat_match matches_header(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, "BZh", HEADER_LEN - 1);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < HEADER_LEN)
        return LEAT_MATCH_MORE;
    return data[3] >= '1' && data[3] <= '9' ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* Waits for no more bytes than it takes to tell. Behind a stream does not have to be another. */
static enum leat_status take_stream(struct bunzip2 *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    (void)out;
    struct leat_span span;
    enum leat_match match = LEAT_MATCH_MORE;
    leat_assert(self->fed == 0);
    leat_assert(self->shift == 0);
    for (size_t need = 1; match == LEAT_MATCH_MORE; need++) {
        enum leat_status status = leat_peek(in, need, &span);
        if (status == LEAT_END && span.len == 0 && self->joined)
            return LEAT_DONE;
        match = span.len > 0 ? matches_header(span.data, span.len) : LEAT_MATCH_MORE;
        if (match == LEAT_MATCH_MORE && status != LEAT_OK)
            return status;
    }
    if (match == LEAT_MATCH_NO && self->joined)
        return LEAT_DONE;
    if (match == LEAT_MATCH_NO)
        return fails(self, in, LEAT_FAULT_CORRUPT, "no bzip2 data");
    enum leat_status status = begin(self, in, span.data[HEADER_LEN - 1]);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, HEADER_LEN - 1);
    self->recovers = false;
    self->fed = 1;
    return LEAT_OK;
}

/* --- Marks --- */

static uint64_t bits_at(const uint8_t *data, uint64_t bit)
{
    const uint8_t *from = data + bit / 8;
    uint64_t bits = (uint64_t)leat_load_u32be(from) << 16 | leat_load_u16be(from + 4);
    unsigned over = bit % 8;
    if (over > 0)
        bits = bits << over | from[MARK_LEN] >> (8 - over);
    return bits & (((uint64_t)1 << MARK_BITS) - 1);
}

/* The first bit, from `bit` on, at which a mark stands; where there is none, the first at which
 * there are too few bits to tell. */
static uint64_t find_mark(struct leat_span span, uint64_t bit, bool *ret_found)
{
    uint64_t bits = 8 * (uint64_t)span.len;
    *ret_found = false;
    while (bit + MARK_BITS <= bits) {
        uint64_t mark = bits_at(span.data, bit);
        *ret_found = mark == MARK_BLOCK || mark == MARK_ENDING;
        if (*ret_found)
            break;
        bit++;
    }
    return bit;
}

/* --- Blocks --- */

/* The window's next bytes as libbz2 wants them, with those that the input's end leaves incomplete
 * filled up with zeros. */
static struct leat_span next_bytes(struct bunzip2 *self, struct leat_span span)
{
    leat_assert(span.len > self->fed);
    const uint8_t *from = span.data + self->fed;
    size_t left = span.len - self->fed;
    if (self->shift == 0)
        return (struct leat_span){ .data = from, .len = left };
    size_t len = left > 1 ? left - 1 : 1;
    if (len > SHIFT_LEN)
        len = SHIFT_LEN;
    for (size_t i = 0; i < len; i++) {
        unsigned next = i + 1 < left ? from[i + 1] : 0;
        self->shifted[i] = (uint8_t)(from[i] << self->shift | next >> (8 - self->shift));
    }
    return (struct leat_span){ .data = self->shifted, .len = len };
}

/* The stream is over: let go of its bytes, and leave those behind its last. */
static enum leat_status end_stream(struct bunzip2 *self, struct leat_reader *in,
                                   struct leat_span span)
{
    size_t len = self->fed;
    if (self->recovers) {
        bool found;
        uint64_t bit = find_mark(span, 0, &found);
        uint64_t end = (bit + 8 * ENDING_LEN + 7) / 8;
        if (!found || end > span.len)
            return LEAT_END;
        len = (size_t)end;
    }
    leat_consume(in, len);
    self->fed = 0;
    self->shift = 0;
    self->joined = true;
    self->place = AT_STREAM;
    return LEAT_OK;
}

/* What libbz2 says of the bytes that it was shown, where it says no OK. */
static enum leat_status judge(struct bunzip2 *self, struct leat_reader *in, struct leat_span span,
                              int code)
{
    /* The checksum of all blocks is the only thing that can be wrong just here. */
    bool at_end = self->block_fed == ENDING_LEN;
    if (code == BZ_STREAM_END || (at_end && self->recovers))
        return end_stream(self, in, span);
    if (code == BZ_MEM_ERROR)
        return fails(self, in, LEAT_FAULT_MEMORY, NULL);
    leat_assert(code == BZ_DATA_ERROR);
    if (at_end)
        return fails(self, in, LEAT_FAULT_CHECKSUM, "wrong checksum");
    return fails(self, in, LEAT_FAULT_CORRUPT, "bad block");
}

static void let_go(struct bunzip2 *self, struct leat_reader *in)
{
    if (self->fed > 1)
        leat_consume(in, self->fed - 1);
    self->fed = self->fed > 0;
}

/* Write what there is of a block. FULL: not all of it; OK: all, or there is none yet. */
static enum leat_status put_output(struct bunzip2 *self, struct leat_reader *in,
                                   struct leat_writer *out, size_t *ret_made)
{
    struct leat_room room;
    *ret_made = 0;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t most = LEAT_BZIP2_CALL_BYTES_MAX;
    self->bz.avail_in = 0;
    self->bz.next_out = (char *)room.data;
    self->bz.avail_out = (unsigned)(room.len < most ? room.len : most);
    int code = leat_libbz2()->BZ2_bzDecompress(&self->bz);
    *ret_made = (size_t)((uint8_t *)self->bz.next_out - room.data);
    leat_commit(out, *ret_made);
    if (code == BZ_DATA_ERROR)
        return fails(self, in, LEAT_FAULT_CHECKSUM, "wrong block checksum");
    leat_assert(code == BZ_OK);
    return self->bz.avail_out > 0 ? LEAT_OK : LEAT_FULL;
}

static enum leat_status take_output(struct bunzip2 *self, struct leat_reader *in,
                                    struct leat_writer *out)
{
    size_t made;
    enum leat_status status = put_output(self, in, out, &made);
    if (status == LEAT_OK) {
        let_go(self, in);
        self->block_fed = 0;
        self->place = AT_BLOCK;
    }
    return status == LEAT_FULL && made > 0 ? LEAT_OK : status;
}

/* Read until a block is whole, and begin to write it. */
static enum leat_status take_block(struct bunzip2 *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    size_t made = 0;
    while (status == LEAT_OK && made == 0) {
        struct leat_span span;
        status = leat_peek(in, self->fed + 1 + (self->shift > 0), &span);
        if (status != LEAT_OK && (status != LEAT_END || span.len <= self->fed))
            return status;
        struct leat_span next = next_bytes(self, span);
        size_t taken;
        int code = decode(self, next.data, next.len, &taken);
        self->fed += taken;
        self->block_fed += taken;
        if (code != BZ_OK)
            return judge(self, in, span, code);
        status = put_output(self, in, out, &made);
        if (made == 0 && self->fed > HELD_MAX)
            let_go(self, in);
    }
    if (made == 0)
        return status;
    self->place = AT_OUTPUT;
    if (status == LEAT_OK)
        return take_output(self, in, out);
    return status == LEAT_FULL ? LEAT_OK : status;
}

static enum leat_status bunzip2_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    typedef enum leat_status take(struct bunzip2 *, struct leat_reader *, struct leat_writer *);
    static take *const takes[] = {
        [AT_STREAM] = take_stream,
        [AT_BLOCK] = take_block,
        [AT_OUTPUT] = take_output,
    };
    struct bunzip2 *self = (struct bunzip2 *)codec;
    leat_assert(self->place < AT_SEARCH);
    enum leat_status status = takes[self->place](self, in, out);
    if (status == LEAT_FAULT)
        self->fault_at = leat_tell(in);
    return status;
}

/* --- Behind damage --- */

/* From the next block on, or from the end of this stream where no block comes before it. */
static enum leat_status begin_at(struct bunzip2 *self, struct leat_reader *in, uint64_t bit)
{
    leat_consume(in, (size_t)(bit / 8));
    self->shift = bit % 8;
    self->recovers = true;
    return begin(self, in, '9');
}

/* The first bit to look at. A block's own mark begins in the byte that the last block ends in, or
 * right behind; the first of both was skipped. Where it was the source that was damaged, there may
 * be any other byte now. */
static unsigned search_from(const struct bunzip2 *self, const struct leat_reader *in)
{
    bool has_own_mark = self->place != AT_STREAM && leat_tell(in) == self->fault_at + 1;
    return has_own_mark ? self->shift + 1 : 0;
}

static enum leat_status bunzip2_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct bunzip2 *self = (struct bunzip2 *)codec;
    if (self->place != AT_SEARCH)
        self->search_bit = search_from(self, in);
    self->place = AT_SEARCH;
    self->fed = 0;
    for (;;) {
        struct leat_span span;
        size_t need = (size_t)(self->search_bit + MARK_BITS + 7) / 8;
        enum leat_status status = leat_peek(in, need, &span);
        if (status != LEAT_OK && status != LEAT_AGAIN)
            self->search_bit = 0;
        if (status != LEAT_OK)
            return status;
        bool found;
        uint64_t bit = find_mark(span, self->search_bit, &found);
        if (found)
            return begin_at(self, in, bit);
        leat_consume(in, (size_t)(bit / 8));
        self->search_bit = bit % 8;
    }
}

static void bunzip2_stop(struct leat_codec *codec)
{
    struct bunzip2 *self = (struct bunzip2 *)codec;
    if (self->begun)
        leat_libbz2()->BZ2_bzDecompressEnd(&self->bz);
}

const struct leat_stage leat_stage_bunzip2 = {
    .name = "bzip2",
    .self_size = sizeof(struct bunzip2),
    .in_min = HELD_MAX + SHIFT_LEN,
    .out_min = 1,
    .start = bunzip2_start,
    .step = bunzip2_step,
    .resync = bunzip2_resync,
    .stop = bunzip2_stop,
};

struct leat_reader *leat_bunzip2(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_bunzip2, NULL);
}

/* --- The catalogue --- */

/* A stream's header, and the mark of a block or of the end behind it. */
static enum leat_match bzip2_probe(const uint8_t *data, size_t len)
{
    static const uint8_t block[] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
    static const uint8_t ending[] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
    enum leat_match match = matches_header(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    match = leat_match_magic(data + HEADER_LEN, len - HEADER_LEN, block, sizeof(block));
    if (match != LEAT_MATCH_NO)
        return match;
    return leat_match_magic(data + HEADER_LEN, len - HEADER_LEN, ending, sizeof(ending));
}

_Static_assert(sizeof(struct leat_bzip2_options) <= sizeof(struct leat_level_options),
               "LEAT_FORMAT_LEVELS");

const struct leat_format leat_format_bzip2 = {
    .name = "bzip2",
    .summary = "bzip2, streams joined",
    .endings = (const char *const[]){ ".bz2", ".tbz2", ".tbz", ".tb2", ".bz", NULL },
    .traits = LEAT_FORMAT_CHECKED | LEAT_FORMAT_JOINS | LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .probe = bzip2_probe,
    .probe_max = HEADER_LEN + MARK_LEN,
    .decoder = &leat_stage_bunzip2,
    .encoder = &leat_stage_bzip2,
};
