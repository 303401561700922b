#include "leat/engine/timer.h"

#define SLOT_MASK ((uint64_t)LEAT_WHEEL_SLOTS - 1)

static uint64_t tick_up(uint64_t ns)
{
    uint64_t tick = ns >> LEAT_TICK_NS_LOG2;
    return tick + ((ns & ((1 << LEAT_TICK_NS_LOG2) - 1)) != 0);
}

static unsigned slot_of(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (level * LEAT_WHEEL_BITS) & SLOT_MASK);
}

/* The level where `at` and `now` first agree on all that is above it. */
static unsigned level_of(uint64_t at, uint64_t now)
{
    uint64_t differs = at ^ now;
    if (differs <= SLOT_MASK)
        return 0;
    return (63 - (unsigned)__builtin_clzll(differs)) / LEAT_WHEEL_BITS;
}

void leat_wheel_init(struct leat_wheel *wheel, uint64_t now_ns)
{
    *wheel = (struct leat_wheel){ .tick = now_ns >> LEAT_TICK_NS_LOG2 };
}

static void link_into(struct leat_timer **list, struct leat_timer *timer)
{
    timer->next = *list;
    timer->link = list;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    *list = timer;
}

static void place(struct leat_wheel *wheel, struct leat_timer *timer)
{
    leat_assert(timer->at_tick >= wheel->tick);
    unsigned level = level_of(timer->at_tick, wheel->tick);
    leat_assert(level < LEAT_WHEEL_LEVELS);
    unsigned slot = slot_of(timer->at_tick, level);
    link_into(&wheel->slots[level][slot], timer);
    wheel->taken[level] |= (uint64_t)1 << slot;
}

void leat_wheel_start(struct leat_wheel *wheel, struct leat_timer *timer, uint64_t at_ns)
{
    leat_assert(!leat_timer_runs(timer));
    leat_assert(timer->fire != NULL);
    uint64_t tick = tick_up(at_ns);
    timer->at_tick = tick > wheel->tick ? tick : wheel->tick;
    wheel->count++;
    place(wheel, timer);
}

static void take_out(struct leat_timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->link = NULL;
    timer->next = NULL;
}

/* The bit of a slot that stop leaves empty stays set until the wheel comes there: a stop that had
 * to find its slot would cost more than a look at an empty one. */
void leat_wheel_stop(struct leat_wheel *wheel, struct leat_timer *timer)
{
    if (!leat_timer_runs(timer))
        return;
    leat_assert(wheel->count > 0);
    wheel->count--;
    take_out(timer);
}

/* Take a slot's list out, as a list of its own at `to`. */
static void slot_take(struct leat_wheel *wheel, unsigned level, unsigned slot,
                      struct leat_timer **to)
{
    struct leat_timer *first = wheel->slots[level][slot];
    wheel->slots[level][slot] = NULL;
    wheel->taken[level] &= ~((uint64_t)1 << slot);
    *to = first;
    if (first != NULL)
        first->link = to;
}

static unsigned due_fire(struct leat_wheel *wheel)
{
    unsigned fired = 0;
    while (wheel->due != NULL) {
        struct leat_timer *timer = wheel->due;
        leat_wheel_stop(wheel, timer);
        timer->fire(timer);
        fired++;
    }
    return fired;
}

/* The wheel stands at the start of a slot of `level`: its timers go where they are now near. */
static void spread(struct leat_wheel *wheel, unsigned level)
{
    struct leat_timer *moving;
    slot_take(wheel, level, slot_of(wheel->tick, level), &moving);
    while (moving != NULL) {
        struct leat_timer *timer = moving;
        take_out(timer);
        place(wheel, timer);
    }
}

/* The first tick from the wheel's own on where a slot has its bit set. */
static uint64_t next_tick(const struct leat_wheel *wheel)
{
    for (unsigned level = 0; level < LEAT_WHEEL_LEVELS; level++) {
        unsigned here = slot_of(wheel->tick, level);
        uint64_t ahead = wheel->taken[level] >> here;
        if (ahead == 0)
            continue;
        unsigned shift = level * LEAT_WHEEL_BITS;
        uint64_t slots = (wheel->tick >> shift) + (unsigned)__builtin_ctzll(ahead);
        uint64_t tick = slots << shift;
        return tick > wheel->tick ? tick : wheel->tick;
    }
    return LEAT_NEVER;
}

/* Go on to `tick`, where the levels that begin a slot there are spread, from the top. */
static void go_to(struct leat_wheel *wheel, uint64_t tick)
{
    uint64_t before = wheel->tick;
    wheel->tick = tick;
    for (unsigned level = LEAT_WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned shift = level * LEAT_WHEEL_BITS;
        if (before >> shift != tick >> shift)
            spread(wheel, level);
    }
}

unsigned leat_wheel_turn(struct leat_wheel *wheel, uint64_t now_ns)
{
    unsigned fired = 0;
    uint64_t now = now_ns >> LEAT_TICK_NS_LOG2;
    leat_assert(now >= wheel->tick);
    for (;;) {
        uint64_t next = next_tick(wheel);
        go_to(wheel, next < now ? next : now);
        if (next > now)
            return fired;
        slot_take(wheel, 0, slot_of(wheel->tick, 0), &wheel->due);
        fired += due_fire(wheel);
        /* One that starts itself for now is for the next turn: else it would fire for ever. */
        if (wheel->tick == now)
            return fired;
    }
}

uint64_t leat_wheel_next_ns(const struct leat_wheel *wheel)
{
    uint64_t tick = wheel->count > 0 ? next_tick(wheel) : LEAT_NEVER;
    return tick > LEAT_NEVER >> LEAT_TICK_NS_LOG2 ? LEAT_NEVER : tick << LEAT_TICK_NS_LOG2;
}
