#include "leat/container/iso9660/zisofs.h"
#include "leat/container/unpack.h"
#include "leat/core/bytes.h"
#include "leat/core/load.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/limit/limit.h"

/* Both headers, of 16 and of 24 bytes; what follows the size, or the block's, means nothing. */
enum { MAGIC_LEN = 8 };
enum { HEADER_1_SIZE = 8, HEADER_1_WORDS = 12, HEADER_1_BLOCK_LOG = 13, HEADER_1_LEN = 14 };
enum { HEADER_2_VERSION = 8, HEADER_2_WORDS = 9, HEADER_2_METHOD = 10, HEADER_2_BLOCK_LOG = 11 };
enum { HEADER_2_SIZE = 12, HEADER_2_LEN = 20, HEADER_2_METHOD_ZLIB = 1 };

enum { WORD_LEN = 4, HEADER_LEN_MAX = UINT8_MAX * WORD_LEN };
enum { HEADER_1_WORDS_MIN = 4, HEADER_2_WORDS_MIN = 6 };
enum { BLOCK_LOG_MIN = 15, BLOCK_1_LOG_MAX = 17, BLOCK_2_LOG_MAX = 20 };

/* Allocated for the pointers at first; it doubles with what is there of them. */
enum { POINTERS_SIZE_FIRST = 4096 };

enum place { AT_HEADER, AT_POINTERS, AT_BLOCKS };

struct unzisofs {
    struct leat_codec codec;
    const struct iso_zisofs *packed;
    enum place place;
    size_t block_size;
    uint64_t blocks;
    uint64_t block; /* the next one */

    uint8_t *pointers; /* as they are stored */
    size_t pointers_len;
    size_t pointers_have; /* of these, so far */
    size_t pointers_size; /* of the allocation */

    struct leat_unpacker unpacker;
};

const char *leat_iso_zisofs_refused(const struct iso_zisofs *zisofs)
{
    bool second = zisofs->version == ISO_ZISOFS_2;
    if (zisofs->version != ISO_ZISOFS_1 && !second)
        return "packed by a method that is not known";
    if (zisofs->header_words < (second ? HEADER_2_WORDS_MIN : HEADER_1_WORDS_MIN))
        return "packed with a header that is too short";
    if (zisofs->block_log < BLOCK_LOG_MIN ||
        zisofs->block_log > (second ? BLOCK_2_LOG_MAX : BLOCK_1_LOG_MAX))
        return "packed in blocks of a size that is not known";
    return NULL;
}

static size_t header_len(const struct unzisofs *self)
{
    return (size_t)self->packed->header_words * WORD_LEN;
}

static size_t pointer_len(const struct unzisofs *self)
{
    return self->packed->version == ISO_ZISOFS_2 ? 8 : 4;
}

/* More than zlib makes of any block (deflateBound), which is what Linux allows as well. */
static size_t packed_max(const struct unzisofs *self)
{
    return self->block_size + self->block_size / 8 + self->block_size / 64 + 64;
}

/* --- The header --- */

/* What it must be, as far as it means anything. Returns how long that is. */
static size_t header_expected(const struct iso_zisofs *packed, uint8_t *ret)
{
    static const uint8_t magic_1[MAGIC_LEN] = { 0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07 };
    static const uint8_t magic_2[MAGIC_LEN] = { 0xef, 0x22, 0x55, 0xa1, 0xbc, 0x1b, 0x95, 0xa0 };
    if (packed->version == ISO_ZISOFS_1) {
        leat_assert(packed->size <= UINT32_MAX);
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, ret, magic_1, MAGIC_LEN);
        leat_store_u32le(ret + HEADER_1_SIZE, (uint32_t)packed->size);
        ret[HEADER_1_WORDS] = packed->header_words;
        ret[HEADER_1_BLOCK_LOG] = packed->block_log;
        return HEADER_1_LEN;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, ret, magic_2, MAGIC_LEN);
    ret[HEADER_2_VERSION] = 0;
    ret[HEADER_2_WORDS] = packed->header_words;
    ret[HEADER_2_METHOD] = HEADER_2_METHOD_ZLIB;
    ret[HEADER_2_BLOCK_LOG] = packed->block_log;
    leat_store_u64le(ret + HEADER_2_SIZE, packed->size);
    return HEADER_2_LEN;
}

/* Whether there is room for as many blocks, and memory may be taken for them. */
static enum leat_status blocks_judge(struct unzisofs *self)
{
    struct leat_codec *codec = &self->codec;
    const struct leat_limits *limits = &codec->ctx->limits;
    uint64_t pointers_len = (self->blocks + 1) * pointer_len(self);
    if (header_len(self) + pointers_len > self->packed->packed_len)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "more blocks than there is room for",
                                header_len(self));
    if (pointers_len > limits->header_max)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "more blocks than the limit allows",
                                header_len(self));
    if (self->block_size + LEAT_UNPACK_SLACK > limits->window_max)
        return leat_codec_fails(codec, LEAT_FAULT_BOUND, "blocks larger than the limit", 0);
    self->pointers_len = (size_t)pointers_len;
    return LEAT_OK;
}

