#ifndef LEAT_LAYER_BEHIND_H
#define LEAT_LAYER_BEHIND_H

#include "leat/layer/peel.h"

/* Which archives may stand behind other bytes, so that only their own last ones tell them. */

LEAT_BEGIN_DECLS

/* Whether the bytes begin as a program does, or a script: what may be put before any archive. */
LEAT_MUST_USE enum leat_match leat_behind_program(struct leat_span head);

/* The first format from `at` on, in the catalogue, that may be told by the end of what has the
 * options' name and is a program, or not. */
LEAT_MUST_USE const struct leat_format *const *leat_behind_next(
    const struct leat_format *const *at, const struct leat_peel_options *options, bool program);

/* Whether any may. YES, NO, or MORE: a byte more of the head may tell. */
LEAT_MUST_USE enum leat_match leat_behind_may(const struct leat_peel_options *options,
                                              struct leat_span head);

/* The first format whose last bytes these are, or NULL. */
LEAT_MUST_USE const struct leat_format *leat_behind_told(struct leat_span tail);

LEAT_END_DECLS

#endif
