#ifndef LEAT_CORE_WIDEN_H
#define LEAT_CORE_WIDEN_H

#include "leat/core/reader.h"

LEAT_BEGIN_DECLS

/* The same bytes with a window that can become `window_max` long, whatever the source's is: copies
 * them together (cause: seam), so it is for sources whose window is too small only.
 * Owns `src`. Same offsets. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_widen(struct leat_reader *src, size_t window_max);

LEAT_END_DECLS

#endif
