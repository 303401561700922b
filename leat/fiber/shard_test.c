/* Shards call each other, and each call runs on the thread that it was meant for; of very many
 * messages in all directions none is lost, doubled or overtaken, however few credits there are and
 * whoever sleeps; and what is cancelled has either run or not been sent. On every kind of loop. */

#include "leat/fiber/shard.h"

#include <pthread.h>
#include <string.h>

#include "leat/fiber/semaphore.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

enum { SHARDS = 3, MESSAGES = 100000, WINDOW = 24, CALLS = 200 };

static const char *kind;
static uint64_t seed;
static uint32_t messages;

static struct leat_shards_options options_of(unsigned count, unsigned credits,
                                             void (*entry)(struct leat_shard *here, void *arg),
                                             void *arg)
{
    return (struct leat_shards_options){
        .count = count,
        .credits = credits,
        .entry = entry,
        .arg = arg,
        .loop = { .kind = kind, .buffers = 16, .entries = 16 },
        .fibers = { .fibers_max = 64 },
    };
}

static void run_shards(unsigned count, unsigned credits,
                       void (*entry)(struct leat_shard *here, void *arg), void *arg)
{
    struct leat_shards_options options = options_of(count, credits, entry, arg);
    struct leat_shards *shards = leat_shards_start(&options, NULL);
    check(shards != NULL);
    check_equal(leat_shards_count(shards), count);
    check(leat_shards_join(shards, NULL) == LEAT_OK);
}

/* --- Calls --- */

/* Each entry is its shard's alone, and so needs no lock: that is the point. */
static struct {
    pthread_t thread;
    unsigned calls;
} owned[SHARDS];

struct call {
    unsigned from, value, answer;
};

static void answers(struct leat_shard *here, void *arg)
{
    struct call *call = arg;
    unsigned index = leat_shard_index(here);
    check(pthread_equal(owned[index].thread, pthread_self()));
    owned[index].calls++;
    if (call->value % 7 == 0)
        check(leat_fiber_yield(leat_shard_fibers(here)) == LEAT_OK);
    if (call->value % 50 == 0)
        check(leat_fiber_sleep(leat_shard_fibers(here), 100000) == LEAT_OK);
    call->answer = call->value * 2 + index;
}

static void notes_thread(struct leat_shard *here, void *arg)
{
    (void)arg;
    owned[leat_shard_index(here)].thread = pthread_self();
}

/* Calls back to where it came from, from inside a call. */
static void calls_back(struct leat_shard *here, void *arg)
{
    struct call *call = arg;
    struct leat_shard *back = leat_shards_at(leat_shard_all(here), call->from);
    struct call inner = { .value = 5 };
    check(leat_shard_call(here, back, answers, &inner) == LEAT_OK);
    call->answer = inner.answer;
}

static void calls_all(struct leat_shard *here, void *arg)
{
    unsigned index = leat_shard_index(here);
    unsigned *done = arg;
    for (unsigned to = 0; to < SHARDS; to++) {
        struct leat_shard *shard = leat_shards_at(leat_shard_all(here), to);
        check(leat_shard_call(here, shard, notes_thread, NULL) == LEAT_OK);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        unsigned to = i % SHARDS;
        struct leat_shard *shard = leat_shards_at(leat_shard_all(here), to);
        struct call call = { .from = index, .value = i };
        check(leat_shard_call(here, shard, answers, &call) == LEAT_OK);
        check_equal(call.answer, i * 2 + to);
        check(leat_shard_call(here, shard, calls_back, &call) == LEAT_OK);
        check_equal(call.answer, 10 + index);
    }
    __atomic_fetch_add(done, 1, __ATOMIC_RELAXED);
}

/* Several threads note the same thread: one after the other, on that thread. */
static void test_calls(void)
{
    unsigned done = 0;
    memset(owned, 0, sizeof(owned));
    run_shards(SHARDS, 0, calls_all, &done);
    check_equal(done, SHARDS);
    for (unsigned i = 0; i < SHARDS; i++) {
        unsigned from_each = CALLS / SHARDS + (i < CALLS % SHARDS);
        check_equal(owned[i].calls, SHARDS * from_each + CALLS);
    }
}

/* --- Very many messages --- */

struct sender;

struct letter {
    struct leat_message message;
    struct sender *sender;
    struct letter *next; /* free */
    uint32_t number;
};

struct sender {
    struct leat_shard *here, *to;
    struct leat_semaphore free;
    struct letter letters[WINDOW];
    struct letter *first;
    struct random dice;
};

/* Of each shard: what came from each other one. */
static uint32_t arrived[SHARDS][SHARDS];

static void letter_arrives(struct leat_message *message, struct leat_shard *here)
{
    const struct letter *letter = (struct letter *)(void *)message;
    unsigned from = leat_shard_index(message->from);
    check_equal(letter->number, arrived[leat_shard_index(here)][from]);
    arrived[leat_shard_index(here)][from]++;
    leat_message_reply(message);
}

static void letter_returns(struct leat_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    letter->next = letter->sender->first;
    letter->sender->first = letter;
    leat_semaphore_give(&letter->sender->free);
}

static void sends_many(void *arg)
{
    struct sender *self = arg;
    struct leat_fibers *fibers = leat_shard_fibers(self->here);
    for (uint32_t i = 0; i < messages; i++) {
        check(leat_semaphore_take(&self->free) == LEAT_OK);
        struct letter *letter = self->first;
        self->first = letter->next;
        letter->number = i;
        check(leat_shard_send(self->here, self->to, &letter->message) == LEAT_OK);
        uint64_t chance = random_below(&self->dice, 10000);
        if (chance < 5)
            check(leat_fiber_sleep(fibers, random_below(&self->dice, 500000)) == LEAT_OK);
        else if (chance < 100)
            check(leat_fiber_yield(fibers) == LEAT_OK);
    }
    /* All have come back before their memory goes. */
    for (unsigned i = 0; i < WINDOW; i++)
        check(leat_semaphore_take(&self->free) == LEAT_OK);
}

