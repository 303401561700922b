/* Deadlines, sleeps, timers, and what is deferred. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Far enough that no test comes near it. */
#define FAR_NS (1000 * (uint64_t)BENCH_PATIENCE_NS)

/* --- Sleeps --- */

struct sleeper {
    struct call call;
    uint64_t at_ns;
    uint64_t *last_tick; /* of the sleeper that woke before */
};

static uint64_t tick_of(uint64_t ns)
{
    return (ns + (1 << LEAT_TICK_NS_LOG2) - 1) >> LEAT_TICK_NS_LOG2;
}

static void sleeper_woke(struct call *call)
{
    struct sleeper *sleeper = call->own;
    check_result(call->op.result, LEAT_OK);
    check(leat_loop_clock(call->bench->loop) >= sleeper->at_ns);
    check(tick_of(sleeper->at_ns) >= *sleeper->last_tick);
    *sleeper->last_tick = tick_of(sleeper->at_ns);
}

static void sleeps_end_in_order(struct bench *b)
{
    enum { COUNT = 300 };
    static struct sleeper sleepers[COUNT];
    uint64_t last_tick = 0;
    bench_open(b, NULL);
    uint64_t now_ns = leat_loop_clock(b->loop) + 5 * BENCH_MS;
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t at_ns = now_ns + random_below(&b->random, 30 * BENCH_MS);
        sleepers[i] = (struct sleeper){
            .call = { .op = op_sleep(at_ns), .then = sleeper_woke, .own = &sleepers[i] },
            .at_ns = at_ns,
            .last_tick = &last_tick,
        };
        call_submit(b, &sleepers[i].call);
    }
    bench_drain(b);
    for (unsigned i = 0; i < COUNT; i++)
        check_equal(sleepers[i].call.done, 1);
    bench_close(b);
}

/* --- Deadlines --- */

/* What cannot be done by its deadline ends then, and not before; and leaves all as it was. */
static void a_deadline_gives_up(struct bench *b)
{
    struct leat_socket near, far;
    struct leat_address address;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    struct leat_socket listener = bench_listen(b, FAMILY_IPV4, &address);
    struct call receive = { .op = op_receive(&near) };
    struct call accept = { .op = op_accept(&listener, NULL) };
    struct call *both[] = { &receive, &accept };
    for (unsigned i = 0; i < 6; i++) {
        uint64_t at_ns = leat_loop_clock(b->loop) + random_below(&b->random, 5 * BENCH_MS) + 1;
        /* In the past as well, where nothing is done either. */
        if (i == 3)
            at_ns = 1;
        check_says("try", i);
        for (unsigned j = 0; j < 2; j++) {
            both[j]->op.deadline_ns = at_ns;
            call_submit(b, both[j]);
        }
        for (unsigned j = 0; j < 2; j++) {
            check_fault(call_await(b, both[j]), ETIMEDOUT);
            check(leat_loop_clock(b->loop) >= at_ns);
        }
    }
    receive.op.deadline_ns = leat_loop_clock(b->loop) + FAR_NS;
    call_submit(b, &receive);
    struct leat_span piece = { (const uint8_t *)"x", 1 };
    struct leat_op op = op_send(&far, &piece);
    op.deadline_ns = leat_loop_clock(b->loop) + FAR_NS;
    check_result(bench_do(b, &op), LEAT_OK);
    check_result(call_await(b, &receive), LEAT_OK);
    leat_slice_release(&receive.op.receive.ret_slice);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close_socket(b, &listener);
    bench_close(b);
}

