#ifndef LEAT_STAGE_SPOOL_STORE_H
#define LEAT_STAGE_SPOOL_STORE_H

#include "leat/core/ctx.h"

/* What a spool keeps: block k has twice the size of the one before, so that few of them hold any
 * stream, none ever moves, and an offset's block is found without a search.
 *
 *      64 KiB    128 KiB         256 KiB
 *   ┌─────────┬──────────────┬───────────────────────┬───
 *   │ block 0 │ block 1      │ block 2               │
 *   └─────────┴──────────────┴───────────────────────┴───
 *
 * Until `ended` it belongs to the thread of the source. From then on nothing in it changes but the
 * counts, and any thread may read it. */
#define STORE_BLOCK_LEN (64 * LEAT_KIB)

enum { STORE_BLOCKS_MAX = 40 };

struct store {
    uint32_t refs;  /* readers; atomic */
    uint32_t local; /* those in the source's ctx; the last of them closes it */
    struct leat_alloc alloc;
    struct leat_ctx *ctx; /* the source's */
    struct leat_reader *src;
    uint64_t len;
    uint64_t max;
    enum leat_status ended; /* OK, until END or FAULT */
    struct leat_fault fault;
    struct leat_block *blocks[STORE_BLOCKS_MAX];
    char label[]; /* the source's, which its last fork may outlive */
};

/* Own `src`. NULL without memory; then `src` is the caller's as before. One reader, local. */
struct store *leat_store_create(struct leat_reader *src, uint64_t max);

/* Count one reader more, or one less, in `ctx`. */
void leat_store_take(struct store *store, const struct leat_ctx *ctx);
void leat_store_release(struct store *store, const struct leat_ctx *ctx);

/* Keep what the source has, up to a block's end; waits for one byte at most.
 * Status  OK (more is kept), AGAIN, END, FAULT (store->fault) */
enum leat_status leat_store_more(struct store *store, struct leat_counts *counts);

/* Keep all of it. Status  AGAIN, END, FAULT. */
enum leat_status leat_store_all(struct store *store, struct leat_counts *counts);

/* What one block holds from `offset` on, offset < len. The block is lent. */
struct leat_slice leat_store_at(const struct store *store, uint64_t offset);

#endif
