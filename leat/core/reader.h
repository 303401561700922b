#ifndef LEAT_CORE_READER_H
#define LEAT_CORE_READER_H

#include "leat/core/assert.h"
#include "leat/core/fault.h"
#include "leat/core/ledger.h"
#include "leat/core/slice.h"
#include "leat/core/span.h"

/* A reader is a window over bytes, with a small table beneath.
 *
 *      consumed        the window: in memory       not read yet
 *   ──────────────┬──────────────────────────┬──────────────────────
 *                pos                        end            tail says what follows:
 *             (= tell)                 (= end_offset)      nothing known, the end, or a fault
 *
 * Peek and consume are inline and touch the table only when the window is too short. Only the
 * consumer's own calls move pos and end. One thread or fiber at a time. */

struct leat_ctx;
struct leat_reader;
struct leat_writer;

/* Told when a retry can make progress: from the engine, once for each leat_arm. */
struct leat_wake {
    void (*fire)(struct leat_wake *wake);
};

/* What a source has for a sink that can do better than copy bytes (see copy.h). */
enum leat_offer_kind {
    LEAT_OFFER_DESCRIPTOR, /* a file descriptor, at `offset` where it is seekable */
    LEAT_OFFER_MEMORY,     /* bytes that stay where they are until the reader is closed */
};
struct leat_offer {
    enum leat_offer_kind kind;
    int descriptor;
    bool seekable;
    uint64_t offset; /* in the descriptor */
    uint64_t len;    /* at most so many; UINT64_MAX when not known */
    const uint8_t *data;
};

/* The table. `fill` alone is mandatory. fill and skip are called only when the window cannot
 * satisfy the call; of a view each op but arm and stop is called only after it was settled. */
struct leat_reader_ops {
    /* The part's name in faults and in `leat explain`; static text. */
    const char *name;

    /* Bytes of the part's own struct, whose first member is the leat_reader. */
    size_t self_size;

    /* A view shows its source's window, and owes the source its consumption (see view.h). */
    bool view;

    /* Make the window at least `min` long, 0 < min <= window_max.
     * OK iff at least `min` are there; else AGAIN, END or FAULT with fewer. Never waits for more
     * than `min`, and takes what is there already. May move the window on any status: pos, end and
     * end_offset are the op's to set. A fault is put in r->fault, or left for the one below's. */
    enum leat_status (*fill)(struct leat_reader *r, size_t min);

    /* Views: pass consumption down. Left out: leat_view_settle for a view, else nothing owed. */
    void (*settle)(struct leat_reader *r);

    /* Drop up to `n` (> 0) bytes behind the empty window and add what was dropped to end_offset;
     * may drop fewer (OK with less, AGAIN with none), never past the end (END with none left).
     * Left out: by filling. */
    enum leat_status (*skip)(struct leat_reader *r, uint64_t n, uint64_t *ret_done);

    /* Hand out the first `n` bytes of the window by reference, and consume nothing.
     * OK, or UNSUPPORTED and then the core copies them, counted. Left out: UNSUPPORTED. */
    enum leat_status (*share)(struct leat_reader *r, size_t n, struct leat_slice *ret);

    /* Go to `offset` of this reader's bytes: sets the window, which may be empty, and end_offset.
     * OK, UNSUPPORTED, AGAIN or FAULT. Left out: UNSUPPORTED. */
    enum leat_status (*seek)(struct leat_reader *r, uint64_t offset);

    /* Another reader of the same bytes at the same offset, in `ctx`, which may be another thread's.
     * OK, UNSUPPORTED, AGAIN or FAULT. Left out: UNSUPPORTED. */
    enum leat_status (*fork)(struct leat_reader *r, struct leat_ctx *ctx, struct leat_reader **ret);

    /* How many bytes there are in all. OK, UNSUPPORTED, AGAIN or FAULT. Left out: UNSUPPORTED. */
    enum leat_status (*size)(struct leat_reader *r, uint64_t *ret);

    /* After a fault of code CORRUPT or CHECKSUM, with an empty window: go on behind the damage,
     * where the format has marks to go on at; end_offset counts on as though nothing were missing.
     * OK: the next fill goes on. AGAIN: call again. END: there is nothing to go on with. FAULT:
     * another one of the source, in r->fault. Left out: a view asks its source, and any other is
     * UNSUPPORTED. */
    enum leat_status (*resync)(struct leat_reader *r);

    /* What a sink may pull instead of bytes, from the end of the window on. Left out: none. */
    enum leat_status (*offer)(struct leat_reader *r, struct leat_offer *ret);

    /* A sink moved `n` of the offered bytes: count them as consumed. Goes with offer. */
    void (*pulled)(struct leat_reader *r, uint64_t n);

