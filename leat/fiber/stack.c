#include "leat/fiber/stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include "leat/core/assert.h"
#include "leat/fiber/notes.h"

/* What is given back is looked through once in so many gives, and at most so many stacks then hand
 * their pages back: one or two system calls for every 16 gives. */
enum { REVIEW_GIVES = 1024, REVIEW_STACKS_MAX = 64 };

/* So many of those kept stay warm, however long they were not needed. */
enum { HOT = 16 };

/* Were the tops of all stacks equally far from a page's start, the frames of all fibers would share
 * a few sets of the cache, and a load of one fiber look as if it overlapped a store of another: a
 * switch takes 7.5 ns then and not 3.6. So tops are at different places in their page, by turns. */
enum { COLOURS = 16, COLOUR_BYTES = 128, PAGE_MIN = 4096 };

_Static_assert((COLOURS - 1) * COLOUR_BYTES + sizeof(struct leat_stack) <= PAGE_MIN,
               "the top page has room for the head of any colour");

void leat_stacks_init(struct leat_stacks *pool, const struct leat_stacks_options *options)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = options->stack_size != 0 ? options->stack_size : LEAT_STACK_SIZE;
    leat_assert(page >= PAGE_MIN);
    leat_assert(size >= LEAT_STACK_SIZE_MIN);
    leat_assert(size <= SIZE_MAX / 2);
    *pool = (struct leat_stacks){
        .gives_left = REVIEW_GIVES,
        .kept_max = options->kept_max != 0 ? options->kept_max : LEAT_STACKS_KEPT_MAX,
        .total_max = options->total_max != 0 ? options->total_max : LEAT_STACKS_TOTAL_MAX,
        .watched = leat_notes_watched(),
        .page = page,
        .stack_size = (size + page - 1) / page * page,
    };
}

/* --- Mapping --- */

/* The guard, the stack, and a page for the head. */
static size_t mapping_len(const struct leat_stacks *pool)
{
    return pool->page + pool->stack_size + pool->page;
}

