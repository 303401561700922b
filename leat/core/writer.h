#ifndef LEAT_CORE_WRITER_H
#define LEAT_CORE_WRITER_H

#include "leat/core/reader.h"

/* A writer is the mirror of a reader: room in memory, with a small table beneath.
 *
 *      committed        the room: free
 *   ──────────────┬──────────────────────────┐
 *                pos                        end
 *             (= tell)
 *
 * Reserve and commit are inline; the table is called when the room is too small, and at a flush.
 * Bytes that were committed reach the sink at a flush at the latest. */

/* How far a flush goes. */
enum leat_flush {
    LEAT_FLUSH_PUSH,   /* everything so far is on its way, and can be read or decoded there */
    LEAT_FLUSH_SYNC,   /* push, and it is on stable storage where there is such a thing */
    LEAT_FLUSH_FINISH, /* push, and the trailer is written: the output is whole. Not a close. */
};

struct leat_writer_ops {
    /* The part's name in faults and in `leat explain`; static text. */
    const char *name;

    /* Bytes of the part's own struct, whose first member is the leat_writer. */
    size_t self_size;

    /* Pass on what was committed and make room for at least `min`, 0 < min <= room_max: pos, end
     * and end_offset are the op's to set. OK, FULL (would wait for the sink) or FAULT. */
    enum leat_status (*drain)(struct leat_writer *w, size_t min);

    /* Pass on all that was committed, to `level`. OK, FULL (call again), FAULT, or UNSUPPORTED
     * where PUSH cannot be promised. */
    enum leat_status (*flush)(struct leat_writer *w, enum leat_flush level);

    /* Pass on what was committed, then the slice, by reference, and add its length to end_offset.
     * On OK all of it is taken over, to be released when done with, even where a part must still
     * wait; on FULL nothing is. Left out: UNSUPPORTED, and then leat_copy writes the bytes. */
    enum leat_status (*give)(struct leat_writer *w, struct leat_slice *slice);

    /* Everything committed was drained: move up to `len` bytes of what is offered, say how many,
     * and add them to end_offset. OK (with less than len: the offer's end), FULL, AGAIN, FAULT, or
     * UNSUPPORTED with nothing moved. Left out: UNSUPPORTED.
     *
     * With len 0, whatever is not drained yet, only this is asked: may what is offered be written
     * here at all? FAULT where it must not, as a file onto itself; any other status where it may.
     */
    enum leat_status (*pull)(struct leat_writer *w, const struct leat_offer *offer, uint64_t len,
                             uint64_t *ret_done);

    /* Fire `wake` once when a retry can make progress. Left out: asks the one below. */
    enum leat_status (*arm)(struct leat_writer *w, struct leat_wake *wake);

    /* Release what is inside; never waits, never flushes: what was not finished must not look
     * whole. The core closes what is below and frees the struct. Left out: nothing inside. */
    void (*stop)(struct leat_writer *w);
};

/* Bits of leat_writer.state; the core's own. */
enum {
    LEAT_WRITER_DRAINING = 1,
    LEAT_WRITER_FAILED = 2,   /* sticky */
    LEAT_WRITER_FINISHED = 4, /* nothing may be written any more */
    LEAT_WRITER_BORROWS = 8,
    LEAT_WRITER_FOREIGN = 16,
};

struct leat_writer {
    uint8_t *pos; /* hot: the first 64 bytes; never NULL */
    uint8_t *end;
    const struct leat_writer_ops *ops;
    struct leat_ctx *ctx;
    uint64_t end_offset; /* of `end`, were the room full */
    size_t room_max;
    struct leat_writer *below; /* where it goes next; NULL at a sink */
    size_t want;               /* what the last FULL was waiting for */

    uint8_t state;
    const char *part;  /* ops->name, or the name of the stage in an adapter */
    const char *label; /* a sink's name: a path, an address; NULL elsewhere */
    struct leat_fault fault;
    struct leat_counts counts;
};

LEAT_BEGIN_DECLS

/* The slow half of leat_reserve: `min` is more than the room. */
LEAT_API LEAT_MUST_USE enum leat_status leat_writer_drain(struct leat_writer *w, size_t min);

/* Get room for at least `min` bytes (0 .. room_max).
 *
 * ret      all the room there is, on every status; good until the next call
 * Status   OK, FULL (less: would wait), LIMIT (min > room_max; not sticky), FAULT (sticky) */