    /* Say at which offset of this reader's input the byte stands that became the byte at `at`,
     * pos <= at <= end. OK or UNSUPPORTED. Left out: a view asks the one below, whose window it
     * shows; else UNSUPPORTED. */
    enum leat_status (*origin)(struct leat_reader *r, const uint8_t *at, uint64_t *ret);

    /* Fire `wake` once when a retry can make progress. Left out: asks the one below. */
    enum leat_status (*arm)(struct leat_reader *r, struct leat_wake *wake);

    /* Release what is inside; never waits. The core closes what is below and frees the struct.
     * Left out: nothing inside. */
    void (*stop)(struct leat_reader *r);
};

/* What follows the window. Sticky until a seek; a fault until a resync. */
enum leat_tail { LEAT_TAIL_OPEN = 0, LEAT_TAIL_END, LEAT_TAIL_FAULT };

/* Bits of leat_reader.state; the core's own. */
enum {
    LEAT_READER_FILLING = 1,  /* inside an op: using it now is a bug */
    LEAT_READER_LOCKED = 2,   /* a view shows this window: only the view may use it */
    LEAT_READER_DEAD = 4,     /* carries a fault for one who had no memory: table not called */
    LEAT_READER_BORROWS = 8,  /* does not own the one below */
    LEAT_READER_FOREIGN = 16, /* the struct is the caller's memory */
};

struct leat_reader {
    const uint8_t *pos; /* hot: the first 64 bytes; never NULL */
    const uint8_t *end;
    const struct leat_reader_ops *ops;
    struct leat_ctx *ctx;
    uint64_t end_offset;
    size_t window_max;
    struct leat_reader *below;
    size_t want; /* what the last AGAIN was waiting for */

    uint8_t tail; /* enum leat_tail */
    uint8_t state;
    const char *part;  /* ops->name, or the name of the stage in an adapter */
    const char *label; /* an endpoint's name: a path, an address; NULL elsewhere */
    uint64_t origin;   /* where counting began: 0, or the last seek's offset */
    struct leat_fault fault;
    struct leat_counts counts;
};

LEAT_BEGIN_DECLS

/* The slow half of leat_peek: `min` is longer than the window. */
LEAT_API LEAT_MUST_USE enum leat_status leat_reader_fill(struct leat_reader *r, size_t min);

/* Show the next bytes without copying them.
 *
 * min      bytes wanted, 0 .. r->window_max
 * ret      every byte in the window, on every status; a loan until the next call
 * Status   OK (at least min), AGAIN (fewer, would wait), END (fewer, and no more will come),
 *          LIMIT (min > window_max; not sticky), FAULT (fewer, and a fault follows them)
 * Blocks   as the engine does.   Allocates  only to grow the window. */
static inline LEAT_MUST_USE enum leat_status leat_peek(struct leat_reader *r, size_t min,
                                                       struct leat_span *ret)
{
    enum leat_status status = LEAT_OK;
    if (leat_unlikely((size_t)(r->end - r->pos) < min))
        status = leat_reader_fill(r, min);
    ret->data = r->pos; /* no call sees `ret`, so the caller's span can stay in registers */
    ret->len = (size_t)(r->end - r->pos);
    return status;
}

/* Let go of the first `n` bytes of the window; n is at most what the last peek showed. */
static inline void leat_consume(struct leat_reader *r, size_t n)
{
    leat_assert(n <= (size_t)(r->end - r->pos));
    r->pos += n;
}

/* How many bytes of this reader were consumed so far: the offset of the next one. */
static inline uint64_t leat_tell(const struct leat_reader *r)
{
    return r->end_offset - (uint64_t)(r->end - r->pos);
}

/* Drop up to `n` bytes without looking at them.
 *
 * ret_done  how many were dropped, on every status
 * Status    OK (all n), AGAIN, END or FAULT (fewer)
 * Blocks    as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_skip(struct leat_reader *r, uint64_t n,
                                                  uint64_t *ret_done);

/* Own the next `n` bytes (1 .. window_max), all or none, as a slice: by reference where the source
 * can share its memory, else by a counted copy. Share consumes nothing, take consumes them.
 *
 * Status     OK, and then ret must be released; AGAIN, END, LIMIT, FAULT
 * Blocks     as the engine does.   Allocates  for the copy. */
LEAT_API LEAT_MUST_USE enum leat_status leat_share(struct leat_reader *r, size_t n,
                                                   struct leat_slice *ret);
LEAT_API LEAT_MUST_USE enum leat_status leat_take(struct leat_reader *r, size_t n,
                                                  struct leat_slice *ret);

/* Go to `offset`, which may lie behind the end: then the next peek says END. Clears the end, and a
 * fault that the source can get over.
 * Status  OK, UNSUPPORTED or AGAIN (nothing changed), FAULT */
LEAT_API LEAT_MUST_USE enum leat_status leat_seek(struct leat_reader *r, uint64_t offset);

