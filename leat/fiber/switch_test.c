/* A switch keeps what a call keeps, and loses nothing else: registers, deep stacks, thousands of
 * flows, a flow that goes on in another thread, and a walk of the stack that ends where the flow
 * began. What must not be done is tried in a child, which must abort. */

#include "leat/fiber/switch.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include "leat/fiber/stack.h"

/* A flow under test, and who started it. */
struct flow {
    struct leat_switch here;
    struct leat_switch back;
    struct leat_stack *stack;
    uint64_t number;
    uint64_t steps;
    bool ended;
};

static struct leat_stacks stacks;

static void begin(struct flow *flow, void (*entry)(void *))
{
    leat_assert(leat_stacks_take(&stacks, &flow->stack) == LEAT_OK);
    leat_switch_init(&flow->here, flow->stack->low, flow->stack->size, entry, flow);
}

static void end(struct flow *flow)
{
    leat_switch_fini(&flow->here);
    leat_switch_fini(&flow->back);
    leat_stacks_give(&stacks, flow->stack);
}

static void resume(struct flow *flow)
{
    leat_switch_to(&flow->back, &flow->here);
}

static void pause_flow(struct flow *flow)
{
    leat_switch_to(&flow->here, &flow->back);
}

static __attribute__((noreturn)) void leave(struct flow *flow)
{
    flow->ended = true;
    leat_switch_leave(&flow->here, &flow->back);
}

/* --- Back and forth --- */

static void count_steps(void *arg)
{
    struct flow *flow = arg;
    while (flow->steps < 1000) {
        flow->steps++;
        pause_flow(flow);
    }
    leave(flow);
}

static void test_back_and_forth(void)
{
    struct flow flow = { .number = 0 };
    begin(&flow, count_steps);
    for (uint64_t i = 1; i <= 1000; i++) {
        resume(&flow);
        leat_assert(flow.steps == i);
        leat_assert(!flow.ended);
    }
    resume(&flow);
    leat_assert(flow.ended);
    end(&flow);
}

/* --- Registers --- */

/* More numbers of both kinds than there are registers that a call keeps, all needed before the
 * switch and after it. */
static uint64_t mixes(struct flow *flow, uint64_t seed)
{
    enum { ROUNDS = 100 };
    uint64_t a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 9, f = a * 11, g = a * 13,
             h = a * 17, i = a * 19, j = a * 23, k = a * 29, l = a * 31;
    double p = (double)seed, q = p * 3, r = p * 5, s = p * 7, t = p * 9, u = p * 11, v = p * 13,
           w = p * 17, x = p * 19;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (flow != NULL)
            pause_flow(flow);
        a += b, b += c, c ^= d, d += e, e += f, f ^= g, g += h, h += i, i ^= j, j += k, k += l;
        l += a;
        p += q / 2, q += r / 2, r += s / 4, s += t / 2, t += u / 2, u += v / 4, v += w / 2;
        w += x / 2, x += p / 8;
    }
    double sum = p + q + r + s + t + u + v + w + x;
    union {
        double number;
        uint64_t bits;
    } all = { sum };
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ all.bits;
}

static void mix_all(void *arg)
{
    struct flow *flow = arg;
    flow->steps = mixes(flow, flow->number);
    leave(flow);
}

static void test_registers(void)
{
    struct flow one = { .number = 12345 }, other = { .number = 678910111 };
    begin(&one, mix_all);
    begin(&other, mix_all);
    while (!one.ended) {
        resume(&one);
        resume(&other);
    }
    leat_assert(other.ended);
    leat_assert(one.steps == mixes(NULL, one.number));
    leat_assert(other.steps == mixes(NULL, other.number));
    leat_assert(one.steps != other.steps);
    end(&one);
    end(&other);
}

/* --- Depth --- */

/* Far enough from the end for the frames of one call more, also with a sanitizer's red zones. */
enum { END_MARGIN = 4096 };

static uint64_t dive(struct flow *flow, unsigned depth)
{
    volatile unsigned char kept[64];
    for (unsigned i = 0; i < sizeof(kept); i++)
        kept[i] = (unsigned char)(depth + i);
    uint64_t deepest = depth;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (here > (uintptr_t)flow->stack->low + END_MARGIN)
        deepest = dive(flow, depth + 1);
    else
        pause_flow(flow);
    for (unsigned i = 0; i < sizeof(kept); i++)
        leat_assert(kept[i] == (unsigned char)(depth + i));
    return deepest;
}

static void dive_all(void *arg)
{
    struct flow *flow = arg;
    flow->steps = dive(flow, 0);
    leave(flow);
}

static void test_deep(void)
{
    struct flow one = { 0 }, other = { 0 };
    begin(&one, dive_all);
    begin(&other, dive_all);
    resume(&one);
    resume(&other);
    leat_assert(!one.ended);
    leat_assert(!other.ended);
    resume(&one);
    resume(&other);
    leat_assert(one.ended);
    leat_assert(other.ended);
    leat_assert(one.steps > 50);
    end(&one);
    end(&other);
    leat_assert(leat_stacks_high_water(&stacks) >= LEAT_STACK_SIZE - END_MARGIN);
}

