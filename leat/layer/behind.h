#ifndef LEAT_LAYER_BEHIND_H
#define LEAT_LAYER_BEHIND_H

#include "leat/layer/peel.h"

/* Which archives may stand behind other bytes, so that their first ones do not tell them. */

/* A format that is asked: first come all that tell by their last bytes, then those that look for
 * themselves within the first, since a zip may hold another archive as it is; of those the last of
 * the catalogue comes first, since squashfs looks where the program ends, and all others anywhere,
 * so that they might find what is stored in an image. All zero: before the first. */
struct leat_behind {
    size_t step; /* in that order; one more: on to the next */
    const struct leat_format *format;
    bool by_end;
};

LEAT_BEGIN_DECLS

/* The first format from the step on that may be behind the first bytes of what has the options'
 * name and is a program, or not. False: there is none. */
LEAT_MUST_USE bool leat_behind_next(struct leat_behind *at, const struct leat_peel_options *options,
                                    bool program);

/* Whether any may. YES, NO, or MORE: a byte more of the head may tell. */
LEAT_MUST_USE enum leat_match leat_behind_may(const struct leat_peel_options *options,
                                              struct leat_span head);

/* How many of `len` bytes the format is asked about: the last ones, or the first. */
LEAT_MUST_USE size_t leat_behind_len(const struct leat_behind *at, uint64_t len);

/* What the format says of bytes that are all there are. YES or NO. */
LEAT_MUST_USE enum leat_match leat_behind_judge(const struct leat_behind *at,
                                                struct leat_span bytes);

/* The first format that is behind these bytes, or NULL. Where they are not `all` there are, but the
 * last of them, only the end tells. */
LEAT_MUST_USE const struct leat_format *leat_behind_told(struct leat_span bytes, bool all);

LEAT_END_DECLS

#endif
