/* Timers fire in order, once, never early and at most a tick late, whatever is started and stopped
 * meanwhile: against a plain list, over seeds. */

#include <stdlib.h>

#include "leat/engine/timer.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

enum { TIMERS = 200, TICK_NS = 1 << LEAT_TICK_NS_LOG2 };

struct alarm {
    struct leat_timer timer;
    uint64_t at_ns; /* 0: not running */
    unsigned fired;
};

static struct leat_wheel wheel;
static struct alarm alarms[TIMERS];
static struct random dice;
static uint64_t now_ns, last_tick;

static void start(struct alarm *alarm, uint64_t at_ns)
{
    alarm->at_ns = at_ns;
    leat_wheel_start(&wheel, &alarm->timer, at_ns);
}

static void alarm_fires(struct leat_timer *timer)
{
    struct alarm *self = (struct alarm *)timer;
    check(self->at_ns != 0);
    check(self->at_ns <= now_ns);
    uint64_t tick = (self->at_ns + TICK_NS - 1) / TICK_NS;
    check(tick >= last_tick);
    last_tick = tick;
    self->at_ns = 0;
    self->fired++;
    unsigned other = (unsigned)random_below(&dice, TIMERS);
    if (random_percent(&dice, 20) && alarms[other].at_ns != 0) {
        leat_wheel_stop(&wheel, &alarms[other].timer);
        alarms[other].at_ns = 0;
    } else if (random_percent(&dice, 30) && alarms[other].at_ns == 0) {
        start(&alarms[other], now_ns + 1 + random_below(&dice, 100));
    }
}

/* A distance of any magnitude. */
static uint64_t distance(void)
{
    return random_below(&dice, (uint64_t)1 << random_below(&dice, 50)) + 1;
}

static uint64_t earliest(void)
{
    uint64_t at_ns = LEAT_NEVER;
    for (unsigned i = 0; i < TIMERS; i++) {
        if (alarms[i].at_ns != 0 && alarms[i].at_ns < at_ns)
            at_ns = alarms[i].at_ns;
    }
    return at_ns;
}

static void turn(uint64_t to_ns)
{
    now_ns = to_ns;
    leat_wheel_turn(&wheel, now_ns);
    check(earliest() > now_ns / TICK_NS * TICK_NS);
}

static void test_seed(uint64_t seed)
{
    dice = (struct random){ seed };
    last_tick = 0;
    now_ns = 1 + random_below(&dice, (uint64_t)1 << 45);
    leat_wheel_init(&wheel, now_ns);
    for (unsigned i = 0; i < TIMERS; i++)
        alarms[i] = (struct alarm){ .timer = { .fire = alarm_fires } };
    for (unsigned round = 0; round < 2000; round++) {
        struct alarm *alarm = &alarms[random_below(&dice, TIMERS)];
        if (alarm->at_ns == 0) {
            start(alarm, now_ns + distance());
        } else if (random_percent(&dice, 50)) {
            leat_wheel_stop(&wheel, &alarm->timer);
            alarm->at_ns = 0;
        }
        if (random_percent(&dice, 30))
            turn(now_ns + distance() / 8);
    }
    /* Sleeping as the wheel says comes to the end, and wakes a bounded number of times in vain. */
    unsigned wakes = 0;
    while (earliest() != LEAT_NEVER) {
        uint64_t next_ns = leat_wheel_next_ns(&wheel);
        check(next_ns <= earliest() + TICK_NS);
        turn(next_ns > now_ns ? next_ns : now_ns + TICK_NS);
        check(++wakes < 100 * TIMERS);
    }
    check(leat_wheel_turn(&wheel, now_ns) == 0);
}

static void test_never_early_never_late(void)
{
    now_ns = 12345678;
    leat_wheel_init(&wheel, now_ns);
    alarms[0] = (struct alarm){ .timer = { .fire = alarm_fires } };
    dice = (struct random){ 0 };
    start(&alarms[0], now_ns + 10 * TICK_NS);
    last_tick = 0;
    now_ns = alarms[0].at_ns - 1;
    check_equal(leat_wheel_turn(&wheel, now_ns), 0);
    now_ns += TICK_NS;
    check_equal(leat_wheel_turn(&wheel, now_ns), 1);
    check_equal(alarms[0].fired, 1);
}

int main(void)
{
    test_never_early_never_late();
    for (uint64_t seed = 1; seed <= 100; seed++) {
        check_says("seed", seed);
        test_seed(seed);
    }
    return 0;
}
