/* Groups share a thread by their shares, save nothing up while they have nothing to run, and cost
 * no look at the clock while there is one: counted by a clock that goes on only when the test says
 * so. On every kind of loop. */

#include "leat/fiber/group.h"

#include "tests/support/over.h"
#include "leat/fiber/semaphore.h"

enum { TURNS = 400, MS = 1000000 };

static struct over over;
static struct leat_loop_ops ops;
static uint64_t clock_ns, clock_looks;
static struct leat_group few, many;
static unsigned turns_left;
static struct leat_semaphore semaphore;

static uint64_t clock_tells(struct leat_loop *loop)
{
    (void)loop;
    clock_looks++;
    return clock_ns;
}

/* --- Two that hog --- */

struct hog {
    struct leat_group *group;
    uint64_t turn_ns;
    unsigned turns;
    unsigned gives_at; /* the semaphore, after so many turns; 0: never */
};

static void hogs(void *arg)
{
    struct hog *hog = arg;
    while (turns_left > 0) {
        turns_left--;
        hog->turns++;
        clock_ns += hog->turn_ns;
        if (hog->turns == hog->gives_at)
            leat_semaphore_give(&semaphore);
        check(leat_fiber_yield(over.fibers) == LEAT_OK);
    }
}

static void hog_together(void *arg)
{
    struct leat_scope scope;
    struct hog *hog = arg;
    leat_scope_open(&scope, over.fibers);
    turns_left = TURNS;
    for (; hog->group != NULL; hog++)
        check(leat_group_spawn(hog->group, &scope, hogs, hog) == LEAT_OK);
    leat_scope_close(&scope);
}

static void groups_new(uint32_t few_shares, uint32_t many_shares)
{
    leat_group_init(&few, over.fibers, "few", few_shares);
    leat_group_init(&many, over.fibers, "many", many_shares);
}

static void groups_end(void)
{
    leat_group_fini(&few);
    leat_group_fini(&many);
}

static void check_near(unsigned have, unsigned wanted)
{
    check(have + 2 >= wanted);
    check(have <= wanted + 2);
}

static void test_shares(void)
{
    groups_new(1, 3);
    struct hog two[] = { { &few, MS, 0, 0 }, { &many, MS, 0, 0 }, { NULL, 0, 0, 0 } };
    over_run(&over, hog_together, two);
    check_near(two[0].turns, TURNS / 4);
    check_near(two[1].turns, TURNS / 4 * 3);
    check_equal(few.ran_ns, (uint64_t)two[0].turns * MS);
    check_equal(many.ran_ns, (uint64_t)two[1].turns * MS);
    check_equal(few.longest_ns, MS);
    check(few.switches >= two[0].turns);
    groups_end();
}

/* What is shared is time and not turns. */
static void test_long_turns(void)
{
    groups_new(50, 50);
    struct hog two[] = { { &few, 4 * MS, 0, 0 }, { &many, MS, 0, 0 }, { NULL, 0, 0, 0 } };
    over_run(&over, hog_together, two);
    check_near(two[0].turns, TURNS / 5);
    check_near(two[1].turns, TURNS / 5 * 4);
    check_equal(few.longest_ns, 4 * MS);
    groups_end();
}

/* And by group, however many fibers each has. */
static void test_many_fibers(void)
{
    groups_new(10, 10);
    struct hog four[] = { { &few, MS, 0, 0 },
                          { &many, MS, 0, 0 },
                          { &many, MS, 0, 0 },
                          { &many, MS, 0, 0 },
                          { NULL, 0, 0, 0 } };
    over_run(&over, hog_together, four);
    check_near(four[0].turns, TURNS / 2);
    for (unsigned i = 1; i < 4; i++)
        check_near(four[i].turns, TURNS / 6);
    groups_end();
}

/* --- Nothing is saved up --- */

static struct hog idle_hog;

static void rests_then_hogs(void *arg)
{
    check(leat_semaphore_take(&semaphore) == LEAT_OK);
    hogs(arg);
}

static void one_rests(void *arg)
{
    struct leat_scope scope;
    struct hog *other = arg;
    leat_scope_open(&scope, over.fibers);
    leat_semaphore_init(&semaphore, over.fibers, 0);
    check(leat_group_spawn(&few, &scope, rests_then_hogs, &idle_hog) == LEAT_OK);
    check(leat_group_spawn(&many, &scope, hogs, other) == LEAT_OK);
    turns_left = TURNS;
    leat_scope_close(&scope);
}

static void test_idle(void)
{
    groups_new(10, 10);
    struct hog other = { &many, MS, 0, TURNS / 2 };
    idle_hog = (struct hog){ &few, MS, 0, 0 };
    over_run(&over, one_rests, &other);
    check_near(idle_hog.turns, TURNS / 4);
    check_near(other.turns, TURNS / 4 * 3);
    groups_end();
}

/* --- Who is in which, and the clock --- */

static void is_in_many(void *arg)
{
    (void)arg;
    check_equal(many.members, 2);
    check(leat_group_enter(&few) == &many);
    check_equal(few.members, 1);
    check(leat_group_enter(&many) == &few);
}

static void inherits(void *arg)
{
    struct leat_scope scope;
    struct leat_group *all = leat_group_main(over.fibers);
    (void)arg;
    check_equal(all->members, 1);
    check(leat_group_enter(&many) == all);
    check_equal(all->members, 0);
    leat_scope_open(&scope, over.fibers);
    check(leat_scope_spawn(&scope, is_in_many, NULL) == LEAT_OK);
    leat_scope_close(&scope);
    check_equal(many.members, 1);
    uint64_t looks = clock_looks;
    for (unsigned i = 0; i < 100; i++)
        check(leat_fiber_yield(over.fibers) == LEAT_OK);
    check_equal(clock_looks, looks);
    check(leat_group_enter(all) == &many);
    check_equal(many.members, 0);
}

static void test_membership(void)
{
    groups_new(10, 10);
    over_run(&over, inherits, NULL);
    groups_end();
}

static void test_all(void)
{
    const struct leat_loop_ops *own = over.loop->ops;
    ops = *own;
    ops.now_ns = clock_tells;
    clock_ns = over.loop->now_ns;
    over.loop->ops = &ops;
    check_run(test_shares);
    check_run(test_long_turns);
    check_run(test_many_fibers);
    check_run(test_idle);
    check_run(test_membership);
    over.loop->ops = own;
}

int main(void)
{
    return over_kinds(&over, test_all);
}
