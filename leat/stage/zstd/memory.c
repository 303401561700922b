#include "leat/stage/zstd/memory.h"

static void *zstd_allocates(void *user, size_t size)
{
    struct leat_codec *codec = user;
    void *memory = leat_allocate(&codec->ctx->alloc, size);
    if (memory == NULL)
        return NULL;
    codec->counts->allocations++;
    codec->counts->allocated += size;
    return memory;
}

static void zstd_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

ZSTD_customMem leat_zstd_memory(struct leat_codec *codec)
{
    return (
        ZSTD_customMem){ .customAlloc = zstd_allocates, .customFree = zstd_frees, .opaque = codec };
}
