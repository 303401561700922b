#ifndef LEAT_ENDPOINT_SOURCE_H
#define LEAT_ENDPOINT_SOURCE_H

#include "leat/core/buffer.h"
#include "leat/endpoint/handle.h"

/* The reader over a descriptor that files, descriptors and maps are made of: with pread where there
 * are offsets, as a stream elsewhere. Internal to the endpoints. */

/* How much is read at once. */
struct leat_source_blocks {
    size_t first; /* the first read, so that a small file takes one */
    size_t rest;
    bool exact;        /* never past what is asked for; first and rest do not count */
    bool short_is_end; /* a read that comes back short has met the end: true of ordinary files */
};

struct leat_source {
    struct leat_reader reader;
    struct leat_handle *handle;
    struct leat_buffer buffer;
    struct leat_source_blocks blocks;
    struct leat_wake *armed;
    uint64_t start; /* where offset 0 lies in the descriptor */
    bool stream;    /* has no offsets */
    bool ended;     /* a short read met the end */
    bool returns;   /* leave the caller's descriptor where reading stopped */
};

/* Fill in what leat_reader_at made; takes `handle` over. NULL handle: no memory, so the reader is
 * closed and the result is the ctx's no_reader. */
struct leat_reader *leat_source_init(struct leat_source *self, struct leat_handle *handle,
                                     const struct leat_source_blocks *blocks);

/* Open the descriptor if it is not, find where it stands, for ops that need one.
 * OK, AGAIN, FAULT (recorded) */
enum leat_status leat_source_opens(struct leat_source *self);

/* Read once, so that the window may become `min` long. OK (more is there), AGAIN, END, FAULT. */
enum leat_status leat_source_reads(struct leat_source *self, size_t min);

/* The ops. */
enum leat_status leat_source_fill(struct leat_reader *r, size_t min);
enum leat_status leat_source_skip(struct leat_reader *r, uint64_t n, uint64_t *ret_done);
enum leat_status leat_source_share(struct leat_reader *r, size_t n, struct leat_slice *ret);
enum leat_status leat_source_seek(struct leat_reader *r, uint64_t offset);
enum leat_status leat_source_fork(struct leat_reader *r, struct leat_ctx *ctx,
                                  struct leat_reader **ret);
enum leat_status leat_source_size(struct leat_reader *r, uint64_t *ret);
enum leat_status leat_source_offer(struct leat_reader *r, struct leat_offer *ret);
void leat_source_pulled(struct leat_reader *r, uint64_t n);
enum leat_status leat_source_arm(struct leat_reader *r, struct leat_wake *wake);
void leat_source_stop(struct leat_reader *r);

#endif
