/* Who runs: the queue of fibers, and the way from one to the next. */

#include "leat/fiber/fibers.h"

#define QUANTUM_NS 500000u

/* --- From one to the next --- */

/* The group whose turn it is. */
static struct leat_group *group_next(struct leat_fibers *fibers)
{
    return leat_likely(fibers->sole != NULL) ? fibers->sole : leat_groups_choose(fibers);
}

static struct leat_fiber *queue_take(struct leat_fibers *fibers)
{
    struct leat_group *group = group_next(fibers);
    struct leat_fiber *fiber = group != NULL ? group->first : NULL;
    if (fiber == NULL || fibers->left == 0)
        return NULL;
    fibers->left--;
    group->first = fiber->next;
    group->switches++;
    fiber->next = NULL;
    return fiber;
}

void leat_fibers_queue(struct leat_fibers *fibers, struct leat_fiber *fiber)
{
    struct leat_group *group = fiber->group;
    leat_assert(fiber->next == NULL);
    fiber->state = LEAT_FIBER_READY;
    if (group->first == NULL) {
        if (leat_unlikely(fibers->sole == NULL))
            leat_group_wakes(group);
        group->first = fiber;
    } else {
        group->last->next = fiber;
    }
    group->last = fiber;
    /* While fibers run, the queue is looked at anyway, until its turn in this step is over. */
    if (!fibers->deferred && fibers->running == NULL) {
        fibers->deferred = true;
        leat_loop_defer(fibers->loop, &fibers->task);
    }
}

/* A fiber that has ended stands on its stack until the next one runs, which gives it back. */
static void ended_bury(struct leat_fibers *fibers)
{
    struct leat_fiber *fiber = fibers->ended;
    if (fiber == NULL)
        return;
    fibers->ended = NULL;
    struct leat_stack *stack = fiber->stack;
    leat_switch_fini(&fiber->at);
    leat_stacks_give(&fibers->stacks, stack);
}

/* Only this thread writes it, so no read-modify-write that others must see. */
static void turn_set(struct leat_fibers *fibers, uint64_t turn)
{
    __atomic_store_n(&fibers->turn, turn, __ATOMIC_RELAXED);
}

static void now_runs(struct leat_fibers *fibers, struct leat_fiber *fiber)
{
    turn_set(fibers, (fibers->turn + 2) | LEAT_TURN_RUNS);
    fiber->state = LEAT_FIBER_RUNS;
    fibers->running = fiber;
    fibers->slice_end_ns = 0;
    ended_bury(fibers);
}

/* The running fiber stops here, and the next of the queue runs, or the loop goes on. */
static void depart(struct leat_fibers *fibers, struct leat_fiber *self)
{
    if (leat_unlikely(fibers->sole == NULL))
        leat_groups_charge(fibers);
    struct leat_fiber *next = queue_take(fibers);
    if (next == self) {
        now_runs(fibers, self);
        return;
    }
    uint64_t left_ns = leat_unlikely(self->timed) ? leat_cpu_ns_hosted(NULL) : 0;
    fibers->running = next;
    leat_switch_to(&self->at, next != NULL ? &next->at : &fibers->home);
    now_runs(fibers, self);
    if (leat_unlikely(self->timed))
        self->others_ns += leat_cpu_ns_hosted(NULL) - left_ns;
}

/* From the loop: run a fiber, and `left` more of the queue when it waits. */
static void leave_home(struct leat_fibers *fibers, struct leat_fiber *next)
{
    void (*stirs)(struct leat_fibers *) = __atomic_load_n(&fibers->stirs, __ATOMIC_RELAXED);
    leat_assert(fibers->running == NULL);
    if (leat_unlikely(stirs != NULL))
        stirs(fibers);
    if (leat_unlikely(fibers->sole == NULL))
        fibers->since_ns = leat_loop_clock(fibers->loop);
    fibers->running = next;
    leat_switch_to(&fibers->home, &next->at);
    fibers->running = NULL;
    turn_set(fibers, fibers->turn & ~(uint64_t)LEAT_TURN_RUNS);
    ended_bury(fibers);
    struct leat_group *group = group_next(fibers);
    if (group != NULL && group->first != NULL && !fibers->deferred) {
        fibers->deferred = true;
        leat_loop_defer(fibers->loop, &fibers->task);
    }
}

/* Run those that are ready. */
static void fibers_run(struct leat_task *task)
{
    struct leat_fibers *fibers = LEAT_CONTAINER_OF(task, struct leat_fibers, task);
    fibers->deferred = false;
    fibers->left = LEAT_FIBERS_STEP_MAX;
    struct leat_fiber *next = queue_take(fibers);
    if (next != NULL)
        leave_home(fibers, next);
}

