#ifndef LEAT_FIBER_FIBER_H
#define LEAT_FIBER_FIBER_H

#include "leat/engine/loop.h"

/* Fibers: functions that wait without a thread to wait in. Each has a small stack of its own, and
 * runs until it waits; then another does. All fibers of a `leat_fibers` run on the thread of its
 * loop, one at a time, so what they share needs no lock as long as none waits in between.
 *
 * The engine of the fibers, put into a ctx, makes every reader and writer of that ctx wait in this
 * way: the fiber is suspended, the thread goes on, and nothing above the engine knows. */

struct leat_fiber;
struct leat_fibers;
struct leat_scope;

/* All zero: the defaults. */
struct leat_fibers_options {
    struct leat_alloc alloc; /* the C library's */
    size_t stack_bytes;      /* usable, of each fiber; 64 KiB */
    uint32_t fibers_max;     /* at once; 16,384 */
    uint64_t quantum_ns;     /* how long one may run before others are let run; 0.5 ms */
};

/* A scope holds the fibers that were spawned in it and the scopes that were opened under it, and
 * ends after all of them: whoever opened it waits in leat_scope_close. So nothing outlives the
 * function that began it, and what children use may lie on its stack.
 *
 * A scope that is cancelled cancels all below it. What its fibers wait for ends with a fault
 * CANCELLED, when the system has let go of their memory, and so does each wait after that. In the
 * caller's memory; its fields are the library's. */
struct leat_scope {
    struct leat_fibers *fibers;
    struct leat_scope *parent; /* NULL: opened outside of any fiber */
    struct leat_scope *child, *next, **link;
    struct leat_fiber *members; /* those that stand in it: its own, and whoever opened it */
    struct leat_fiber *opener;  /* NULL: none, as above */
    struct leat_fiber *joiner;  /* suspended until the scope is empty */
    uint32_t spawned;           /* fibers that have not ended */
    int cancelled;              /* it or one around it, with this error number; 0: none is */
    struct leat_timer deadline;
};

/* What a fiber has to be told when it is not to wait any more; see leat_fiber_suspend. */
struct leat_suspension {
    void (*cancel)(struct leat_suspension *suspension);
    struct leat_fiber *fiber;
};

LEAT_BEGIN_DECLS

/* Make the fibers of `loop`, which must outlive them. `options` may be NULL. NULL without memory.
 */
LEAT_API LEAT_MUST_USE struct leat_fibers *leat_fibers_create(
    struct leat_loop *loop, const struct leat_fibers_options *options);

/* Let go of them. Every fiber must have ended. NULL is fine. */
LEAT_API void leat_fibers_destroy(struct leat_fibers *fibers);

/* The engine that suspends the fiber that asks. A ctx with it is for fibers of `fibers` alone;
 * outside of them only what does not wait may be done: constructors, and close. */
LEAT_API struct leat_engine *leat_fibers_engine(struct leat_fibers *fibers);

/* The options of a ctx whose readers and writers wait in this way, whose decoders let others run
 * when they have had their quantum, and whose limit of time is on that of the fiber. The rest is
 * the caller's to set. */
LEAT_API struct leat_ctx_options leat_fibers_ctx(struct leat_fibers *fibers);

LEAT_API struct leat_loop *leat_fibers_loop(const struct leat_fibers *fibers);

/* Run `entry(arg)` as a fiber and step the loop until it, and all else, has ended: what `main`
 * does.
 *
 * Status   OK, LIMIT or FAULT as of a spawn, FAULT (the loop failed: a bug, or no memory)
 * Blocks   yes */
LEAT_API LEAT_MUST_USE enum leat_status leat_fibers_run(struct leat_fibers *fibers,
                                                        void (*entry)(void *arg), void *arg);

/* How many fibers there are now, and the deepest that any stack was used, in bytes (this asks the
 * system, for each stack that is kept). */
LEAT_API uint32_t leat_fibers_count(const struct leat_fibers *fibers);
LEAT_API size_t leat_fibers_high_water(struct leat_fibers *fibers);