static struct leat_stack *stack_map(struct leat_stacks *pool)
{
    uint8_t *start = mmap(NULL, mapping_len(pool), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    if (mprotect(start, pool->page, PROT_NONE) != 0) {
        munmap(start, mapping_len(pool));
        return NULL;
    }
    uint8_t *low = start + pool->page;
    size_t size = pool->stack_size + pool->colour * COLOUR_BYTES;
    pool->colour = (pool->colour + 1) % COLOURS;
    struct leat_stack *stack = (struct leat_stack *)(low + size);
    *stack = (struct leat_stack){ .low = low, .size = size };
    if (pool->watched)
        stack->note = leat_notes_mapped(low, size);
    pool->total++;
    return stack;
}

static void stack_unmap(struct leat_stacks *pool, struct leat_stack *stack)
{
    leat_assert(pool->total > 0);
    if (pool->watched)
        leat_notes_unmapped(stack->note);
    int failed = munmap((uint8_t *)stack->low - pool->page, mapping_len(pool));
    leat_assert(failed == 0);
    pool->total--;
}

/* --- Use, and pages that are handed back --- */

/* How deep the stack was used, by which of its pages are there, and remember the deepest. */
static size_t stack_used(struct leat_stacks *pool, const struct leat_stack *stack)
{
    enum { PAGES = 64 };
    unsigned char there[PAGES];
    size_t pages = (stack->size + pool->page - 1) / pool->page, at = 0;
    while (at < pages) {
        size_t n = pages - at < PAGES ? pages - at : PAGES;
        if (mincore((uint8_t *)stack->low + at * pool->page, n * pool->page, there) != 0)
            return 0;
        size_t i = 0;
        while (i < n && (there[i] & 1) == 0)
            i++;
        at += i;
        if (i < n)
            break;
    }
    size_t unused = at * pool->page;
    size_t used = stack->size > unused ? stack->size - unused : 0;
    pool->used_max = used > pool->used_max ? used : pool->used_max;
    return used;
}

/* Hand back all but what any fiber touches at once: the head's page, and one or two below. */
static void stack_cool(struct leat_stacks *pool, struct leat_stack *stack)
{
    size_t len = (stack->size - pool->page) / pool->page * pool->page;
    if (stack_used(pool, stack) > stack->size - len)
        (void)madvise(stack->low, len, MADV_DONTNEED);
}

/* Stacks that stayed warm and idle since the last review have lost their place in the cache, and
 * may lose their pages. Whose count goes up and down by hundreds all the time never comes here. */
static LEAT_COLD void stacks_review(struct leat_stacks *pool)
{
    uint32_t excess = pool->warm_idle > HOT ? pool->warm_idle - HOT : 0;
    if (excess > REVIEW_STACKS_MAX)
        excess = REVIEW_STACKS_MAX;
    leat_assert(excess <= pool->warm);
    for (; excess > 0; excess--) {
        stack_cool(pool, pool->warm_last);
        pool->warm_last = pool->warm_last->hotter;
        pool->warm--;
    }
    pool->warm_idle = pool->warm;
    pool->gives_left = REVIEW_GIVES;
}

/* --- Taking and giving --- */

/* None is kept. */
static LEAT_COLD enum leat_status stack_new(struct leat_stacks *pool, struct leat_stack **ret)
{
    leat_assert(pool->kept == 0);
    if (pool->total == pool->total_max)
        return LEAT_LIMIT;
    struct leat_stack *stack = stack_map(pool);
    if (stack == NULL)
        return LEAT_FAULT;
    *ret = stack;
    return LEAT_OK;
}

enum leat_status leat_stacks_take(struct leat_stacks *pool, struct leat_stack **ret)
{
    struct leat_stack *stack = pool->hottest;
    if (leat_unlikely(stack == NULL))
        return stack_new(pool, ret);
    pool->hottest = stack->colder;
    if (pool->hottest != NULL)
        pool->hottest->hotter = NULL;
    pool->kept--;
    if (pool->warm > 0 && --pool->warm == 0)
        pool->warm_last = NULL;
    if (pool->warm < pool->warm_idle)
        pool->warm_idle = pool->warm;
    *ret = stack;
    return LEAT_OK;
}

/* As many are kept as there may be. */
static LEAT_COLD void stack_drop(struct leat_stacks *pool, struct leat_stack *stack)
{
    (void)stack_used(pool, stack);
    stack_unmap(pool, stack);
}

static LEAT_COLD void watchers_told(const struct leat_stack *stack)
{
    leat_notes_given(stack->low, stack->size);
}

void leat_stacks_give(struct leat_stacks *pool, struct leat_stack *stack)
{
    leat_assert(pool->kept < pool->total);
    leat_assert((uint8_t *)stack->low + stack->size == (uint8_t *)stack);
    if (leat_unlikely(pool->watched))
        watchers_told(stack);
    if (leat_unlikely(pool->kept == pool->kept_max)) {
        stack_drop(pool, stack);
        return;
    }
    stack->hotter = NULL;
    stack->colder = pool->hottest;
    if (pool->hottest != NULL)
        pool->hottest->hotter = stack;
    pool->hottest = stack;
    pool->kept++;
    if (pool->warm++ == 0)
        pool->warm_last = stack;
    if (--pool->gives_left == 0)
        stacks_review(pool);
}

size_t leat_stacks_high_water(struct leat_stacks *pool)
{
    for (struct leat_stack *stack = pool->hottest; stack != NULL; stack = stack->colder)
        (void)stack_used(pool, stack);
    return pool->used_max;
}

void leat_stacks_fini(struct leat_stacks *pool)
{
    leat_assert(pool->kept == pool->total);
    for (struct leat_stack *stack = pool->hottest, *next; stack != NULL; stack = next) {
        next = stack->colder;
        stack_unmap(pool, stack);
    }
    leat_assert(pool->total == 0);
    pool->hottest = NULL;
    pool->kept = pool->warm = 0;
}
