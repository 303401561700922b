/* The decoder: a window of its own, and a step that stops wherever the bits or the room end.
 *
 *      history: 64 KiB, which matches look back at     not written out yet: up to 64 KiB
 *   ────────────────────────────────────────────────┬──────────────────────────────────┬────
 *                                                 given                              made
 *
 * Both counts run on; a byte's place in the window is its count modulo the window's size. What is
 * smaller than a symbol is never kept from step to step but for the rest of a byte: whole bytes
 * that were looked at and not used stay in the input. */

#include "leat/stage/deflate64/deflate64.h"

#include "leat/core/bytes.h"
#include "leat/stage/deflate64/huffman.h"

#define HISTORY ((size_t)64 * LEAT_KIB)
#define WINDOW  (2 * HISTORY)

enum {
    LENGTHS_MAX = 288,
    DISTANCES_MAX = 32,
    ORDER_LEN = 19, /* codes that the lengths of codes are packed by */
    END_OF_BLOCK = 256,
    IN_MIN = 8, /* more than the 31 bits of a length, or any other item */
};

enum place {
    AT_BLOCK,
    AT_STORED_LEN,
    AT_STORED,
    AT_TABLE,
    AT_ORDER,
    AT_LENGTHS,
    AT_SYMBOL,
    AT_DISTANCE,
    AT_MATCH,
    AT_END,
    AT_FAULT,
};

/* The bits at hand, of the input's window and of the byte before it. */
struct bits {
    uint64_t value;
    unsigned len;
    const uint8_t *next;
    const uint8_t *end;
};

struct inflate64 {
    struct leat_codec codec;
    enum place place;
    bool last;         /* this block is */
    uint8_t rest;      /* bits of a byte that was consumed, */
    uint8_t rest_len;  /* and how many: 0 .. 7 */
    uint8_t need;      /* bytes of input that the next item takes at least */
    uint32_t left;     /* of a stored block, or of a match */
    uint32_t distance; /* of the match */
    uint64_t made, given;
    const char *reason; /* AT_FAULT: why, and where */
    uint64_t fault_at;
    unsigned lengths_len, distances_len, order_len; /* of the table that is being read */
    unsigned lengths_at;
    uint8_t lengths[LENGTHS_MAX + DISTANCES_MAX];
    uint8_t order[ORDER_LEN];
    struct leat_huffman length_code, distance_code;
    uint8_t window[WINDOW];
};

/* --- Bits --- */

static void bits_refill(struct bits *bits)
{
    while (bits->len <= 56 && bits->next < bits->end) {
        bits->value |= (uint64_t)*bits->next++ << bits->len;
        bits->len += 8;
    }
}

static unsigned bits_take(struct bits *bits, unsigned n)
{
    leat_assert_slow(n <= bits->len);
    unsigned value = (unsigned)(bits->value & (((uint64_t)1 << n) - 1));
    bits->value >>= n;
    bits->len -= n;
    return value;
}

/* --- Items: true when one was read; false when the bits end, or it is wrong (AT_FAULT) --- */

static bool fails(struct inflate64 *self, const char *reason)
{
    self->place = AT_FAULT;
    self->reason = reason;
    return false;
}

/* RFC 1951, 3.2.6. Here distances have 32 codes, and lengths none too many. */
static void fixed_codes(struct inflate64 *self)
{
    for (unsigned i = 0; i < LENGTHS_MAX; i++)
        self->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    for (unsigned i = 0; i < DISTANCES_MAX; i++)
        self->lengths[LENGTHS_MAX + i] = 5;
    bool made = leat_huffman_make(&self->length_code, self->lengths, LENGTHS_MAX);
    made =
        made && leat_huffman_make(&self->distance_code, self->lengths + LENGTHS_MAX, DISTANCES_MAX);
    leat_assert(made);
}

static bool block_header(struct inflate64 *self, struct bits *bits)
{
    if (bits->len < 3)
        return false;
    self->last = bits_take(bits, 1);
    switch (bits_take(bits, 2)) {
    case 0:
        self->place = AT_STORED_LEN;
        bits_take(bits, bits->len & 7);
        return true;
    case 1:
        fixed_codes(self);
        self->place = AT_SYMBOL;
        return true;
    case 2:
        self->place = AT_TABLE;
        return true;
    default:
        return fails(self, "bad block header");
    }
}

static bool stored_len(struct inflate64 *self, struct bits *bits)
{
    if (bits->len < 32)
        return false;
    unsigned len = bits_take(bits, 16);
    if ((len ^ bits_take(bits, 16)) != 0xffff)
        return fails(self, "bad length of a stored block");
    self->left = len;
    self->place = AT_STORED;
    return true;
}

