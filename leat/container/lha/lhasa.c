/* liblhasa's decoders. One asks for bytes from the midst of its work, and fails for good where it
 * is given none. So it runs on a stack of its own, and leaves that where it would have to wait.
 *
 * What it has decoded by then is not seen before its call returns. So it is asked for no more than
 * surely comes of the bytes that are there: near their end for one byte at a time.
 *
 * Fuzzed, its version 0.3.1 does nothing worse than this: hostile codes have pm2 look for a length
 * up to 24 bytes behind a table of constants. It is bounded before it is used. */

#include "leat/container/lha/library.h"
#include "leat/container/lha/packed.h"
#include "leat/core/bytes.h"
#include "leat/fiber/stack.h"
#include "leat/fiber/switch.h"

LEAT_LATE_LIBRARY(leat_liblhasa, LEAT_LIBLHASA_FUNCTIONS, LEAT_SONAME_LHASA)

enum {
    OUT_LEN = 4096,
    /* A byte of output takes no more than 8 of input, but that tables come first: those of a block
     * of lh4 to lhx may be 1.1 KiB long, and a block is mostly of more than 16,000 codes. */
    IN_PER_OUT_MAX = 8,
    IN_TABLES_MAX = 1280,
};

struct lhasa {
    struct leat_codec codec;
    const struct lha_packed *packed;
    LHADecoder *decoder;
    bool by_bits; /* else it needs all the bytes that it asks for: lz5 */
    struct leat_stacks stacks;
    struct leat_stack *stack; /* NULL: none was needed yet */
    struct leat_switch inside, outside;
    bool parked; /* it stands inside, in the midst of a call */

    /* Of the input's window, what it has not read; and the packed bytes behind that. */
    struct leat_span input;
    uint64_t beyond;
    size_t wants;            /* it was left for so many bytes; 0: it was not */
    enum leat_status source; /* END or FAULT, once that is all that comes */

    /* The call under way, or the last one, and what came of it. */
    bool under_way;
    size_t asked, made, given;
    uint64_t size_left; /* behind what was made */
    uint8_t out[OUT_LEN];
};

/* --- Inside --- */

/* Decoders of bits ask for as many bytes as they have room for, and are content with one. Given
 * more they would have read some ahead, by how the input is cut: where one fails would depend on
 * that. */
static size_t on_read(void *to, size_t len, void *user)
{
    struct lhasa *self = user;
    if (len > 1 && self->by_bits)
        len = 1;
    while (self->input.len < len && self->beyond > 0 && self->source == LEAT_OK) {
        self->wants = len;
        leat_switch_to(&self->inside, &self->outside);
    }
    if (self->input.len < len)
        return 0;
    leat_bytes_copy(self->codec.counts, LEAT_CAUSE_CODEC, to, self->input.data, len);
    self->input.data += len;
    self->input.len -= len;
    return len;
}

static void call(struct lhasa *self)
{
    self->made = leat_liblhasa()->lha_decoder_read(self->decoder, self->out, self->asked);
}

/* Never left but by leaving: its frames own nothing. */
static void run(void *arg)
{
    struct lhasa *self = arg;
    while (true) {
        call(self);
        leat_switch_to(&self->inside, &self->outside);
    }
}

/* --- Outside --- */

static enum leat_status stack_take(struct lhasa *self)
{
    if (self->stack != NULL)
        return LEAT_OK;
    leat_stacks_init(&self->stacks, &(struct leat_stacks_options){ .kept_max = 1 });
    if (leat_stacks_take(&self->stacks, &self->stack) != LEAT_OK)
        return leat_codec_fails(&self->codec, LEAT_FAULT_MEMORY, NULL, 0);
    leat_switch_init(&self->inside, self->stack->low, self->stack->size, run, self);
    return LEAT_OK;
}

/* Have it go on until it is done or wants bytes; where all of them are there, right here. */
static enum leat_status enter(struct lhasa *self)
{
    if (self->beyond == 0 && !self->parked) {
        call(self);
        return LEAT_OK;
    }
    if (stack_take(self) != LEAT_OK)
        return LEAT_FAULT;
    leat_switch_to(&self->outside, &self->inside);
    self->parked = self->wants > 0;
    return LEAT_OK;
}

static void shows(struct lhasa *self, const struct leat_reader *in, struct leat_span window)
{
    uint64_t seen = leat_tell(in) + window.len; /* the source begins with the first of them */
    leat_assert(seen <= self->packed->packed_size);
    self->input = window;
    self->beyond = self->packed->packed_size - seen;
}

