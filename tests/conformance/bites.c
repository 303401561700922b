#include "tests/conformance/bites.h"
#include "leat/core/bytes.h"
#include "tests/support/toy.h"

enum { HELD_MAX = 100 };

struct broken {
    struct leat_codec codec;
    const uint8_t *loan;
    uint8_t held[HELD_MAX];
    size_t held_len;
    void *memory;
};

static enum leat_status same_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    return toy_same.step(codec, in, out);
}

/* Consumes its input before it knows that there is room. */
static enum leat_status drops_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    (void)codec;
    struct leat_span span;
    enum leat_status status = leat_peek(in, 1, &span);
    if (status == LEAT_END)
        return LEAT_DONE;
    for (size_t i = 0; status == LEAT_OK && i < span.len; i++) {
        struct leat_room room;
        uint8_t byte = span.data[i];
        leat_consume(in, 1);
        status = leat_reserve(out, 1, &room);
        if (status == LEAT_OK) {
            room.data[0] = byte;
            leat_commit(out, 1);
        }
    }
    return status;
}

/* Asks for more at once than it declares. */
static enum leat_status asks_step(struct leat_codec *codec, struct leat_reader *in,
                                  struct leat_writer *out)
{
    struct leat_span span;
    enum leat_status status = leat_peek(in, 2, &span);
    return status == LEAT_OK || status == LEAT_END ? same_step(codec, in, out) : status;
}

/* Looks at a loan of the step before. */
static enum leat_status keeps_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct broken *self = (struct broken *)codec;
    struct leat_room room;
    struct leat_span span;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status == LEAT_OK)
        status = leat_peek(in, 1, &span);
    if (status != LEAT_OK)
        return status == LEAT_END ? LEAT_DONE : status;
    room.data[0] = self->loan != NULL ? *self->loan : span.data[0];
    self->loan = span.len > 1 ? span.data + 1 : NULL;
    leat_commit(out, 1);
    leat_consume(in, 1);
    return LEAT_OK;
}

/* Takes the end of its input for its own. */
static enum leat_status trusts_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    enum leat_status status = toy_unpack.step(codec, in, out);
    return status == LEAT_END ? LEAT_DONE : status;
}

/* Consumes what follows its end. */
static enum leat_status overshoots_step(struct leat_codec *codec, struct leat_reader *in,
                                        struct leat_writer *out)
{
    enum leat_status status = toy_unpack.step(codec, in, out);
    struct leat_span span;
    if (status == LEAT_DONE && leat_peek(in, 1, &span) == LEAT_OK)
        leat_consume(in, 1);
    return status;
}

/* Waits for more input while it holds output back. */
static enum leat_status hoards_step(struct leat_codec *codec, struct leat_reader *in,
                                    struct leat_writer *out)
{
    struct broken *self = (struct broken *)codec;
    struct leat_room room;
    struct leat_span span;
    enum leat_status status = leat_reserve(out, HELD_MAX, &room);
    if (status != LEAT_OK)
        return status;
    status = leat_peek(in, 1, &span);
    if (status == LEAT_OK && self->held_len < HELD_MAX) {
        self->held[self->held_len++] = span.data[0];
        leat_consume(in, 1);
        return LEAT_OK;
    }
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, room.data, self->held, self->held_len);
    leat_commit(out, self->held_len);
    self->held_len = 0;
    return status == LEAT_END ? LEAT_DONE : LEAT_OK;
}

/* Flushes nothing, and says that it did. */
static enum leat_status lies_flush(struct leat_codec *codec, struct leat_writer *out)
{
    (void)codec;
    (void)out;
    return LEAT_OK;
}

static enum leat_status takes_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    ((struct broken *)codec)->memory = leat_allocate(&codec->ctx->alloc, 10);
    return LEAT_OK;
}

/* A broken decoder of the same bytes, beside an encoder that keeps the rules. */
#define DECODER(of, least, ...)                                                                    \
    {                                                                                              \
        .name = #of, .summary = "broken", .encoder = &toy_same,                                    \
        .decoder = &(const struct leat_stage){                                                     \
            .name = #of, .self_size = sizeof(struct broken), .out_min = (least), __VA_ARGS__       \
        },                                                                                         \
    }

/* A broken decoder of runs: one that knows its end. */
#define ENDING(of, do_step)                                                                        \
    {                                                                                              \
        .name = #of, .summary = "broken", .encoder = &toy_pack, .traits = LEAT_FORMAT_ENDS,        \
        .decoder = &(const struct leat_stage){ .name = #of,                                        \
                                               .self_size = 4 * sizeof(struct leat_codec),         \
                                               .out_min = 1,                                       \
                                               .in_min = 2,                                        \
                                               .step = do_step },                                  \
    }

const struct leat_format bites[] = {
    DECODER(drops, 1, .step = drops_step),
    DECODER(asks, 1, .step = asks_step),
    DECODER(keeps, 1, .step = keeps_step),
    DECODER(hoards, HELD_MAX, .step = hoards_step),
    DECODER(leaks, 1, .step = same_step, .start = takes_start),
    ENDING(trusts, trusts_step),
    ENDING(overshoots, overshoots_step),
    {
        .name = "lies",
        .summary = "broken",
        .decoder = &toy_same,
        .encoder = &(const struct leat_stage){ .name = "lies",
                                               .self_size = sizeof(struct broken),
                                               .out_min = HELD_MAX,
                                               .step = hoards_step,
                                               .flush = lies_flush },
    },
    { .name = NULL },
};
