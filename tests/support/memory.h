#ifndef TESTS_SUPPORT_MEMORY_H
#define TESTS_SUPPORT_MEMORY_H

#include "leat/core/ctx.h"

/* An allocator that counts, and fails when it is told to. */
struct memory {
    struct leat_alloc alloc; /* give this to a ctx */
    uint64_t calls;          /* allocations asked for */
    uint64_t fail_at;        /* the call that fails: 1 is the first; 0 is none */
    uint64_t live;           /* allocations not freed */
    uint64_t live_bytes;
    uint64_t live_bytes_max; /* the most there ever were */
};

/* What the platform brings: malloc and free, or an allocator of its own on bare metal. */
extern const struct leat_alloc memory_platform;

/* Make an allocator that does not fail. */
void memory_init(struct memory *memory);

/* Check that all was freed. */
void memory_fini(struct memory *memory);

/* What ctxs of tests have, so that formats that encrypt are tested as all others: the identity that
 * age's specification shows, and a key. They guard nothing. */
extern const struct leat_keys memory_keys;
/* In two pieces, for those who look through sources for keys that somebody lost. */
#define MEMORY_IDENTITY_START                                                                      \
    "AGE-SECRET-"                                                                                  \
    "KEY-"
#define MEMORY_RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

/* A ctx on `memory`, with the default limits and the keys above, and its end, which checks that
 * nothing leaked. */
void memory_ctx_init(struct leat_ctx *ctx, struct memory *memory);
void memory_ctx_fini(struct leat_ctx *ctx, struct memory *memory);

/* Memory for tests themselves: never fails, and is not counted. */
void *memory_get(size_t size);
void memory_put(void *memory);

#endif
