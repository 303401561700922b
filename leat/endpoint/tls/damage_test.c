/* TLS between two ends in memory, of both versions: each byte flipped, cut after each byte, closed
 * after each step, without memory at each allocation. Never are other bytes shown than were sent.
 */

#include "leat/endpoint/tls/pair_test.h"
#include "tests/support/check.h"

/* --- What is damaged --- */

/* How many bytes go each way, so that each may be hurt. */
static void lens_find(size_t *ret_to_server, size_t *ret_to_client)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    pair_runs_well(&pair);
    *ret_to_server = pair.to_server.len;
    *ret_to_client = pair.to_client.len;
    pair_fini(&pair);
}

static void flip(bool to_server, size_t at, uint8_t flips)
{
    struct split_plan plan = { .piece_max = 65536 };
    struct pair pair;
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    struct link *link = to_server ? &pair.to_server : &pair.to_client;
    link->flips_at = at;
    link->flips = flips;
    (void)pair_runs(&pair, PAIR_STEPS_MAX);
    pair_heard_is(&pair.client, &pair.server);
    pair_heard_is(&pair.server, &pair.client);
    pair_fini(&pair);
}

static void test_flips(void)
{
    size_t lens[2];
    lens_find(&lens[0], &lens[1]);
    for (unsigned way = 0; way < 2; way++) {
        for (size_t at = 0; at < lens[way]; at++) {
            check_says("way", way);
            check_says("at", at);
            flip(way == 0, at, (uint8_t)(1u << at % 8));
        }
    }
    check_forgets_after("test");
}

/* A record of bytes that were changed is a fault that says so. */
static void test_changed(void)
{
    struct split_plan plan = { 0 };
    struct pair pair;
    size_t to_server, to_client;
    lens_find(&to_server, &to_client);
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    /* The last record is the close_notify, of 24 bytes; before it is the text. */
    pair.to_server.flips_at = to_server - 24 - 20;
    pair.to_server.flips = 1;
    (void)pair_runs(&pair, PAIR_STEPS_MAX);
    check_status(pair.server.reads, LEAT_FAULT);
    check(pair_fault(&pair.server)->code == LEAT_FAULT_CHECKSUM);
    check_text(pair_fault(&pair.server)->reason, "decryption failed or bad record mac");
    pair_fini(&pair);
}

static void cut(bool to_server, size_t at)
{
    struct split_plan plan = { .piece_max = 65536 };
    struct pair pair;
    pair_init(&pair, PAIR_SHORT_LEN, &plan);
    struct link *link = to_server ? &pair.to_server : &pair.to_client;
    link->ends_at = at;
    (void)pair_runs(&pair, PAIR_STEPS_MAX);
    struct party *party = to_server ? &pair.server : &pair.client;
    pair_heard_is(&pair.client, &pair.server);
    pair_heard_is(&pair.server, &pair.client);
    check_status(party->reads, LEAT_FAULT);
    check(pair_fault(party)->code == LEAT_FAULT_TRUNCATED);
    pair_fini(&pair);
}

static void test_cuts(void)
{
    size_t lens[2];
    lens_find(&lens[0], &lens[1]);
    for (unsigned way = 0; way < 2; way++) {
        /* Signatures differ in length by a few bytes from one session to the next. */
        for (size_t at = 0; at < lens[way] - 12; at++) {
            check_says("way", way);
            check_says("at", at);
            cut(way == 0, at);
        }
    }
    check_forgets_after("test");
}

/* --- What is given up --- */

static void test_closed_at_each_step(void)
{
    struct split_plan plan = { .piece_max = 300, .again_percent = 30 };
    bool over = false;
    for (unsigned steps = 0; !over; steps++) {
        struct pair pair;
        check_says("steps", steps);
        plan.seed = steps;
        pair_init(&pair, 3000, &plan);
        over = pair_runs(&pair, steps);
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void test_memory(void)
{
    struct split_plan plan = { 0 };
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct pair pair;
        check_says("allocation", n);
        uint64_t before = pair_memory.calls;
        pair_memory.fail_at = before + n;
        pair_init(&pair, 3000, &plan);
        if (pair.client.tls != NULL && pair.server.tls != NULL) {
            (void)pair_runs(&pair, PAIR_STEPS_MAX);
            pair_heard_is(&pair.client, &pair.server);
            pair_heard_is(&pair.server, &pair.client);
            /* Who cannot say what the other waits for does not wait for an answer. */
            check(pair.client.reads != LEAT_AGAIN || pair.server.reads != LEAT_AGAIN);
        }
        failed = pair_memory.calls >= pair_memory.fail_at;
        pair_memory.fail_at = 0;
        pair_fini(&pair);
    }
    check_forgets_after("test");
}

static void tests(void)
{
    check_run(test_flips);
    if (pair_version_max == TLS1_3_VERSION)
        check_run(test_changed);
    check_run(test_cuts);
    check_run(test_closed_at_each_step);
    check_run(test_memory);
}

int main(void)
{
    pair_tests(tests);
    return 0;
}