static void waits_and_reads_have_deadlines(struct bench *b)
{
    uint8_t byte;
    int pipes[2];
    bench_open(b, NULL);
    check(pipe2(pipes, O_CLOEXEC | (random_percent(&b->random, 50) ? O_NONBLOCK : 0)) == 0);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t at_ns = i == 2 ? 1 : leat_loop_clock(b->loop) + i * BENCH_MS + 1;
        check_says("try", i);
        struct leat_op op = op_wait(pipes[0], LEAT_READY_READ);
        op.deadline_ns = at_ns;
        check_result(bench_do(b, &op), LEAT_AGAIN);
        check(leat_loop_clock(b->loop) >= at_ns);
        op = op_read(pipes[0], &byte, 1, LEAT_OFFSET_NONE);
        op.deadline_ns = at_ns;
        check_fault(bench_do(b, &op), ETIMEDOUT);
    }
    /* Past, and there is nothing to wait for. */
    check(write(pipes[1], "x", 1) == 1);
    struct leat_op op = op_wait(pipes[0], LEAT_READY_READ);
    op.deadline_ns = 1;
    check_result(bench_do(b, &op), LEAT_OK);
    op = op_read(pipes[0], &byte, 1, LEAT_OFFSET_NONE);
    op.deadline_ns = 1;
    check_result(bench_do(b, &op), LEAT_OK);
    struct leat_span piece = { &byte, 1 };
    op = op_write(pipes[1], &piece);
    op.deadline_ns = 1;
    check_result(bench_do(b, &op), LEAT_OK);
    op = op_sleep(1);
    check_result(bench_do(b, &op), LEAT_OK);
    bench_close_fd(b, pipes[0]);
    bench_close_fd(b, pipes[1]);
    bench_close(b);
}

/* Bytes that come just when the deadline does are received then, or by the next who asks. */
static void a_deadline_races_with_bytes(struct bench *b)
{
    enum { ROUNDS = 60 };
    struct leat_socket near, far;
    uint64_t got = 0;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t at_ns = leat_loop_clock(b->loop) + BENCH_MS;
        uint8_t byte = pattern(9, i);
        struct leat_span piece = { &byte, 1 };
        struct leat_op sleep = op_sleep(at_ns + random_below(&b->random, 400000) - 200000);
        struct call receive = { .op = op_receive(&near) };
        check_says("round", i);
        receive.op.deadline_ns = at_ns;
        call_submit(b, &receive);
        check_result(bench_do(b, &sleep), LEAT_OK);
        struct leat_op op = op_send(&far, &piece);
        check_result(bench_do(b, &op), LEAT_OK);
        struct leat_io io = call_await(b, &receive);
        if (io.status == LEAT_OK) {
            struct leat_slice *slice = &receive.op.receive.ret_slice;
            pattern_check(9, got, slice->data, slice->len);
            got += slice->len;
            leat_slice_release(slice);
        } else {
            check_fault(io, ETIMEDOUT);
        }
    }
    struct receiver rest = { .socket = &near, .id = 9, .at = got, .until = ROUNDS };
    if (got < ROUNDS) {
        receiver_start(b, &rest);
        bench_until(b, &rest.finished);
    }
    check_equal(rest.at, ROUNDS);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    bench_close(b);
}

/* A deadline that was not needed keeps nobody waiting. */
static void a_deadline_goes_with_its_operation(struct bench *b)
{
    struct leat_socket near, far;
    bench_open(b, NULL);
    bench_connect(b, bench_family(b), &near, &far);
    uint64_t start_ns = leat_loop_clock(b->loop);
    struct call receive = { .op = op_receive(&near) };
    struct call sleep = { .op = op_sleep(start_ns + FAR_NS) };
    receive.op.deadline_ns = start_ns + FAR_NS;
    call_submit(b, &receive);
    call_submit(b, &sleep);
    struct leat_span piece = { (const uint8_t *)"x", 1 };
    struct leat_op op = op_send(&far, &piece);
    check_result(bench_do(b, &op), LEAT_OK);
    check_result(call_await(b, &receive), LEAT_OK);
    leat_slice_release(&receive.op.receive.ret_slice);
    call_cancel(b, &sleep);
    check_fault(call_await(b, &sleep), ECANCELED);
    bench_close_socket(b, &near);
    bench_close_socket(b, &far);
    /* To close may have taken a request, which a step sends off. */
    for (unsigned i = 0; i < 10 && leat_loop_next_ns(b->loop) == 0; i++)
        check(leat_loop_step(b->loop, 0) != LEAT_FAULT);
    check_equal(leat_loop_next_ns(b->loop), LEAT_NEVER);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    check(leat_loop_clock(b->loop) < start_ns + FAR_NS);
    bench_close(b);
}

/* --- Timers --- */

struct alarm_clock {
    struct leat_timer timer;
    struct bench *bench;
    struct alarm_clock *other;
    unsigned fired;
    unsigned again; /* how often it starts itself */
};

