#ifndef LEAT_ENGINE_OP_H
#define LEAT_ENGINE_OP_H

#include "leat/core/ctx.h"
#include "leat/engine/task.h"
#include "leat/engine/timer.h"

/* An operation: what is asked of the system, as data. An engine runs one in its way of waiting
 * (engine.h); a loop starts many and finishes each when it is done (loop.h).
 *
 * It lives in its owner's memory, often on a stack, from its start to its end, and so does all that
 * it points to: no engine copies arguments. Results are those of the whole operation, as of a
 * system call that has returned; readiness is an operation like another. */

struct leat_address;
struct leat_loop;
struct leat_op;
struct leat_stream;

/* What came of one operation. The system's error number is here and nowhere else: no engine leaves
 * anything in errno for its caller to find. */
struct leat_io {
    enum leat_status status;
    int code; /* LEAT_FAULT: the system's error number */
    union {
        size_t bytes;   /* moved; meaningful with LEAT_OK, and then > 0 but for datagrams */
        int descriptor; /* of an open, a socket, an accept */
    };
};

/* The system's error number as what came of an operation. */
static inline struct leat_io leat_io_fault(int code)
{
    struct leat_io io = { LEAT_FAULT, code, { 0 } };
    return io;
}

/* What a descriptor is to be ready for. */
enum leat_ready { LEAT_READY_READ, LEAT_READY_WRITE };

/* An offset of those that are not seekable: where the descriptor stands. */
#define LEAT_OFFSET_NONE (-1)

/* How much of a timeout there is when there is none. */
#define LEAT_TIMEOUT_NONE (-1)

/* How many pieces a write takes at once. */
enum { LEAT_PIECES_MAX = 8 };

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

/* What is known of a file. */
enum leat_kind { LEAT_KIND_FILE, LEAT_KIND_FOLDER, LEAT_KIND_DISK, LEAT_KIND_OTHER };
struct leat_stat {
    enum leat_kind kind;
    unsigned mode; /* the permissions */
    uint64_t size;
    uint64_t device, number; /* which file it is, on this system */
    int64_t modified_ns;     /* since 1970 */
};

/* A socket as its owner keeps it. `stream` is what a loop keeps of it, made at the first accept or
 * receive and given back by close; NULL in engines without a loop. */
struct leat_socket {
    int fd; /* -1: none */
    struct leat_stream *stream;
};

enum leat_op_code {
    /* Of files. Names are relative to `folder` (AT_FDCWD: the working one), as openat(2)'s. */
    LEAT_OP_OPEN,   /* OK (descriptor, the caller's to close), FAULT */
    LEAT_OP_STAT,   /* OK, FAULT */
    LEAT_OP_READ,   /* what is there, at least one byte: OK, END, AGAIN, FAULT */
    LEAT_OP_WRITE,  /* the pieces in order, perhaps a part: OK, FULL, FAULT */
    LEAT_OP_MOVE,   /* OK, END, AGAIN, FULL, FAULT, UNSUPPORTED (between these two; none moved) */
    LEAT_OP_SYNC,   /* to stable storage: OK, also where there is none; FULL, FAULT */
    LEAT_OP_RENAME, /* OK, FAULT */
    LEAT_OP_UNLINK, /* OK, FAULT */
    /* Of any descriptor, and of none. */
    LEAT_OP_WAIT,  /* OK (ready), AGAIN (not by the deadline), FAULT */
    LEAT_OP_SLEEP, /* until the deadline: OK, FAULT (cancelled) */
    /* Of sockets. */
    LEAT_OP_SOCKET,   /* OK (descriptor), FAULT */
    LEAT_OP_LISTEN,   /* OK, FAULT */
    LEAT_OP_ACCEPT,   /* OK (descriptor), AGAIN, FAULT */
    LEAT_OP_CONNECT,  /* OK, FULL, FAULT */
    LEAT_OP_RECEIVE,  /* OK (a slice), END, AGAIN, FAULT */
    LEAT_OP_SEND,     /* as a write: OK, FULL, FAULT; never a SIGPIPE */
    LEAT_OP_SHUTDOWN, /* nothing more is written: OK, FAULT */
    /* Of sockets of datagrams: one each, whole, perhaps without a byte. */
    LEAT_OP_RECEIVE_FROM, /* OK (a slice), AGAIN, FAULT */
    LEAT_OP_SEND_TO,      /* OK, FULL, FAULT */
    LEAT_OPS,
};

