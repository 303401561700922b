#include "tests/support/memory.h"
#include "tests/support/check.h"

/* In front of each allocation; as large as the strictest alignment. */
union header {
    size_t size;
    max_align_t align;
};

enum { FREED = 0xdd };

static void *take(struct memory *memory, size_t size)
{
    memory->calls++;
    if (memory->calls == memory->fail_at)
        return NULL;
    union header *header =
        memory_platform.resize(memory_platform.user, NULL, sizeof(*header) + size);
    check(header != NULL);
    header->size = size;
    memory->live++;
    memory->live_bytes += size;
    if (memory->live_bytes > memory->live_bytes_max)
        memory->live_bytes_max = memory->live_bytes;
    /* Not zero: who needs zeros has to ask for them. */
    __builtin_memset(header + 1, FREED, size);
    return header + 1;
}

static void *counting_resize(void *user, void *old, size_t size)
{
    struct memory *memory = user;
    if (old == NULL)
        return size > 0 ? take(memory, size) : NULL;
    check(size == 0);
    union header *header = (union header *)old - 1;
    check(memory->live > 0);
    memory->live--;
    memory->live_bytes -= header->size;
    __builtin_memset(header + 1, FREED, header->size);
    memory_platform.resize(memory_platform.user, header, 0);
    return NULL;
}

static const char identity[] =
    MEMORY_IDENTITY_START "1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";

const struct leat_keys memory_keys = {
    .identity = { (const uint8_t *)identity, sizeof(identity) - 1 },
    .key = { (const uint8_t *)"32 bytes that everybody may know", 32 },
};

void memory_init(struct memory *memory)
{
    *memory = (struct memory){ .alloc = { .resize = counting_resize, .user = memory } };
}

void memory_fini(struct memory *memory)
{
    check_equal(memory->live, 0);
    check_equal(memory->live_bytes, 0);
}

void memory_ctx_init(struct leat_ctx *ctx, struct memory *memory)
{
    memory_init(memory);
    struct leat_ctx_options options = { .alloc = memory->alloc, .keys = &memory_keys };
    leat_ctx_init(ctx, &options);
}

void memory_ctx_fini(struct leat_ctx *ctx, struct memory *memory)
{
    check_equal(ctx->open, 0);
    leat_ctx_fini(ctx);
    memory_fini(memory);
}

void *memory_get(size_t size)
{
    void *memory = memory_platform.resize(memory_platform.user, NULL, size > 0 ? size : 1);
    check(memory != NULL);
    return memory;
}

void memory_put(void *memory)
{
    if (memory != NULL)
        memory_platform.resize(memory_platform.user, memory, 0);
}

#if __STDC_HOSTED__
static void *platform_resize(void *user, void *old, size_t size)
{
    return leat_alloc_hosted.resize(user, old, size);
}

const struct leat_alloc memory_platform = { .resize = platform_resize };
#endif
