#include "leat/stage/gzip/inflate.h"

#include <isa-l/igzip_lib.h>

#include "leat/core/bytes.h"

/* ISA-L counts in 32 bits. */
#define CALL_BYTES_MAX ((size_t)1 << 30)

_Static_assert(LEAT_INFLATE_OUT_MIN > 2 * ISAL_DEF_HIST_SIZE + ISAL_LOOK_AHEAD,
               "room for all that ISA-L may hold back");

/* Its state but the buffer of output behind: mostly the tables of the present block. */
#define STATE_HEAD_LEN offsetof(struct inflate_state, tmp_out_buffer)

struct leat_inflate_memory {
    struct inflate_state isal;
    uint8_t before[STATE_HEAD_LEN]; /* as it was before the present call */
};

void leat_inflater_begin(struct leat_inflater *inflater)
{
    inflater->fresh = true;
    inflater->owes = false;
}

void leat_inflater_stop(struct leat_inflater *inflater, struct leat_codec *codec)
{
    leat_deallocate(&codec->ctx->alloc, inflater->memory);
}

/* Have ISA-L's state ready. Its memory is not leat_allocate's: it sets what it reads, and to write
 * zeros into all of it takes as long as to decode a small file. */
static enum leat_status prepare(struct leat_inflater *inflater, struct leat_codec *codec)
{
    struct leat_inflate_memory *memory = inflater->memory;
    if (memory == NULL) {
        const struct leat_alloc *alloc = &codec->ctx->alloc;
        memory = alloc->resize(alloc->user, NULL, sizeof(*memory));
        if (memory == NULL)
            return leat_codec_fails(codec, LEAT_FAULT_MEMORY, NULL, 0);
        codec->counts->allocations++;
        codec->counts->allocated += sizeof(*memory);
        inflater->memory = memory;
    }
    if (inflater->fresh)
        isal_inflate_init(&memory->isal);
    return LEAT_OK;
}

/* Remember how the state is before a call with `len` bytes of input, for find_stop. Within a block,
 * so few that the loop which it is about does not run need none of it. */
static void remember(struct leat_inflater *inflater, size_t len)
{
    enum { FAST_LEN_MIN = 8 };
    struct leat_inflate_memory *memory = inflater->memory;
    enum isal_block_state state = memory->isal.block_state;
    inflater->remembers =
        len >= FAST_LEN_MIN || state == ISAL_BLOCK_NEW_HDR || state == ISAL_BLOCK_HDR;
    if (inflater->remembers && !inflater->fresh)
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, memory->before, &memory->isal, STATE_HEAD_LEN);
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

/* Where decoding stopped, of one call. */
struct stop {
    int code;
    size_t taken; /* of the input, */
    size_t ahead; /* of which so much, or of earlier calls, was not looked at */
    size_t made;
};

/* Find out where an error is just. ISA-L's fast loop moves the end of its output before it finds
 * that a distance is wrong: as much as one match may never have been written. And where a header is
 * found to be wrong depends on how much of it there was. So the call is made again, up to before
 * the error, and on by single bytes. What comes out is only counted: the history is gone by now. */
static void find_stop(struct leat_inflater *inflater, struct leat_codec *codec,
                      struct leat_span span, struct stop *stop)
{
    enum { BEFORE = ISAL_DEF_MAX_HDR_SIZE + 32 }; /* a header, or a symbol and what is read ahead */
    struct leat_inflate_memory *memory = inflater->memory;
    struct inflate_state *isal = &memory->isal;
    const struct leat_alloc *alloc = &codec->ctx->alloc;
    size_t room_len = stop->made + LEAT_INFLATE_OUT_MIN;
    uint8_t *room = alloc->resize(alloc->user, NULL, room_len);
    if (room == NULL) {
        stop->made -= stop->made < ISAL_DEF_MAX_MATCH ? stop->made : ISAL_DEF_MAX_MATCH;
        return;
    }
    if (inflater->fresh)
        isal_inflate_init(isal);
    else
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, isal, memory->before, STATE_HEAD_LEN);
    isal->next_out = room;
    isal->avail_out = (uint32_t)room_len;
    size_t len = stop->taken > BEFORE ? stop->taken - BEFORE : 1;
    int code = ISAL_DECOMP_OK;
    for (size_t at = 0; at < span.len && code == ISAL_DECOMP_OK; at += len, len = 1) {
        isal->next_in = (uint8_t *)(uintptr_t)span.data + at;
        isal->avail_in = (uint32_t)len;
        code = isal_inflate(isal);
    }
    size_t made = (size_t)(isal->next_out - room);
    if (code != ISAL_DECOMP_OK && made <= stop->made)
        *stop = (struct stop){ code, (size_t)(isal->next_in - span.data), bytes_ahead(isal), made };
    leat_deallocate(alloc, room);
}