static bool table_sizes(struct inflate64 *self, struct bits *bits)
{
    if (bits->len < 14)
        return false;
    self->lengths_len = bits_take(bits, 5) + 257;
    self->distances_len = bits_take(bits, 5) + 1;
    self->order_len = bits_take(bits, 4) + 4;
    self->lengths_at = 0;
    leat_bytes_zero(self->order, sizeof(self->order));
    if (self->lengths_len > 286)
        return fails(self, "bad code lengths");
    self->place = AT_ORDER;
    return true;
}

static bool table_order(struct inflate64 *self, struct bits *bits)
{
    static const uint8_t order[ORDER_LEN] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                              11, 4,  12, 3, 13, 2, 14, 1, 15 };
    if (self->lengths_at < self->order_len) {
        if (bits->len < 3)
            return false;
        self->order[order[self->lengths_at++]] = (uint8_t)bits_take(bits, 3);
        return true;
    }
    self->lengths_at = 0;
    self->place = AT_LENGTHS;
    return leat_huffman_make(&self->length_code, self->order, ORDER_LEN) ||
           fails(self, "bad code lengths");
}

static bool table_ends(struct inflate64 *self)
{
    self->place = AT_SYMBOL;
    return (self->lengths[END_OF_BLOCK] > 0 &&
            leat_huffman_make(&self->length_code, self->lengths, self->lengths_len) &&
            leat_huffman_make(&self->distance_code, self->lengths + self->lengths_len,
                              self->distances_len)) ||
           fails(self, "bad code lengths");
}

/* One length, or a run of equal ones: RFC 1951, 3.2.7. */
static bool table_length(struct inflate64 *self, struct bits *bits)
{
    static const struct {
        uint8_t extra, least;
    } runs[] = { { 2, 3 }, { 3, 3 }, { 7, 11 } };
    if (self->lengths_at == self->lengths_len + self->distances_len)
        return table_ends(self);
    unsigned code_len = 0;
    int symbol = leat_huffman_next(&self->length_code, bits->value, bits->len, &code_len);
    if (symbol == LEAT_HUFFMAN_WRONG)
        return fails(self, "bad code");
    unsigned extra = symbol >= 16 ? runs[symbol - 16].extra : 0;
    if (symbol == LEAT_HUFFMAN_MORE || code_len + extra > bits->len)
        return false;
    bits_take(bits, code_len);
    unsigned run = symbol >= 16 ? runs[symbol - 16].least + bits_take(bits, extra) : 1;
    if (run > self->lengths_len + self->distances_len - self->lengths_at ||
        (symbol == 16 && self->lengths_at == 0))
        return fails(self, "bad code lengths");
    uint8_t len = symbol == 16 ? self->lengths[self->lengths_at - 1] : (uint8_t)symbol;
    for (unsigned i = 0; i < run; i++)
        self->lengths[self->lengths_at++] = symbol > 16 ? 0 : len;
    return true;
}

/* A byte, the length of a match, or the block's end. */
static bool symbol_next(struct inflate64 *self, struct bits *bits)
{
    static const uint16_t least[] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                      15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                      67, 83, 99, 115, 131, 163, 195, 227, 3 };
    static const uint8_t extras[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16 };
    unsigned code_len = 0;
    int symbol = leat_huffman_next(&self->length_code, bits->value, bits->len, &code_len);
    if (symbol == LEAT_HUFFMAN_MORE)
        return false;
    unsigned match = symbol > END_OF_BLOCK ? (unsigned)symbol - END_OF_BLOCK - 1 : 0;
    if (symbol == LEAT_HUFFMAN_WRONG || match >= sizeof(extras))
        return fails(self, "bad code");
    if (symbol > END_OF_BLOCK && code_len + extras[match] > bits->len)
        return false;
    bits_take(bits, code_len);
    if (symbol < END_OF_BLOCK) {
        self->window[self->made++ % WINDOW] = (uint8_t)symbol;
    } else if (symbol == END_OF_BLOCK) {
        self->place = self->last ? AT_END : AT_BLOCK;
    } else {
        self->left = least[match] + bits_take(bits, extras[match]);
        self->place = AT_DISTANCE;
    }
    return true;
}

static bool distance_next(struct inflate64 *self, struct bits *bits)
{
    unsigned code_len = 0;
    int symbol = leat_huffman_next(&self->distance_code, bits->value, bits->len, &code_len);
    if (symbol == LEAT_HUFFMAN_MORE)
        return false;
    if (symbol == LEAT_HUFFMAN_WRONG)
        return fails(self, "bad code");
    unsigned extra = symbol < 4 ? 0 : (unsigned)symbol / 2 - 1;
    if (code_len + extra > bits->len)
        return false;
    uint64_t value = bits->value >> code_len & ((1u << extra) - 1);
    uint32_t least = symbol < 4 ? (uint32_t)symbol : (2u | (symbol & 1)) << extra;
    self->distance = least + (uint32_t)value + 1;
    if (self->distance > self->made)
        return fails(self, "distance too far back");
    bits_take(bits, code_len + extra);
    self->place = AT_MATCH;
    return true;
}

