/* The engine of plain calls: each waits by itself, in the kernel. */

#include "leat/engine/system.h"

static struct leat_io blocking_open(struct leat_engine *engine, int folder, const char *path,
                                    int flags, unsigned mode)
{
    (void)engine;
    return leat_system_open(folder, path, flags, mode);
}

/* Wait for `fd` after AGAIN or FULL. False: `io` became the fault that waiting met. */
static bool waits(struct leat_io *io, int fd, enum leat_ready ready)
{
    struct leat_io waited = leat_system_wait(fd, ready, LEAT_TIMEOUT_NONE);
    leat_assert(waited.status != LEAT_AGAIN);
    if (waited.status == LEAT_OK)
        return true;
    *io = waited;
    return false;
}

static struct leat_io blocking_read(struct leat_engine *engine, int fd, void *to, size_t len,
                                    int64_t offset)
{
    (void)engine;
    struct leat_io io;
    do
        io = leat_system_read(fd, to, len, offset);
    while (io.status == LEAT_AGAIN && waits(&io, fd, LEAT_READY_READ));
    return io;
}

static struct leat_io blocking_write(struct leat_engine *engine, int fd,
                                     const struct leat_span *pieces, unsigned pieces_len)
{
    (void)engine;
    struct leat_io io;
    do
        io = leat_system_write(fd, pieces, pieces_len);
    while (io.status == LEAT_FULL && waits(&io, fd, LEAT_READY_WRITE));
    return io;
}

static struct leat_io blocking_move(struct leat_engine *engine, struct leat_move *move)
{
    (void)engine;
    for (;;) {
        struct leat_io io = leat_system_move(move, true);
        bool again = false;
        if (io.status == LEAT_AGAIN)
            again = waits(&io, move->from, LEAT_READY_READ);
        else if (io.status == LEAT_FULL)
            again = waits(&io, move->to, LEAT_READY_WRITE);
        if (!again)
            return io;
    }
}

static struct leat_io blocking_sync(struct leat_engine *engine, int fd)
{
    (void)engine;
    return leat_system_sync(fd);
}

static struct leat_io blocking_wait(struct leat_engine *engine, int fd, enum leat_ready ready,
                                    int64_t timeout_ns)
{
    (void)engine;
    return leat_system_wait(fd, ready, timeout_ns);
}

static enum leat_status blocking_arm(struct leat_engine *engine, int fd, enum leat_ready ready,
                                     struct leat_wake *wake)
{
    (void)engine;
    (void)fd;
    (void)ready;
    (void)wake;
    return LEAT_UNSUPPORTED;
}

static void blocking_disarm(struct leat_engine *engine, struct leat_wake *wake)
{
    (void)engine;
    (void)wake;
}

static uint64_t blocking_now_ns(struct leat_engine *engine)
{
    (void)engine;
    return leat_system_now_ns();
}

static const struct leat_engine_ops blocking_ops = {
    .name = "blocking",
    .open = blocking_open,
    .read = blocking_read,
    .write = blocking_write,
    .move = blocking_move,
    .sync = blocking_sync,
    .wait = blocking_wait,
    .arm = blocking_arm,
    .disarm = blocking_disarm,
    .now_ns = blocking_now_ns,
};

struct leat_engine leat_engine_blocking = { &blocking_ops };
