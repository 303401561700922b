/* Notes from other threads arrive, each once and in the order of their sender, whether the loop
 * sleeps or not. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <sched.h>
#include <unistd.h>

struct letter {
    struct leat_note note;
    struct post *post;
    unsigned at;
};

/* What one thread sends. */
struct post {
    struct bench *bench;
    pthread_t thread;
    struct letter *letters;
    unsigned count;
    unsigned came;
    struct random random;
    unsigned rests_percent;
};

static void letter_comes(struct leat_note *note)
{
    struct letter *letter = (struct letter *)note;
    check(!letter->post->bench->inside);
    check_equal(letter->at, letter->post->came);
    letter->post->came++;
}

static void *post_all(void *own)
{
    struct post *post = own;
    for (unsigned i = 0; i < post->count; i++) {
        leat_loop_notify(post->bench->loop, &post->letters[i].note);
        if (random_percent(&post->random, post->rests_percent))
            usleep((useconds_t)random_below(&post->random, 200));
        else if (random_percent(&post->random, 10))
            sched_yield();
    }
    return NULL;
}

static void post_start(struct bench *b, struct post *post, unsigned count, unsigned rests_percent)
{
    *post = (struct post){
        .bench = b,
        .letters = memory_get(count * sizeof(*post->letters)),
        .count = count,
        .random = { random_next(&b->random) },
        .rests_percent = rests_percent,
    };
    for (unsigned i = 0; i < count; i++)
        post->letters[i] = (struct letter){ { .fire = letter_comes }, post, i };
    check(pthread_create(&post->thread, NULL, post_all, post) == 0);
}

static void every_note_arrives(struct bench *b)
{
    enum { THREADS = 3, COUNT = 3000 };
    struct post posts[THREADS];
    unsigned came = 0, steps = 0;
    struct leat_loop_options options = { .spin_ns = random_percent(&b->random, 30) ? 20000 : 0 };
    bench_open(b, &options);
    leat_loop_keep(b->loop);
    unsigned rests = (unsigned)random_below(&b->random, 4) * 10;
    for (unsigned i = 0; i < THREADS; i++)
        post_start(b, &posts[i], COUNT, rests);
    while (came < THREADS * COUNT) {
        enum leat_status status =
            leat_loop_step(b->loop, leat_loop_clock(b->loop) + BENCH_PATIENCE_NS);
        check(status == LEAT_OK || status == LEAT_AGAIN);
        steps++;
        came = 0;
        for (unsigned i = 0; i < THREADS; i++)
            came += posts[i].came;
    }
    for (unsigned i = 0; i < THREADS; i++)
        check(pthread_join(posts[i].thread, NULL) == 0);
    /* A wake may come after its note was found; more than that is a loop that spins. */
    check(steps <= 2 * THREADS * COUNT + 100);
    for (unsigned i = 0; i < THREADS; i++)
        memory_put(posts[i].letters);
    leat_loop_unkeep(b->loop);
    bench_close(b);
}

/* --- Asleep --- */

struct sleeper_note {
    struct leat_note note;
    struct bench *bench;
    bool came;
};

static void sleeper_hears(struct leat_note *note)
{
    ((struct sleeper_note *)note)->came = true;
}

static void *notify_later(void *own)
{
    struct sleeper_note *self = own;
    usleep(20000);
    leat_loop_notify(self->bench->loop, &self->note);
    return NULL;
}

/* With nothing else that would wake it: kept, or with an operation that does not end. */
static void a_note_wakes_who_sleeps(struct bench *b)
{
    pthread_t thread;
    bench_open(b, NULL);
    for (unsigned i = 0; i < 4; i++) {
        struct sleeper_note note = { { .fire = sleeper_hears }, b, false };
        uint64_t start_ns = leat_loop_clock(b->loop);
        struct call call = { .op = op_sleep(start_ns + 10 * BENCH_PATIENCE_NS) };
        unsigned steps = 0;
        if (i % 2 == 0)
            leat_loop_keep(b->loop);
        else
            call_submit(b, &call);
        check(pthread_create(&thread, NULL, notify_later, &note) == 0);
        while (!note.came && steps < 100) {
            enum leat_status status =
                leat_loop_step(b->loop, start_ns + (uint64_t)BENCH_PATIENCE_NS);
            check(status == LEAT_OK || status == LEAT_AGAIN);
            check(leat_loop_now(b->loop) < start_ns + BENCH_PATIENCE_NS / 2);
            steps++;
        }
        check(note.came);
        check(steps <= 10);
        check(pthread_join(thread, NULL) == 0);
        if (i % 2 == 0) {
            leat_loop_unkeep(b->loop);
        } else {
            call_cancel(b, &call);
            (void)call_await(b, &call);
        }
    }
    check_status(leat_loop_run(b->loop), LEAT_OK);
    bench_close(b);
}

/* A note from the loop's own thread fires from the next step. */
static void a_note_from_within(struct bench *b)
{
    bench_open(b, NULL);
    struct sleeper_note note = { { .fire = sleeper_hears }, b, false };
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_END);
    leat_loop_notify(b->loop, &note.note);
    check(!note.came);
    check_equal(leat_loop_next_ns(b->loop), 0);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_OK);
    check(note.came);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_END);
    bench_close(b);
}

const struct loop_test tests_notes[] = {
    { "every note arrives", every_note_arrives, REAL_ONLY, 6 },
    { "a note wakes who sleeps", a_note_wakes_who_sleeps, REAL_ONLY, 1 },
    { "a note from within", a_note_from_within, 0, 1 },
    { 0 },
};