/* A second reader of the same bytes, from the same offset on, with a position of its own. It must
 * be closed; either may be closed first. `ctx` is its ctx (NULL: the same), perhaps of another
 * thread. Status  OK, UNSUPPORTED, AGAIN, FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                                  struct leat_reader **ret);

/* After a fault of code CORRUPT or CHECKSUM: go on behind the damage, at the next member, frame or
 * block that can be decoded by itself. The window must have been consumed, so that bytes from
 * before and from behind never stand in one. Offsets count on as though nothing were missing.
 * However damaged the input is, ctx->limits.damages_max ends it.
 *
 * Status  OK (the fault is cleared; what is found is read as ever), AGAIN (call again; the fault
 *         stays till then), END (nothing more can be read), UNSUPPORTED (not after such a fault, or
 *         of a format that has no marks), FAULT (a source met another one on the way, which is the
 *         reader's now: tell it, and call again)
 * Blocks  as the engine does. */
LEAT_API LEAT_MUST_USE enum leat_status leat_resync(struct leat_reader *r);

/* The number of bytes there are in all, from offset 0. A source that may be cut while it is read
 * looks whether it was: where some of the window does not stand, that is the fault, also after the
 * end, and the window shows what does.
 * Status  OK, UNSUPPORTED, AGAIN, FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_size(struct leat_reader *r, uint64_t *ret);

/* Where the byte that stands `n` into the window came from, 0 .. its length: its offset in the
 * input of the text decoder that made it, through any views above that. Of a byte within a
 * character, that of the character. What lies between the last byte asked for and this one is
 * walked through again. Status  OK, UNSUPPORTED where no decoder can tell, as where there is none:
 * then it is the byte's own offset, leat_tell(r) + n, that counts. */
LEAT_API LEAT_MUST_USE enum leat_status leat_origin(struct leat_reader *r, size_t n, uint64_t *ret);

/* After AGAIN: fire `wake` once when a retry can make progress, perhaps at once.
 * Status  OK, UNSUPPORTED where nothing below ever waits, LIMIT where too many are armed. */
LEAT_API LEAT_MUST_USE enum leat_status leat_arm(struct leat_reader *r, struct leat_wake *wake);

/* What `r` has for a sink that can do better than copy bytes, from the end of its window on; for
 * leat_copy. It may be pulled once the window is empty. Status  OK, or UNSUPPORTED where there is
 * nothing better. */
LEAT_API LEAT_MUST_USE enum leat_status leat_offer(struct leat_reader *r, struct leat_offer *ret);

/* A sink moved the first `n` of the bytes that `r` offered last: they are consumed. */
LEAT_API void leat_offer_pulled(struct leat_reader *r, uint64_t n);

/* Close this reader and all that it owns below. Never waits. NULL is fine. Inside a fill: a bug. */
LEAT_API void leat_reader_close(struct leat_reader *r);

/* The fault that follows the window, or NULL when none is known. Good until the reader closes. */
LEAT_API const struct leat_fault *leat_reader_fault(const struct leat_reader *r);

/* The name of the endpoint at the bottom; "" when it has none. */
LEAT_API const char *leat_reader_label(const struct leat_reader *r);

/* Show all of `r` through `shell`, in the caller's memory, without owning `r`: closing the shell
 * (or what was stacked on it) leaves `r` open, past what was consumed. Same offsets. */
LEAT_API struct leat_reader *leat_borrow(struct leat_reader *shell, struct leat_reader *r);

/* --- For those who write readers --- */

/* Make the struct of a reader above `below`, which it owns from here on: zeroed, ops set, ctx and
 * window_max inherited. NULL without memory; then `below` carries the fault, and is what the
 * constructor returns. */
LEAT_API LEAT_MUST_USE void *leat_reader_over(struct leat_reader *below,
                                              const struct leat_reader_ops *ops);

/* The same for a struct of `size` bytes and a part that is called `name`: adapters. */
LEAT_API LEAT_MUST_USE void *leat_reader_over_named(struct leat_reader *below,
                                                    const struct leat_reader_ops *ops, size_t size,
                                                    const char *name);

/* Make the struct of an endpoint's reader. NULL without memory; then the constructor returns
 * &ctx->no_reader, which carries the fault. */
LEAT_API LEAT_MUST_USE void *leat_reader_at(struct leat_ctx *ctx,
                                            const struct leat_reader_ops *ops);

/* Put a reader's struct into the caller's memory; closing does not free it. */
LEAT_API void leat_reader_init(struct leat_reader *r, struct leat_ctx *ctx,
                               const struct leat_reader_ops *ops);

/* Record a fault of this part at `offset` of its input and return LEAT_FAULT, for a fill to
 * return. `reason` is static text. */
LEAT_API enum leat_status leat_reader_fails(struct leat_reader *r, enum leat_fault_code code,
                                            const char *reason, uint64_t offset);

LEAT_END_DECLS

#endif
