#include "leat/stage/bzip2/memory.h"

static void *bz_allocates(void *user, int n, int size)
{
    struct leat_codec *codec = user;
    size_t len = (size_t)n * (size_t)size;
    void *memory = leat_allocate(&codec->ctx->alloc, len);
    if (memory == NULL)
        return NULL;
    codec->counts->allocations++;
    codec->counts->allocated += len;
    return memory;
}

static void bz_frees(void *user, void *memory)
{
    const struct leat_codec *codec = user;
    leat_deallocate(&codec->ctx->alloc, memory);
}

void leat_bzip2_memory(struct leat_codec *codec, bz_stream *bz)
{
    *bz = (bz_stream){ .bzalloc = bz_allocates, .bzfree = bz_frees, .opaque = codec };
}
