#ifndef LEAT_STAGE_XZ_FILTER_H
#define LEAT_STAGE_XZ_FILTER_H

#include "leat/stage/xz/library.h"
#include "leat/stage/xz/raw.h"

/* A filter as raw.h has it, in liblzma's terms. Not installed. */

/* Read `from` and its properties into `ret`, whose options the caller frees by lzma_filters_free,
 * with the same allocator. Where what is returned is not OK, its id is UNKNOWN, and there is
 * nothing to free. */
LEAT_MUST_USE lzma_ret leat_lzma_filter_read(const struct leat_lzma_filter *from,
                                             const lzma_allocator *allocator, lzma_filter *ret);

#endif
