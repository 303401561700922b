#include "leat/core/copy.h"
#include "leat/core/ctx.h"
#include "leat/core/view.h"

/* Slices that a copy hands over are at most this long, so that a sink can begin early. */
#define PIECE_LEN_MAX (1024 * LEAT_KIB)

/* Hand over a piece of the window, by reference where both sides can. */
static enum leat_status copy_piece(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                                   size_t *ret_done)
{
    size_t len = (size_t)(r->end - r->pos);
    len = len > limit ? (size_t)limit : len;
    len = len > PIECE_LEN_MAX ? PIECE_LEN_MAX : len;
    *ret_done = 0;
    if (w->ops->give == NULL || r->ops->share == NULL)
        return leat_write(w, r->pos, len, ret_done);
    struct leat_slice slice;
    enum leat_status status = leat_share(r, len, &slice);
    if (status != LEAT_OK)
        return status;
    status = leat_give(w, &slice);
    if (status == LEAT_OK)
        *ret_done = len;
    else if (status == LEAT_UNSUPPORTED)
        status = leat_write(w, slice.data, len, ret_done);
    leat_slice_release(&slice);
    return status;
}

/* Let the sink pull what the source offers. UNSUPPORTED: nothing was moved; move bytes instead. */
static enum leat_status copy_offer(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                                   uint64_t *ret_done)
{
    *ret_done = 0;
    struct leat_offer offer;
    if (w->ops->pull == NULL || leat_offer(r, &offer) != LEAT_OK)
        return LEAT_UNSUPPORTED;
    enum leat_status status =
        leat_writer_pull(w, &offer, offer.len < limit ? offer.len : limit, ret_done);
    if (*ret_done > 0)
        leat_offer_pulled(r, *ret_done);
    return status;
}

/* What is in the window goes first, and by then it were too late to find that the source is a file
 * which the sink writes. */
static bool copy_may(struct leat_writer *w, struct leat_reader *r)
{
    struct leat_offer offer;
    uint64_t done;
    if (r->pos == r->end || w->ops->pull == NULL || leat_offer(r, &offer) != LEAT_OK)
        return true;
    return leat_writer_pull(w, &offer, 0, &done) != LEAT_FAULT;
}

enum leat_status leat_copy(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                           uint64_t *ret_done)
{
    enum leat_status status = LEAT_OK;
    bool offers = true;
    *ret_done = 0;
    if (limit > 0 && !copy_may(w, r))
        return LEAT_FAULT;
    while (*ret_done < limit && status == LEAT_OK) {
        if (r->pos == r->end && offers) {
            uint64_t some;
            status = copy_offer(w, r, limit - *ret_done, &some);
            *ret_done += some;
            if (status == LEAT_OK && some > 0)
                continue;
            offers = false; /* what is left, if anything, the reader finds */
            if (status == LEAT_UNSUPPORTED)
                status = LEAT_OK;
            continue;
        }
        struct leat_span window;
        status = leat_peek(r, 1, &window);
        if (status != LEAT_OK)
            break;
        size_t piece;
        status = copy_piece(w, r, limit - *ret_done, &piece);
        leat_consume(r, piece);
        *ret_done += piece;
    }
    if (status == LEAT_AGAIN) {
        enum leat_status flushed = leat_flush(w, LEAT_FLUSH_PUSH);
        if (flushed == LEAT_FULL || flushed == LEAT_FAULT)
            return flushed;
    }
    return status;
}
