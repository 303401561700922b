#include "leat/endpoint/memory/memory.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/kinds/ends.h"
#include "tests/support/check.h"

/* In pages that cannot be written, with nothing readable behind. */
static void put(struct kind_end *end, uint64_t offset, const void *data, size_t len)
{
    check(offset == 0);
    end->own = mmap(NULL, len + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(end->own != MAP_FAILED);
    memcpy(end->own, data, len);
    check(mprotect(end->own, len + 1, PROT_READ) == 0);
}

static struct leat_reader *open_source(struct kind_end *end)
{
    return leat_memory(end->ctx, end->own, (size_t)end->len);
}

static void unput(struct kind_end *end)
{
    check(munmap(end->own, (size_t)end->len + 1) == 0);
}

static const struct kind_source sources[] = {
    {
        .name = "memory",
        .promises = KIND_SEEKS | KIND_FORKS | KIND_SHARES | KIND_COPIES_NOTHING,
        .put = put,
        .open = open_source,
        .unmake = unput,
    },
    { 0 },
};

static struct leat_writer *open_sink(struct kind_end *end)
{
    return leat_memory_writer(end->ctx, (size_t)end->room);
}

/* What the writer has becomes a slice, which is taken piece by piece. */
static size_t take(struct kind_end *end, struct leat_writer *w, void *to, size_t len)
{
    struct leat_slice *slice = end->own;
    if (slice->len == 0 && w != NULL)
        leat_memory_writer_take(w, slice);
    if (slice->len == 0)
        return 0;
    size_t some = slice->len < len ? slice->len : len;
    memcpy(to, slice->data, some);
    slice->data += some;
    slice->len -= some;
    if (slice->len == 0)
        leat_slice_release(slice);
    return some;
}

static void make(struct kind_end *end)
{
    static struct leat_slice slice;
    slice = (struct leat_slice){ .data = (const uint8_t *)"" };
    end->own = &slice;
}

/* The bound is the writer's own. */
static void refuse(struct kind_end *end)
{
    check(end->room > 0);
}

static const struct kind_sink sinks[] = {
    {
        .name = "memory",
        .make = make,
        .open = open_sink,
        .take = take,
        .refuse = refuse,
        .refusal = LEAT_FAULT_BOUND,
    },
    { 0 },
};

const struct kinds kinds_memory = { .name = "memory", .sources = sources, .sinks = sinks };