static void sender_init(struct sender *self, struct leat_shard *here, struct leat_shard *to)
{
    self->here = here;
    self->to = to;
    self->first = NULL;
    self->dice.state = seed * 100 + leat_shard_index(here) * 10 + leat_shard_index(to);
    leat_semaphore_init(&self->free, leat_shard_fibers(here), WINDOW);
    for (unsigned i = 0; i < WINDOW; i++) {
        self->letters[i] = (struct letter){
            .message = { .fire = letter_arrives, .done = letter_returns },
            .sender = self,
            .next = self->first,
        };
        self->first = &self->letters[i];
    }
}

static void sends_to_all(struct leat_shard *here, void *arg)
{
    struct leat_scope scope;
    struct sender senders[SHARDS];
    (void)arg;
    leat_scope_open(&scope, leat_shard_fibers(here));
    for (unsigned i = 0; i < SHARDS; i++) {
        if (i == leat_shard_index(here))
            continue;
        sender_init(&senders[i], here, leat_shards_at(leat_shard_all(here), i));
        check(leat_scope_spawn(&scope, sends_many, &senders[i]) == LEAT_OK);
    }
    leat_scope_close(&scope);
}

static void test_many(void)
{
    static const unsigned credits[] = { 1, 4, 256 };
    for (unsigned i = 0; i < sizeof(credits) / sizeof(credits[0]); i++) {
        messages = credits[i] == 1 ? MESSAGES / 10 : MESSAGES; /* with one, each is a wake */
        check_says("credits", credits[i]);
        check_says("seed", ++seed);
        memset(arrived, 0, sizeof(arrived));
        run_shards(SHARDS, credits[i], sends_to_all, NULL);
        for (unsigned to = 0; to < SHARDS; to++) {
            for (unsigned from = 0; from < SHARDS; from++)
                check_equal(arrived[to][from], to == from ? 0 : messages);
        }
    }
}

/* --- Cancelling --- */

static unsigned ran;

static void runs_long(struct leat_shard *here, void *arg)
{
    (void)arg;
    check(leat_fiber_sleep(leat_shard_fibers(here), 5000000) == LEAT_OK);
    ran++;
}

struct caller {
    struct leat_shard *here, *to;
    enum leat_status status;
};

static void calls_long(void *arg)
{
    struct caller *caller = arg;
    caller->status = leat_shard_call(caller->here, caller->to, runs_long, NULL);
}

static void cancels_calls(struct leat_shard *here, void *arg)
{
    struct leat_scope scope;
    unsigned index = leat_shard_index(here);
    struct caller caller = { here, leat_shards_at(leat_shard_all(here), 1 - index), LEAT_OK };
    (void)arg;
    if (index != 0)
        return;
    leat_scope_open(&scope, leat_shard_fibers(here));
    check(leat_scope_spawn(&scope, calls_long, &caller) == LEAT_OK);
    check(leat_fiber_yield(leat_shard_fibers(here)) == LEAT_OK);
    leat_scope_cancel(&scope);
    check(leat_fiber_cancelled(leat_shard_fibers(here)) != 0);
    /* Whoever is cancelled before, sends nothing. */
    check(leat_shard_call(here, caller.to, runs_long, NULL) == LEAT_FAULT);
    check(leat_shard_call(here, here, runs_long, NULL) == LEAT_FAULT);
    leat_scope_close(&scope);
    check_status(caller.status, LEAT_OK);
}

static void test_cancel(void)
{
    ran = 0;
    run_shards(2, 0, cancels_calls, NULL);
    check_equal(ran, 1);
}

/* --- More than there may be --- */

static void calls_too_many(struct leat_shard *here, void *arg)
{
    enum { MANY = 60 };
    struct leat_scope scope;
    struct caller callers[MANY];
    unsigned refused = 0;
    (void)arg;
    if (leat_shard_index(here) != 0)
        return;
    leat_scope_open(&scope, leat_shard_fibers(here));
    for (unsigned i = 0; i < MANY; i++) {
        callers[i] = (struct caller){ here, leat_shards_at(leat_shard_all(here), 1), LEAT_OK };
        check(leat_scope_spawn(&scope, calls_long, &callers[i]) == LEAT_OK);
    }
    leat_scope_close(&scope);
    for (unsigned i = 0; i < MANY; i++) {
        check(callers[i].status == LEAT_OK || callers[i].status == LEAT_LIMIT);
        refused += callers[i].status == LEAT_LIMIT;
    }
    check_equal(ran + refused, MANY);
}

static void test_limit(void)
{
    ran = 0;
    run_shards(2, 8, calls_too_many, NULL);
}

static void test_no_loop(void)
{
    struct leat_shards_options options = options_of(2, 0, calls_all, NULL);
    options.loop.kind = "none of this name";
    check(leat_shards_start(&options, NULL) == NULL);
}

int main(int argc, char **argv)
{
    unsigned kinds = 0;
    seed = check_begin(argc, argv).seed;
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        if (leat_loop_kinds[i]->only_by_name)
            continue;
        kind = leat_loop_kinds[i]->name;
        check_says_text("loop", kind);
        struct leat_loop_options options = { .kind = kind };
        struct leat_loop *loop = leat_loop_create(&options, NULL);
        if (loop == NULL)
            continue;
        leat_loop_destroy(loop);
        kinds++;
        check_run(test_calls);
        check_run(test_many);
        check_run(test_cancel);
        check_run(test_limit);
        check_run(test_no_loop);
    }
    return kinds > 0 ? 0 : 77;
}
