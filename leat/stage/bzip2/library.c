#include "leat/stage/bzip2/library.h"

LEAT_LATE_LIBRARY(leat_libbz2, LEAT_LIBBZ2_FUNCTIONS, LEAT_SONAME_BZ2)

enum leat_status leat_bzip2_load(struct leat_codec *codec)
{
    if (leat_libbz2() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libbz2 cannot be loaded", 0);
    return LEAT_OK;
}

/* --- Memory --- */

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