/* --- Many --- */

/* The thread sanitizer has room for some 8,000. */
#if defined(LEAT_NOTES_THREAD)
enum { MANY = 2000 };
#else
enum { MANY = 10000 };
#endif

enum { MANY_STEPS = 5 };

static void sum_up(void *arg)
{
    struct flow *flow = arg;
    for (unsigned i = 0; i < MANY_STEPS; i++) {
        flow->steps += flow->number;
        pause_flow(flow);
    }
    leave(flow);
}

static void test_many(void)
{
    static struct flow flows[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        flows[i] = (struct flow){ .number = i };
        begin(&flows[i], sum_up);
    }
    for (unsigned step = 0; step <= MANY_STEPS; step++) {
        for (unsigned i = 0; i < MANY; i++)
            resume(&flows[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        leat_assert(flows[i].ended);
        leat_assert(flows[i].steps == (uint64_t)i * MANY_STEPS);
        end(&flows[i]);
    }
}

/* One that never began, and one that stands in the middle for good. */
static void test_given_up(void)
{
    struct flow fresh = { 0 }, standing = { 0 };
    begin(&fresh, count_steps);
    begin(&standing, dive_all);
    resume(&standing);
    end(&standing);
    end(&fresh);
    begin(&fresh, dive_all);
    resume(&fresh);
    resume(&fresh);
    leat_assert(fresh.ended);
    end(&fresh);
}

/* --- Threads --- */

static void *resume_half(void *arg)
{
    struct flow *flow = arg;
    for (unsigned i = 0; i < 500; i++)
        resume(flow);
    leat_switch_fini(&flow->back);
    return NULL;
}

static void test_threads(void)
{
    struct flow flow = { 0 };
    begin(&flow, count_steps);
    for (unsigned i = 0; i < 2; i++) {
        pthread_t thread;
        leat_assert(pthread_create(&thread, NULL, resume_half, &flow) == 0);
        leat_assert(pthread_join(thread, NULL) == 0);
    }
    leat_assert(flow.steps == 1000);
    resume(&flow);
    leat_assert(flow.ended);
    end(&flow);
}

/* --- Walking the stack --- */

void leat_switch_start(void);

struct walk {
    unsigned frames;
    uintptr_t last; /* where the outermost that has a place stands */
};

static _Unwind_Reason_Code see_frame(struct _Unwind_Context *context, void *arg)
{
    enum { FRAMES_MAX = 100 };
    struct walk *walk = arg;
    leat_assert(walk->frames < FRAMES_MAX);
    walk->frames++;
    if (_Unwind_GetIP(context) != 0)
        walk->last = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static __attribute__((noinline)) void walk_deeper(struct flow *flow, unsigned depth)
{
    if (depth > 0) {
        walk_deeper(flow, depth - 1);
        flow->steps++;
        return;
    }
    struct walk walk = { 0 };
    leat_assert(_Unwind_Backtrace(see_frame, &walk) == _URC_END_OF_STACK);
    leat_assert(walk.frames >= 10);
    uintptr_t start = (uintptr_t)leat_switch_start;
    leat_assert(walk.last > start);
    leat_assert(walk.last - start < 32);
}

static void walk_up(void *arg)
{
    walk_deeper(arg, 6);
    pause_flow(arg);
    walk_deeper(arg, 6);
    leave(arg);
}

static void test_walk(void)
{
    struct flow flow = { 0 };
    begin(&flow, walk_up);
    resume(&flow);
    resume(&flow);
    leat_assert(flow.ended);
    end(&flow);
}

/* --- What must not be done --- */

static void return_from_entry(void *arg)
{
    (void)arg;
}

static void returns(struct flow *flow)
{
    begin(flow, return_from_entry);
    resume(flow);
}

static void resume_itself(void *arg)
{
    resume(arg);
}

static void runs_already(struct flow *flow)
{
    begin(flow, resume_itself);
    resume(flow);
}

static void leave_at_once(void *arg)
{
    leave(arg);
}

static void ended(struct flow *flow)
{
    begin(flow, leave_at_once);
    resume(flow);
    resume(flow);
}

static void must_abort(void (*wrong)(struct flow *))
{
    pid_t child = fork();
    leat_assert(child >= 0);
    if (child == 0) {
        int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        struct flow flow = { 0 };
        wrong(&flow);
        _exit(0);
    }
    int status;
    leat_assert(waitpid(child, &status, 0) == child);
    leat_assert(WIFSIGNALED(status));
    leat_assert(WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    leat_stacks_init(&stacks, &(struct leat_stacks_options){ 0 });
    test_back_and_forth();
    test_registers();
    test_deep();
    test_given_up();
    test_many();
    test_threads();
    test_walk();
    must_abort(returns);
    must_abort(runs_already);
    must_abort(ended);
    leat_stacks_fini(&stacks);
    return 0;
}
