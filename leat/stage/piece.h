#ifndef LEAT_STAGE_PIECE_H
#define LEAT_STAGE_PIECE_H

#include "leat/core/stage.h"

/* What a step of a text coding works on: the input that is there and the room that is there, both
 * cut from the front as they are used. Not installed. */
struct leat_piece {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
    const uint8_t *in_start;
    const uint8_t *out_start;
};

static inline size_t leat_piece_left(const struct leat_piece *piece)
{
    return (size_t)(piece->in_end - piece->in);
}

static inline size_t leat_piece_room(const struct leat_piece *piece)
{
    return (size_t)(piece->out_end - piece->out);
}

/* Get at least `in_min` bytes and room for the codec's out_min.
 * Status  OK, AGAIN, FULL, FAULT; END with fewer bytes than in_min, and room all the same */
static inline LEAT_MUST_USE enum leat_status leat_piece_take(const struct leat_codec *codec,
                                                             struct leat_reader *in, size_t in_min,
                                                             struct leat_writer *out,
                                                             struct leat_piece *ret)
{
    struct leat_span span;
    struct leat_room room;
    enum leat_status status = leat_peek(in, in_min, &span);
    *ret = (struct leat_piece){ 0 };
    if (status != LEAT_OK && status != LEAT_END)
        return status;
    enum leat_status reserved = leat_reserve(out, codec->out_min, &room);
    *ret = (struct leat_piece){
        .in = span.data,
        .in_end = span.data + span.len,
        .out = room.data,
        .out_end = room.data + room.len,
        .in_start = span.data,
        .out_start = room.data,
    };
    return reserved == LEAT_OK ? status : reserved;
}

/* Consume what was used of the input, and commit what was used of the room. */
static inline void leat_piece_give(struct leat_reader *in, struct leat_writer *out,
                                   const struct leat_piece *piece)
{
    leat_assert(piece->in <= piece->in_end);
    leat_assert(piece->out <= piece->out_end);
    leat_consume(in, (size_t)(piece->in - piece->in_start));
    leat_commit(out, (size_t)(piece->out - piece->out_start));
}

#endif