/* --- Into the window --- */

static size_t window_room(const struct inflate64 *self)
{
    return HISTORY - (size_t)(self->made - self->given);
}

static void match_copy(struct inflate64 *self)
{
    size_t room = window_room(self);
    uint32_t n = self->left < room ? self->left : (uint32_t)room;
    uint64_t from = self->made - self->distance;
    for (uint32_t i = 0; i < n; i++)
        self->window[self->made++ % WINDOW] = self->window[from++ % WINDOW];
    self->left -= n;
    if (self->left == 0)
        self->place = AT_SYMBOL;
}

/* The bits are at a byte's bound. */
static bool stored_copy(struct inflate64 *self, struct bits *bits)
{
    leat_assert(bits->len % 8 == 0);
    while (self->left > 0 && window_room(self) > 0 && bits->len > 0) {
        self->window[self->made++ % WINDOW] = (uint8_t)bits_take(bits, 8);
        self->left--;
        bits_refill(bits);
    }
    if (self->left == 0)
        self->place = self->last ? AT_END : AT_BLOCK;
    return self->left == 0;
}

/* Read one item. False: no further for want of bits, or for good. */
static bool item(struct inflate64 *self, struct bits *bits)
{
    switch (self->place) {
    case AT_BLOCK:
        return block_header(self, bits);
    case AT_STORED_LEN:
        return stored_len(self, bits);
    case AT_STORED:
        return stored_copy(self, bits);
    case AT_TABLE:
        return table_sizes(self, bits);
    case AT_ORDER:
        return table_order(self, bits);
    case AT_LENGTHS:
        return table_length(self, bits);
    case AT_SYMBOL:
        return symbol_next(self, bits);
    case AT_DISTANCE:
        return distance_next(self, bits);
    case AT_MATCH:
        match_copy(self);
        return true;
    case AT_END:
    case AT_FAULT:
        break;
    }
    return false;
}

/* --- The step --- */

/* Write what was made, as much of it as there is room for. */
static enum leat_status give(struct inflate64 *self, struct leat_writer *out)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    size_t at = (size_t)(self->given % WINDOW);
    size_t n = (size_t)(self->made - self->given);
    if (n > WINDOW - at)
        n = WINDOW - at;
    if (n > room.len)
        n = room.len;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, room.data, self->window + at, n);
    leat_commit(out, n);
    self->given += n;
    return LEAT_OK;
}

/* Decode the window of the input, until it or the room ends. */
static void decode(struct inflate64 *self, struct leat_reader *in, struct leat_span span)
{
    struct bits bits = {
        .value = self->rest,
        .len = self->rest_len,
        .next = span.data,
        .end = span.data + span.len,
    };
    bool read = true;
    while (read && window_room(self) > 0) {
        bits_refill(&bits);
        read = item(self, &bits);
    }
    size_t used = (size_t)(bits.next - span.data) - bits.len / 8;
    self->rest_len = bits.len % 8;
    self->rest = (uint8_t)(bits.value & ((1u << self->rest_len) - 1));
    self->need = read ? 0 : (uint8_t)(span.len - used + 1);
    self->fault_at = leat_tell(in) + used;
    leat_consume(in, used);
}

static enum leat_status inflate64_step(struct leat_codec *codec, struct leat_reader *in,
                                       struct leat_writer *out)
{
    struct inflate64 *self = (struct inflate64 *)codec;
    uint64_t start = leat_tell(in);
    if (self->made > self->given)
        return give(self, out);
    /* An item may take nothing but bits of the last byte, so it is tried before more is asked for.
     */
    while (self->made == self->given && leat_tell(in) == start) {
        if (self->place == AT_FAULT)
            return leat_codec_fails(codec, LEAT_FAULT_CORRUPT, self->reason, self->fault_at);
        if (self->place == AT_END)
            return LEAT_DONE;
        struct leat_span span;
        enum leat_status status = leat_peek(in, self->need, &span);
        if (status != LEAT_OK)
            return status;
        decode(self, in, span);
    }
    return LEAT_OK;
}

const struct leat_stage leat_stage_inflate64 = {
    .name = "deflate64",
    .self_size = sizeof(struct inflate64),
    .in_min = IN_MIN,
    .out_min = 1,
    .step = inflate64_step,
};