static enum leat_status header_takes(struct unzisofs *self, struct leat_reader *in)
{
    const struct iso_zisofs *packed = self->packed;
    uint8_t expected[HEADER_2_LEN];
    size_t len = header_expected(packed, expected);
    struct leat_span span;
    leat_assert(leat_tell(in) == 0); /* what the pointers count from */
    enum leat_status status = leat_peek(in, header_len(self), &span);
    for (size_t i = 0; i < len && i < span.len; i++) {
        if (span.data[i] != expected[i])
            return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT,
                                    "the header is not what the directory says", i);
    }
    if (status != LEAT_OK)
        return status;
    self->block_size = (size_t)1 << packed->block_log;
    self->blocks = packed->size / self->block_size + (packed->size % self->block_size != 0);
    status = blocks_judge(self);
    if (status != LEAT_OK)
        return status;
    leat_consume(in, header_len(self));
    self->place = AT_POINTERS;
    return LEAT_OK;
}

/* --- The pointers --- */

static enum leat_status pointers_grow(struct unzisofs *self, uint64_t at)
{
    const struct leat_alloc *alloc = &self->codec.ctx->alloc;
    size_t size = self->pointers_size > 0 ? 2 * self->pointers_size : POINTERS_SIZE_FIRST;
    if (size > self->pointers_len)
        size = self->pointers_len;
    uint8_t *pointers = leat_allocate(alloc, size);
    if (pointers == NULL)
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, at);
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_GROW, pointers, self->pointers,
                    self->pointers_have);
    leat_deallocate(alloc, self->pointers);
    self->pointers = pointers;
    self->pointers_size = size;
    return LEAT_OK;
}

static enum leat_status pointers_take(struct unzisofs *self, struct leat_reader *in)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_OK && self->pointers_have == self->pointers_size)
        status = pointers_grow(self, leat_tell(in));
    if (status != LEAT_OK)
        return status;
    size_t room = self->pointers_size - self->pointers_have;
    size_t some = span.len < room ? span.len : room;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, self->pointers + self->pointers_have,
                    span.data, some);
    self->pointers_have += some;
    leat_consume(in, some);
    if (self->pointers_have == self->pointers_len) {
        self->place = AT_BLOCKS;
        self->codec.in_min = packed_max(self);
        self->codec.out_min = self->block_size + LEAT_UNPACK_SLACK;
    }
    return LEAT_OK;
}

static uint64_t pointer(const struct unzisofs *self, uint64_t index)
{
    leat_assert(index <= self->blocks);
    const uint8_t *at = self->pointers + index * pointer_len(self);
    return pointer_len(self) == 8 ? leat_load_u64le(at) : leat_load_u32le(at);
}

/* Whether the pointer can be where a block begins, with the input at `tell`. */
static bool begins_block(const struct unzisofs *self, uint64_t index, uint64_t tell)
{
    uint64_t at = pointer(self, index);
    return at >= tell && at <= self->packed->packed_len;
}

/* Whether the one behind it can be where that block ends. */
static bool ends_block(const struct unzisofs *self, uint64_t index)
{
    uint64_t at = pointer(self, index);
    uint64_t end = pointer(self, index + 1);
    return end >= at && end <= self->packed->packed_len && end - at <= packed_max(self);
}

static enum leat_status pointer_fails(struct unzisofs *self, uint64_t index)
{
    return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad place of a block",
                            header_len(self) + index * pointer_len(self));
}

static enum leat_status goes_to(struct leat_reader *in, uint64_t at)
{
    uint64_t done;
    leat_assert(at >= leat_tell(in));
    return at > leat_tell(in) ? leat_skip(in, at - leat_tell(in), &done) : LEAT_OK;
}

/* --- The blocks --- */

/* How much the next block is, unpacked. */
static size_t block_len(const struct unzisofs *self)
{
    uint64_t left = self->packed->size - self->block * self->block_size;
    return left < self->block_size ? (size_t)left : self->block_size;
}

static enum leat_status hole_takes(struct unzisofs *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, block_len(self), &room);
    if (status != LEAT_OK)
        return status;
    leat_bytes_zero(room.data, block_len(self));
    leat_commit(out, block_len(self));
    self->block++;
    return LEAT_OK;
}

/* What is to be said of a block that was all there. */
static enum leat_status block_judge(struct unzisofs *self, enum leat_status status, size_t len,
                                    const struct leat_unpacked *unpacked, uint64_t at)
{
    struct leat_codec *codec = &self->codec;
    const struct leat_fault *fault = &unpacked->fault;
    if (status == LEAT_FAULT)
        return leat_codec_fails(codec, fault->code, fault->reason, at + fault->offset);
    if (status == LEAT_END)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "ends within a block", at + len);
    leat_assert(status == LEAT_OK);
    if (unpacked->made < block_len(self))
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "less than a block holds", at);
    if (unpacked->taken < len)
        return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, "bytes behind a block's end",
                                at + unpacked->taken);
    return LEAT_OK;
}

