#ifndef LEAT_ENDPOINT_MEMORY_MEMORY_H
#define LEAT_ENDPOINT_MEMORY_MEMORY_H

#include "leat/core/ctx.h"

LEAT_BEGIN_DECLS

/* A reader of `len` bytes that stay where they are, unchanged, until it and every slice and fork
 * taken of it are gone. The window is all of them at once; nothing is ever copied. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_memory(struct leat_ctx *ctx, const void *data,
                                                       size_t len);

/* A writer into memory that grows up to `max` bytes (0: limits.spool_max); more is a fault with
 * code BOUND. What is written is copied in, and again when the memory grows. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_memory_writer(struct leat_ctx *ctx, size_t max);

/* Take what was committed to a leat_memory_writer since the last take, as a slice to be released.
 * It outlives the writer, which begins anew; also after a finish or a fault. Nothing is copied. */
LEAT_API void leat_memory_writer_take(struct leat_writer *w, struct leat_slice *ret);

LEAT_END_DECLS

#endif
