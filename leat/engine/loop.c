/* What all kinds of loop have: the list of what is ready, deadlines, timers, notes. */

#include "leat/engine/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How many ready tasks run before the system is asked again, so that it is asked at all. */
enum { ROUND_TASKS_MAX = 1024, ROUNDS = 2 };

enum { ENTRIES = 256, BUFFERS = 16384, BUFFER_BYTES = 16384 };

/* --- Making one --- */

void leat_loop_init(struct leat_loop *loop, const struct leat_loop_kind *kind,
                    const struct leat_loop_ops *ops, const struct leat_loop_options *options)
{
    loop->kind = kind;
    loop->ops = ops;
    loop->alloc = options->alloc;
    loop->spin_ns = options->spin_ns;
    loop->now_ns = ops->now_ns(loop);
    leat_wheel_init(&loop->wheel, loop->now_ns);
}

static const struct leat_loop_kind *kind_named(const char *name)
{
    for (unsigned i = 0; leat_loop_kinds[i] != NULL; i++) {
        if (strcmp(leat_loop_kinds[i]->name, name) == 0)
            return leat_loop_kinds[i];
    }
    return NULL;
}

static struct leat_loop *create_named(const char *name, const struct leat_loop_options *options,
                                      struct leat_loop_choice *choice)
{
    const struct leat_loop_kind *kind = kind_named(name);
    *choice = (struct leat_loop_choice){ .refused = name, .reason = "no engine has this name" };
    if (kind == NULL)
        return NULL;
    struct leat_loop *loop = kind->create(options, choice);
    if (loop != NULL)
        *choice = (struct leat_loop_choice){ 0 };
    else
        choice->refused = kind->name;
    return loop;
}

struct leat_loop *leat_loop_create(const struct leat_loop_options *options,
                                   struct leat_loop_choice *ret_choice)
{
    struct leat_loop_options all = options != NULL ? *options : (struct leat_loop_options){ 0 };
    struct leat_loop_choice choice = { 0 };
    if (all.alloc.resize == NULL)
        all.alloc = leat_alloc_hosted;
    if (all.kind == NULL)
        all.kind = secure_getenv("LEAT_ENGINE");
    all.entries = all.entries != 0 ? all.entries : ENTRIES;
    all.buffers = all.buffers != 0 ? all.buffers : BUFFERS;
    all.buffer_bytes = all.buffer_bytes != 0 ? all.buffer_bytes : BUFFER_BYTES;
    struct leat_loop *loop = NULL;
    if (all.kind != NULL && all.kind[0] != '\0') {
        loop = create_named(all.kind, &all, &choice);
    } else {
        for (unsigned i = 0; leat_loop_kinds[i] != NULL && loop == NULL; i++) {
            struct leat_loop_choice refusal = { 0 };
            if (leat_loop_kinds[i]->only_by_name)
                continue;
            loop = leat_loop_kinds[i]->create(&all, &refusal);
            /* The best that was refused is what a user wants to hear of. */
            if (loop == NULL && choice.refused == NULL) {
                choice = refusal;
                choice.refused = leat_loop_kinds[i]->name;
            }
        }
    }
    choice.kind = loop != NULL ? loop->kind->name : NULL;
    if (ret_choice != NULL)
        *ret_choice = choice;
    return loop;
}

void leat_loop_destroy(struct leat_loop *loop)
{
    if (loop == NULL)
        return;
    leat_assert(loop->live == 0);
    leat_assert(loop->ready.first == NULL);
    loop->ops->destroy(loop);
}

const char *leat_loop_name(const struct leat_loop *loop)
{
    return loop->kind->name;
}

/* --- Operations --- */

static struct leat_op *op_of_task(struct leat_task *task)
{
    return (struct leat_op *)(void *)task; /* its first member */
}

static struct leat_op *op_of_timer(struct leat_timer *timer)
{
    return LEAT_CONTAINER_OF(timer, struct leat_op, timer);
}

static void deadline_passes(struct leat_timer *timer)
{
    struct leat_op *op = op_of_timer(timer);
    op->expired = true;
    leat_loop_cancel(op->loop, op);
}

/* The kind's start; a sleep is the timer that every operation has. */
static bool starts(struct leat_loop *loop, struct leat_op *op)
{
    return op->code == LEAT_OP_SLEEP ? false : loop->ops->start(loop, op);
}

