#include "leat/stage/gzip/gzip.h"
#include "leat/stage/gzip/inflate.h"

/* ISA-L counts in 32 bits. */
#define CALL_BYTES_MAX ((size_t)1 << 30)

_Static_assert(LEAT_INFLATE_OUT_MIN > 2 * ISAL_DEF_HIST_SIZE + ISAL_LOOK_AHEAD,
               "room for all that ISA-L may hold back");

void leat_inflater_begin(struct leat_inflater *inflater)
{
    isal_inflate_init(&inflater->isal);
    inflater->owes = false;
}

/* Bytes that ISA-L copies besides writing output once, from its source (igzip_inflate.c): output
 * that goes by way of its buffer, which is filled first, and the history that it saves. */
static uint64_t copied(const struct inflate_state *isal, size_t processed_before, size_t made)
{
    size_t room = sizeof(isal->tmp_out_buffer) - processed_before;
    size_t through = made < room ? made : room;
    bool saves = isal->block_state != ISAL_BLOCK_FINISH &&
                 isal->block_state != ISAL_BLOCK_INPUT_DONE &&
                 processed_before + made >= ISAL_DEF_HIST_SIZE;
    return through + (saves ? ISAL_DEF_HIST_SIZE : 0) + (size_t)isal->tmp_in_size;
}

/* Whole bytes that wait in the bit buffer, not yet looked at. */
static size_t bytes_ahead(const struct inflate_state *isal)
{
    return isal->read_in_length > 0 ? (size_t)isal->read_in_length / 8 : 0;
}

/* Give those bytes back to the input, for what follows the stream's end is not ours. Only where
 * that end can be among them: after stopping for want of input, all of them are needed. */
static size_t give_back(struct inflate_state *isal)
{
    size_t ahead = bytes_ahead(isal);
    isal->read_in_length -= (int32_t)(8 * ahead);
    isal->read_in &= ((uint64_t)1 << (isal->read_in_length & 7)) - 1;
    return ahead;
}

/* ISA-L's fast loop moves the end of its output before it finds that a distance is wrong, and gives
 * the lengths of both buffers back a margin short, which shows that it was that loop: then as much
 * as one match at the end may never have been written. */
static size_t made_for_sure(size_t made, bool lengths_agree)
{
    if (lengths_agree)
        return made;
    return made > ISAL_DEF_MAX_MATCH ? made - ISAL_DEF_MAX_MATCH : 0;
}

static const char *reason(int code)
{
    switch (code) {
    case ISAL_INVALID_BLOCK:
        return "bad block header";
    case ISAL_INVALID_SYMBOL:
        return "bad code";
    case ISAL_INVALID_LOOKBACK:
        return "distance too far back";
    default:
        return "bad data";
    }
}

static void isal_takes(struct inflate_state *isal, struct leat_span span, struct leat_room room)
{
    isal->next_in = (uint8_t *)(uintptr_t)span.data;
    isal->avail_in = (uint32_t)(span.len < CALL_BYTES_MAX ? span.len : CALL_BYTES_MAX);
    isal->next_out = room.data;
    isal->avail_out = (uint32_t)(room.len < CALL_BYTES_MAX ? room.len : CALL_BYTES_MAX);
}

enum leat_status leat_inflater_step(struct leat_codec *codec, struct leat_inflater *inflater,
                                    struct leat_reader *in, struct leat_writer *out,
                                    struct leat_span *ret)
{
    struct inflate_state *isal = &inflater->isal;
    *ret = (struct leat_span){ 0 };
    struct leat_span span;
    enum leat_status status = leat_peek(in, inflater->owes ? 0 : 1, &span);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, LEAT_INFLATE_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;

    isal_takes(isal, span, room);
    uint32_t given = isal->avail_in;
    size_t processed_before = (size_t)isal->tmp_out_processed;
    int code = isal_inflate(isal);

    leat_assert(isal->next_out >= room.data);
    size_t taken = (size_t)(isal->next_in - span.data);
    size_t made = (size_t)(isal->next_out - room.data);
    leat_assert(taken <= given);
    leat_assert(made <= room.len);
    if (code != ISAL_DECOMP_OK) {
        made = made_for_sure(made, taken + isal->avail_in == given);
        leat_codec_fails(codec, LEAT_FAULT_CORRUPT, reason(code),
                         leat_tell(in) + taken - bytes_ahead(isal));
    }
    leat_codec_copied(codec, copied(isal, processed_before, made));
    *ret = (struct leat_span){ .data = room.data, .len = made };
    leat_commit(out, made);
    if (code != ISAL_DECOMP_OK)
        return LEAT_FAULT;

    bool done = isal->block_state == ISAL_BLOCK_FINISH;
    inflater->owes = isal->avail_out == 0 && !done;
    size_t back = (done || inflater->owes) && isal->tmp_in_size == 0 ? give_back(isal) : 0;
    leat_assert(back <= taken);
    leat_consume(in, taken - back);
    return done ? LEAT_DONE : LEAT_OK;
}

/* --- Raw deflate --- */

struct inflate {
    struct leat_codec codec;
    struct leat_inflater inflater;
};

static enum leat_status inflate_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    leat_inflater_begin(&((struct inflate *)codec)->inflater);
    return LEAT_OK;
}

static enum leat_status inflate_step(struct leat_codec *codec, struct leat_reader *in,
                                     struct leat_writer *out)
{
    struct leat_span made;
    return leat_inflater_step(codec, &((struct inflate *)codec)->inflater, in, out, &made);
}

const struct leat_stage leat_stage_inflate = {
    .name = "deflate",
    .self_size = sizeof(struct inflate),
    .out_min = LEAT_INFLATE_OUT_MIN,
    .out_good = LEAT_INFLATE_OUT_GOOD,
    .start = inflate_start,
    .step = inflate_step,
};

struct leat_reader *leat_inflate(struct leat_reader *src)
{
    return leat_pull(src, &leat_stage_inflate, NULL);
}

const struct leat_format leat_format_deflate = {
    .name = "deflate",
    .summary = "raw deflate data, without header or checksum (RFC 1951)",
    .endings = (const char *const[]){ ".deflate", NULL },
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_LEVELS,
    .decoder = &leat_stage_inflate,
    .encoder = &leat_stage_deflate,
};