/* --- Beginning and ending --- */

static void fiber_begins(void *arg)
{
    struct leat_fiber *self = arg;
    struct leat_fibers *fibers = self->fibers;
    now_runs(fibers, self);
    self->entry(self->arg);
    leat_assert(fibers->running == self);
    self->state = LEAT_FIBER_ENDED;
    leat_scope_lost(self->scope);
    fibers->count--;
    fibers->ended = self;
    if (leat_unlikely(fibers->sole == NULL))
        leat_groups_charge(fibers);
    leat_group_loses(self->group);
    struct leat_fiber *next = queue_take(fibers);
    fibers->running = next;
    leat_switch_leave(&self->at, next != NULL ? &next->at : &fibers->home);
}

static enum leat_status fiber_make(struct leat_scope *scope, struct leat_group *group,
                                   void (*entry)(void *arg), void *arg, struct leat_fiber **ret)
{
    struct leat_fibers *fibers = scope->fibers;
    struct leat_stack *stack;
    if (scope->cancelled != 0)
        return LEAT_FAULT;
    enum leat_status status = leat_stacks_take(&fibers->stacks, &stack);
    if (status != LEAT_OK)
        return status;
    /* It lies above what the entry uses, aligned as a stack is. */
    size_t size = (stack->size - sizeof(struct leat_fiber)) & ~(size_t)63;
    struct leat_fiber *fiber = (struct leat_fiber *)(void *)((char *)stack->low + size);
    *fiber = (struct leat_fiber){
        .fibers = fibers,
        .stack = stack,
        .group = group,
        .entry = entry,
        .arg = arg,
    };
    leat_switch_init(&fiber->at, stack->low, size, fiber_begins, fiber);
    leat_scope_move(fiber, scope);
    scope->spawned++;
    fibers->count++;
    leat_group_adds(group);
    *ret = fiber;
    return LEAT_OK;
}

enum leat_status leat_scope_spawn(struct leat_scope *scope, void (*entry)(void *arg), void *arg)
{
    struct leat_fibers *fibers = scope->fibers;
    struct leat_group *group = fibers->running != NULL ? fibers->running->group : &fibers->main;
    return leat_fibers_spawn(scope, group, entry, arg);
}

enum leat_status leat_fibers_spawn(struct leat_scope *scope, struct leat_group *group,
                                   void (*entry)(void *arg), void *arg)
{
    struct leat_fiber *fiber;
    enum leat_status status = fiber_make(scope, group, entry, arg, &fiber);
    if (status == LEAT_OK)
        leat_fibers_queue(scope->fibers, fiber);
    return status;
}

enum leat_status leat_scope_start(struct leat_scope *scope, void (*entry)(void *arg), void *arg)
{
    struct leat_fibers *fibers = scope->fibers;
    struct leat_fiber *fiber;
    leat_assert(fibers->running == NULL);
    enum leat_status status = fiber_make(scope, &fibers->main, entry, arg, &fiber);
    if (status != LEAT_OK)
        return status;
    fibers->left = 0;
    leave_home(fibers, fiber);
    return LEAT_OK;
}

/* --- Waiting --- */

void leat_fiber_suspend(struct leat_fibers *fibers, struct leat_suspension *suspension)
{
    struct leat_fiber *self = fibers->running;
    leat_assert(self != NULL);
    leat_assert(suspension->cancel != NULL);
    suspension->fiber = self;
    self->suspension = suspension;
    self->state = LEAT_FIBER_SUSPENDED;
    depart(fibers, self);
    leat_assert(self->suspension == NULL);
}

void leat_fiber_resume(struct leat_fiber *fiber)
{
    leat_assert(fiber->state == LEAT_FIBER_SUSPENDED);
    fiber->suspension = NULL;
    leat_fibers_queue(fiber->fibers, fiber);
}

int leat_fiber_cancelled(const struct leat_fibers *fibers)
{
    leat_assert(fibers->running != NULL);
    return fibers->running->scope->cancelled;
}

enum leat_status leat_fiber_yield(struct leat_fibers *fibers)
{
    struct leat_fiber *self = fibers->running;
    leat_assert(self != NULL);
    leat_fibers_queue(fibers, self);
    depart(fibers, self);
    return leat_fiber_cancelled(fibers) != 0 ? LEAT_FAULT : LEAT_OK;
}