bool leat_loop_start(struct leat_loop *loop, struct leat_op *op)
{
    leat_assert(op->state == LEAT_OP_IDLE);
    leat_assert(op->code < LEAT_OPS);
    op->generation++;
    op->loop = loop;
    op->expired = false;
    op->state = LEAT_OP_QUEUED;
    if (starts(loop, op)) {
        op->state = LEAT_OP_IDLE;
        return true;
    }
    loop->live++;
    if (op->deadline_ns != 0) {
        op->timer.fire = deadline_passes;
        leat_wheel_start(&loop->wheel, &op->timer, op->deadline_ns);
    }
    return false;
}

static void op_done(struct leat_task *task)
{
    struct leat_op *op = op_of_task(task);
    leat_assert(op->state == LEAT_OP_DONE);
    op->state = LEAT_OP_IDLE;
    op->done(op);
}

static void op_is_ready(struct leat_loop *loop, struct leat_op *op)
{
    op->state = LEAT_OP_DONE;
    op->task.run = op_done;
    leat_tasks_add(&loop->ready, &op->task);
}

void leat_loop_submit(struct leat_loop *loop, struct leat_op *op)
{
    leat_assert(op->done != NULL);
    if (leat_loop_start(loop, op))
        op_is_ready(loop, op);
}

/* What a deadline made of a result: an operation that was done before it could be cancelled stays
 * done. */
static struct leat_io judged(const struct leat_op *op, struct leat_io io)
{
    if (!op->expired || io.status != LEAT_FAULT || io.code != ECANCELED)
        return io;
    if (op->code == LEAT_OP_WAIT)
        return (struct leat_io){ .status = LEAT_AGAIN };
    if (op->code == LEAT_OP_SLEEP)
        return (struct leat_io){ .status = LEAT_OK };
    return leat_io_fault(ETIMEDOUT);
}

void leat_loop_finish(struct leat_loop *loop, struct leat_op *op, struct leat_io io)
{
    leat_assert(op->loop == loop);
    leat_assert(op->state >= LEAT_OP_QUEUED && op->state <= LEAT_OP_CANCELLING);
    leat_assert(loop->live > 0);
    loop->live--;
    leat_wheel_stop(&loop->wheel, &op->timer);
    op->result = judged(op, io);
    op_is_ready(loop, op);
}

void leat_loop_cancel(struct leat_loop *loop, struct leat_op *op)
{
    if (op->state != LEAT_OP_QUEUED && op->state != LEAT_OP_IN_FLIGHT)
        return;
    leat_assert(op->loop == loop);
    if (op->code == LEAT_OP_SLEEP)
        leat_loop_finish(loop, op, leat_io_fault(ECANCELED));
    else
        loop->ops->cancel(loop, op);
}

struct leat_io leat_loop_close(struct leat_loop *loop, struct leat_socket *socket)
{
    leat_assert(socket->fd >= 0);
    struct leat_io io = loop->ops->close(loop, socket);
    *socket = (struct leat_socket){ .fd = -1 };
    return io;
}

/* --- Steps --- */

static void notes_fire(struct leat_loop *loop)
{
    struct leat_note *last = __atomic_exchange_n(&loop->notes, NULL, __ATOMIC_ACQUIRE);
    struct leat_note *first = NULL;
    while (last != NULL) {
        struct leat_note *before = last->next;
        last->next = first;
        first = last;
        last = before;
    }
    while (first != NULL) {
        struct leat_note *note = first;
        first = note->next;
        note->fire(note);
    }
}

/* Run what is ready now, but not what that makes ready. */
static bool round_run(struct leat_loop *loop)
{
    struct leat_tasks tasks = loop->ready;
    struct leat_task *task;
    unsigned ran = 0;
    loop->ready = (struct leat_tasks){ 0 };
    while (ran < ROUND_TASKS_MAX && (task = leat_tasks_take(&tasks)) != NULL) {
        task->run(task);
        ran++;
    }
    if (tasks.first != NULL) { /* those left over come before those that were added */
        tasks.last->next = loop->ready.first;
        loop->ready.first = tasks.first;
        if (tasks.last->next == NULL)
            loop->ready.last = tasks.last;
    }
    return ran > 0;
}

/* Callbacks, and then what they deferred: fibers run in the step in which they were woken. What is
 * made ready after that is for the next, so that a task which defers itself lets others come. */
static bool tasks_run(struct leat_loop *loop)
{
    bool ran = false;
    for (unsigned round = 0; round < ROUNDS && loop->ready.first != NULL; round++)
        ran |= round_run(loop);
    return ran;
}

/* Look again and again for a while, before sleeping. */
static struct leat_io spin(struct leat_loop *loop, uint64_t until_ns)
{
    struct leat_io io;
    uint64_t end_ns = loop->ops->now_ns(loop) + loop->spin_ns;
    if (end_ns > until_ns)
        end_ns = until_ns;
    do
        io = loop->ops->wait(loop, 0);
    while (io.status == LEAT_AGAIN && __atomic_load_n(&loop->notes, __ATOMIC_RELAXED) == NULL &&
           loop->ops->now_ns(loop) < end_ns);
    return io;
}

