/* Messages between shards: the rings, who is told of what, and calls. */

#include "leat/fiber/shards.h"

/* --- The sender's side of a ring --- */

static bool ring_put(struct leat_shard_ring *ring, struct leat_message *message)
{
    uint32_t credits = ring->from->shards->credits;
    uint32_t tail = ring->tail;
    if (tail - ring->head_seen == credits) {
        ring->head_seen = __atomic_load_n(&ring->head, __ATOMIC_SEQ_CST);
        if (tail - ring->head_seen == credits)
            return false;
    }
    leat_assert(tail - ring->head_seen < credits);
    ring->slots[tail & (credits - 1)] = message;
    __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}

/* The bell is rung by whoever finds no bit set, so it is never in the list twice: the receiver
 * takes it out before it takes the bits. */
static void ring_rings(struct leat_shard_ring *ring)
{
    uint64_t bit = (uint64_t)1 << ring->from->index;
    if (__atomic_fetch_or(&ring->to->wrote, bit, __ATOMIC_ACQ_REL) == 0)
        leat_loop_notify(ring->to->loop, &ring->to->bell);
}

/* Have the receiver tell of room. What it makes before it can see this is seen by a try after. */
static void ring_asks(struct leat_shard_ring *ring)
{
    if (ring->asked)
        return;
    ring->asked = true;
    __atomic_store_n(&ring->starves, true, __ATOMIC_SEQ_CST);
}

/* The messages of those who wait, as far as there is credit. */
static void waiters_put(struct leat_shard_ring *ring)
{
    bool any = false;
    while (ring->waiters.first != NULL && ring_put(ring, ring->waiters.first->item)) {
        leat_waiters_wake(&ring->waiters, LEAT_OK);
        any = true;
    }
    if (any)
        ring_rings(ring);
}

static void room_comes(struct leat_note *note)
{
    struct leat_shard_ring *ring = LEAT_CONTAINER_OF(note, struct leat_shard_ring, room);
    ring->asked = false;
    waiters_put(ring);
    if (ring->waiters.first == NULL)
        return;
    ring_asks(ring);
    waiters_put(ring);
}

void leat_shard_ring_init(struct leat_shard_ring *ring, struct leat_shard *from,
                          struct leat_shard *to, struct leat_message **slots)
{
    *ring = (struct leat_shard_ring){
        .from = from, .to = to, .slots = slots, .room = { .fire = room_comes }
    };
}

static void message_returns(struct leat_note *note)
{
    struct leat_message *message = LEAT_CONTAINER_OF(note, struct leat_message, note);
    message->done(message);
}

enum leat_status leat_shard_try_send(struct leat_shard *here, struct leat_shard *to,
                                     struct leat_message *message)
{
    struct leat_shard_ring *ring = &here->rings[to->index];
    leat_assert(here != to);
    leat_assert(message->fire != NULL);
    leat_assert(message->done != NULL);
    message->from = here;
    message->note.fire = message_returns;
    if (ring->waiters.first != NULL || !ring_put(ring, message))
        return LEAT_FULL;
    ring_rings(ring);
    return LEAT_OK;
}

enum leat_status leat_shard_send(struct leat_shard *here, struct leat_shard *to,
                                 struct leat_message *message)
{
    struct leat_shard_ring *ring = &here->rings[to->index];
    if (leat_fiber_cancelled(here->fibers) != 0)
        return LEAT_FAULT;
    enum leat_status status = leat_shard_try_send(here, to, message);
    if (status != LEAT_FULL)
        return status;
    ring_asks(ring);
    status = leat_shard_try_send(here, to, message);
    if (status != LEAT_FULL)
        return status;
    return leat_waiters_wait(&ring->waiters, here->fibers, message);
}

/* --- The receiver's --- */

static void ring_drains(struct leat_shard_ring *ring, struct leat_shard *here)
{
    uint32_t credits = here->shards->credits;
    uint32_t head = ring->head;
    uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
    leat_assert(tail - head <= credits);
    for (; head != tail; head++) {
        struct leat_message *message = ring->slots[head & (credits - 1)];
        message->fire(message, here);
    }
    __atomic_store_n(&ring->head, head, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&ring->starves, __ATOMIC_SEQ_CST))
        return;
    __atomic_store_n(&ring->starves, false, __ATOMIC_SEQ_CST);
    leat_loop_notify(ring->from->loop, &ring->room);
}

static void rings_drain(struct leat_shard *here, uint64_t wrote)
{
    while (wrote != 0) {
        unsigned from = (unsigned)__builtin_ctzll(wrote);
        wrote &= wrote - 1;
        ring_drains(&here->shards->each[from].rings[here->index], here);
    }
}

void leat_shard_hears(struct leat_note *bell)
{
    struct leat_shard *here = LEAT_CONTAINER_OF(bell, struct leat_shard, bell);
    rings_drain(here, __atomic_exchange_n(&here->wrote, 0, __ATOMIC_ACQ_REL));
}

void leat_message_reply(struct leat_message *message)
{
    /* Nothing of it is touched after this. */
    leat_loop_notify(message->from->loop, &message->note);
}

/* --- Calls --- */

struct call {
    struct leat_message message;
    struct leat_suspension suspension;
    struct leat_shard *there;
    void (*fn)(struct leat_shard *here, void *arg);
    void *arg;
    enum leat_status status;
    bool waits, answered; /* the caller's */
};

static void call_runs(void *arg)
{
    struct call *call = arg;
    call->fn(call->there, call->arg);
    call->status = LEAT_OK;
    leat_message_reply(&call->message);
}

static void call_arrives(struct leat_message *message, struct leat_shard *here)
{
    struct call *call = (struct call *)(void *)message;
    call->there = here;
    call->status = leat_scope_spawn(&here->service, call_runs, call);
    if (call->status != LEAT_OK)
        leat_message_reply(message);
}

static void call_done(struct leat_message *message)
{
    struct call *call = (struct call *)(void *)message;
    call->answered = true;
    if (call->waits)
        leat_fiber_resume(call->suspension.fiber);
}

static void call_goes_on(struct leat_suspension *suspension)
{
    (void)suspension;
}

enum leat_status leat_shard_call(struct leat_shard *here, struct leat_shard *to,
                                 void (*fn)(struct leat_shard *here, void *arg), void *arg)
{
    leat_assert(fn != NULL);
    if (to == here) {
        if (leat_fiber_cancelled(here->fibers) != 0)
            return LEAT_FAULT;
        fn(here, arg);
        return LEAT_OK;
    }
    struct call call = {
        .message = { .fire = call_arrives, .done = call_done },
        .suspension = { .cancel = call_goes_on },
        .fn = fn,
        .arg = arg,
    };
    enum leat_status status = leat_shard_send(here, to, &call.message);
    if (status != LEAT_OK)
        return status;
    /* Where it had to wait for credit, the answer may have come before it ran again. */
    call.waits = !call.answered;
    if (call.waits)
        leat_fiber_suspend(here->fibers, &call.suspension);
    leat_assert(call.answered);
    return call.status;
}