static void alarm_rings(struct leat_timer *timer)
{
    struct alarm_clock *self = (struct alarm_clock *)timer;
    check(!self->bench->inside);
    self->fired++;
    if (self->other != NULL)
        leat_loop_timer_stop(self->bench->loop, &self->other->timer);
    if (self->fired <= self->again) /* at once, which is the next turn */
        leat_loop_timer_start(self->bench->loop, timer, leat_loop_now(self->bench->loop));
}

static void timers_start_and_stop_from_callbacks(struct bench *b)
{
    enum { AGAIN = 50 };
    struct alarm_clock clocks[4] = { 0 };
    bench_open(b, NULL);
    uint64_t at_ns = leat_loop_clock(b->loop) + 3 * BENCH_MS;
    for (unsigned i = 0; i < 4; i++) {
        clocks[i].timer.fire = alarm_rings;
        clocks[i].bench = b;
    }
    /* Two of one tick: the first to ring stops the other. */
    clocks[0].other = &clocks[1];
    clocks[1].other = &clocks[0];
    leat_loop_timer_start(b->loop, &clocks[0].timer, at_ns);
    leat_loop_timer_start(b->loop, &clocks[1].timer, at_ns);
    clocks[2].again = AGAIN;
    leat_loop_timer_start(b->loop, &clocks[2].timer, at_ns);
    leat_loop_timer_start(b->loop, &clocks[3].timer, at_ns);
    leat_loop_timer_stop(b->loop, &clocks[3].timer);
    leat_loop_timer_stop(b->loop, &clocks[3].timer);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    check(leat_loop_clock(b->loop) >= at_ns);
    check_equal(clocks[0].fired + clocks[1].fired, 1);
    check_equal(clocks[2].fired, AGAIN + 1);
    check_equal(clocks[3].fired, 0);
    bench_close(b);
}

/* --- Tasks --- */

struct chore {
    struct leat_task task;
    struct bench *bench;
    unsigned *order;
    unsigned ran_at; /* the place in the order, from 1 */
    struct chore *adds;
};

static void chore_runs(struct leat_task *task)
{
    struct chore *self = (struct chore *)task;
    check_equal(self->ran_at, 0);
    self->ran_at = ++*self->order;
    if (self->adds != NULL)
        leat_loop_defer(self->bench->loop, &self->adds->task);
}

/* In the order in which they came, each once; what they add is for the next step, so that a step
 * ends. More than a step runs are run by the next, before those. */
static void tasks_run_in_order(struct bench *b)
{
    enum { COUNT = 3000 };
    unsigned order = 0;
    struct chore *chores = memory_get((COUNT + 1) * sizeof(*chores));
    bench_open(b, NULL);
    for (unsigned i = 0; i <= COUNT; i++)
        chores[i] = (struct chore){ .task = { .run = chore_runs }, .bench = b, .order = &order };
    chores[0].adds = &chores[COUNT];
    for (unsigned i = 0; i < COUNT; i++)
        leat_loop_defer(b->loop, &chores[i].task);
    check_equal(order, 0);
    check_equal(leat_loop_next_ns(b->loop), 0);
    check_status(leat_loop_step(b->loop, LEAT_NEVER), LEAT_OK);
    check(order > 0);
    check_equal(chores[COUNT].ran_at, 0);
    check_status(leat_loop_run(b->loop), LEAT_OK);
    for (unsigned i = 0; i <= COUNT; i++)
        check_equal(chores[i].ran_at, i + 1);
    memory_put(chores);
    bench_close(b);
}

const struct loop_test tests_time[] = {
    { "sleeps end in order", sleeps_end_in_order, 0, 3 },
    { "a deadline gives up", a_deadline_gives_up, 0, 4 },
    { "waits and reads have deadlines", waits_and_reads_have_deadlines, REAL_ONLY, 4 },
    { "a deadline races with bytes", a_deadline_races_with_bytes, 0, 4 },
    { "a deadline goes with its operation", a_deadline_goes_with_its_operation, 0, 2 },
    { "timers start and stop from callbacks", timers_start_and_stop_from_callbacks, 0, 1 },
    { "tasks run in order", tasks_run_in_order, 0, 1 },
    { 0 },
};
