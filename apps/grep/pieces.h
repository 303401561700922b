#ifndef APPS_GREP_PIECES_H
#define APPS_GREP_PIECES_H

#include "apps/grep/print.h"
#include "apps/walk/pool.h"

/* Searching one large reader on all threads, in pieces that end at line ends, with the same result
 * as from one end to the other. */

/* Whether `r` is worth it and can be: large, of a known size, forks; and the search needs nothing
 * that goes across pieces (context, a maximum, an end at the first NUL byte). */
bool pieces_fit(const struct search_options *options, struct pool *pool, struct leat_reader *r);

/* Search all of `r`, which fits, from where it stands. Lines come out through `print`, which was
 * begun, in order.
 *
 * thread   the pool's thread that calls; others help
 * ret_fault  of a FAULT
 * Status   as search_reader; UNSUPPORTED: it could not begin, and nothing was searched */
LEAT_MUST_USE enum leat_status pieces_search(const struct search_options *options,
                                             struct pool *pool, unsigned thread,
                                             struct leat_reader *r, struct print *print,
                                             struct search_result *ret,
                                             struct leat_fault *ret_fault);

#endif