static inline LEAT_MUST_USE enum leat_status leat_reserve(struct leat_writer *w, size_t min,
                                                          struct leat_room *ret)
{
    enum leat_status status = LEAT_OK;
    if (leat_unlikely((size_t)(w->end - w->pos) < min))
        status = leat_writer_drain(w, min);
    ret->data = w->pos;
    ret->len = (size_t)(w->end - w->pos);
    return status;
}

/* The first `n` bytes of the room were written. */
static inline void leat_commit(struct leat_writer *w, size_t n)
{
    leat_assert(n <= (size_t)(w->end - w->pos));
    w->pos += n;
}

/* How many bytes were committed, given or pulled so far. */
static inline uint64_t leat_writer_tell(const struct leat_writer *w)
{
    return w->end_offset - (uint64_t)(w->end - w->pos);
}

/* For those who write writers: let the room be the `len` bytes at `data`, behind `tell` that were
 * written. */
static inline void leat_writer_show(struct leat_writer *w, uint64_t tell, uint8_t *data, size_t len)
{
    w->pos = data;
    w->end = data + len;
    w->end_offset = tell + len;
}

/* The same, as a writer stops: there is no room any more. */
static inline void leat_writer_show_none(struct leat_writer *w)
{
    leat_writer_show(w, leat_writer_tell(w), w->pos, 0);
}

/* Copy `len` bytes in, draining as often as it takes.
 *
 * ret_done  how many were taken, on every status
 * Status    OK (all), FULL, FAULT
 * Blocks    as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_write(struct leat_writer *w, const void *data,
                                                   size_t len, size_t *ret_done);

/* Hand a slice over, by reference. Status  OK: it is the writer's, and cleared. FULL, FAULT,
 * UNSUPPORTED (only bytes can be written here, so leat_write them): it is still the caller's. */
LEAT_API LEAT_MUST_USE enum leat_status leat_give(struct leat_writer *w, struct leat_slice *slice);

/* Have the sink move up to `len` bytes of what a reader offers; for leat_copy.
 *
 * ret_done  how many were moved, on every status
 * Status    OK (fewer than len: the offer's end), AGAIN, FULL, FAULT, UNSUPPORTED (none moved) */
LEAT_API LEAT_MUST_USE enum leat_status leat_writer_pull(struct leat_writer *w,
                                                         const struct leat_offer *offer,
                                                         uint64_t len, uint64_t *ret_done);

/* Pass on what was written, through all writers below. FULL: call again, with the same level.
 * After LEAT_FLUSH_FINISH nothing more may be written. */
LEAT_API LEAT_MUST_USE enum leat_status leat_flush(struct leat_writer *w, enum leat_flush level);

/* After FULL: fire `wake` once when a retry can make progress.
 * Status  OK, UNSUPPORTED, LIMIT, as leat_arm. */
LEAT_API LEAT_MUST_USE enum leat_status leat_writer_arm(struct leat_writer *w,
                                                        struct leat_wake *wake);

/* Close this writer and all that it owns below. Never waits and never flushes: without
 * LEAT_FLUSH_FINISH the output is not whole, and does not look it. NULL is fine. */
LEAT_API void leat_writer_close(struct leat_writer *w);

/* The fault that stopped it, or NULL. Good until it closes. */
LEAT_API const struct leat_fault *leat_writer_fault(const struct leat_writer *w);

/* --- For those who write writers: as leat_reader_over and its fellows. --- */

LEAT_API LEAT_MUST_USE void *leat_writer_over(struct leat_writer *below,
                                              const struct leat_writer_ops *ops);
LEAT_API LEAT_MUST_USE void *leat_writer_over_named(struct leat_writer *below,
                                                    const struct leat_writer_ops *ops, size_t size,
                                                    const char *name);
LEAT_API LEAT_MUST_USE void *leat_writer_at(struct leat_ctx *ctx,
                                            const struct leat_writer_ops *ops);
LEAT_API void leat_writer_init(struct leat_writer *w, struct leat_ctx *ctx,
                               const struct leat_writer_ops *ops);
LEAT_API enum leat_status leat_writer_fails(struct leat_writer *w, enum leat_fault_code code,
                                            const char *reason, uint64_t offset);

LEAT_END_DECLS

#endif
