/* Loops that are broken in one way each: a sound one with a call of it replaced. */

#include "tests/loops/bench.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- Cancels --- */

static void forgets_cancel(struct leat_loop *loop, struct leat_op *op)
{
    (void)loop;
    op->state = LEAT_OP_CANCELLING;
}

static void forgets(struct leat_loop_ops *ops)
{
    ops->cancel = forgets_cancel;
}

/* What arrives while a receive is cancelled is gone. */
static void loses_cancel(struct leat_loop *loop, struct leat_op *op)
{
    uint8_t byte;
    if (op->code == LEAT_OP_RECEIVE)
        (void)!recv(op->fd, &byte, 1, MSG_DONTWAIT);
    bite_inner->cancel(loop, op);
}

static void loses(struct leat_loop_ops *ops)
{
    ops->cancel = loses_cancel;
}

/* Says that something else than the cancel was the end. */
static void misnames_cancel(struct leat_loop *loop, struct leat_op *op)
{
    bite_inner->cancel(loop, op);
    if (op->state == LEAT_OP_DONE)
        op->result = leat_io_fault(EINTR);
}

static void misnames(struct leat_loop_ops *ops)
{
    ops->cancel = misnames_cancel;
}

/* --- Results --- */

/* Calls `done` from inside the call that starts. */
static bool hastens_start(struct leat_loop *loop, struct leat_op *op)
{
    bool at_once = bite_inner->start(loop, op);
    if (at_once && op->done != NULL) {
        op->state = LEAT_OP_IDLE;
        op->done(op);
        op->state = LEAT_OP_QUEUED;
    }
    return at_once;
}

static void hastens(struct leat_loop_ops *ops)
{
    ops->start = hastens_start;
}

/* Finishes what it has said to be done at once. */
static bool repeats_start(struct leat_loop *loop, struct leat_op *op)
{
    bool at_once = bite_inner->start(loop, op);
    if (at_once) {
        loop->live++;
        leat_loop_finish(loop, op, op->result);
    }
    return at_once;
}

static void repeats(struct leat_loop_ops *ops)
{
    ops->start = repeats_start;
}

/* Says that all was sent of which a part was. */
static bool boasts_start(struct leat_loop *loop, struct leat_op *op)
{
    bool at_once = bite_inner->start(loop, op);
    if (!at_once || op->code != LEAT_OP_SEND || op->result.status != LEAT_OK)
        return at_once;
    op->result.bytes = 0;
    for (unsigned i = 0; i < op->write.pieces_len; i++)
        op->result.bytes += op->write.pieces[i].len;
    return true;
}

static void boasts(struct leat_loop_ops *ops)
{
    ops->start = boasts_start;
}

/* --- Waiting --- */

static void sleeps_wake(struct leat_loop *loop)
{
    (void)loop;
}

static void sleeps(struct leat_loop_ops *ops)
{
    ops->wake = sleeps_wake;
}

/* Waits a moment though it must not. */
static struct leat_io dawdles_wait(struct leat_loop *loop, uint64_t deadline_ns)
{
    struct timespec moment = { 0, BENCH_MS };
    if (deadline_ns == 0)
        nanosleep(&moment, NULL);
    return bite_inner->wait(loop, deadline_ns);
}

static void dawdles(struct leat_loop_ops *ops)
{
    ops->wait = dawdles_wait;
}

/* Comes back at once though it may wait. */
static struct leat_io spins_wait(struct leat_loop *loop, uint64_t deadline_ns)
{
    (void)deadline_ns;
    return bite_inner->wait(loop, 0);
}

static void spins(struct leat_loop_ops *ops)
{
    ops->wait = spins_wait;
}

/* --- Closing --- */

/* Closes the descriptor and keeps the rest. */
static struct leat_io keeps_close(struct leat_loop *loop, struct leat_socket *socket)
{
    (void)loop;
    close(socket->fd);
    return (struct leat_io){ .status = LEAT_OK };
}

static void keeps(struct leat_loop_ops *ops)
{
    ops->close = keeps_close;
}

const struct bite bites[] = {
    { "forgets", forgets }, { "loses", loses },   { "misnames", misnames }, { "hastens", hastens },
    { "repeats", repeats }, { "boasts", boasts }, { "sleeps", sleeps },     { "dawdles", dawdles },
    { "spins", spins },     { "keeps", keeps },   { .name = NULL },
};
