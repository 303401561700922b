#include "leat/core/slice.h"
#include "leat/core/assert.h"

/* The header is rounded up so that the bytes behind it are aligned for direct use. */
enum { BLOCK_HEADER = (sizeof(struct leat_block) + 63) / 64 * 64 };

struct leat_block *leat_block_create(const struct leat_alloc *alloc, size_t size)
{
    leat_assert(size > 0);
    if (size > SIZE_MAX - BLOCK_HEADER)
        return NULL;
    struct leat_block *block = alloc->resize(alloc->user, NULL, BLOCK_HEADER + size);
    if (block == NULL)
        return NULL;
    *block = (struct leat_block){
        .refs = 1,
        .alloc = *alloc,
        .data = (uint8_t *)block + BLOCK_HEADER,
        .size = size,
    };
    return block;
}

struct leat_block *leat_block_take(struct leat_block *block)
{
    uint32_t before = __atomic_fetch_add(&block->refs, 1, __ATOMIC_RELAXED);
    leat_assert(before > 0);
    leat_assert(before < UINT32_MAX);
    return block;
}

void leat_block_release(struct leat_block *block)
{
    if (block == NULL)
        return;
    uint32_t before = __atomic_fetch_sub(&block->refs, 1, __ATOMIC_ACQ_REL);
    leat_assert(before > 0);
    if (before > 1)
        return;
    if (block->release != NULL) {
        block->release(block);
    } else {
        struct leat_alloc alloc = block->alloc;
        leat_deallocate(&alloc, block);
    }
}

bool leat_block_is_sole(const struct leat_block *block)
{
    return __atomic_load_n(&block->refs, __ATOMIC_ACQUIRE) == 1;
}

void leat_slice_release(struct leat_slice *slice)
{
    leat_block_release(slice->block);
    *slice = (struct leat_slice){ 0 };
}
