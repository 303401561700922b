/* Whose time is whose, by events with times that are made up: calls inside one another, waits,
 * threads, more parts than are kept, and calls that do not nest. */

#include "apps/explain/record.h"

#include <pthread.h>

#include "tests/support/check.h"

enum { START = 1000000 };

static struct record record;
static const char parts[RECORD_OPEN_MAX + 10];

static void begins(size_t part, uint64_t at_ns)
{
    record_call_begins(&record, &parts[part], part == 0 ? "name" : NULL, 0, START + at_ns);
}

static void ends(size_t part, uint64_t at_ns)
{
    record_call_ended(&record, &parts[part], START + at_ns);
}

static void check_taken(size_t part, uint64_t work_ns, uint64_t wait_ns, uint64_t first_ns,
                        uint64_t last_ns)
{
    struct record_part *taken = record_take(&record, &parts[part]);
    check(taken != NULL);
    check_equal(taken->track.total_ns[TRACK_WORK], work_ns);
    check_equal(taken->track.total_ns[TRACK_WAIT], wait_ns);
    check_equal(taken->track.first_ns, first_ns);
    check_equal(taken->track.last_ns, last_ns);
    check_text(taken->label, part == 0 ? "name" : "");
    free(taken);
    check(record_take(&record, &parts[part]) == NULL);
}

static void calls_inside_calls(void)
{
    record_init(&record, START);
    begins(1, 10);
    begins(0, 30);
    record_waited(&record, START + 35, START + 75);
    ends(0, 80);
    begins(0, 81);
    ends(0, 91);
    ends(1, 100);
    record_ends(&record, START + 150);
    check_taken(1, 20 + 1 + 9, 0, 10, 100);
    check_taken(0, 5 + 5 + 10, 40, 30, 91);
    check_equal(record.command.total_ns[TRACK_WORK], 10 + 50);
    check(!record.interleaved && !record.crowded);
    record_fini(&record);
}

/* What stood in a track is not another part's that has the same address later. */
static void closed_between_calls(void)
{
    record_init(&record, START);
    begins(1, 0);
    ends(1, 5);
    check_taken(1, 5, 0, 0, 5);
    begins(1, 20);
    ends(1, 30);
    check_taken(1, 10, 0, 20, 30);
    record_ends(&record, START + 30);
    record_fini(&record);
}

static void *another_thread(void *arg)
{
    (void)arg;
    begins(3, 500);
    ends(3, 600);
    begins(3, 650);
    ends(3, 700);
    return NULL;
}

/* A thread counts from its first call, and the one that waits for it did nothing meanwhile. */
static void threads(void)
{
    record_init(&record, START);
    begins(2, 100);
    ends(2, 200);
    pthread_t thread;
    check(pthread_create(&thread, NULL, another_thread, NULL) == 0);
    pthread_join(thread, NULL);
    record_ends(&record, START + 1000);
    check_taken(3, 150, 0, 500, 700);
    check_taken(2, 100, 0, 100, 200);
    check_equal(record.threads, 2);
    check_equal(record.command.total_ns[TRACK_WORK], 100 + 50);
    record_fini(&record);
}

static void too_many(void)
{
    record_init(&record, START);
    for (size_t i = 0; i < sizeof(parts); i++) {
        begins(i, i);
        check_equal(record.crowded, i >= RECORD_OPEN_MAX);
    }
    for (size_t i = sizeof(parts); i-- > 0;)
        ends(i, 2 * sizeof(parts) - i);
    check(!record.interleaved);
    check_equal(record.parts_len, RECORD_OPEN_MAX);
    record_ends(&record, START + 10000);
    record_fini(&record);
}

/* Two fibers in turns: it is seen that times say nothing. */
static void interleaved(void)
{
    record_init(&record, START);
    begins(1, 10);
    begins(2, 20);
    ends(1, 30);
    check(record.interleaved);
    ends(2, 40);
    record_ends(&record, START + 50);
    record_fini(&record);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(calls_inside_calls);
    check_run(closed_between_calls);
    check_run(threads);
    check_run(too_many);
    check_run(interleaved);
    return 0;
}
