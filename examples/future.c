/* Operations as futures, the way executors of other languages poll them: what comes first, bytes or
 * the end of a second? The other is dropped. Built by
 *     cc future.c $(pkg-config --cflags --libs leat)
 * and as C++ as well. */

#include <leat/engine/loop.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_NS 1000000000u

/* Whom to tell that a poll would come to something: the executor's. */
struct waker {
    bool woken;
};

/* An operation with all that it points to, on the heap, since it may outlive who dropped it. */
struct future {
    struct leat_op op;
    struct waker *waker; /* of the last poll */
    bool begun, done, dropped;
    char bytes[4096];
};

static void future_done(struct leat_op *op)
{
    struct future *future = (struct future *)op->owner;
    future->done = true;
    if (future->dropped)
        free(future);
    else
        future->waker->woken = true;
}

/* True: op.result is there. False: the waker is woken when to poll again. */
static bool future_poll(struct future *future, struct leat_loop *loop, struct waker *waker)
{
    future->waker = waker;
    if (!future->begun) {
        future->begun = true;
        future->op.owner = future;
        future->op.done = future_done;
        future->done = leat_loop_start(loop, &future->op);
    }
    return future->done;
}

/* What the system still has stays where it is, until it has let go of it. */
static void future_drop(struct future *future, struct leat_loop *loop)
{
    future->dropped = true;
    if (future->begun && !future->done)
        leat_loop_cancel(loop, &future->op);
    else
        free(future);
}

int main(void)
{
    struct leat_loop *loop = leat_loop_create(NULL, NULL);
    struct future *bytes = (struct future *)calloc(1, sizeof(*bytes));
    struct future *second = (struct future *)calloc(1, sizeof(*second));
    struct waker waker = {};
    if (loop == NULL || bytes == NULL || second == NULL)
        return 2;
    bytes->op.code = LEAT_OP_READ;
    bytes->op.fd = 0;
    bytes->op.read.to = bytes->bytes;
    bytes->op.read.len = sizeof(bytes->bytes);
    bytes->op.read.offset = LEAT_OFFSET_NONE;
    second->op.code = LEAT_OP_SLEEP;
    second->op.deadline_ns = leat_loop_clock(loop) + SECOND_NS;

    bool came;
    while (!(came = future_poll(bytes, loop, &waker)) && !future_poll(second, loop, &waker)) {
        for (waker.woken = false; !waker.woken;) {
            if (leat_loop_step(loop, LEAT_NEVER) == LEAT_FAULT)
                return 2;
        }
    }
    if (!came)
        printf("a second passed\n");
    else if (bytes->op.result.status == LEAT_OK)
        printf("%zu bytes\n", bytes->op.result.bytes);
    else
        printf("%s\n", leat_status_name(bytes->op.result.status));
    future_drop(bytes, loop);
    future_drop(second, loop);
    enum leat_status status = leat_loop_run(loop);
    leat_loop_destroy(loop);
    return status == LEAT_OK ? 0 : 2;
}
