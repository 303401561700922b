/* A semaphore lets in as many as it has units, in the order they came, and what is cancelled in
 * line neither takes a unit nor loses one: on every kind of loop. */

#include <string.h>

#include "tests/support/over.h"
#include "leat/fiber/semaphore.h"

enum { FIBERS = 40, ROUNDS = 20, UNITS = 3 };

static struct over over;
static struct leat_semaphore semaphore;
static char said[FIBERS + 1];
static unsigned inside, inside_max, done, refused;

static void say(char c)
{
    size_t len = strlen(said);
    check(len + 1 < sizeof(said));
    said[len] = c;
}

/* --- As many as there are units --- */

static void goes_in_and_out(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        check(leat_semaphore_take(&semaphore) == LEAT_OK);
        inside++;
        inside_max = inside > inside_max ? inside : inside_max;
        for (unsigned k = 0; k < ((uintptr_t)arg + i) % 3; k++)
            check(leat_fiber_yield(over.fibers) == LEAT_OK);
        inside--;
        leat_semaphore_give(&semaphore);
    }
    done++;
}

static void many(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    for (uintptr_t i = 0; i < FIBERS; i++)
        check(leat_scope_spawn(&scope, goes_in_and_out, (void *)i) == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_bound(void)
{
    inside = inside_max = done = 0;
    leat_semaphore_init(&semaphore, over.fibers, UNITS);
    over_run(&over, many, NULL);
    check_equal(inside_max, UNITS);
    check_equal(done, FIBERS);
    check_equal(semaphore.count, UNITS);
}

/* --- In the order they came --- */

static void takes(void *arg)
{
    if (leat_semaphore_take(&semaphore) == LEAT_OK)
        say((char)(uintptr_t)arg);
    else
        refused++;
}

static void spawn_letters(struct leat_scope *scope, char first, char last)
{
    for (char c = first; c <= last; c++)
        check(leat_scope_spawn(scope, takes, (void *)(uintptr_t)c) == LEAT_OK);
}

static void in_order(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    spawn_letters(&scope, 'a', 'e');
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    check(!leat_semaphore_try(&semaphore));
    leat_semaphore_give(&semaphore);
    leat_semaphore_give(&semaphore);
    /* What was given has been handed over, though nobody has run yet. */
    check(!leat_semaphore_try(&semaphore));
    check_text(said, "");
    for (unsigned i = 0; i < 3; i++)
        leat_semaphore_give(&semaphore);
    leat_semaphore_give(&semaphore);
    leat_scope_close(&scope);
    check(leat_semaphore_try(&semaphore));
    check(!leat_semaphore_try(&semaphore));
}

static void test_order(void)
{
    memset(said, 0, sizeof(said));
    leat_semaphore_init(&semaphore, over.fibers, 0);
    over_run(&over, in_order, NULL);
    check_text(said, "abcde");
}

/* --- Cancelled in line: first, last and in the middle --- */

static void cancels(void *arg)
{
    struct leat_scope kept, cancelled;
    const char *plan = arg; /* for each in line: k, c (cancelled) */
    leat_scope_open(&kept, over.fibers);
    leat_scope_open(&cancelled, over.fibers);
    for (size_t i = 0; plan[i] != '\0'; i++) {
        struct leat_scope *scope = plan[i] == 'c' ? &cancelled : &kept;
        check(leat_scope_spawn(scope, takes, (void *)(uintptr_t)('a' + i)) == LEAT_OK);
    }
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_scope_cancel(&cancelled);
    leat_scope_close(&cancelled);
    for (size_t i = 0; plan[i] != '\0'; i++) {
        if (plan[i] == 'k')
            leat_semaphore_give(&semaphore);
    }
    leat_scope_close(&kept);
}

static void test_cancel(void)
{
    static const struct {
        const char *plan, *said;
        unsigned refused;
    } cases[] = {
        { "ckk", "bc", 1 }, { "kck", "ac", 1 },  { "kkc", "ab", 1 },
        { "c", "", 1 },     { "cckcc", "c", 4 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("case", i);
        memset(said, 0, sizeof(said));
        refused = 0;
        leat_semaphore_init(&semaphore, over.fibers, 0);
        over_run(&over, cancels, (void *)(uintptr_t)cases[i].plan);
        check_text(said, cases[i].said);
        check_equal(refused, cases[i].refused);
        check_equal(semaphore.count, 0);
        check(semaphore.waiters.first == NULL);
    }
}

/* A unit that was given to who is then cancelled is his: he comes back with OK. */
static void gives_then_cancels(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, over.fibers);
    spawn_letters(&scope, 'a', 'b');
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    leat_semaphore_give(&semaphore);
    leat_scope_cancel(&scope);
    /* And who is cancelled takes none, but by trying. */
    leat_semaphore_give(&semaphore);
    check(leat_semaphore_take(&semaphore) == LEAT_FAULT);
    check(leat_semaphore_try(&semaphore));
    leat_scope_close(&scope);
}

static void test_given_then_cancelled(void)
{
    memset(said, 0, sizeof(said));
    refused = 0;
    leat_semaphore_init(&semaphore, over.fibers, 0);
    over_run(&over, gives_then_cancels, NULL);
    check_text(said, "a");
    check_equal(refused, 1);
    check_equal(semaphore.count, 0);
}

static void test_all(void)
{
    check_run(test_bound);
    check_run(test_order);
    check_run(test_cancel);
    check_run(test_given_then_cancelled);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
