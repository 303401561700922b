#ifndef LEAT_CORE_ALLOC_H
#define LEAT_CORE_ALLOC_H

#include "leat/core/compiler.h"

/* Where memory comes from: one function and what it needs to know.
 *
 * resize(user, old, size):
 *   old NULL, size > 0   allocate `size` bytes, aligned for any type; NULL when there are none
 *   old set,  size 0     free `old`; the result is NULL
 * It never moves a block, and a free may come from another thread than the allocation. */
struct leat_alloc {
    void *(*resize)(void *user, void *old, size_t size);
    void *user;
};

LEAT_BEGIN_DECLS

#if __STDC_HOSTED__
/* The C library's allocator. */
LEAT_API extern const struct leat_alloc leat_alloc_hosted;
#endif

/* Allocate `size` (> 0) zeroed bytes, or NULL. */
LEAT_API LEAT_MUST_USE void *leat_allocate(const struct leat_alloc *alloc, size_t size);

/* Give back what leat_allocate gave. NULL is fine. */
LEAT_API void leat_deallocate(const struct leat_alloc *alloc, void *memory);

LEAT_END_DECLS

#endif
