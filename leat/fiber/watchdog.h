#ifndef LEAT_FIBER_WATCHDOG_H
#define LEAT_FIBER_WATCHDOG_H

#include <signal.h>

#include "leat/fiber/fiber.h"

/* Tells when a fiber hogs its thread: that is what a slow service looks like from inside. A thread
 * of the watchdog's own looks now and then, eight times in the limit, whether any fiber was
 * switched to since the last look; while none runs it sleeps, and costs nothing. When none was for
 * too long though one runs, it sends a signal to the fibers' thread, whose handler collects the
 * stack there, and calls the application.
 *
 * The signal interrupts what the fiber does: system calls go on by themselves (SA_RESTART) but for
 * those that never do, such as nanosleep(2), which says EINTR then. The handler runs on the fiber's
 * stack and takes some 4 KiB of it, or on the thread's own stack for signals where it has one
 * (sigaltstack(2)). It calls backtrace(3), which is no more than customary in a handler: it is
 * called once before, so that it loads nothing then, but its unwinder may take a lock of the
 * dynamic linker's, and a program that loads libraries while it hogs a thread could stand still.
 * That is why there is no watchdog unless one is made. */

struct leat_watchdog;

enum { LEAT_WATCHDOG_FRAMES_MAX = 64 };

/* What is told, on the watchdog's thread; good until the call returns. */
struct leat_watchdog_report {
    void *const *addresses; /* the stack, the innermost first; for backtrace_symbols(3) and such */
    unsigned addresses_len; /* 0: the thread did not take the signal */
    uint64_t duration_ns;   /* without a switch so far */
    const char *group;      /* the fiber's, by name */
};

struct leat_watchdog_options {
    uint64_t limit_ns; /* 0: 50 ms */

    /* The signal, which the application keeps for this: SIGRTMIN + n, SIGURG ... Its handler is
     * set when the first watchdog is made and stays, so that a late signal ends no program. */
    int signal;

    /* Called once for each time that a fiber is found to hog, from the watchdog's thread. */
    void (*report)(void *user, const struct leat_watchdog_report *report);
    void *user;
    struct leat_alloc alloc; /* zeroed: the C library's */
};

LEAT_BEGIN_DECLS

/* Watch `fibers`, whose thread is the caller's and which nobody else watches. Starts a thread.
 *
 * ret   NULL without memory, without a thread, or where the signal cannot be handled */
LEAT_API LEAT_MUST_USE struct leat_watchdog *leat_watchdog_create(
    struct leat_fibers *fibers, const struct leat_watchdog_options *options);

/* Stop, on the same thread, before the fibers are destroyed; waits for a report that is being made.
 * NULL is fine. */
LEAT_API void leat_watchdog_destroy(struct leat_watchdog *watchdog);

LEAT_END_DECLS

#endif
