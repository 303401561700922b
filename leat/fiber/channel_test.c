/* What is sent through a channel is received once and in order, whoever waits, closes or is
 * cancelled when: on every kind of loop, for several capacities, and by seeded disorder. */

#include <string.h>

#include "leat/fiber/channel.h"
#include "tests/support/over.h"
#include "tests/support/random.h"

enum { CAPACITY_MAX = 5, COUNT = 200, SIDES = 4 };

/* Of no round size, so that what is copied amiss shows. */
struct item {
    uint32_t sender, number;
    uint8_t more[7];
};

static struct over over;
static struct leat_channel channel;
static struct item memory[CAPACITY_MAX];
static size_t capacity;
static unsigned received, status_end, status_fault;

static struct item item_of(uint32_t sender, uint32_t number)
{
    struct item item = { .sender = sender, .number = number };
    memset(item.more, (int)number, sizeof(item.more));
    return item;
}

static void check_item(const struct item *item)
{
    struct item wanted = item_of(item->sender, item->number);
    check(memcmp(item->more, wanted.more, sizeof(item->more)) == 0);
}

static void channel_new(void)
{
    received = status_end = status_fault = 0;
    memset(memory, 0xee, sizeof(memory));
    leat_channel_init(&channel, over.fibers, memory, sizeof(struct item), capacity);
}

/* --- Without waiting --- */

static void tries(void *arg)
{
    struct item item;
    (void)arg;
    channel_new();
    check(leat_channel_try_receive(&channel, &item) == LEAT_AGAIN);
    /* Round the ring some times. */
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < capacity; i++) {
            item = item_of(round, i);
            check(leat_channel_try_send(&channel, &item) == LEAT_OK);
        }
        check(leat_channel_try_send(&channel, &item) == LEAT_FULL);
        for (uint32_t i = 0; i + (round == 3) < capacity; i++) {
            check(leat_channel_try_receive(&channel, &item) == LEAT_OK);
            check(item.sender == round && item.number == i);
            check_item(&item);
        }
    }
    leat_channel_close(&channel);
    check(leat_channel_try_send(&channel, &item) == LEAT_END);
    check(leat_channel_send(&channel, &item) == LEAT_END);
    if (capacity > 0)
        check(leat_channel_receive(&channel, &item) == LEAT_OK);
    check(leat_channel_receive(&channel, &item) == LEAT_END);
    check(leat_channel_try_receive(&channel, &item) == LEAT_END);
}

static void test_tries(void)
{
    over_run(&over, tries, NULL);
}

/* --- Many to many --- */

static uint32_t next_of[SIDES];
static struct random dice;
static unsigned sending;

static void rests(void)
{
    while (random_percent(&dice, 30))
        check(leat_fiber_yield(over.fibers) == LEAT_OK);
}

static void sends(void *arg)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        struct item item = item_of((uint32_t)(uintptr_t)arg, i);
        rests();
        check(leat_channel_send(&channel, &item) == LEAT_OK);
        memset(&item, 0xdd, sizeof(item));
        check(channel.len <= capacity);
    }
    if (--sending == 0)
        leat_channel_close(&channel);
}

static void receives(void *arg)
{
    struct item item;
    enum leat_status status;
    (void)arg;
    while ((status = leat_channel_receive(&channel, &item)) == LEAT_OK) {
        check_item(&item);
        received++;
        rests();
    }
    check(status == LEAT_END);
    status_end++;
}

static void receives_in_order(void *arg)
{
    struct item item;
    (void)arg;
    while (leat_channel_receive(&channel, &item) == LEAT_OK) {
        check(item.sender < SIDES);
        check_equal(item.number, next_of[item.sender]);
        next_of[item.sender]++;
        check_item(&item);
        received++;
        rests();
    }
    status_end++;
}

static void many_to(void *arg)
{
    struct leat_scope scope;
    unsigned to = (unsigned)(uintptr_t)arg;
    channel_new();
    memset(next_of, 0, sizeof(next_of));
    sending = SIDES;
    leat_scope_open(&scope, over.fibers);
    for (unsigned i = 0; i < to; i++)
        check(leat_scope_spawn(&scope, to == 1 ? receives_in_order : receives, NULL) == LEAT_OK);
    for (uintptr_t i = 0; i < SIDES; i++)
        check(leat_scope_spawn(&scope, sends, (void *)i) == LEAT_OK);
    leat_scope_close(&scope);
    check_equal(received, SIDES * COUNT);
    check_equal(status_end, to);
}

static void test_many(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        check_says("seed", seed);
        dice = (struct random){ seed };
        over_run(&over, many_to, (void *)1);
        over_run(&over, many_to, (void *)SIDES);
    }
}

