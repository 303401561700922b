/* Operations as calls. They are no inline functions: C++ has no such initializers, or warns. */

#include "leat/engine/engine.h"

struct leat_io leat_engine_open(struct leat_engine *engine, int folder, const char *path, int flags,
                                unsigned mode)
{
    struct leat_op op = {
        .code = LEAT_OP_OPEN,
        .open = { .path = path, .folder = folder, .flags = flags, .mode = mode },
    };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_stat(struct leat_engine *engine, int fd, struct leat_stat *ret)
{
    struct leat_op op = { .code = LEAT_OP_STAT, .fd = fd, .stat = { ret } };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_read(struct leat_engine *engine, int fd, void *to, size_t len,
                                int64_t offset)
{
    struct leat_op op = { .code = LEAT_OP_READ, .fd = fd, .read = { to, len, offset } };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_write(struct leat_engine *engine, int fd, const struct leat_span *pieces,
                                 unsigned pieces_len)
{
    struct leat_op op = { .code = LEAT_OP_WRITE,
                          .fd = fd,
                          .write = { .pieces = pieces, .pieces_len = pieces_len } };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_move(struct leat_engine *engine, struct leat_move *move)
{
    struct leat_op op = { .code = LEAT_OP_MOVE, .fd = move->to, .move = { move } };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_sync(struct leat_engine *engine, int fd)
{
    struct leat_op op = { .code = LEAT_OP_SYNC, .fd = fd };
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_wait(struct leat_engine *engine, int fd, enum leat_ready ready,
                                int64_t timeout_ns)
{
    struct leat_op op = { .code = LEAT_OP_WAIT, .fd = fd, .wait = { ready } };
    if (timeout_ns != LEAT_TIMEOUT_NONE)
        op.deadline_ns = engine->ops->now_ns(engine) + (uint64_t)timeout_ns;
    return engine->ops->run(engine, &op);
}

struct leat_io leat_engine_close(struct leat_engine *engine, int fd)
{
    struct leat_socket socket = { fd, NULL };
    return engine->ops->close(engine, &socket);
}

enum leat_status leat_engine_arm(struct leat_engine *engine, int fd, enum leat_ready ready,
                                 struct leat_wake *wake)
{
    return engine->ops->arm != NULL ? engine->ops->arm(engine, fd, ready, wake) : LEAT_UNSUPPORTED;
}

void leat_engine_disarm(struct leat_engine *engine, struct leat_wake *wake)
{
    if (engine->ops->disarm != NULL)
        engine->ops->disarm(engine, wake);
}