void leat_fiber_breathe(struct leat_fibers *fibers)
{
    struct leat_fiber *self = fibers->running;
    if (self == NULL)
        return;
    uint64_t now_ns = leat_loop_clock(fibers->loop);
    /* The clock is not asked at each switch: the slice begins at the first look. */
    if (fibers->slice_end_ns == 0)
        fibers->slice_end_ns = now_ns + fibers->quantum_ns;
    if (now_ns < fibers->slice_end_ns)
        return;
    /* Those that wait for the system are others too: the loop is to look for what has come. */
    fibers->left = 0;
    leat_fibers_queue(fibers, self);
    depart(fibers, self);
}

uint64_t leat_fiber_cpu_ns(const struct leat_fibers *fibers)
{
    struct leat_fiber *self = fibers->running;
    uint64_t thread_ns = leat_cpu_ns_hosted(NULL);
    if (self == NULL)
        return thread_ns;
    self->timed = true;
    return thread_ns - self->others_ns;
}

enum leat_status leat_fiber_sleep(struct leat_fibers *fibers, uint64_t duration_ns)
{
    struct leat_op op = { .code = LEAT_OP_SLEEP };
    op.deadline_ns = leat_loop_clock(fibers->loop) + duration_ns;
    return leat_engine_run(&fibers->engine, &op).status;
}

struct leat_fiber *leat_fiber_self(const struct leat_fibers *fibers)
{
    return fibers->running;
}

/* --- All of them --- */

struct leat_fibers *leat_fibers_create(struct leat_loop *loop,
                                       const struct leat_fibers_options *options)
{
    struct leat_fibers_options all = options != NULL ? *options : (struct leat_fibers_options){ 0 };
    if (all.alloc.resize == NULL)
        all.alloc = leat_alloc_hosted;
    struct leat_fibers *fibers = leat_allocate(&all.alloc, sizeof(*fibers));
    if (fibers == NULL)
        return NULL;
    fibers->engine.ops = &leat_fibers_engine_ops;
    fibers->loop = loop;
    fibers->alloc = all.alloc;
    fibers->task.run = fibers_run;
    leat_group_init(&fibers->main, fibers, "main", LEAT_GROUP_SHARES);
    fibers->sole = &fibers->main;
    fibers->quantum_ns = all.quantum_ns != 0 ? all.quantum_ns : QUANTUM_NS;
    leat_stacks_init(&fibers->stacks, &(struct leat_stacks_options){
                                          .stack_size = all.stack_bytes,
                                          .total_max = all.fibers_max,
                                      });
    return fibers;
}

void leat_fibers_destroy(struct leat_fibers *fibers)
{
    if (fibers == NULL)
        return;
    leat_assert(fibers->count == 0);
    leat_assert(!fibers->deferred);
    leat_stacks_fini(&fibers->stacks);
    struct leat_alloc alloc = fibers->alloc;
    leat_deallocate(&alloc, fibers);
}

enum leat_status leat_fibers_run(struct leat_fibers *fibers, void (*entry)(void *arg), void *arg)
{
    struct leat_scope scope;
    leat_assert(fibers->running == NULL);
    leat_scope_open(&scope, fibers);
    enum leat_status status = leat_scope_spawn(&scope, entry, arg);
    if (status == LEAT_OK)
        status = leat_loop_run(fibers->loop);
    /* Without its loop no fiber can go on, and what they own is theirs: nothing is left to do. */
    leat_assert(status != LEAT_OK || fibers->count == 0);
    if (scope.spawned == 0)
        leat_scope_close(&scope);
    return status;
}

struct leat_engine *leat_fibers_engine(struct leat_fibers *fibers)
{
    return &fibers->engine;
}

static void ctx_breathes(const struct leat_ctx *ctx)
{
    leat_fiber_breathe((struct leat_fibers *)ctx->engine);
}

static uint64_t ctx_cpu_ns(const struct leat_ctx *ctx)
{
    return leat_fiber_cpu_ns((const struct leat_fibers *)ctx->engine);
}

struct leat_ctx_options leat_fibers_ctx(struct leat_fibers *fibers)
{
    return (struct leat_ctx_options){
        .engine = &fibers->engine,
        .breathe = ctx_breathes,
        .cpu_ns = ctx_cpu_ns,
    };
}

struct leat_loop *leat_fibers_loop(const struct leat_fibers *fibers)
{
    return fibers->loop;
}

uint32_t leat_fibers_count(const struct leat_fibers *fibers)
{
    return fibers->count;
}

size_t leat_fibers_high_water(struct leat_fibers *fibers)
{
    return leat_stacks_high_water(&fibers->stacks);
}
