#ifndef LEAT_LAYER_KEEP_H
#define LEAT_LAYER_KEEP_H

#include "leat/core/slice.h"
#include "leat/core/view.h"

/* Keeping what passes, for what is told by its last bytes and lies in a source that cannot go back.
 */

enum { LEAT_KEEP_TAIL_LEN = 4096 };

LEAT_BEGIN_DECLS

/* A view of `src`, which it owns, that keeps a copy of what is consumed: all of the first `max`
 * bytes, if there are no more and no damage was passed, and the last LEAT_KEEP_TAIL_LEN anyway.
 * Without memory for that, those alone; without any, as leat_reader_over. */
LEAT_MUST_USE struct leat_reader *leat_keep(struct leat_reader *src, size_t max);

/* Take what was consumed, once.
 *
 * ret   all that was, to be released, and it outlives the view; or else the last bytes, a loan
 * until the view is closed, and then it has no block true: all. */
LEAT_MUST_USE bool leat_keep_take(struct leat_reader *keep, struct leat_slice *ret);

LEAT_END_DECLS

#endif
