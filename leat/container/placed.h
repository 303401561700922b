#ifndef LEAT_CONTAINER_PLACED_H
#define LEAT_CONTAINER_PLACED_H

#include "leat/container/gather.h"

/* For containers whose headers and entries lie anywhere in a source that seeks. */

LEAT_BEGIN_DECLS

/* leat_gather_read of what stands at `at`: seeks there unless the source is there already.
 *
 * strayed  the container's own mark that the source was moved or has a fault in it since
 * Status   OK, AGAIN, FAULT; the input's end is one, and so is a source that cannot seek */
LEAT_MUST_USE enum leat_status leat_gather_at(struct leat_gather *gather, struct leat_container *c,
                                              uint64_t at, size_t want, bool *strayed);

/* The source's size, and whether it forks, which makes the container parallel.
 * Status  OK, AGAIN, FAULT; a source that does not know its size is one. */
LEAT_MUST_USE enum leat_status leat_placed_begin(struct leat_container *c, uint64_t *ret_size);

/* All of `src`, which it owns, with its offsets, from `offset` on: a view that seeks at its first
 * call, so that a constructor need not. Seeks, forks and knows its size where `src` does. */
LEAT_MUST_USE struct leat_reader *leat_placed(struct leat_reader *src, uint64_t offset);

/* The source of `c` from `offset` on, as a fork in `ctx`. Never NULL; where the source does not
 * fork, a reader that has only that fault. */
LEAT_MUST_USE struct leat_reader *leat_placed_fork(struct leat_container *c, struct leat_ctx *ctx,
                                                   uint64_t offset);

/* What an entry's reader stands on: the source of `c` from `offset` on, as a fork in `ctx` where
 * the container is parallel, else as the source itself through `shell`. Never NULL. */
LEAT_MUST_USE struct leat_reader *leat_placed_entry(struct leat_container *c, struct leat_ctx *ctx,
                                                    struct leat_reader *shell, uint64_t offset);

LEAT_END_DECLS

#endif
