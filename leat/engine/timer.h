#ifndef LEAT_ENGINE_TIMER_H
#define LEAT_ENGINE_TIMER_H

#include "leat/core/assert.h"

/* Timers, in a wheel: start and stop cost the same whatever the number of them, as most are stopped
 * before they are due. */

/* A timer is due at the first turn after its time, and up to one tick late. */
#define LEAT_TICK_NS_LOG2 16 /* 66 us */

/* One timer, in its owner's memory, zeroed before first use. */
struct leat_timer {
    struct leat_timer *next, **link; /* the wheel's; link NULL: not running */
    uint64_t at_tick;
    void (*fire)(struct leat_timer *timer);
};

/* A wheel of wheels: each level has slots that are as wide as all of the level below.
 *
 *     level 0   64 slots of one tick      the next 4 ms
 *     level 1   64 slots of 64 ticks      the next 268 ms
 *     ...                                 with 7 levels, further than any clock
 *
 * A timer lies in the level that its distance needs, and moves down when its slot comes near. */
enum {
    LEAT_WHEEL_BITS = 6,
    LEAT_WHEEL_SLOTS = 1 << LEAT_WHEEL_BITS,
    LEAT_WHEEL_LEVELS = 8, /* 48 bits of ticks, which with a tick's own 16 are all of 64 */
};
struct leat_wheel {
    uint64_t tick;                     /* all before it have fired */
    uint64_t taken[LEAT_WHEEL_LEVELS]; /* a bit for each slot that has a timer */
    struct leat_timer *due;            /* those that fire in this turn */
    uint64_t count;                    /* of those that run */
    struct leat_timer *slots[LEAT_WHEEL_LEVELS][LEAT_WHEEL_SLOTS];
};

/* When nothing is due. */
#define LEAT_NEVER UINT64_MAX

LEAT_BEGIN_DECLS

/* Begin at `now_ns`, without timers. There is nothing to let go of. */
LEAT_API void leat_wheel_init(struct leat_wheel *wheel, uint64_t now_ns);

/* Have `timer` fire at `at_ns` or soon after; one that is past fires at the next turn. `fire` is
 * set. Running: a bug. */
LEAT_API void leat_wheel_start(struct leat_wheel *wheel, struct leat_timer *timer, uint64_t at_ns);

/* Stop it; one that is not running is fine. After this it does not fire. */
LEAT_API void leat_wheel_stop(struct leat_wheel *wheel, struct leat_timer *timer);

/* Fire all that are due at `now_ns`, in the order of their ticks; of one tick, the last started
 * first. Each is stopped before it fires, may start itself and others, and stop others. Returns how
 * many fired. */
LEAT_API unsigned leat_wheel_turn(struct leat_wheel *wheel, uint64_t now_ns);

/* No timer is due before this; LEAT_NEVER without timers. It may be early by up to a 64th of the
 * distance: then a turn fires nothing, and the next answer is better. */
LEAT_API uint64_t leat_wheel_next_ns(const struct leat_wheel *wheel);

static inline bool leat_timer_runs(const struct leat_timer *timer)
{
    return timer->link != NULL;
}

LEAT_END_DECLS

#endif