static struct leat_io waits(struct leat_loop *loop, uint64_t until_ns)
{
    struct leat_io io = { .status = LEAT_AGAIN };
    if (until_ns > 0 && loop->spin_ns > 0)
        io = spin(loop, until_ns);
    if (io.status != LEAT_AGAIN)
        return io;
    if (until_ns == 0)
        return loop->ops->wait(loop, 0);
    /* A note comes before the flag is seen, and is seen here; or after it, and wakes. */
    __atomic_store_n(&loop->sleeping, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&loop->notes, __ATOMIC_SEQ_CST) != NULL)
        until_ns = 0;
    io = loop->ops->wait(loop, until_ns);
    __atomic_store_n(&loop->sleeping, loop->is_foreign, __ATOMIC_RELAXED);
    return io;
}

enum leat_status leat_loop_step(struct leat_loop *loop, uint64_t deadline_ns)
{
    uint64_t next_ns = leat_wheel_next_ns(&loop->wheel);
    uint64_t until_ns = deadline_ns < next_ns ? deadline_ns : next_ns;
    bool has_notes = __atomic_load_n(&loop->notes, __ATOMIC_RELAXED) != NULL;
    if (loop->ready.first != NULL || has_notes)
        until_ns = 0;
    else if (loop->live == 0 && loop->kept == 0 && next_ns == LEAT_NEVER)
        return LEAT_END;
    struct leat_io io = waits(loop, until_ns);
    if (io.status == LEAT_FAULT)
        return LEAT_FAULT;
    loop->now_ns = loop->ops->now_ns(loop);
    unsigned fired = leat_wheel_turn(&loop->wheel, loop->now_ns);
    if (__atomic_load_n(&loop->notes, __ATOMIC_RELAXED) != NULL) {
        notes_fire(loop);
        fired++;
    }
    return tasks_run(loop) || fired > 0 ? LEAT_OK : LEAT_AGAIN;
}

enum leat_status leat_loop_run(struct leat_loop *loop)
{
    enum leat_status status;
    do
        status = leat_loop_step(loop, LEAT_NEVER);
    while (status == LEAT_OK || status == LEAT_AGAIN);
    return status == LEAT_END ? LEAT_OK : status;
}

/* --- Beside --- */

uint64_t leat_loop_now(const struct leat_loop *loop)
{
    return loop->now_ns;
}

uint64_t leat_loop_clock(struct leat_loop *loop)
{
    loop->now_ns = loop->ops->now_ns(loop);
    return loop->now_ns;
}

int leat_loop_descriptor(struct leat_loop *loop)
{
    /* Whoever asks will wait for it, and a note is to end that wait, of which nothing is seen. */
    loop->is_foreign = true;
    __atomic_store_n(&loop->sleeping, true, __ATOMIC_SEQ_CST);
    return loop->ops->descriptor(loop);
}

uint64_t leat_loop_next_ns(const struct leat_loop *loop)
{
    if (loop->ready.first != NULL || __atomic_load_n(&loop->notes, __ATOMIC_RELAXED) != NULL)
        return 0;
    if (loop->ops->is_due != NULL && loop->ops->is_due(loop))
        return 0;
    return leat_wheel_next_ns(&loop->wheel);
}

void leat_loop_defer(struct leat_loop *loop, struct leat_task *task)
{
    leat_assert(task->run != NULL);
    leat_tasks_add(&loop->ready, task);
}

void leat_loop_timer_start(struct leat_loop *loop, struct leat_timer *timer, uint64_t at_ns)
{
    leat_wheel_start(&loop->wheel, timer, at_ns);
}

void leat_loop_timer_stop(struct leat_loop *loop, struct leat_timer *timer)
{
    leat_wheel_stop(&loop->wheel, timer);
}

void leat_loop_notify(struct leat_loop *loop, struct leat_note *note)
{
    leat_assert(note->fire != NULL);
    struct leat_note *before = __atomic_load_n(&loop->notes, __ATOMIC_RELAXED);
    do
        note->next = before;
    while (!__atomic_compare_exchange_n(&loop->notes, &before, note, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
    if (__atomic_load_n(&loop->sleeping, __ATOMIC_SEQ_CST))
        loop->ops->wake(loop);
}

void leat_loop_keep(struct leat_loop *loop)
{
    loop->kept++;
}

void leat_loop_unkeep(struct leat_loop *loop)
{
    leat_assert(loop->kept > 0);
    loop->kept--;
}
