#ifndef LEAT_CORE_COPY_H
#define LEAT_CORE_COPY_H

#include "leat/core/writer.h"

LEAT_BEGIN_DECLS

/* Move up to `limit` bytes from `r` to `w`, the cheapest way the two agree on: what is in the
 * window first, then what the source offers and the sink can pull (copy_file_range, sendfile,
 * splice), else slices by reference, else bytes.
 *
 * ret_done  how many were moved, on every status
 * Status    OK (all of limit), END (r ended first), AGAIN (r would wait: w was flushed), FULL (w
 *           would wait), FAULT (leat_reader_fault(r) or leat_writer_fault(w) says which)
 * Blocks    as the engines do. After AGAIN or FULL call again. At END `w` is not flushed. A writer
 *           that cannot promise a PUSH keeps what it holds at AGAIN. */
LEAT_API LEAT_MUST_USE enum leat_status leat_copy(struct leat_writer *w, struct leat_reader *r,
                                                  uint64_t limit, uint64_t *ret_done);

LEAT_END_DECLS

#endif
