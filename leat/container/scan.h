#ifndef LEAT_CONTAINER_SCAN_H
#define LEAT_CONTAINER_SCAN_H

#include "leat/container/container.h"
#include "leat/core/format.h"

LEAT_BEGIN_DECLS

/* leat_peek at the source of `c`, which is widened where its window is too small for `min`.
 * Status  OK, AGAIN, END, FAULT: never LIMIT. */
LEAT_MUST_USE enum leat_status leat_scan_peek(struct leat_container *c, size_t min,
                                              struct leat_span *ret);

/* Look for the next header, at any byte: consume the source of `c` up to the first place where
 * `judge` says YES. It judges as a format's probe does, and is never given more than all of the
 * window; MORE counts as NO where the input ends. It should be quick to say NO.
 *
 * from    a place before this is none, though it were a header: an offset in the source
 * len_max bytes after which `judge` never says MORE
 * Status  OK (the source stands there), AGAIN (call again), END (there is none), FAULT
 * Blocks  as the engine does. */
LEAT_MUST_USE enum leat_status leat_scan(struct leat_container *c, uint64_t from,
                                         enum leat_match (*judge)(const uint8_t *data, size_t len),
                                         size_t len_max);

LEAT_END_DECLS

#endif