/* --- Closing and cancelling those who wait --- */

static void sends_one(void *arg)
{
    struct item item = item_of(1, (uint32_t)(uintptr_t)arg);
    enum leat_status status = leat_channel_send(&channel, &item);
    status_end += status == LEAT_END;
    status_fault += status == LEAT_FAULT;
    memset(&item, 0xdd, sizeof(item));
}

static void receives_one(void *arg)
{
    struct item item = item_of(77, 77);
    (void)arg;
    enum leat_status status = leat_channel_receive(&channel, &item);
    status_end += status == LEAT_END;
    status_fault += status == LEAT_FAULT;
    received += status == LEAT_OK;
    check_item(&item);
    if (status != LEAT_OK)
        check(item.sender == 77); /* untouched */
}

static void close_ends_waits(void *arg)
{
    struct leat_scope scope;
    struct item item;
    (void)arg;
    channel_new();
    leat_scope_open(&scope, over.fibers);
    for (uintptr_t i = 0; i < capacity + 2; i++)
        check(leat_scope_spawn(&scope, sends_one, (void *)i) == LEAT_OK);
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_channel_close(&channel);
    leat_scope_close(&scope);
    check_equal(status_end, 2);
    for (uint32_t i = 0; i < capacity; i++) {
        check(leat_channel_receive(&channel, &item) == LEAT_OK);
        check_equal(item.number, i);
    }
    check(leat_channel_receive(&channel, &item) == LEAT_END);

    channel_new();
    leat_scope_open(&scope, over.fibers);
    for (uintptr_t i = 0; i < 3; i++)
        check(leat_scope_spawn(&scope, receives_one, NULL) == LEAT_OK);
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_channel_close(&channel);
    leat_scope_close(&scope);
    check_equal(status_end, 3);
}

static void cancel_ends_waits(void *arg)
{
    struct leat_scope kept, cancelled;
    struct item item;
    (void)arg;
    channel_new();
    leat_scope_open(&kept, over.fibers);
    leat_scope_open(&cancelled, over.fibers);
    /* Every second one of those who wait is cancelled. */
    for (uintptr_t i = 0; i < capacity; i++)
        check(leat_scope_spawn(&kept, sends_one, (void *)i) == LEAT_OK);
    for (uintptr_t i = capacity; i < capacity + 6; i++) {
        struct leat_scope *scope = i % 2 == 0 ? &kept : &cancelled;
        check(leat_scope_spawn(scope, sends_one, (void *)i) == LEAT_OK);
    }
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_scope_cancel(&cancelled);
    leat_scope_close(&cancelled);
    check_equal(status_fault, 3);
    for (uint32_t i = 0; i < capacity + 6; i++) {
        if (i >= capacity && i % 2 != 0)
            continue;
        check(leat_channel_receive(&channel, &item) == LEAT_OK);
        check_equal(item.number, i);
        check_item(&item);
    }
    leat_scope_close(&kept);
    check(leat_channel_try_receive(&channel, &item) == LEAT_AGAIN);
}

/* Handed over and then cancelled: the receiver has it. And a cancelled fiber can still try. */
static void given_then_cancelled(void *arg)
{
    struct leat_scope scope;
    struct item item = item_of(1, 1);
    (void)arg;
    channel_new();
    leat_scope_open(&scope, over.fibers);
    check(leat_scope_spawn(&scope, receives_one, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, receives_one, NULL) == LEAT_OK);
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    check(leat_channel_send(&channel, &item) == LEAT_OK);
    leat_scope_cancel(&scope);
    check(leat_channel_send(&channel, &item) == LEAT_FAULT);
    check(leat_channel_receive(&channel, &item) == LEAT_FAULT);
    check(leat_channel_try_send(&channel, &item) == (capacity > 0 ? LEAT_OK : LEAT_FULL));
    check(leat_channel_try_receive(&channel, &item) == (capacity > 0 ? LEAT_OK : LEAT_AGAIN));
    leat_scope_close(&scope);
    check_equal(received, 1);
    check_equal(status_fault, 1);
}

static void test_close(void)
{
    over_run(&over, close_ends_waits, NULL);
}

static void test_cancel(void)
{
    over_run(&over, cancel_ends_waits, NULL);
    over_run(&over, given_then_cancelled, NULL);
}

static void test_all(void)
{
    static const size_t capacities[] = { 0, 1, 2, CAPACITY_MAX };
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        capacity = capacities[i];
        check_says("capacity", capacity);
        check_run(test_tries);
        check_run(test_many);
        check_run(test_close);
        check_run(test_cancel);
    }
}

int main(void)
{
    return over_kinds(&over, test_all);
}
