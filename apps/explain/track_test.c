/* Buckets of time against sums that are known: nothing is lost when they are made coarser, and a
 * stretch lands where it belongs, whatever lengths the two that are merged have. */

#include "apps/explain/track.h"

#include "tests/support/check.h"
#include "tests/support/random.h"

static uint64_t sum(const struct track *track, enum track_kind kind)
{
    uint64_t all = 0;
    for (size_t i = 0; i < TRACK_BUCKETS; i++)
        all += track->ns[kind][i];
    return all;
}

static void test_stretch(void)
{
    struct track track;
    track_init(&track);
    track_add(&track, TRACK_WORK, 500, 500);
    check_equal(track.last_ns, 0);
    track_add(&track, TRACK_WORK, 1000, 3000);
    check_equal(track.shift, TRACK_SHIFT_MIN);
    check_equal(track.ns[TRACK_WORK][0], 24);
    check_equal(track.ns[TRACK_WORK][1], 1024);
    check_equal(track.ns[TRACK_WORK][2], 3000 - 2048);
    check_equal(track.first_ns, 1000);
    check_equal(track.last_ns, 3000);
}

/* The last nanosecond that fits does not double the buckets; the next one does. */
static void test_doubling(void)
{
    const uint64_t reach = (uint64_t)TRACK_BUCKETS << TRACK_SHIFT_MIN;
    struct track track;
    track_init(&track);
    track_add(&track, TRACK_WAIT, reach - 1, reach);
    check_equal(track.shift, TRACK_SHIFT_MIN);
    check_equal(track.ns[TRACK_WAIT][TRACK_BUCKETS - 1], 1);
    track_add(&track, TRACK_WAIT, reach, reach + 1);
    check_equal(track.shift, TRACK_SHIFT_MIN + 1);
    check_equal(track.ns[TRACK_WAIT][TRACK_BUCKETS / 2 - 1], 1);
    check_equal(track.ns[TRACK_WAIT][TRACK_BUCKETS / 2], 1);
    track_add(&track, TRACK_WORK, 0, UINT64_MAX);
    check_equal(sum(&track, TRACK_WORK), UINT64_MAX);
    check_equal(sum(&track, TRACK_WAIT), 2);
}

static void test_merge(struct random *dice)
{
    for (unsigned round = 0; round < 200; round++) {
        struct track parts[2], both;
        track_init(&both);
        for (unsigned i = 0; i < 2; i++) {
            track_init(&parts[i]);
            for (unsigned n = 0; n < 20; n++) {
                uint64_t from = random_below(dice, UINT64_C(1) << (8 + random_below(dice, 40)));
                uint64_t to = from + random_below(dice, 1 << 20);
                enum track_kind kind = (enum track_kind)random_below(dice, TRACK_KINDS);
                track_add(&parts[i], kind, from, to);
                track_add(&both, kind, from, to);
            }
        }
        track_merge(&parts[0], &parts[1]);
        track_coarsen(&parts[0], both.shift);
        check_equal(parts[0].shift, both.shift);
        check_equal(parts[0].first_ns, both.first_ns);
        check_equal(parts[0].last_ns, both.last_ns);
        for (unsigned kind = 0; kind < TRACK_KINDS; kind++) {
            check_equal(parts[0].total_ns[kind], both.total_ns[kind]);
            for (size_t i = 0; i < TRACK_BUCKETS; i++)
                check_equal(parts[0].ns[kind][i], both.ns[kind][i]);
        }
    }
}

int main(int argc, char **argv)
{
    struct random dice = { check_begin(argc, argv).seed };
    check_run(test_stretch);
    check_run(test_doubling);
    test_merge(&dice);
    return 0;
}