/* ISA-L decodes up to three letters at a time, or none of them where the input ends within; so up
 * to two whole ones may be missing. Whatever may follow is tried, in so many ways that what comes
 * of all of them is what stands there. Returns how many bytes that are. */
static size_t last_letters(struct leat_inflater *inflater, uint8_t *ret)
{
    enum { LETTERS_MAX = 2, WAYS = 32 };
    struct leat_inflate_memory *memory = inflater->memory;
    struct inflate_state *isal = &memory->isal;
    uint8_t made[LETTERS_MAX];
    uint64_t follows = 0;
    size_t alike = LETTERS_MAX;
    leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, memory->before, isal, STATE_HEAD_LEN);
    for (unsigned way = 0; way < WAYS && alike > 0; way++) {
        isal->next_in = (uint8_t *)&follows;
        isal->avail_in = sizeof(follows);
        isal->next_out = way == 0 ? ret : made;
        isal->avail_out = LETTERS_MAX;
        (void)isal_inflate(isal);
        size_t len = LETTERS_MAX - isal->avail_out;
        if (len < alike)
            alike = len;
        while (way > 0 && !leat_bytes_equal(ret, made, alike))
            alike--;
        leat_bytes_copy(NULL, LEAT_CAUSE_CODEC, isal, memory->before, STATE_HEAD_LEN);
        /* All zeros, all ones, and then at random (Knuth's MMIX). */
        follows = way == 0 ? UINT64_MAX : follows * 6364136223846793005u + 1442695040888963407u;
    }
    return alike;
}

/* The input ends here, within the stream. */
static enum leat_status cut_short(struct leat_inflater *inflater, struct leat_writer *out,
                                  struct leat_span *ret)
{
    struct leat_room room;
    enum leat_status status = leat_reserve(out, LEAT_INFLATE_OUT_MIN, &room);
    if (status != LEAT_OK)
        return status;
    if (inflater->fresh)
        return LEAT_END;
    *ret = (struct leat_span){ room.data, last_letters(inflater, room.data) };
    leat_commit(out, ret->len);
    return LEAT_END;
}

enum leat_status leat_inflater_step(struct leat_codec *codec, struct leat_inflater *inflater,
                                    struct leat_reader *in, struct leat_writer *out,
                                    struct leat_span *ret)
{
    *ret = (struct leat_span){ 0 };
    struct leat_span span;
    enum leat_status status = leat_peek(in, inflater->owes ? 0 : 1, &span);
    if (status == LEAT_END)
        return cut_short(inflater, out, ret);
    if (status != LEAT_OK)
        return status;
    struct leat_room room;
    status = leat_reserve(out, LEAT_INFLATE_OUT_MIN, &room);
    if (status == LEAT_OK)
        status = prepare(inflater, codec);
    if (status != LEAT_OK)
        return status;

    struct inflate_state *isal = &inflater->memory->isal;
    remember(inflater, span.len);
    isal_takes(isal, span, room);
    size_t processed_before = (size_t)isal->tmp_out_processed;
    int code = isal_inflate(isal);

    leat_assert(isal->next_out >= room.data);
    size_t taken = (size_t)(isal->next_in - span.data);
    size_t made = (size_t)(isal->next_out - room.data);
    leat_assert(taken <= span.len);
    leat_assert(made <= room.len);
    leat_codec_copied(codec, copied(isal, processed_before, made));
    if (code != ISAL_DECOMP_OK) {
        struct stop stop = { code, taken, bytes_ahead(isal), made };
        if (inflater->remembers)
            find_stop(inflater, codec, span, &stop);
        made = stop.made;
        leat_codec_fails(codec, LEAT_FAULT_CORRUPT, reason(stop.code),
                         leat_tell(in) + stop.taken - stop.ahead);
    }
    inflater->fresh = false;
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
