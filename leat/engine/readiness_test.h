#ifndef LEAT_ENGINE_READINESS_TEST_H
#define LEAT_ENGINE_READINESS_TEST_H

/* What the tests of the loops on readiness share. */

#include <errno.h>
#include <string.h>

#include "leat/engine/loop.h"
#include "tests/support/check.h"

/* An operation that counts how often it was done. Its memory is the test's. */
struct counted_op {
    struct leat_op op; /* first */
    unsigned done;
};

static inline void counted_done(struct leat_op *op)
{
    ((struct counted_op *)(void *)op)->done++;
}

#define COUNTED(...) ((struct counted_op){ .op = { .done = counted_done, __VA_ARGS__ } })

static inline struct leat_loop *loop_of_kind(const char *kind, unsigned buffers)
{
    struct leat_loop_options options = { .kind = kind, .buffers = buffers };
    struct leat_loop *loop = leat_loop_create(&options, NULL);
    check(loop != NULL);
    return loop;
}

static inline void loop_steps(struct leat_loop *loop, uint64_t deadline_ns)
{
    check(leat_loop_step(loop, deadline_ns) != LEAT_FAULT);
}

/* Step until `op` is done; it must be, once. */
static inline struct leat_io loop_ends(struct leat_loop *loop, struct counted_op *op)
{
    while (op->done == 0) {
        enum leat_status status = leat_loop_step(loop, LEAT_NEVER);
        check(status == LEAT_OK || status == LEAT_AGAIN);
    }
    check_equal(op->done, 1);
    op->done = 0;
    return op->op.result;
}

static inline struct leat_io loop_does(struct leat_loop *loop, struct counted_op *op)
{
    leat_loop_submit(loop, &op->op);
    return loop_ends(loop, op);
}

/* Step while something is ready, and do not wait. */
static inline void loop_settles(struct leat_loop *loop)
{
    for (unsigned i = 0; i < 4; i++)
        loop_steps(loop, 0);
}

/* See that `op` was given a slice of just `text`, and release it. */
static inline void received(struct counted_op *op, const char *text)
{
    struct leat_slice *slice = &op->op.receive.ret_slice;
    check_status(op->op.result.status, LEAT_OK);
    check_bytes(slice->data, slice->len, text, strlen(text));
    leat_slice_release(slice);
}

static inline void cancelled(const struct counted_op *op)
{
    check_status(op->op.result.status, LEAT_FAULT);
    check_equal(op->op.result.code, ECANCELED);
}

#endif
