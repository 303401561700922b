#ifndef LEAT_FIBER_STACK_H
#define LEAT_FIBER_STACK_H

#include "leat/core/status.h"

/* A pool of stacks: mapped when they are first needed, and kept for the next when they are given
 * back. For the library's own use; a pool belongs to one thread at a time.
 *
 *       guard    low                             low + size
 *     ┌────────┬───────────────────────────────────┬────────────┬────────┐
 *     │no entry│                       ← grows     │ leat_stack │        │
 *     └────────┴───────────────────────────────────┴────────────┴────────┘
 *
 * A flow that overruns its stack meets the guard, a page that is neither read nor written, and the
 * program ends by SIGSEGV. A frame of more than a page may step over it, unless what has the frame
 * is compiled with -fstack-clash-protection. */

/* Usable bytes of a stack. With glibc 2.36, printf of a number that is not whole
 * goes 8 KiB deep, and a look-up of a host's name 12; only pages that were touched take memory.
 * Whoever has regular expressions or TLS run in a fiber asks for more. */
#define LEAT_STACK_SIZE     (64 * LEAT_KIB)
#define LEAT_STACK_SIZE_MIN (16 * LEAT_KIB)

/* Stacks in all. Each takes two mappings of the process, for its guard splits what is mapped
 * around it; Linux lets a process have 65,530 (vm.max_map_count). This takes half of them. Mapping
 * many stacks at once would take just as many. */
enum { LEAT_STACKS_TOTAL_MAX = 16384 };

/* Stacks kept while nobody needs them. */
enum { LEAT_STACKS_KEPT_MAX = 256 };

/* Zeros mean the defaults, which are above. */
struct leat_stacks_options {
    size_t stack_size;  /* usable bytes, LEAT_STACK_SIZE_MIN at least; rounded up to pages */
    uint32_t kept_max;  /* those given back beyond so many are unmapped */
    uint32_t total_max; /* those in use and kept */
};

/* One of them, at the top of its own memory. */
struct leat_stack {
    void *low;
    size_t size;               /* usable bytes, from `low` to this */
    struct leat_stack *colder; /* of those kept: given back before this, and after this */
    struct leat_stack *hotter;
    unsigned note; /* for leat_notes_unmapped */
};

/* Those kept are a list from the hottest, given back last and taken first, to the coldest. The
 * coldest have handed their pages back; the rest are warm. */
struct leat_stacks {
    struct leat_stack *hottest;
    struct leat_stack *warm_last; /* the coldest of those warm */
    uint32_t kept;
    uint32_t kept_max;
    uint32_t total; /* mapped: kept and in use */
    uint32_t total_max;
    uint32_t warm;
    uint32_t warm_idle;  /* the fewest that were warm since the last review */
    uint32_t gives_left; /* until the next */
    uint32_t colour;     /* of the stack that is mapped next */
    bool watched;        /* by Valgrind */
    size_t page;
    size_t stack_size;
    size_t used_max; /* of the stacks that were looked at */
};

/* Make an empty pool in the caller's memory. Neither maps nor allocates. */
void leat_stacks_init(struct leat_stacks *pool, const struct leat_stacks_options *options);

/* Unmap all. Every stack must have been given back. */
void leat_stacks_fini(struct leat_stacks *pool);

/* A stack for the caller, until it is given back; the one that was in use last, or a new one. Its
 * contents are undefined.
 *
 * Status   OK, LIMIT (total_max are in use), FAULT (the system has no memory)
 * Blocks   no.   Allocates  a mapping, when none is kept */
LEAT_MUST_USE enum leat_status leat_stacks_take(struct leat_stacks *pool, struct leat_stack **ret);

/* Give a stack back to the pool that it is from, when nobody runs on it. Once in many calls, a few
 * of those kept that were not needed for long hand their pages back to the system. */
void leat_stacks_give(struct leat_stacks *pool, struct leat_stack *stack);

/* How deep any stack was used, in bytes, to the page: of those that are kept, and those that were
 * unmapped or handed pages back. Those in use are not looked at, and pages that were swapped out
 * are not seen. Asks the system once or more for each stack that is kept. */
LEAT_MUST_USE size_t leat_stacks_high_water(struct leat_stacks *pool);

#endif
