#ifndef LEAT_FIBER_NOTES_H
#define LEAT_FIBER_NOTES_H

#include <stdint.h>

#include "leat/core/compiler.h"

/* What the tools that watch a program are told about stacks, without which they take a switch for
 * an overrun or a race. Where a tool is not compiled in, its notes are empty: no field, no call.
 * Valgrind is not compiled in: it is told by whoever maps the stacks, and that asks once for each
 * pool whether it is there. */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAT_NOTES_ADDRESS
#elif __has_feature(thread_sanitizer)
#define LEAT_NOTES_THREAD
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAT_NOTES_ADDRESS
#elif defined(__SANITIZE_THREAD__)
#define LEAT_NOTES_THREAD
#endif

#if defined(LEAT_NOTES_ADDRESS)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(LEAT_NOTES_THREAD)
#include <sanitizer/tsan_interface.h>
#endif

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define LEAT_NOTES_VALGRIND
#endif

/* Of one flow of control. Zeroed, it is that of a thread's own stack. */
struct leat_notes {
#if defined(LEAT_NOTES_ADDRESS)
    void *frames; /* its fake stack while it does not run */
    const void *low;
    size_t size;
#elif defined(LEAT_NOTES_THREAD)
    void *flow;
    bool owned;
#endif
};

/* A new flow, on the stack of `size` bytes from `low` on. */
static inline void leat_notes_init(struct leat_notes *notes, const void *low, size_t size)
{
    *notes = (struct leat_notes){};
#if defined(LEAT_NOTES_ADDRESS)
    notes->low = low;
    notes->size = size;
#elif defined(LEAT_NOTES_THREAD)
    notes->flow = __tsan_create_fiber(0);
    notes->owned = true;
#endif
    (void)low;
    (void)size;
}

/* A flow that runs no more. The frames that it never left would stay forbidden to whatever uses the
 * memory next. */
static inline void leat_notes_fini(struct leat_notes *notes)
{
#if defined(LEAT_NOTES_ADDRESS)
    if (notes->size > 0)
        __asan_unpoison_memory_region((void *)(uintptr_t)notes->low, notes->size);
#elif defined(LEAT_NOTES_THREAD)
    if (notes->owned)
        __tsan_destroy_fiber(notes->flow);
#endif
    *notes = (struct leat_notes){};
}

/* Right before `from` stops, for ever or until it arrives again, and `to` runs. Always inline: from
 * here on a function's end counts as one of `to`, for the thread sanitizer. */
static inline __attribute__((always_inline)) void leat_notes_depart(struct leat_notes *from,
                                                                    struct leat_notes *to,
                                                                    bool for_ever)
{
#if defined(LEAT_NOTES_ADDRESS)
    __sanitizer_start_switch_fiber(for_ever ? NULL : &from->frames, to->low, to->size);
#elif defined(LEAT_NOTES_THREAD)
    if (!from->owned)
        from->flow = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->flow, 0);
#endif
    (void)from;
    (void)to;
    (void)for_ever;
}

/* Right after: `here` runs (NULL: its first step), and `before` ran until now. This is where the
 * bounds of a thread's own stack become known, before anybody switches back to it. */
static inline void leat_notes_arrive(struct leat_notes *here, struct leat_notes *before)
{
#if defined(LEAT_NOTES_ADDRESS)
    __sanitizer_finish_switch_fiber(here != NULL ? here->frames : NULL, &before->low,
                                    &before->size);
#endif
    (void)here;
    (void)before;
}

/* --- Valgrind --- */

/* Whether this program runs under it. */
static inline bool leat_notes_watched(void)
{
#if defined(LEAT_NOTES_VALGRIND)
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

/* A stack was mapped. What it returns is for leat_notes_unmapped. */
static inline unsigned leat_notes_mapped(const void *low, size_t size)
{
#if defined(LEAT_NOTES_VALGRIND)
    return VALGRIND_STACK_REGISTER((uintptr_t)low, (uintptr_t)low + size);
#else
    (void)low;
    (void)size;
    return 0;
#endif
}

/* Nobody runs on the stack now: what was below a stack pointer may be used again. */
static inline void leat_notes_given(const void *low, size_t size)
{
#if defined(LEAT_NOTES_VALGRIND)
    VALGRIND_MAKE_MEM_UNDEFINED(low, size);
#endif
    (void)low;
    (void)size;
}

static inline void leat_notes_unmapped(unsigned id)
{
#if defined(LEAT_NOTES_VALGRIND)
    VALGRIND_STACK_DEREGISTER(id);
#endif
    (void)id;
}

#endif
