/* Fibers run in turn, wait in many ways, end before their scopes do, and are cancelled wherever
 * they stand: on every kind of loop that this system has. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/core/stage.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/fiber/fiber.h"
#include "tests/support/over.h"
#include "tests/support/check.h"

enum { LOG_MAX = 4096, MANY = 1000 };

static struct leat_loop *loop;
static struct leat_fibers *fibers;
static struct over over;
static char said[LOG_MAX];

static void say(char c)
{
    size_t len = strlen(said);
    check(len + 1 < sizeof(said));
    said[len] = c;
}

static void run(void (*entry)(void *arg), void *arg)
{
    memset(said, 0, sizeof(said));
    over_run(&over, entry, arg);
}

static enum leat_status spawn_with(struct leat_scope *scope, void (*entry)(void *arg),
                                   const char *text)
{
    return leat_scope_spawn(scope, entry, (void *)(uintptr_t)text);
}

/* --- Turns --- */

static void letters(void *arg)
{
    const char *text = arg;
    for (; *text != '\0'; text++) {
        say(*text);
        check(leat_fiber_yield(fibers) == LEAT_OK);
    }
}

static void two_take_turns(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    check(spawn_with(&scope, letters, "abc") == LEAT_OK);
    check(spawn_with(&scope, letters, "123") == LEAT_OK);
    say('<');
    leat_scope_join(&scope);
    say('>');
    leat_scope_close(&scope);
}

static void test_turns(void)
{
    run(two_take_turns, NULL);
    check_text(said, "<a1b2c3>");
}

/* --- Sleeping --- */

static void sleeps(void *arg)
{
    uint64_t ms = (uint64_t)(*(const char *)arg - '0') * 5;
    uint64_t before_ns = leat_loop_clock(loop);
    check(leat_fiber_sleep(fibers, ms * 1000000) == LEAT_OK);
    check(leat_loop_clock(loop) - before_ns >= ms * 1000000);
    say(*(const char *)arg);
}

