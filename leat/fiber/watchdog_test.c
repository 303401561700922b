/* A fiber that hogs its thread is told of once each time, with its stack and its group; those that
 * wait, and a loop that sleeps, are not. On every kind of loop. */

#include "leat/fiber/watchdog.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "leat/fiber/group.h"
#include "tests/support/over.h"

enum { LIMIT_MS = 150, NS_PER_MS = 1000000 };

static struct over over;

/* Written by the watchdog's thread, and read when that has ended. */
static unsigned reports, addresses;
static uint64_t duration_ns;
static char group[16];

static void tells(void *user, const struct leat_watchdog_report *report)
{
    check(user == &over);
    reports++;
    addresses = report->addresses_len;
    duration_ns = report->duration_ns;
    strncpy(group, report->group, sizeof(group) - 1);
    for (unsigned i = 0; i < report->addresses_len; i++)
        check(report->addresses[i] != NULL || i + 1 == report->addresses_len);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Until the report is there, and for as long again: it is to come but once. */
static void hogs(void *arg)
{
    uint64_t end_ns = now_ns() + (uint64_t) * (const unsigned *)arg * NS_PER_MS;
    while (now_ns() < end_ns)
        continue;
}

static void run_watched(void (*entry)(void *arg), void *arg)
{
    reports = 0;
    memset(group, 0, sizeof(group));
    struct leat_watchdog *watchdog =
        leat_watchdog_create(over.fibers, &(struct leat_watchdog_options){
                                              .limit_ns = (uint64_t)LIMIT_MS * NS_PER_MS,
                                              .signal = SIGURG,
                                              .report = tells,
                                              .user = &over,
                                          });
    check(watchdog != NULL);
    over_run(&over, entry, arg);
    leat_watchdog_destroy(watchdog);
}

static void test_hog(void)
{
    unsigned ms = LIMIT_MS * 5;
    run_watched(hogs, &ms);
    check_equal(reports, 1);
    check(addresses > 0);
    check(duration_ns >= (uint64_t)LIMIT_MS * NS_PER_MS);
    check_text(group, "main");
}

static void hogs_twice(void *arg)
{
    struct leat_group own;
    leat_group_init(&own, over.fibers, "own", 1);
    struct leat_group *before = leat_group_enter(&own);
    hogs(arg);
    check(leat_fiber_yield(over.fibers) == LEAT_OK);
    hogs(arg);
    check(leat_group_enter(before) == &own);
    leat_group_fini(&own);
}

static void test_twice(void)
{
    unsigned ms = LIMIT_MS * 3;
    run_watched(hogs_twice, &ms);
    check_equal(reports, 2);
    check_text(group, "own");
}

/* Short turns, by a clock of the program's own: a machine that is busy elsewhere stretches them,
 * and then they say nothing of the watchdog. */
static uint64_t longest_ns;

static void behaves(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 50; i++) {
        uint64_t before_ns = now_ns();
        check(leat_fiber_yield(over.fibers) == LEAT_OK);
        check(leat_fiber_sleep(over.fibers, 100000) == LEAT_OK);
        uint64_t took_ns = now_ns() - before_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    }
    /* Asleep for longer than the limit, as nobody is at fault for. */
    check(leat_fiber_sleep(over.fibers, (uint64_t)LIMIT_MS * 2 * NS_PER_MS) == LEAT_OK);
}

static void test_behaves(void)
{
    longest_ns = 0;
    run_watched(behaves, NULL);
    if (longest_ns < (uint64_t)LIMIT_MS / 2 * NS_PER_MS)
        check_equal(reports, 0);
}

/* Asleep for so long that the watchdog is as well: it is woken by the fiber that goes on. */
static void sleeps_and_hogs(void *arg)
{
    check(leat_fiber_sleep(over.fibers, (uint64_t)LIMIT_MS * 4 * NS_PER_MS) == LEAT_OK);
    hogs(arg);
}

static void test_dozes(void)
{
    unsigned ms = LIMIT_MS * 5;
    run_watched(sleeps_and_hogs, &ms);
    check_equal(reports, 1);
    check(addresses > 0);
}

/* A thread that does not take the signal is told of, without its stack; and the signal that was
 * sent to it finds nobody once the watchdog is gone. */
static void test_deaf(void)
{
    unsigned ms = LIMIT_MS * 2 + 1000;
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGURG);
    check(pthread_sigmask(SIG_BLOCK, &ours, &before) == 0);
    run_watched(hogs, &ms);
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    check_equal(reports, 1);
    check_equal(addresses, 0);
}

static void test_all(void)
{
    check_run(test_hog);
    check_run(test_twice);
    check_run(test_behaves);
    check_run(test_dozes);
    check_run(test_deaf);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
