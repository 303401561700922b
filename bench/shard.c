/* What a message between two shards costs: one way to a shard that looks for it, and to one that
 * sleeps; a call, with its fiber; and how many messages go through in a second. The two shards want
 * a processor each. Best of some runs. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "leat/fiber/semaphore.h"
#include "leat/fiber/shard.h"

enum { RUNS = 7, TURNS = 20000, SLEEPY_TURNS = 2000, MANY = 2000000, WINDOW = 128 };

struct ping {
    struct leat_message message;
    struct leat_shard *here, *to;
    struct leat_semaphore *done;
    unsigned left;
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void must(bool fact)
{
    if (fact)
        return;
    fprintf(stderr, "shard: a call failed\n");
    exit(2);
}

static void arrives(struct leat_message *message, struct leat_shard *here)
{
    (void)here;
    leat_message_reply(message);
}

/* Without a fiber in between: from the loop's step to the next message. */
static void returns(struct leat_message *message)
{
    struct ping *ping = (struct ping *)(void *)message;
    if (--ping->left == 0)
        leat_semaphore_give(ping->done);
    else
        must(leat_shard_try_send(ping->here, ping->to, message) == LEAT_OK);
}

/* Send `window` messages round and round, `turns` times in all; nanoseconds for each. */
static double pings(struct leat_shard *here, unsigned window, unsigned turns)
{
    static struct ping all[WINDOW];
    struct leat_semaphore done;
    leat_semaphore_init(&done, leat_shard_fibers(here), 0);
    double start = now_ns();
    for (unsigned i = 0; i < window; i++) {
        all[i] = (struct ping){
            .message = { .fire = arrives, .done = returns },
            .here = here,
            .to = leat_shards_at(leat_shard_all(here), 1),
            .done = &done,
            .left = turns / window,
        };
        must(leat_shard_send(here, all[i].to, &all[i].message) == LEAT_OK);
    }
    for (unsigned i = 0; i < window; i++)
        must(leat_semaphore_take(&done) == LEAT_OK);
    return (now_ns() - start) / turns;
}

static void does_nothing(struct leat_shard *here, void *arg)
{
    (void)here;
    (void)arg;
}

static double calls(struct leat_shard *here, unsigned turns)
{
    struct leat_shard *to = leat_shards_at(leat_shard_all(here), 1);
    double start = now_ns();
    for (unsigned i = 0; i < turns; i++)
        must(leat_shard_call(here, to, does_nothing, NULL) == LEAT_OK);
    return (now_ns() - start) / turns;
}

struct best {
    double one_way, call, each;
    unsigned turns;
};

static double least(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

static void measures(struct leat_shard *here, void *arg)
{
    struct best *best = arg;
    if (leat_shard_index(here) != 0)
        return;
    for (unsigned i = 0; i < RUNS; i++) {
        best->one_way = least(best->one_way, pings(here, 1, best->turns) / 2);
        best->call = least(best->call, calls(here, best->turns));
        if (best->turns == TURNS)
            best->each = least(best->each, pings(here, WINDOW, MANY));
    }
}

static struct best measured(uint64_t spin_ns, unsigned turns)
{
    struct best best = { .turns = turns };
    struct leat_shards *shards = leat_shards_start(
        &(struct leat_shards_options){
            .count = 2,
            .entry = measures,
            .arg = &best,
            .loop = { .spin_ns = spin_ns },
        },
        NULL);
    must(shards != NULL);
    must(leat_shards_join(shards, NULL) == LEAT_OK);
    return best;
}

int main(void)
{
    struct best awake = measured(1000000000, TURNS);
    printf("one way, it looks            %8.0f ns\n", awake.one_way);
    printf("call and answer, it looks    %8.0f ns\n", awake.call);
    printf("each of %u under way        %8.1f ns\n", WINDOW, awake.each);
    struct best asleep = measured(0, SLEEPY_TURNS);
    printf("one way, it sleeps           %8.0f ns\n", asleep.one_way);
    printf("call and answer, it sleeps   %8.0f ns\n", asleep.call);
    return 0;
}
