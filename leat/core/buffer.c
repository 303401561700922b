#include "leat/core/buffer.h"
#include "leat/core/bytes.h"
#include "leat/core/ctx.h"

/* Room for the rest of a line or a record; a longer rest makes a larger seam. */
#define SEAM_LEN_MIN (4 * LEAT_KIB)

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static uint8_t *ring_start(const struct leat_buffer *buffer)
{
    return buffer->block->data + buffer->seam_len;
}

static uint8_t *block_end(const struct leat_buffer *buffer)
{
    return buffer->block->data + buffer->block->size;
}

/* Whether the present block will do for a window whose tail is `tail` long, once it has jumped. */
static bool block_fits(const struct leat_buffer *buffer, size_t tail, size_t ring_len)
{
    if (buffer->block == NULL || !leat_block_is_sole(buffer->block))
        return false;
    return tail <= buffer->seam_len && buffer->block->size - buffer->seam_len >= ring_len;
}

static enum leat_status out_of_memory(struct leat_reader *r)
{
    return leat_reader_fails(r, LEAT_FAULT_MEMORY, NULL, leat_tell(r));
}

/* Put a block in place of the present one, which is kept as long as a decoder may look back. */
static enum leat_status block_replace(struct leat_buffer *buffer, struct leat_reader *r,
                                      size_t tail, size_t ring_len)
{
    size_t seam_len = round_up(tail > SEAM_LEN_MIN ? tail + tail / 2 : SEAM_LEN_MIN, 4096);
    struct leat_block *block = NULL;
    if (ring_len <= SIZE_MAX / 2 - seam_len)
        block = leat_ctx_block(r->ctx, seam_len + ring_len);
    if (block == NULL)
        return out_of_memory(r);
    r->counts.allocations++;
    r->counts.allocated += block->size;
    enum leat_cause cause = buffer->block != NULL && leat_block_is_sole(buffer->block)
                                ? LEAT_CAUSE_GROW
                                : LEAT_CAUSE_TAIL;
    leat_bytes_copy(&r->counts, cause, block->data + seam_len - tail, r->pos, tail);
    leat_ctx_block_return(r->ctx, buffer->previous);
    buffer->previous = NULL;
    if (buffer->history > 0)
        buffer->previous = buffer->block;
    else
        leat_ctx_block_return(r->ctx, buffer->block);
    buffer->block = block;
    buffer->seam_len = seam_len;
    return LEAT_OK;
}

/* Jump to the ring's start, with the tail before it. */
static enum leat_status jump(struct leat_buffer *buffer, struct leat_reader *r, size_t ring_len)
{
    size_t tail = (size_t)(r->end - r->pos);
    if (block_fits(buffer, tail, ring_len)) {
        leat_bytes_move(&r->counts, LEAT_CAUSE_TAIL, ring_start(buffer) - tail, r->pos, tail);
        leat_ctx_block_return(r->ctx, buffer->previous);
        buffer->previous = NULL;
    } else {
        enum leat_status status = block_replace(buffer, r, tail, ring_len);
        if (status != LEAT_OK)
            return status;
    }
    r->end = ring_start(buffer);
    r->pos = r->end - tail;
    return LEAT_OK;
}

/* The ring has to hold the history, the room, and what of `min` is not in the seam. It is never
 * small beside the tail, so that a window which goes on growing (a line without an end) is moved a
 * few times in all and not once for each ring. */
static size_t ring_needed(const struct leat_buffer *buffer, size_t tail, size_t min, size_t room,
                          size_t ring_len)
{
    size_t more = min > tail ? min - tail : 0;
    size_t need = buffer->history + (more > room ? more : room);
    if (need < tail / 2)
        need = tail / 2;
    return round_up(need > ring_len ? need : ring_len, 4096);
}

enum leat_status leat_buffer_room(struct leat_buffer *buffer, struct leat_reader *r, size_t min,
                                  size_t room, size_t ring_len, struct leat_room *ret)
{
    leat_assert(room > 0);
    size_t tail = (size_t)(r->end - r->pos);
    /* Behind the window nobody's slice can be. */
    bool stay = buffer->block != NULL && (size_t)(block_end(buffer) - r->end) >= room;
    /* Without history it may jump early, so that a wide window is gathered by one copy. */
    if (stay && buffer->history == 0 && min > tail)
        stay = (size_t)(block_end(buffer) - r->end) >= min - tail;
    if (!stay) {
        enum leat_status status = jump(buffer, r, ring_needed(buffer, tail, min, room, ring_len));
        if (status != LEAT_OK)
            return status;
    }
    *ret = (struct leat_room){ .data = (uint8_t *)(uintptr_t)r->end,
                               .len = (size_t)(block_end(buffer) - r->end) };
    leat_assert(ret->len >= room);
    return LEAT_OK;
}

enum leat_status leat_buffer_share(struct leat_buffer *buffer, struct leat_reader *r, size_t n,
                                   struct leat_slice *ret)
{
    leat_assert(buffer->block != NULL);
    leat_assert(n <= (size_t)(r->end - r->pos));
    *ret = (struct leat_slice){ .data = r->pos, .len = n, .block = leat_block_take(buffer->block) };
    return LEAT_OK;
}

void leat_buffer_fini(struct leat_buffer *buffer, struct leat_reader *r)
{
    leat_ctx_block_return(r->ctx, buffer->previous);
    leat_ctx_block_return(r->ctx, buffer->block);
    r->end_offset -= (uint64_t)(r->end - r->pos);
    r->pos = r->end = (const uint8_t *)"";
    *buffer = (struct leat_buffer){ 0 };
}