/* Where an operation stands. Whoever owns one may reuse or free it while it is idle, and at no
 * other time: that asserts. */
enum leat_op_state {
    LEAT_OP_IDLE,       /* new, or its `done` was called */
    LEAT_OP_QUEUED,     /* a loop has it, and the system does not yet */
    LEAT_OP_IN_FLIGHT,  /* the system has it: what it points to may be read and written any time */
    LEAT_OP_CANCELLING, /* in flight, and asked to end */
    LEAT_OP_DONE,       /* its result is there, and `done` is about to be called */
};

struct leat_op {
    struct leat_task task; /* the loop's: a place in its ready list */

    /* What is asked, by code. */
    uint8_t code;  /* enum leat_op_code */
    uint8_t state; /* enum leat_op_state; the loop's */
    bool expired;  /* the loop's: its deadline has passed */
    uint8_t held;  /* the kind's: what is still to come from the system, or where it waits */
    int fd;
    union {
        struct {
            const char *path;
            int folder;
            int flags; /* of open(2) */
            unsigned mode;
            bool beneath; /* refuse what leads out of `folder`, by `..` or by a link */
        } open;
        struct {
            struct leat_stat *ret;
        } stat;
        struct {
            void *to;
            size_t len; /* > 0 */
            int64_t offset;
        } read;
        struct {
            const struct leat_span *pieces; /* not all empty */
            unsigned pieces_len;            /* 1 .. LEAT_PIECES_MAX */
            bool more;                      /* sends: more will follow at once */
            int64_t from;                   /* the kind's: where the descriptor stood; -1 */
        } write;
        struct {
            struct leat_move *move;
        } move;
        struct {
            bool whole; /* not its bytes alone: its times and permissions, or a folder's names */
        } sync;
        struct {
            const char *from, *to;
            int folder; /* of both */
        } name;
        struct {
            enum leat_ready ready;
        } wait;
        struct {
            const struct leat_address *address;
            unsigned backlog; /* 0: it is only bound, as sockets of datagrams are */
            bool shared;      /* other processes and shards may listen there as well */
        } listen;
        struct {
            struct leat_socket *socket;
            struct leat_address *ret_peer; /* NULL: not wanted */
        } accept;
        struct {
            const struct leat_address *to;
        } connect;
        struct {
            struct leat_socket *socket;
            struct leat_ctx *ctx;        /* memory, where the engine has none of its own */
            struct leat_slice ret_slice; /* with OK: the caller's to release */
        } receive;
        struct {
            struct leat_ctx *ctx;          /* memory for it */
            size_t len_max;                /* > 0; what is longer is cut */
            struct leat_address *ret_from; /* NULL: not wanted */
            struct leat_slice ret_slice;   /* with OK: the caller's to release */
            bool ret_cut;                  /* there was more of it, which is lost */
        } receive_from;
        struct {
            struct leat_span bytes;
            const struct leat_address *to; /* NULL: whom the socket is connected to */
        } send_to;
        struct {
            int domain, type; /* of socket(2) */
        } socket;
    };

    /* When it is given up with ETIMEDOUT, on the engine's clock; 0: never. Of WAIT and SLEEP: when
     * it ends. Only where something has to be waited for; what can be done at once is. */
    uint64_t deadline_ns;

    struct leat_io result;

    /* A loop's: called once, from a step, when the operation is idle again. */
    void (*done)(struct leat_op *op);
    void *owner; /* the caller's own */

    /* The loop's. */
    struct leat_loop *loop;
    struct leat_timer timer;
    struct leat_op *next, **link;
    uint32_t generation; /* which use of this memory it is: counts its starts */
    uint8_t stage;       /* the kind's: where it is, of more than one step */
};

#endif
