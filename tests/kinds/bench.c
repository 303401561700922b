#include "tests/kinds/bench.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/kinds/unsteady.h"
#include "tests/support/check.h"
#include "tests/support/source.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A test that takes longer hangs. */
enum { TEST_SECONDS_MAX = 60 };

/* How long the far end's thread waits before it tries again. */
enum { RETRY_US = 50 };

/* Taken at once. */
enum { TAKE_LEN = 7777 };

/* --- What is read and written --- */

static uint8_t *make_bytes(int protection)
{
    uint8_t *bytes =
        mmap(NULL, BENCH_LEN_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(bytes != MAP_FAILED);
    source_bytes(0, bytes, BENCH_LEN_MAX);
    check(mprotect(bytes, BENCH_LEN_MAX, protection) == 0);
    return bytes;
}

const uint8_t *bench_bytes(void)
{
    static const uint8_t *bytes;
    if (bytes == NULL)
        bytes = make_bytes(PROT_READ);
    return bytes;
}

static const uint8_t *unread_bytes(void)
{
    static const uint8_t *bytes;
    if (bytes == NULL)
        bytes = make_bytes(PROT_NONE);
    return bytes;
}

void bench_check(const void *data, uint64_t offset, size_t len)
{
    if (offset + len <= BENCH_LEN_MAX) {
        check_bytes(data, len, bench_bytes() + offset, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        check_equal(((const uint8_t *)data)[i], kind_byte(offset + i));
}

/* --- The far end --- */

static bool is_fed(const struct bench *b)
{
    return b->source != NULL && (b->source->promises & KIND_STREAM) != 0;
}

static bool is_taken(const struct bench *b)
{
    return b->sink != NULL && (b->sink->promises & KIND_STREAM) != 0;
}

/* Whether the ends have something to talk about first, and the far one's next words. */
static bool talks(const struct kind_talk *talk, struct bench_side *side)
{
    return talk != NULL && !talk->answers(&side->end);
}

/* Send a piece, or say that there are no more. False: it has no room. */
static bool feed_piece(struct bench *b)
{
    struct bench_side *side = &b->in;
    size_t left = (size_t)(side->end.len - side->done);
    if (talks(b->source->talk, side))
        return false;
    if (left == 0) {
        if (!side->finished)
            b->source->finish(&side->end);
        side->finished = true;
        return true;
    }
    size_t some = random_len(&side->random, left < 20000 ? left : 20000);
    size_t n = b->source->feed(&side->end, bench_bytes() + side->done, some);
    side->done += n;
    return n > 0;
}

static size_t take_piece(struct bench *b, struct leat_writer *w)
{
    uint8_t piece[TAKE_LEN];
    if (talks(b->sink->talk, &b->out))
        return 0;
    size_t n = b->sink->take(&b->out.end, w, piece, sizeof(piece));
    check(n <= sizeof(piece));
    sink_add(&b->out.got, piece, n);
    b->out.done += n;
    return n;
}

static void *feeds(void *arg)
{
    struct bench *b = arg;
    while (!b->in.finished && !__atomic_load_n(&b->in.stop, __ATOMIC_ACQUIRE)) {
        if (!feed_piece(b))
            usleep(RETRY_US);
    }
    return NULL;
}

static void *takes(void *arg)
{
    struct bench *b = arg;
    while (take_piece(b, NULL) > 0 || !__atomic_load_n(&b->out.stop, __ATOMIC_ACQUIRE))
        usleep(RETRY_US);
    return NULL;
}

static void *talks_in(void *arg)
{
    struct bench *b = arg;
    while (talks(b->source->talk, &b->in))
        usleep(RETRY_US);
    return NULL;
}

static void *talks_out(void *arg)
{
    struct bench *b = arg;
    while (talks(b->sink->talk, &b->out))
        usleep(RETRY_US);
    return NULL;
}

static void thread_start(struct bench *b, struct bench_side *side, void *(*run)(void *))
{
    side->threaded = true;
    side->stop = false;
    check(pthread_create(&side->thread, NULL, run, b) == 0);
}

static void thread_stop(struct bench_side *side)
{
    if (!side->threaded)
        return;
    __atomic_store_n(&side->stop, true, __ATOMIC_RELEASE);
    check(pthread_join(side->thread, NULL) == 0);
    side->threaded = false;
}

/* Nobody but the test is at the far end: let the ends talk before it begins. */
static void talk_first(struct bench *b, struct bench_side *side, const struct kind_talk *talk,
                       void *(*run)(void *))
{
    if (talk == NULL || !b->plan.held)
        return;
    if (bench_waits(b))
        thread_start(b, side, run);
    talk->begins(&side->end);
    thread_stop(side);
    while (talks(talk, side))
        usleep(RETRY_US);
}

void bench_feed(struct bench *b, size_t len)
{
    check(b->plan.held && len <= b->in.end.len - b->in.done);
    check_equal(b->source->feed(&b->in.end, bench_bytes() + b->in.done, len), len);
    b->in.done += len;
}

void bench_finish(struct bench *b)
{
    check(b->plan.held);
    b->source->finish(&b->in.end);
    b->in.finished = true;
}

void bench_take(struct bench *b, struct leat_writer *w)
{
    while (take_piece(b, w) > 0)
        continue;
}

bool bench_waits(const struct bench *b)
{
    return b->engine->turn == NULL;
}

bool bench_tries(const struct bench *b, uint64_t i)
{
    return b->engine->third == 0 || (b->engine->third + b->seed + i) % 3 == 0;
}

void bench_turn(struct bench *b)
{
    if (!bench_waits(b)) {
        enum leat_status status = b->engine->turn(b->running, 0);
        check(status == LEAT_OK || status == LEAT_AGAIN);
    }
}

void bench_pass_time(struct bench *b)
{
    if (is_fed(b) && !b->in.threaded && !talks(b->source->talk, &b->in) && !b->plan.held)
        feed_piece(b);
    if (is_taken(b) && !b->out.threaded && !talks(b->sink->talk, &b->out) && !b->plan.held)
        take_piece(b, NULL);
    bench_turn(b);
}

void bench_attend(struct bench *b, bool on)
{
    if (!on) {
        thread_stop(&b->in);
        thread_stop(&b->out);
        return;
    }
    if (!bench_waits(b) || b->plan.held)
        return;
    if (is_fed(b) && !b->in.threaded)
        thread_start(b, &b->in, feeds);
    if (is_taken(b) && !b->out.threaded)
        thread_start(b, &b->out, takes);
}

/* Somebody waits on this thread. */
static void turns(void *user)
{
    bench_pass_time(user);
}

/* --- Beginning and ending --- */

static const char *folder;

void bench_folder(const char *path)
{
    folder = path;
}

static unsigned entries(const char *path)
{
    DIR *open = opendir(path);
    unsigned n = 0;
    check(open != NULL);
    while (readdir(open) != NULL)
        n++;
    closedir(open);
    return n;
}

static unsigned descriptors(void)
{
    return entries("/proc/self/fd");
}

static void side_begin(struct bench *b, struct bench_side *side, const char *name)
{
    *side = (struct bench_side){ .random = { b->plan.seed } };
    snprintf(side->path, sizeof(side->path), "%s/%s", folder, name);
    side->end = (struct kind_end){
        .ctx = &b->ctx,
        .path = side->path,
        .near_fd = -1,
        .far_fd = -1,
    };
}

static void ctx_begin(struct bench *b)
{
    struct leat_ctx_options options = {
        .engine = b->running,
        .limits = { .window_max = b->plan.window_max },
    };
    memory_init(&b->memory);
    if (!b->plan.hosted)
        options.alloc = b->memory.alloc;
    leat_ctx_init(&b->ctx, &options);
}

void bench_begin(struct bench *b, const struct bench_plan *plan)
{
    b->plan = *plan;
    b->plan.seed += b->seed;
    b->descriptors = descriptors();
    b->engine_memory = memory_get(b->engine->size);
    b->running = b->engine->open(b->engine_memory, b->plan.seed);
    check(b->running != NULL);
    ctx_begin(b);
    side_begin(b, &b->in, "in");
    side_begin(b, &b->out, "out");
    drive_turns_by(turns, b);
}

void bench_unmake(struct bench *b)
{
    void (*in)(struct kind_end *) = NULL;
    if (b->in.open)
        in = b->view != NULL ? b->view->unmake : b->source->unmake;
    if (in != NULL)
        in(&b->in.end);
    if (b->out.open && b->sink->unmake != NULL)
        b->sink->unmake(&b->out.end);
    b->in.open = b->out.open = false;
}

void bench_end(struct bench *b)
{
    bench_unmake(b);
    check_equal(b->ctx.open, 0);
    leat_ctx_fini(&b->ctx);
    memory_fini(&b->memory);
    if (b->engine->close != NULL)
        b->engine->close(b->running);
    memory_put(b->engine_memory);
    sink_fini(&b->out.got);
    check_equal(entries(folder), 2); /* itself and its parent */
    check_equal(descriptors(), b->descriptors);
}

/* --- Readers --- */

static struct leat_reader *make_below(struct bench *b, uint64_t len)
{
    struct split_plan split = split_plan_of(b->plan.seed);
    struct source_plan plan = { .len = len, .step = 1 + b->plan.seed % 5000 };
    if (b->plan.below == BELOW_FAULTY || b->plan.below == BELOW_SEEKING) {
        plan.seeks = b->plan.below == BELOW_SEEKING;
        plan.faults_at = b->plan.below == BELOW_FAULTY ? len - BENCH_FAULT_LEN : 0;
        return source_reader(&b->ctx, &plan);
    }
    check(len <= BENCH_LEN_MAX);
    const uint8_t *bytes = b->plan.below == BELOW_UNREAD ? unread_bytes() : bench_bytes();
    struct leat_reader *r = leat_memory(&b->ctx, bytes, (size_t)len);
    if (b->plan.below != BELOW_SPLIT)
        return r;
    split.window_max = b->plan.window_max;
    return split_reader(r, &split);
}

struct leat_reader *bench_open_over(struct bench *b, struct leat_reader *src, uint64_t len)
{
    b->in.end.len = len;
    b->in.open = true;
    if (b->view->make != NULL)
        b->view->make(&b->in.end);
    return b->view->open(&b->in.end, src);
}

static struct leat_reader *open_view(struct bench *b, uint64_t len)
{
    bool cuts = b->view->promises & KIND_CUTS;
    struct leat_reader *r = make_below(b, b->plan.begins + len + (cuts ? BENCH_CUT_LEN : 0));
    struct leat_span span;
    if (b->plan.begins > 0) {
        check_status(bench_peek(r, (size_t)b->plan.begins, &span), LEAT_OK);
        leat_consume(r, (size_t)b->plan.begins);
    }
    return bench_open_over(b, r, len);
}

struct leat_reader *bench_open(struct bench *b, uint64_t len)
{
    if (b->source == NULL)
        return open_view(b, len);
    struct bench_side *side = &b->in;
    side->end.len = len;
    side->open = true;
    side->done = 0;
    side->finished = false;
    if (b->source->make != NULL)
        b->source->make(&side->end);
    if (!is_fed(b))
        b->source->put(&side->end, 0, bench_bytes(), (size_t)len);
    struct leat_reader *r = b->source->open(&side->end);
    talk_first(b, side, b->source->talk, talks_in);
    if (is_fed(b) && bench_waits(b) && !b->plan.held)
        thread_start(b, side, feeds);
    return r;
}

void bench_close(struct bench *b, struct leat_reader *r)
{
    struct kind_end *end = &b->in.end;
    bool whole = b->memory.fail_at == 0 || b->memory.calls < b->memory.fail_at;
    if (b->view != NULL && b->view->judge != NULL && whole)
        b->view->judge(end, r);
    leat_reader_close(r);
    thread_stop(&b->in);
}

enum leat_status bench_peek(struct leat_reader *r, size_t min, struct leat_span *ret)
{
    enum leat_status status;
    while ((status = leat_peek(r, min, ret)) == LEAT_AGAIN)
        drive_wait(r);
    return status;
}

/* --- Writers --- */

struct leat_writer *bench_open_writer(struct bench *b, uint64_t room)
{
    struct kind_end *end = &b->out.end;
    end->room = room;
    b->out.open = true;
    end->taken = 0;
    b->out.got.len = 0;
    b->out.done = 0;
    if (b->sink->make != NULL)
        b->sink->make(end);
    if (room > 0 && b->sink->refuse != NULL && !is_taken(b))
        b->sink->refuse(end);
    struct leat_writer *w = b->sink->open(end);
    talk_first(b, &b->out, b->sink->talk, talks_out);
    if (is_taken(b) && bench_waits(b) && !b->plan.held)
        thread_start(b, &b->out, takes);
    return w;
}

void bench_close_writer(struct bench *b, struct leat_writer *w)
{
    thread_stop(&b->out);
    bench_take(b, w);
    leat_writer_close(w);
    bench_take(b, NULL);
}

/* --- Running --- */

static void on_signal(int number)
{
    (void)number;
}

void bench_interrupts(bool on)
{
    static timer_t timer;
    if (!on) {
        check(timer_delete(timer) == 0);
        return;
    }
    struct sigaction action = { .sa_handler = on_signal };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, 300000 }, { 0, 300000 } };
    check(sigaction(SIGUSR1, &action, NULL) == 0);
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    check(timer_settime(timer, 0, &every, NULL) == 0);
}

bool bench_promises(const struct bench *b, unsigned promise)
{
    unsigned promises = b->source != NULL ? b->source->promises : 0;
    promises |= b->view != NULL ? b->view->promises : 0;
    promises |= b->sink != NULL ? b->sink->promises : 0;
    return (promises & promise) == promise;
}

bool bench_inside(const struct kind_engine *engine, void (*inside)(void *arg), void *arg)
{
    if (engine->run != NULL)
        return engine->run(inside, arg);
    inside(arg);
    return true;
}

/* A test, to be run from where its engine may be used. */
struct inside {
    struct bench *bench;
    bench_test *test;
};

static void test_runs(void *arg)
{
    struct inside *self = arg;
    self->test(self->bench);
}

void bench_run(struct bench *b, const char *name, bench_test *test)
{
    check_says_text("test", name);
    check_forgets_after("test");
    alarm(TEST_SECONDS_MAX);
    struct inside inside = { b, test };
    check(bench_inside(b->engine, test_runs, &inside));
    alarm(0);
}
