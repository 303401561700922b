#ifndef LEAT_ENGINE_ENGINE_H
#define LEAT_ENGINE_ENGINE_H

#include "leat/core/ctx.h"
#include "leat/engine/op.h"

/* How waiting is done: the seam between endpoints and the system. An endpoint says what it wants
 * done, as an operation; the engine in its ctx decides who waits for it. README.md says how. */

struct leat_engine;

/* The table. All are mandatory but arm and disarm.
 *
 * AGAIN (nothing to read yet) and FULL (no room to write yet) come only out of an engine that does
 * not wait. Whoever gets one asks again, with the same arguments or others, when the wake that he
 * armed has fired. Interruption by a signal is never seen. */
struct leat_engine_ops {
    const char *name; /* static text */

    /* Have done what `op` asks, and wait for it as this engine waits. Nothing of `op` is kept; the
     * result is returned, and with some codes also in what `op` points to (see op.h). A time that
     * is set as its deadline is this engine's own. */
    struct leat_io (*run)(struct leat_engine *engine, struct leat_op *op);

    /* Close a descriptor and forget what the engine keeps of it. Never waits. OK, or FAULT: some
     * file systems say only now that what was written is lost. It is closed even so. */
    struct leat_io (*close)(struct leat_engine *engine, struct leat_socket *socket);

    /* Fire `wake` once when `fd` is ready, never from inside this call. Left out with disarm where
     * the engine waits by itself. OK, LIMIT (too many are armed) */
    enum leat_status (*arm)(struct leat_engine *engine, int fd, enum leat_ready ready,
                            struct leat_wake *wake);

    /* Forget `wake`, fired or not: after this it is never touched. */
    void (*disarm)(struct leat_engine *engine, struct leat_wake *wake);

    /* Nanoseconds since any fixed point; never goes back. */
    uint64_t (*now_ns)(struct leat_engine *engine);
};

/* An engine is this, with its own state behind it. */
struct leat_engine {
    const struct leat_engine_ops *ops;
};

LEAT_BEGIN_DECLS

/* Plain system calls; descriptors that are set to not block are waited for with poll(2). It has no
 * state: every thread may use it at once. A ctx without an engine has this one. */
LEAT_API extern struct leat_engine leat_engine_blocking;

/* The engine of `ctx`. */
static inline struct leat_engine *leat_engine_of(const struct leat_ctx *ctx)
{
    return ctx->engine != NULL ? ctx->engine : &leat_engine_blocking;
}

static inline struct leat_io leat_engine_run(struct leat_engine *engine, struct leat_op *op)
{
    return engine->ops->run(engine, op);
}

/* --- The operations of files and descriptors, as calls; op.h has what comes of each --- */

LEAT_API struct leat_io leat_engine_open(struct leat_engine *engine, int folder, const char *path,
                                         int flags, unsigned mode);
LEAT_API struct leat_io leat_engine_stat(struct leat_engine *engine, int fd, struct leat_stat *ret);

/* Read up to `len` (> 0) bytes: what is there already, and waits for the first only. */
LEAT_API struct leat_io leat_engine_read(struct leat_engine *engine, int fd, void *to, size_t len,
                                         int64_t offset);
LEAT_API struct leat_io leat_engine_write(struct leat_engine *engine, int fd,
                                          const struct leat_span *pieces, unsigned pieces_len);
LEAT_API struct leat_io leat_engine_move(struct leat_engine *engine, struct leat_move *move);
LEAT_API struct leat_io leat_engine_sync(struct leat_engine *engine, int fd);

/* Wait until `fd` is ready, or for `timeout_ns`. An engine that does not wait looks once. */
LEAT_API struct leat_io leat_engine_wait(struct leat_engine *engine, int fd, enum leat_ready ready,
                                         int64_t timeout_ns);

/* Close a descriptor of which the engine keeps nothing. */
LEAT_API struct leat_io leat_engine_close(struct leat_engine *engine, int fd);

/* As the table's; an engine that waits by itself is UNSUPPORTED, and has no wakes to forget. */
LEAT_API enum leat_status leat_engine_arm(struct leat_engine *engine, int fd, enum leat_ready ready,
                                          struct leat_wake *wake);
LEAT_API void leat_engine_disarm(struct leat_engine *engine, struct leat_wake *wake);

LEAT_END_DECLS

#endif
