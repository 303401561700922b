#ifndef LEAT_STAGE_PROGRESS_PROGRESS_H
#define LEAT_STAGE_PROGRESS_PROGRESS_H

#include "leat/core/view.h"

/* Told how many bytes were consumed so far. It must not use the reader. */
typedef void leat_progress_report(void *user, uint64_t consumed);

LEAT_BEGIN_DECLS

/* A view of `src`, which it owns, that reports what is consumed: whenever that came to `every` (>
 * 0) bytes or more since the last report, at the next fill, skip or seek, and what was not yet
 * reported at close. Seeks, and has a size, where `src` does; a seek starts the count from its
 * offset. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_progress(struct leat_reader *src, uint64_t every,
                                                         leat_progress_report *report, void *user);

LEAT_END_DECLS

#endif