/* How many bytes surely come of the input that is there. */
static size_t plan(const struct lhasa *self)
{
    size_t max = self->size_left < OUT_LEN ? (size_t)self->size_left : OUT_LEN;
    if (self->beyond == 0)
        return max;
    if (self->input.len < IN_TABLES_MAX + 2 * IN_PER_OUT_MAX)
        return 1;
    size_t sure = (self->input.len - IN_TABLES_MAX) / IN_PER_OUT_MAX;
    return sure < max ? sure : max;
}

/* Get it what it wants. OK, also where nothing comes any more, or AGAIN. */
static enum leat_status answer(struct lhasa *self, struct leat_reader *in)
{
    struct leat_span window;
    enum leat_status status = leat_peek(in, self->wants, &window);
    if (status == LEAT_AGAIN)
        return LEAT_AGAIN;
    self->source = status;
    self->wants = 0;
    shows(self, in, window);
    return LEAT_OK;
}

/* Where a byte is missing some decoders of bits go on as if it were there: pm1 with zeros, as it
 * does behind the end, where some archives mean them. They were asked for one byte then. What lz5
 * gives lay before that. */
static void call_ends(struct lhasa *self)
{
    bool made_up = self->source == LEAT_FAULT && self->by_bits && self->made == self->asked;
    self->under_way = false;
    self->made = made_up ? 0 : self->made;
    self->given = 0;
    self->size_left -= self->made;
}

/* One call. OK, AGAIN, or FAULT. */
static enum leat_status decode(struct lhasa *self, struct leat_reader *in)
{
    if (!self->under_way) {
        struct leat_span window;
        (void)!leat_peek(in, 0, &window);
        shows(self, in, window);
        self->asked = plan(self);
        self->under_way = true;
    }
    do {
        if (self->wants > 0 && answer(self, in) != LEAT_OK)
            return LEAT_AGAIN;
        size_t shown = self->input.len;
        if (enter(self) != LEAT_OK)
            return LEAT_FAULT;
        leat_consume(in, shown - self->input.len);
    } while (self->wants > 0);
    call_ends(self);
    return LEAT_OK;
}

/* The call gave less than it was asked for, and no other will give more. */
static enum leat_status fails(struct lhasa *self, struct leat_reader *in)
{
    struct leat_span window;
    if (self->source != LEAT_OK || self->beyond + self->input.len == 0) {
        enum leat_status status = leat_peek(in, self->input.len + 1, &window);
        if (status != LEAT_OK)
            return status;
    }
    return leat_codec_fails(&self->codec, LEAT_FAULT_CORRUPT, "bad compressed data", leat_tell(in));
}

static enum leat_status lhasa_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct lhasa *self = (struct lhasa *)codec;
    if (self->given == self->made && self->size_left > 0) {
        bool failed = !self->under_way && self->made < self->asked;
        enum leat_status status = failed ? fails(self, in) : decode(self, in);
        if (status != LEAT_OK)
            return status;
    }
    if (self->given == self->made)
        return self->size_left == 0 ? LEAT_DONE : fails(self, in);
    size_t done;
    enum leat_status status =
        leat_write(out, self->out + self->given, self->made - self->given, &done);
    self->given += done;
    return status;
}

static enum leat_status lhasa_start(struct leat_codec *codec, const void *options)
{
    struct lhasa *self = (struct lhasa *)codec;
    const struct lha_packed *packed = options;
    char name[] = "-lh1-";
    if (leat_liblhasa() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "liblhasa cannot be loaded", 0);
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, name + 1, packed->method->name, 3);
    LHADecoderType *type = leat_liblhasa()->lha_decoder_for_name(name);
    if (type == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED,
                                "packed by a method that this liblhasa lacks", 0);
    self->packed = packed;
    self->size_left = packed->size;
    self->by_bits = !leat_bytes_equal(packed->method->name, "lz5", 3);
    self->decoder = leat_liblhasa()->lha_decoder_new(type, on_read, self, packed->size);
    if (self->decoder == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
    return LEAT_OK;
}

static void lhasa_stop(struct leat_codec *codec)
{
    struct lhasa *self = (struct lhasa *)codec;
    if (self->stack != NULL) {
        leat_switch_fini(&self->inside);
        leat_stacks_give(&self->stacks, self->stack);
        leat_stacks_fini(&self->stacks);
    }
    if (self->decoder != NULL)
        leat_liblhasa()->lha_decoder_free(self->decoder);
}

const struct leat_stage leat_lha_stage_lhasa = {
    .name = "lha",
    .self_size = sizeof(struct lhasa),
    .in_min = 8,
    .out_min = 1,
    .start = lhasa_start,
    .step = lhasa_step,
    .stop = lhasa_stop,
};
