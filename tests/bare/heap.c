/* The tests' allocator on bare metal: the first free piece that is large enough, and free pieces
 * joined on the way there. */

#include "tests/support/check.h"
#include "tests/support/memory.h"

/* A piece of the heap: this, and then its bytes. They lie one after another, to the heap's end. */
struct piece {
    size_t len; /* of the bytes */
    bool used;
    max_align_t bytes[];
};

extern char heap_start[];
extern char heap_end[];

static struct piece *first;

static struct piece *next_of(struct piece *piece)
{
    return (struct piece *)((char *)piece->bytes + piece->len);
}

static bool is_end(const struct piece *piece)
{
    return (const char *)piece >= heap_end;
}

static void make_heap(void)
{
    first = (struct piece *)heap_start;
    first->len = (size_t)(heap_end - heap_start) - sizeof(*first);
    first->used = false;
}

static void *heap_take(size_t size)
{
    if (first == NULL)
        make_heap();
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    for (struct piece *piece = first; !is_end(piece); piece = next_of(piece)) {
        if (piece->used)
            continue;
        for (struct piece *next; next = next_of(piece), !is_end(next) && !next->used;)
            piece->len += sizeof(*next) + next->len;
        if (piece->len < size)
            continue;
        if (piece->len - size > sizeof(*piece)) {
            size_t rest = piece->len - size - sizeof(*piece);
            piece->len = size;
            *next_of(piece) = (struct piece){ .len = rest };
        }
        piece->used = true;
        return piece->bytes;
    }
    return NULL;
}

static void *heap_resize(void *user, void *old, size_t size)
{
    (void)user;
    if (old == NULL)
        return heap_take(size);
    struct piece *piece = (struct piece *)((char *)old - sizeof(*piece));
    check(size == 0);
    check(piece->used);
    piece->used = false;
    return NULL;
}

const struct leat_alloc memory_platform = { .resize = heap_resize };
