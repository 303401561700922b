#ifndef LEAT_ENGINE_ENGINE_H
#define LEAT_ENGINE_ENGINE_H

#include "leat/core/ctx.h"

/* How waiting is done: the seam between endpoints and the system. An endpoint says what it wants
 * done with a descriptor; the engine in its ctx decides who waits for it. README.md says how. */

/* What came of one operation. The system's error number is here and nowhere else: no engine leaves
 * anything in errno for its caller to find. */
struct leat_io {
    enum leat_status status;
    int code; /* LEAT_FAULT: the system's error number */
    union {
        size_t bytes;   /* moved; meaningful with LEAT_OK, and then > 0 */
        int descriptor; /* of an open */
    };
};

/* What a descriptor is to be ready for. */
enum leat_ready { LEAT_READY_READ, LEAT_READY_WRITE };

/* An offset of those that are not seekable: where the descriptor stands. */
#define LEAT_OFFSET_NONE (-1)

/* How much of a timeout there is when there is none. */
#define LEAT_TIMEOUT_NONE (-1)

/* Which of the system's calls a move goes through. The first that works is kept for the rest. */
enum leat_move_way {
    LEAT_MOVE_COPY_RANGE, /* file to file, perhaps without moving anything */
    LEAT_MOVE_SENDFILE,   /* file to whatever is written to */
    LEAT_MOVE_SPLICE,     /* a pipe on either side */
    LEAT_MOVE_WAYS,       /* none is left */
};

/* Bytes from one descriptor to another, without passing through memory of ours. */
struct leat_move {
    int from;
    int to;
    int64_t from_offset; /* LEAT_OFFSET_NONE: where `from` stands; else moved on by the engine */
    uint64_t len;        /* at most so many, > 0 */
    uint8_t way;         /* enum leat_move_way; starts at 0, then the engine's */
};

struct leat_engine;

/* The table. All are mandatory, and none of them keeps its arguments when it returns, but for arm.
 *
 * AGAIN (nothing to read yet) and FULL (no room to write yet) come only out of an engine that does
 * not wait. Whoever gets one calls again, with the same arguments or others, when the wake that he
 * armed has fired. Interruption by a signal is never seen. */
struct leat_engine_ops {
    const char *name; /* static text */

    /* Open `path`, relative to the descriptor `folder` (AT_FDCWD: the working one), as openat(2).
     * OK (io.descriptor is the caller's to close), AGAIN, FAULT */
    struct leat_io (*open)(struct leat_engine *engine, int folder, const char *path, int flags,
                           unsigned mode);

    /* Read up to `len` (> 0) bytes: what is there already, and waits for the first only.
     * OK (at least one), END (no more), AGAIN, FAULT */
    struct leat_io (*read)(struct leat_engine *engine, int fd, void *to, size_t len,
                           int64_t offset);

    /* Write the pieces (1 .. LEAT_PIECES_MAX, not all empty) in order, perhaps only a part.
     * OK (at least one byte), FULL, FAULT */
    struct leat_io (*write)(struct leat_engine *engine, int fd, const struct leat_span *pieces,
                            unsigned pieces_len);

    /* Move bytes between descriptors, perhaps only a part.
     * OK (at least one), END (no more), AGAIN, FULL, FAULT, UNSUPPORTED (not between these two;
     * nothing was moved) */
    struct leat_io (*move)(struct leat_engine *engine, struct leat_move *move);

    /* Have what was written to `fd` reach stable storage. OK, also where there is no such thing;
     * FULL, FAULT */
    struct leat_io (*sync)(struct leat_engine *engine, int fd);

    /* Wait until `fd` is ready, or for `timeout_ns`. OK, AGAIN (it is not), FAULT. An engine that
     * does not wait looks once. */
    struct leat_io (*wait)(struct leat_engine *engine, int fd, enum leat_ready ready,
                           int64_t timeout_ns);

    /* Fire `wake` once when `fd` is ready, never from inside this call.
     * OK, LIMIT (too many are armed), UNSUPPORTED (this engine waits by itself) */
    enum leat_status (*arm)(struct leat_engine *engine, int fd, enum leat_ready ready,
                            struct leat_wake *wake);

    /* Forget `wake`, fired or not: after this it is never touched. */
    void (*disarm)(struct leat_engine *engine, struct leat_wake *wake);

    /* Nanoseconds since any fixed point; never goes back. */
    uint64_t (*now_ns)(struct leat_engine *engine);
};

/* How many pieces a write takes at once. */
enum { LEAT_PIECES_MAX = 8 };

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

LEAT_END_DECLS

#endif
