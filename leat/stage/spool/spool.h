#ifndef LEAT_STAGE_SPOOL_SPOOL_H
#define LEAT_STAGE_SPOOL_SPOOL_H

#include "leat/core/reader.h"

LEAT_BEGIN_DECLS

/* A reader of `src`, which it owns, that keeps what it has read, and so can seek, fork and say its
 * size whatever `src` is. Offsets begin at 0 where `src` stands. Each byte is copied once, when it
 * is first read, and again only where a window crosses from one of the few blocks into the next.
 *
 * max  bytes to keep; 0, or more than the ctx's limit spool_max: that limit. Behind them comes a
 * fault with code BOUND.
 *
 * Forks read `src` on when they come to what is not kept yet, and may be closed in any order. A
 * fork for another ctx, and so for another thread, needs all of `src` first: leat_fork reads it,
 * and is UNSUPPORTED where that would have to wait; leat_size before it says AGAIN. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_spool(struct leat_reader *src, size_t max);

LEAT_END_DECLS

#endif
