#include "leat/core/alloc.h"
#include "leat/core/assert.h"
#include "leat/core/bytes.h"

void *leat_allocate(const struct leat_alloc *alloc, size_t size)
{
    leat_assert(size > 0);
    leat_assert(alloc->resize != NULL);
    void *memory = alloc->resize(alloc->user, NULL, size);
    if (memory != NULL)
        leat_bytes_zero(memory, size);
    return memory;
}

void leat_deallocate(const struct leat_alloc *alloc, void *memory)
{
    if (memory != NULL)
        alloc->resize(alloc->user, memory, 0);
}
