/* LZW as compress(1) has it. No specification is known but the program; what is odd about it:
 *
 * - Codes come in groups of eight, which fill as many bytes as a code has bits. Where the width
 *   changes, the rest of the group is skipped.
 * - The width grows when the table is full for it, also where it is the first and the largest:
 *   with 9 bits at most, codes have 10 in the end. (So it is for all that decode. The compress of
 *   today encodes otherwise, and cannot read those files itself.)
 * - Behind a code that clears the table, the first entry made is that of the clearing code itself,
 *   which nothing can refer to.
 *
 * An entry is a string: that of an earlier entry, and one byte more. The length of each is kept, so
 * that a string is written from its end straight to its place. */

#include "leat/core/load.h"
#include "leat/stage/compress/compress.h"

enum {
    HEADER_LEN = 3,
    BITS_MIN = 9,
    BITS_MAX = 16,
    FLAG_CLEARS = 0x80, /* a code clears the table */
    FLAGS_RESERVED = 0x60,
    BITS_MASK = 0x1f,
    CODE_CLEAR = 256,
    LITERALS = 256,
    GROUP = 8, /* codes */
    ENTRIES_MAX = 1 << BITS_MAX,
};

/* Each entry is one byte longer than another at most: this is longer than any. */
#define OUT_MIN ((size_t)ENTRIES_MAX)

struct entries {
    uint16_t prefix[ENTRIES_MAX];
    uint16_t len[ENTRIES_MAX]; /* at most ENTRIES_MAX - LITERALS */
    uint8_t last[ENTRIES_MAX];
};

struct uncompress {
    struct leat_codec codec;
    struct entries *entries;
    bool begun;        /* the header was read */
    bool clears;       /* CODE_CLEAR does */
    bool has_old;      /* a code came before */
    uint8_t first;     /* byte of the last code's string */
    unsigned bits_max; /* as the header has it */
    unsigned bits;     /* of a code now */
    unsigned used;     /* codes of the group that the input stands on */
    unsigned old;      /* the last code */
    unsigned entries_len;
    size_t skip_left; /* of a group that is left */
};

static enum leat_status uncompress_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    struct uncompress *self = (struct uncompress *)codec;
    self->entries = leat_allocate(&codec->ctx->alloc, sizeof(*self->entries));
    if (self->entries == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    codec->counts->allocations++;
    codec->counts->allocated += sizeof(*self->entries);
    for (unsigned i = 0; i < LITERALS; i++) {
        self->entries->last[i] = (uint8_t)i;
        self->entries->len[i] = 1;
    }
    return LEAT_OK;
}

static bool is_known(uint8_t flags)
{
    unsigned bits = flags & BITS_MASK;
    return (flags & FLAGS_RESERVED) == 0 && bits >= BITS_MIN && bits <= BITS_MAX;
}

static enum leat_status take_header(struct uncompress *self, struct leat_reader *in)
{
    static const uint8_t magic[] = { 0x1f, 0x9d };
    struct leat_span span;
    enum leat_status status = leat_peek(in, HEADER_LEN, &span);
    if (leat_match_magic(span.data, span.len, magic, sizeof(magic)) == LEAT_MATCH_NO)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "no compress data",
                                leat_tell(in));
    if (status != LEAT_OK)
        return status;
    uint8_t flags = span.data[2];
    if (!is_known(flags))
        return leat_codec_fails(&self->codec, LEAT_FAULT_UNSUPPORTED, "unknown flags",
                                leat_tell(in) + 2);
    leat_consume(in, HEADER_LEN);
    self->clears = (flags & FLAG_CLEARS) != 0;
    self->bits_max = flags & BITS_MASK;
    self->bits = BITS_MIN;
    self->entries_len = LITERALS + self->clears;
    self->begun = true;
    return LEAT_OK;
}

/* Bytes of the group that hold its first `codes` codes. */
static size_t bytes_of(const struct uncompress *self, unsigned codes)
{
    return (codes * self->bits + 7) / 8;
}

static unsigned code_at(const struct uncompress *self, struct leat_span group)
{
    size_t bit = (size_t)self->used * self->bits;
    size_t at = bit / 8;
    uint32_t word = group.data[at] | (uint32_t)group.data[at + 1] << 8;
    if (at + 2 < group.len)
        word |= (uint32_t)group.data[at + 2] << 16;
    return word >> bit % 8 & ((1u << self->bits) - 1);
}

/* Leave the group that is begun, since codes are of another width behind it. */
static void set_bits(struct uncompress *self, unsigned bits)
{
    self->skip_left = self->used > 0 ? self->bits : 0;
    self->used = 0;
    self->bits = bits;
}

/* Whether the table has all entries that codes of this width can name. Of the largest width there
 * is one more, which is never made; but see the top of this file. */
static bool is_full_for_bits(const struct uncompress *self)
{
    bool largest = self->bits == self->bits_max && self->bits > BITS_MIN;
    return self->entries_len > (largest ? 1u << self->bits : (1u << self->bits) - 1);
}