/* The block of `len` packed bytes that `in` stands at, which goes past it only when nothing was
 * wrong with it: so a resync finds the next one. Where the input ends within, or is damaged, what
 * can be had of those before is. */
static enum leat_status block_takes(struct unzisofs *self, struct leat_reader *in, size_t len,
                                    struct leat_writer *out)
{
    struct leat_span span;
    struct leat_room room;
    enum leat_status there = leat_peek(in, len, &span);
    if (there == LEAT_AGAIN)
        return there;
    enum leat_status status = leat_reserve(out, self->codec.out_min, &room);
    if (status != LEAT_OK)
        return status;
    struct leat_unpacked unpacked;
    span.len = span.len < len ? span.len : len;
    status = leat_unpack(&self->unpacker, span, room.data, block_len(self), &unpacked);
    leat_commit(out, unpacked.made);
    if (there != LEAT_OK && status != LEAT_FAULT)
        return there;
    status = block_judge(self, status, len, &unpacked, leat_tell(in));
    if (status != LEAT_OK)
        return status;
    leat_consume(in, len);
    self->block++;
    return LEAT_OK;
}

static enum leat_status next_block(struct unzisofs *self, struct leat_reader *in,
                                   struct leat_writer *out)
{
    if (self->block == self->blocks)
        return LEAT_DONE;
    if (!begins_block(self, self->block, leat_tell(in)))
        return pointer_fails(self, self->block);
    if (!ends_block(self, self->block))
        return pointer_fails(self, self->block + 1);
    uint64_t at = pointer(self, self->block);
    size_t len = (size_t)(pointer(self, self->block + 1) - at);
    if (len == 0)
        return hole_takes(self, out);
    enum leat_status status = goes_to(in, at);
    return status == LEAT_OK ? block_takes(self, in, len, out) : status;
}

/* --- The stage --- */

static enum leat_status unzisofs_start(struct leat_codec *codec, const void *options)
{
    struct unzisofs *self = (struct unzisofs *)codec;
    self->packed = options;
    self->unpacker = (struct leat_unpacker){
        .stage = &leat_stage_unzlib,
        .ctx = codec->ctx,
        .counts = codec->counts,
    };
    leat_assert(leat_iso_zisofs_refused(self->packed) == NULL);
    return LEAT_OK;
}

static enum leat_status unzisofs_step(struct leat_codec *codec, struct leat_reader *in,
                                      struct leat_writer *out)
{
    struct unzisofs *self = (struct unzisofs *)codec;
    if (self->place == AT_HEADER)
        return header_takes(self, in);
    if (self->place == AT_POINTERS)
        return pointers_take(self, in);
    leat_assert(self->place == AT_BLOCKS);
    return next_block(self, in, out);
}

/* On to the first block that begins and ends where one can. */
static enum leat_status unzisofs_resync(struct leat_codec *codec, struct leat_reader *in)
{
    struct unzisofs *self = (struct unzisofs *)codec;
    if (self->place != AT_BLOCKS)
        return LEAT_END;
    for (uint64_t i = self->block + 1; i < self->blocks; i++) {
        if (!begins_block(self, i, leat_tell(in)) || !ends_block(self, i))
            continue;
        enum leat_status status = goes_to(in, pointer(self, i));
        if (status == LEAT_OK)
            self->block = i;
        return status;
    }
    return LEAT_END;
}

static void unzisofs_stop(struct leat_codec *codec)
{
    struct unzisofs *self = (struct unzisofs *)codec;
    leat_deallocate(&codec->ctx->alloc, self->pointers);
    leat_unpacker_fini(&self->unpacker);
}

const struct leat_stage leat_iso_stage_unzisofs = {
    .name = "zisofs",
    .self_size = sizeof(struct unzisofs),
    .in_min = HEADER_LEN_MAX,
    .out_min = 1,
    .start = unzisofs_start,
    .step = unzisofs_step,
    .resync = unzisofs_resync,
    .stop = unzisofs_stop,
};

/* --- The reader --- */

/* The packed bytes: a limit that holds the stage's options, as it is closed behind that. */
struct extent {
    struct leat_limit limit;
    struct iso_zisofs packed;
};

struct leat_reader *leat_iso_unzisofs(struct leat_reader *src, const struct iso_zisofs *zisofs)
{
    static const struct leat_reader_ops ops = {
        .name = "limit",
        .self_size = sizeof(struct extent),
        .view = true,
        .fill = leat_limit_fill,
        .skip = leat_limit_skip,
        .share = leat_view_share,
    };
    struct extent *extent = leat_view_over(src, &ops);
    if (extent == NULL)
        return src;
    extent->packed = *zisofs;
    extent->limit.len = zisofs->packed_len;
    extent->limit.exact = true;
    return leat_pull(&extent->limit.reader, &leat_iso_stage_unzisofs, &extent->packed);
}