/* --- Scopes --- */

/* Open a scope under that of the running fiber, which stands in the new one until it closes it; or,
 * outside of fibers, one of its own. */
LEAT_API void leat_scope_open(struct leat_scope *scope, struct leat_fibers *fibers);

/* Start a fiber in `scope`: entry(arg) runs after the caller waits, with the scope as its own.
 *
 * Status   OK, LIMIT (as many fibers as there may be), FAULT (no memory for a stack, or the scope
 *          is cancelled)
 * Blocks   no.   Allocates  a stack, when none is kept */
LEAT_API LEAT_MUST_USE enum leat_status leat_scope_spawn(struct leat_scope *scope,
                                                         void (*entry)(void *arg), void *arg);

/* The same from outside of fibers, as from the `done` of an operation, and entry(arg) runs now,
 * until it first waits: a stack that one leaves is the next one's, while it is in the cache. */
LEAT_API LEAT_MUST_USE enum leat_status leat_scope_start(struct leat_scope *scope,
                                                         void (*entry)(void *arg), void *arg);

/* Wait until every fiber of the scope has ended. Cancelling does not cut this short: it cuts short
 * what the children do. */
LEAT_API void leat_scope_join(struct leat_scope *scope);

/* Join, and leave it: by the fiber that opened it, the innermost first. Outside of fibers there
 * must be nothing left to join. */
LEAT_API void leat_scope_close(struct leat_scope *scope);

/* Cancel what is in it, once; never waits. From any fiber, and from outside. */
LEAT_API void leat_scope_cancel(struct leat_scope *scope);

/* Cancel it at `at_ns` of the loop's clock, with ETIMEDOUT; LEAT_NEVER takes that back. A scope
 * inside cannot outlast it, as cancelling goes down. */
LEAT_API void leat_scope_deadline(struct leat_scope *scope, uint64_t at_ns);

/* Whether it, or one that it is in, was cancelled. */
LEAT_API bool leat_scope_is_cancelled(const struct leat_scope *scope);

/* --- What a fiber may do --- */

/* Let the others run. OK, or FAULT (cancelled). */
LEAT_API LEAT_MUST_USE enum leat_status leat_fiber_yield(struct leat_fibers *fibers);

/* Let the others run, if this one has had its quantum; nearly free if not. For long computations
 * between two waits. */
LEAT_API void leat_fiber_breathe(struct leat_fibers *fibers);

/* The processor's time that the running fiber has used, in nanoseconds from any start; outside of
 * fibers, that of the thread. Who asks pays for two looks at the system's clock at each wait from
 * then on. */
LEAT_API uint64_t leat_fiber_cpu_ns(const struct leat_fibers *fibers);

/* Wait for so long. OK, or FAULT (cancelled). */
LEAT_API LEAT_MUST_USE enum leat_status leat_fiber_sleep(struct leat_fibers *fibers,
                                                         uint64_t duration_ns);

/* The fiber that runs; NULL outside of fibers. */
LEAT_API struct leat_fiber *leat_fiber_self(const struct leat_fibers *fibers);

/* --- For those who write ways to wait --- */

/* Suspend the running fiber until leat_fiber_resume. When its scope is cancelled meanwhile,
 * `cancel` is called, once, and has to see to it that it is resumed; what came of the wait is
 * between the caller and that. A scope that is cancelled already is the caller's to ask about,
 * before.
 *
 *     struct { struct leat_suspension suspension; ... } wait = { .suspension = { cancel } };
 *     put it where somebody finds it;
 *     leat_fiber_suspend(fibers, &wait.suspension); */
LEAT_API void leat_fiber_suspend(struct leat_fibers *fibers, struct leat_suspension *suspension);

/* Let a suspended fiber run again, from this step or the next. On the loop's thread. */
LEAT_API void leat_fiber_resume(struct leat_fiber *fiber);

/* The error number that a wait of the running fiber is to end with at once; 0: it may wait. */
LEAT_API int leat_fiber_cancelled(const struct leat_fibers *fibers);

LEAT_END_DECLS

#endif
