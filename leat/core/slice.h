#ifndef LEAT_CORE_SLICE_H
#define LEAT_CORE_SLICE_H

#include "leat/core/alloc.h"
#include "leat/core/span.h"

/* Memory with a count. The last release frees it, on whatever thread that happens.
 *
 * A block is either one allocation with its bytes behind this header, or a foreign region (a map)
 * that `release` gives back. */
struct leat_block {
    uint32_t refs;
    struct leat_alloc alloc;
    uint8_t *data;
    size_t size;
    void (*release)(struct leat_block *block); /* NULL: free the allocation */
    struct leat_block *next;                   /* the owner's list, while nobody else has it */
};

/* Bytes by reference: good until released, whatever becomes of the reader they came from. */
struct leat_slice {
    const uint8_t *data;
    size_t len;
    struct leat_block *block; /* NULL: memory that lives for ever */
};

LEAT_BEGIN_DECLS

/* Allocate a block of `size` bytes (not zeroed), with one reference; NULL without memory. */
LEAT_API LEAT_MUST_USE struct leat_block *leat_block_create(const struct leat_alloc *alloc,
                                                            size_t size);
LEAT_API struct leat_block *leat_block_take(struct leat_block *block);
LEAT_API void leat_block_release(struct leat_block *block); /* NULL is fine */

/* Whether the caller holds the only reference. */
LEAT_API bool leat_block_is_sole(const struct leat_block *block);

/* Drop a slice's reference and clear it. */
LEAT_API void leat_slice_release(struct leat_slice *slice);

LEAT_END_DECLS

#endif
