#ifndef LEAT_CONTAINER_PACK_H
#define LEAT_CONTAINER_PACK_H

#include "leat/container/container.h"
#include "leat/core/stage.h"

/* A packer is the mirror of a container: entries go in, each with its bytes, and an archive comes
 * out of a writer.
 *
 *     struct leat_pack *p = leat_tar_pack(leat_file_writer(ctx, "a.tar", NULL), NULL);
 *     status = leat_pack_entry(p, &entry, &w);          for each of them
 *     status = leat_copy(w, r, entry.size, &done);
 *     status = leat_pack_end(p);
 *     status = leat_pack_finish(p);                     once
 *     leat_pack_close(p);
 *
 *        the caller's bytes ──▶ look ──▶ encoder ──┐
 *                                                  ├──▶ sink
 *        begin, end, finish ──▶ put, held ─────────┘
 *
 * What stands before, between and behind the entries' bytes is put together in memory by the
 * format's ops, which never wait, and written from there; so FULL is met in one place. Where there
 * is no encoder, an entry's writer shows the sink's own room: nothing is copied on the way, and
 * what a reader offers is pulled by the sink. */

struct leat_pack;

/* All zero: the defaults. Copied. */
struct leat_pack_options {
    int level; /* of compression, where the format compresses: the encoder's own; 0: its default */
    bool stored; /* leave every entry's bytes as they are */
};

struct leat_pack_ops {
    const char *name; /* static text: "tar" */
    size_t self_size; /* of the part's struct, whose first member is the leat_pack */
    bool sparse;      /* begin takes an entry with pieces */

    /* Put what stands before the bytes of `entry`. OK, or FAULT (leat_pack_fails): the format
     * cannot hold such an entry. Nothing was put then, and the packer may go on with another. */
    enum leat_status (*begin)(struct leat_pack *p, const struct leat_entry *entry);

    /* What the entry's bytes go through, once begin has judged it; with the options they are to
     * have, which outlive the entry. NULL: they are stored. Left out: always stored. */
    const struct leat_stage *(*encoder)(struct leat_pack *p, const void **ret_options);

    /* See the entry's bytes as they pass, before the encoder. Left out: nobody looks, so that they
     * may pass without coming to memory. */
    void (*look)(struct leat_pack *p, const uint8_t *data, size_t len);

    /* Put what stands behind an entry's bytes: `size` of them came in, `packed` went out. */
    void (*end)(struct leat_pack *p, uint64_t size, uint64_t packed);

    /* Put what ends the archive. */
    void (*finish)(struct leat_pack *p);

    /* Release what is inside; the core closes the sink. Left out: nothing inside. */
    void (*stop)(struct leat_pack *p);
};

/* A writer that shows the room of the one below and sees what passes. The packer's own. */
struct leat_pack_view {
    struct leat_writer writer;
    struct leat_pack *pack;
    const uint8_t *from; /* committed from here on, and not yet below */
    uint64_t len;        /* how many bytes there are to be, or LEAT_SIZE_UNKNOWN */
    bool looks;
};

/* Where a packer stands. */
enum leat_pack_state {
    LEAT_PACK_BETWEEN,  /* entries */
    LEAT_PACK_BEGINS,   /* what stands before an entry is on its way out */
    LEAT_PACK_OPEN,     /* its bytes are */
    LEAT_PACK_ENDS,     /* what stands behind them is */
    LEAT_PACK_FINISHES, /* what ends the archive is */
    LEAT_PACK_FLUSHES,  /* and must yet pass the sink */
    LEAT_PACK_FINISHED,
};

struct leat_pack {
    const struct leat_pack_ops *ops;
    struct leat_ctx *ctx;
    struct leat_writer *sink; /* owned */
    struct leat_pack_options options;
    uint64_t start;   /* of the archive, in the sink */
    uint64_t entries; /* begun so far */
    uint8_t *held;    /* put, and not yet written */
    size_t held_len;
    size_t held_size;          /* of the allocation */
    size_t held_done;          /* of held_len, written */
    struct leat_pack_view top; /* the entry's writer */
    struct leat_pack_view low; /* below the encoder, where there is one */
    bool encodes;
    enum leat_pack_state state;
    struct leat_fault fault; /* sticky but for what begin refuses */
    bool refused;            /* the fault is that of one entry */
};

LEAT_BEGIN_DECLS

/* Begin an entry: its name, kind, mode, time, for a link its target, for a file its size, or
 * LEAT_SIZE_UNKNOWN where the format can do without; what tells a device, or the names of one file;
 * and pieces, where leat_pack_is_sparse: only their bytes are written then, one behind another.
 * What else is in it does not count.
 *
 * p        NULL, as a constructor without memory gave it: FAULT
 * ret      where its bytes go, until leat_pack_end; the packer's: not to be closed
 * Status   OK, FULL (call again with the same entry), FAULT (leat_pack_fault). When
 *          leat_pack_refused, only this entry cannot be, and nothing was written of it.
 * Blocks   as the engine does.   Allocates  for headers, and with the encoder. */
LEAT_API LEAT_MUST_USE enum leat_status leat_pack_entry(struct leat_pack *p,
                                                        const struct leat_entry *entry,
                                                        struct leat_writer **ret);

/* All bytes of the entry were written. Fewer than its size are a fault.
 * Status  OK, FULL (call again), FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_pack_end(struct leat_pack *p);

/* All entries were: write the end, and finish the sink. Nothing may follow.
 * Status  OK, FULL (call again), FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_pack_finish(struct leat_pack *p);

/* After FULL: fire `wake` once when a retry can make progress. As leat_writer_arm. */
LEAT_API LEAT_MUST_USE enum leat_status leat_pack_arm(struct leat_pack *p, struct leat_wake *wake);

/* What went wrong last, or NULL. Good until the packer is closed. */
LEAT_API const struct leat_fault *leat_pack_fault(const struct leat_pack *p);

/* Whether the last leat_pack_entry failed for its entry's sake alone: others may follow. */
LEAT_API bool leat_pack_refused(const struct leat_pack *p);

/* Whether an entry may have pieces; else its holes are to be written as zeros. */
LEAT_API bool leat_pack_is_sparse(const struct leat_pack *p);

/* Close the packer and its sink. Without leat_pack_finish the archive is not whole, and where the
 * sink can help it, not there. NULL is fine. */
LEAT_API void leat_pack_close(struct leat_pack *p);

/* --- For those who write packers --- */

/* Make the struct of a packer into `sink`, which it owns. Without memory: NULL, which is what the
 * constructor returns, and `sink` is closed. */
LEAT_API LEAT_MUST_USE void *leat_pack_over(struct leat_writer *sink,
                                            const struct leat_pack_ops *ops,
                                            const struct leat_pack_options *options);

/* Add to what is written next. Without memory a fault is recorded, and later puts do nothing. */
LEAT_API void leat_pack_put(struct leat_pack *p, const void *data, size_t len);
LEAT_API void leat_pack_put_zeros(struct leat_pack *p, size_t len);

/* How far into the archive the next byte that is put will be. */
LEAT_API uint64_t leat_pack_tell(const struct leat_pack *p);

/* Record a fault and return LEAT_FAULT. `reason` is static text. */
LEAT_API enum leat_status leat_pack_fails(struct leat_pack *p, enum leat_fault_code code,
                                          const char *reason);

LEAT_END_DECLS

#endif
