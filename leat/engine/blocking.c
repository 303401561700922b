/* The engine of plain calls: each waits by itself, in the kernel. */

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "leat/engine/system.h"

static struct leat_io sleeps(uint64_t deadline_ns)
{
    enum { NS_PER_S = 1000000000 };
    struct timespec until = { (time_t)(deadline_ns / NS_PER_S), (long)(deadline_ns % NS_PER_S) };
    leat_assert(deadline_ns > 0);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
    return (struct leat_io){ .status = LEAT_OK };
}

/* Wait until `op` can go on after AGAIN or FULL. False: `io` became the fault that waiting met. */
static bool waits(struct leat_op *op, struct leat_io *io)
{
    enum leat_ready ready;
    int fd = leat_system_awaits(op, io->status, &ready);
    struct leat_io waited =
        leat_system_wait(fd, ready, op->deadline_ns != 0 ? op->deadline_ns : LEAT_NEVER);
    if (waited.status == LEAT_OK)
        return true;
    if (waited.status == LEAT_AGAIN)
        waited = leat_io_fault(ETIMEDOUT);
    *io = waited;
    return false;
}

static struct leat_io blocking_run(struct leat_engine *engine, struct leat_op *op)
{
    (void)engine;
    if (op->code == LEAT_OP_SLEEP)
        return sleeps(op->deadline_ns);
    struct leat_io io;
    do
        io = leat_system_try(op, true);
    while ((io.status == LEAT_AGAIN || io.status == LEAT_FULL) && op->code != LEAT_OP_WAIT &&
           waits(op, &io));
    return io;
}

static struct leat_io blocking_close(struct leat_engine *engine, struct leat_socket *socket)
{
    (void)engine;
    leat_assert(socket->stream == NULL);
    int fd = socket->fd;
    socket->fd = -1;
    return leat_system_close(fd);
}

static uint64_t blocking_now_ns(struct leat_engine *engine)
{
    (void)engine;
    return leat_system_now_ns();
}

static const struct leat_engine_ops blocking_ops = {
    .name = "blocking",
    .run = blocking_run,
    .close = blocking_close,
    .now_ns = blocking_now_ns,
};

struct leat_engine leat_engine_blocking = { &blocking_ops };