/* Write the string of `code`, from its end to its start. */
static void put_string(struct uncompress *self, unsigned code, uint8_t *to)
{
    const struct entries *entries = self->entries;
    size_t at = entries->len[code];
    leat_assert(at > 0);
    while (at > 1) {
        to[--at] = entries->last[code];
        code = entries->prefix[code];
    }
    leat_assert(code < LITERALS);
    to[0] = (uint8_t)code;
    self->first = (uint8_t)code;
}

/* The last code's string and the first byte of this one's, where there is room for it. */
static void add_entry(struct uncompress *self)
{
    struct entries *entries = self->entries;
    unsigned entry = self->entries_len;
    if (entry >= 1u << self->bits_max)
        return;
    entries->prefix[entry] = (uint16_t)self->old;
    entries->len[entry] = (uint16_t)(entries->len[self->old] + 1);
    entries->last[entry] = self->first;
    self->entries_len++;
}

/* Write what a code stands for. How many bytes that is; 0: the code can stand for nothing. */
static size_t put_code(struct uncompress *self, unsigned code, uint8_t *to)
{
    const struct entries *entries = self->entries;
    size_t len;
    bool is_next = code == self->entries_len && code < 1u << self->bits_max;
    if (!(code < self->entries_len || is_next) || (!self->has_old && code >= LITERALS))
        return 0;
    if (is_next) {
        /* The entry that is about to be made: it ends as it begins. */
        put_string(self, self->old, to);
        len = entries->len[self->old];
        to[len++] = self->first;
    } else {
        put_string(self, code, to);
        len = entries->len[code];
    }
    if (self->has_old)
        add_entry(self);
    self->has_old = true;
    self->old = code;
    return len;
}

/* Decode while there are codes, and room for the longest string. OK, or FAULT. */
static enum leat_status take_codes(struct uncompress *self, struct leat_reader *in,
                                   struct leat_span span, struct leat_writer *out,
                                   struct leat_room room)
{
    size_t made = 0;
    size_t taken = 0;
    bool right = true;
    while (right && room.len - made >= OUT_MIN) {
        if (is_full_for_bits(self)) {
            set_bits(self, self->bits + 1);
            break;
        }
        struct leat_span group = { .data = span.data + taken, .len = span.len - taken };
        if (group.len < bytes_of(self, self->used + 1))
            break;
        unsigned code = code_at(self, group);
        if (self->has_old && self->clears && code == CODE_CLEAR) {
            self->used++;
            self->entries_len = CODE_CLEAR;
            set_bits(self, BITS_MIN);
            break;
        }
        size_t len = put_code(self, code, room.data + made);
        right = len > 0;
        made += len;
        self->used = (self->used + right) % GROUP;
        taken += right && self->used == 0 ? self->bits : 0;
    }
    leat_commit(out, made);
    leat_consume(in, taken);
    if (!right)
        return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad code",
                                leat_tell(in) + bytes_of(self, self->used));
    return LEAT_OK;
}

static enum leat_status uncompress_step(struct leat_codec *codec, struct leat_reader *in,
                                        struct leat_writer *out)
{
    struct uncompress *self = (struct uncompress *)codec;
    if (!self->begun)
        return take_header(self, in);
    uint64_t skipped;
    enum leat_status status = leat_skip(in, self->skip_left, &skipped);
    self->skip_left -= (size_t)skipped;
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    struct leat_span span;
    status = leat_peek(in, bytes_of(self, self->used + 1), &span);
    if (status == LEAT_END) {
        leat_consume(in, span.len); /* bits that are no code */
        return LEAT_DONE;
    }
    struct leat_room room;
    if (status == LEAT_OK)
        status = leat_reserve(out, OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    return take_codes(self, in, span, out, room);
}

static void uncompress_stop(struct leat_codec *codec)
{
    leat_deallocate(&codec->ctx->alloc, ((struct uncompress *)codec)->entries);
}

const struct leat_stage leat_stage_uncompress = {
    .name = "compress",
    .self_size = sizeof(struct uncompress),
    .in_min = BITS_MAX,
    .out_min = OUT_MIN,
    .start = uncompress_start,
    .step = uncompress_step,
    .stop = uncompress_stop,
};

struct leat_reader *leat_uncompress(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_uncompress, NULL);
}

/* The first code is always a byte's, whose ninth bit is not set. */
enum { NINTH_BIT_AT = HEADER_LEN + 1 };

static enum leat_match compress_probe(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = { 0x1f, 0x9d };
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES)
        return match;
    if (len >= HEADER_LEN && !is_known(data[2]))
        return LEAT_MATCH_NO;
    if (len <= NINTH_BIT_AT)
        return LEAT_MATCH_MORE;
    return (data[NINTH_BIT_AT] & 1) == 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* Nothing, compressed, is a header alone. */
static bool compress_probe_all(const uint8_t *data, size_t len)
{
    return len >= HEADER_LEN && compress_probe(data, len) == LEAT_MATCH_MORE;
}

const struct leat_format leat_format_compress = {
    .name = "compress",
    .summary = "compress (LZW), of 9 to 16 bits",
    .endings = (const char *const[]){ ".Z", ".taz", NULL },
    .probe = compress_probe,
    .probe_max = NINTH_BIT_AT + 1,
    .probe_all = compress_probe_all,
    .decoder = &leat_stage_uncompress,
};