static void sleepers(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    check(spawn_with(&scope, sleeps, "3") == LEAT_OK);
    check(spawn_with(&scope, sleeps, "1") == LEAT_OK);
    check(spawn_with(&scope, sleeps, "2") == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_sleep(void)
{
    run(sleepers, NULL);
    check_text(said, "123");
}

/* --- Cancelling --- */

static void waits_for_ever(void *arg)
{
    int fd = *(int *)arg;
    char byte;
    struct leat_io io =
        leat_engine_read(leat_fibers_engine(fibers), fd, &byte, 1, LEAT_OFFSET_NONE);
    check_status(io.status, LEAT_FAULT);
    check(io.code == ECANCELED || io.code == ETIMEDOUT);
    say(io.code == ECANCELED ? 'c' : 't');
    /* And so does whatever it tries after that. */
    check(leat_fiber_sleep(fibers, 1) == LEAT_FAULT);
    check(leat_fiber_yield(fibers) == LEAT_FAULT);
}

static void sleeps_for_ever(void *arg)
{
    (void)arg;
    check(leat_fiber_sleep(fibers, (uint64_t)3600 * 1000000000) == LEAT_FAULT);
    say('s');
}

static void nests(void *arg)
{
    struct leat_scope inner;
    leat_scope_open(&inner, fibers);
    check(leat_scope_spawn(&inner, waits_for_ever, arg) == LEAT_OK);
    check(leat_scope_spawn(&inner, sleeps_for_ever, NULL) == LEAT_OK);
    leat_scope_close(&inner);
    check(leat_fiber_cancelled(fibers) != 0);
    say('n');
}

static void cancels(void *arg)
{
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    check(leat_scope_spawn(&scope, nests, arg) == LEAT_OK);
    check(leat_fiber_sleep(fibers, 1000000) == LEAT_OK);
    check(said[0] == '\0');
    leat_scope_cancel(&scope);
    check(leat_scope_spawn(&scope, nests, arg) == LEAT_FAULT);
    leat_scope_close(&scope);
    check(leat_fiber_cancelled(fibers) == 0);
    check(leat_fiber_sleep(fibers, 1) == LEAT_OK);
}

static void expires(void *arg)
{
    struct leat_scope scope;
    leat_scope_open(&scope, fibers);
    leat_scope_deadline(&scope, leat_loop_clock(loop) + 2000000);
    waits_for_ever(arg);
    leat_scope_close(&scope);
    check(leat_fiber_sleep(fibers, 1) == LEAT_OK);
}

static void test_cancel(void)
{
    int fds[2];
    check(pipe(fds) == 0);
    run(cancels, &fds[0]);
    check(strlen(said) == 3 && strchr(said, 'c') && strchr(said, 's') && said[2] == 'n');
    run(expires, &fds[0]);
    check_text(said, "t");
    close(fds[0]);
    close(fds[1]);
}

/* --- Many --- */

static unsigned ended;

static void child(void *arg)
{
    volatile char deep[2000];
    deep[sizeof(deep) - 1] = 1;
    for (unsigned i = 0; i < (unsigned)(uintptr_t)arg % 5; i++)
        check(leat_fiber_yield(fibers) == LEAT_OK);
    ended += (unsigned)deep[sizeof(deep) - 1];
}

static void spawns_many(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    for (uintptr_t i = 0; i < MANY; i++)
        check(leat_scope_spawn(&scope, child, (void *)i) == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_many(void)
{
    ended = 0;
    run(spawns_many, NULL);
    check_equal(ended, MANY);
    check(leat_fibers_high_water(fibers) >= 2000);
}

/* --- A bound --- */

static void reaches_limit(void *arg)
{
    struct leat_fibers *few = arg;
    struct leat_scope scope;
    leat_scope_open(&scope, few);
    check(leat_scope_spawn(&scope, child, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, child, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, child, NULL) == LEAT_LIMIT);
    leat_scope_join(&scope);
    check(leat_scope_spawn(&scope, child, NULL) == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_limit(void)
{
    struct leat_fibers *few =
        leat_fibers_create(loop, &(struct leat_fibers_options){ .fibers_max = 3 });
    check(leat_fibers_run(few, reaches_limit, few) == LEAT_OK);
    leat_fibers_destroy(few);
}

/* --- A quantum --- */

static volatile bool goes_on;

static void hogs(void *arg)
{
    (void)arg;
    while (goes_on)
        leat_fiber_breathe(fibers);
    say('h');
}

static void ends_it(void *arg)
{
    (void)arg;
    goes_on = false;
    say('e');
}

static void hog_and_other(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    goes_on = true;
    check(leat_scope_spawn(&scope, hogs, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, ends_it, NULL) == LEAT_OK);
    leat_scope_close(&scope);
}

/* A stage that decodes for long from memory, where nothing is ever waited for. */
static enum leat_status zeros_step(struct leat_codec *codec, struct leat_reader *in,
                                   struct leat_writer *out)
{
    struct leat_room room;
    (void)codec;
    (void)in;
    enum leat_status status = leat_reserve(out, 1, &room);
    if (status != LEAT_OK)
        return status;
    memset(room.data, 0, room.len);
    leat_commit(out, room.len);
    return goes_on ? LEAT_OK : LEAT_DONE;
}

static void decodes(void *arg)
{
    static const struct leat_stage zeros = {
        .name = "zeros",
        .self_size = sizeof(struct leat_codec),
        .out_min = 1,
        .step = zeros_step,
    };
    struct leat_ctx_options waits = leat_fibers_ctx(fibers);
    struct leat_ctx ctx;
    (void)arg;
    waits.limits.bytes_max = UINT64_MAX;
    waits.limits.ratio_max = UINT32_MAX;
    leat_ctx_init(&ctx, &waits);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, "", 0), &zeros, NULL);
    struct leat_span span;
    while (leat_peek(r, 1, &span) == LEAT_OK)
        leat_consume(r, span.len);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    say('d');
}

static void decoder_and_other(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    goes_on = true;
    check(leat_scope_spawn(&scope, decodes, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, ends_it, NULL) == LEAT_OK);
    leat_scope_close(&scope);
}

static void test_quantum(void)
{
    run(hog_and_other, NULL);
    check_text(said, "eh");
    run(decoder_and_other, NULL);
    check_text(said, "ed");
}

/* --- The processor's time --- */

#define BURNT_NS 20000000u

static uint64_t burn(void)
{
    uint64_t from_ns = leat_fiber_cpu_ns(fibers), now_ns = from_ns;
    while (now_ns - from_ns < BURNT_NS)
        now_ns = leat_fiber_cpu_ns(fibers);
    return now_ns - from_ns;
}

static void burns(void *arg)
{
    (void)arg;
    burn();
    check(leat_fiber_yield(fibers) == LEAT_OK);
    burn();
}

/* What others use while it waits is not a fiber's own; what it uses is, before and behind that. */
static void times_itself(void *arg)
{
    struct leat_scope scope;
    (void)arg;
    leat_scope_open(&scope, fibers);
    uint64_t from_ns = leat_fiber_cpu_ns(fibers);
    check(leat_scope_spawn(&scope, burns, NULL) == LEAT_OK);
    check(leat_scope_spawn(&scope, burns, NULL) == LEAT_OK);
    uint64_t own_ns = burn();
    leat_scope_close(&scope);
    own_ns += burn();
    uint64_t used_ns = leat_fiber_cpu_ns(fibers) - from_ns;
    check(used_ns >= own_ns && used_ns < own_ns + BURNT_NS);
}

static void test_time(void)
{
    run(times_itself, NULL);
    check(leat_fiber_cpu_ns(fibers) > 0);
}

static void ends_it_from_loop(struct leat_task *task)
{
    (void)task;
    goes_on = false;
}

/* Alone among fibers, one that breathes still lets the loop go on. */
static void hog_and_loop(void *arg)
{
    struct leat_fibers *hurried = arg;
    struct leat_task task = { .run = ends_it_from_loop };
    unsigned breaths = 0;
    goes_on = true;
    leat_loop_defer(loop, &task);
    for (; goes_on; breaths++)
        leat_fiber_breathe(hurried);
    check(breaths < 100);
}

static void test_quantum_alone(void)
{
    struct leat_fibers *hurried =
        leat_fibers_create(loop, &(struct leat_fibers_options){ .quantum_ns = 1 });
    check(leat_fibers_run(hurried, hog_and_loop, hurried) == LEAT_OK);
    leat_fibers_destroy(hurried);
}

static void test_all(void)
{
    loop = over.loop;
    fibers = over.fibers;
    check_run(test_turns);
    check_run(test_sleep);
    check_run(test_cancel);
    check_run(test_many);
    check_run(test_limit);
    check_run(test_quantum);
    check_run(test_quantum_alone);
    check_run(test_time);
}

int main(void)
{
    return over_kinds(&over, test_all);
}
