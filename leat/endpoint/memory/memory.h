#ifndef LEAT_ENDPOINT_MEMORY_MEMORY_H
#define LEAT_ENDPOINT_MEMORY_MEMORY_H

#include "leat/core/ctx.h"

LEAT_BEGIN_DECLS

/* A reader of `len` bytes that stay where they are, unchanged, until it and every slice and fork
 * taken of it are gone. The window is all of them at once; nothing is ever copied. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_memory(struct leat_ctx *ctx, const void *data,
                                                       size_t len);

LEAT_END_DECLS

#endif
