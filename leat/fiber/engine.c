/* The engine of fibers: whoever asks is suspended until his operation is done. */

#include <errno.h>

#include "leat/fiber/fibers.h"

struct op_wait {
    struct leat_suspension suspension;
    struct leat_op *op;
};

static void op_cancel(struct leat_suspension *suspension)
{
    struct leat_op *op = ((struct op_wait *)suspension)->op;
    leat_loop_cancel(op->loop, op);
}

static void op_done(struct leat_op *op)
{
    leat_fiber_resume(op->owner);
}

static struct leat_io fibers_run_op(struct leat_engine *engine, struct leat_op *op)
{
    struct leat_fibers *fibers = (struct leat_fibers *)engine;
    leat_assert(fibers->running != NULL);
    int code = leat_fiber_cancelled(fibers);
    if (code != 0)
        return leat_io_fault(code);
    op->done = op_done;
    op->owner = fibers->running;
    if (leat_loop_start(fibers->loop, op)) {
        /* What never waits would never let others run. */
        leat_fiber_breathe(fibers);
        return op->result;
    }
    struct op_wait wait = { .suspension = { .cancel = op_cancel }, .op = op };
    leat_fiber_suspend(fibers, &wait.suspension);
    if (op->result.status == LEAT_FAULT && op->result.code == ECANCELED) {
        code = leat_fiber_cancelled(fibers);
        if (code != 0)
            op->result.code = code;
    }
    return op->result;
}

static struct leat_io fibers_close(struct leat_engine *engine, struct leat_socket *socket)
{
    return leat_loop_close(((struct leat_fibers *)engine)->loop, socket);
}

static uint64_t fibers_now_ns(struct leat_engine *engine)
{
    return leat_loop_clock(((struct leat_fibers *)engine)->loop);
}

const struct leat_engine_ops leat_fibers_engine_ops = {
    .name = "fibers",
    .run = fibers_run_op,
    .close = fibers_close,
    .now_ns = fibers_now_ns,
};
