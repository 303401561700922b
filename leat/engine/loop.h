#ifndef LEAT_ENGINE_LOOP_H
#define LEAT_ENGINE_LOOP_H

#include "leat/engine/engine.h"
#include "leat/engine/op.h"

/* A loop: many operations under way at once, on one thread. Each is started, and finished when the
 * system is done with it; its `done` is called from a step and never from inside another call. Who
 * may use a loop is the thread that made it; leat_loop_notify alone is for others.
 *
 * Which of the system's ways it stands on, io_uring, epoll or poll, is chosen when it is made, by
 * trying. A program of its own calls leat_loop_run; a program with a loop already waits for
 * leat_loop_descriptor, at most until leat_loop_next_ns, and calls leat_loop_step. */

struct leat_loop;
struct leat_loop_kind;

/* The file descriptors that a loop opens are closed in a child's exec; a fork without one is not to
 * touch the loop. */
struct leat_loop_options {
    struct leat_alloc alloc; /* zeroed: the C library's */

    /* A kind by its name ("uring", "epoll", "poll"); NULL: what the environment's LEAT_ENGINE
     * names, else the first that works here. */
    const char *kind;

    unsigned entries;      /* operations handed to the system at once; 0: 256 */
    unsigned buffers;      /* for what arrives, in all; 0: 16,384. Memory is taken as it is used */
    unsigned buffer_bytes; /* each; 0: 16 KiB */

    /* Sends of at least so many bytes are made without a copy, where the kind can; 0: none. One is
     * done only when the peer has acknowledged it: it is for much at a time, over a real network. A
     * loop that finds that the system copies even so does it no more. */
    size_t zero_copy_bytes;

    uint64_t spin_ns; /* how long to look again and again before sleeping; 0: not at all */
};

/* What there was to be said when a loop was made: static text. */
struct leat_loop_choice {
    const char *kind;    /* that was made; NULL: none */
    const char *refused; /* the kind that was tried before, or that was asked for; NULL: none */
    const char *reason;  /* why it was refused */
    int code;            /* the system's error number; 0 where it was none */
};

/* A note from another thread, in the sender's memory until it has fired. */
struct leat_note {
    struct leat_note *next;
    void (*fire)(struct leat_note *note); /* on the loop's thread, from a step */
};

LEAT_BEGIN_DECLS

/* Make a loop. `options` may be NULL.
 *
 * ret_choice  says which kinds were refused and why; may be NULL
 * ret         NULL without memory, or where the kind that was asked for is not to be had */
LEAT_API LEAT_MUST_USE struct leat_loop *leat_loop_create(const struct leat_loop_options *options,
                                                          struct leat_loop_choice *ret_choice);

/* Let go of it. NULL is fine. Operations under way, streams that are open: a bug. */
LEAT_API void leat_loop_destroy(struct leat_loop *loop);

/* The kind's name: "uring", "epoll", "poll". */
LEAT_API const char *leat_loop_name(const struct leat_loop *loop);

/* Start `op`: code and arguments are set, `done` too. It is the loop's until `done` is called. */
LEAT_API void leat_loop_submit(struct leat_loop *loop, struct leat_op *op);

/* The same, but what can be done without waiting is done now: true, and then `done` is not called,
 * the result is there, and the operation is idle. */
LEAT_API LEAT_MUST_USE bool leat_loop_start(struct leat_loop *loop, struct leat_op *op);

/* Have `op` end soon. Its `done` comes as always, after the system has let go of its memory, with
 * FAULT and ECANCELED, or with what it had come to. One that is idle or done is left alone. */
LEAT_API void leat_loop_cancel(struct leat_loop *loop, struct leat_op *op);

/* Close a socket or another descriptor, with what the loop keeps of it. What is under way on it is
 * the caller's to have ended; what was received ahead is dropped. Never waits. What comes of it is
 * as of an engine's close. */
LEAT_API struct leat_io leat_loop_close(struct leat_loop *loop, struct leat_socket *socket);

/* Run what is ready; where nothing is, wait for something, until `deadline_ns` of leat_loop_now at
 * the latest (0: not at all, LEAT_NEVER: as long as it takes).
 *
 * Status  OK (something ran), AGAIN (the deadline came first), END (nothing is under way, so that
 *         nothing would ever happen), FAULT (the system failed the loop itself) */
LEAT_API LEAT_MUST_USE enum leat_status leat_loop_step(struct leat_loop *loop,
                                                       uint64_t deadline_ns);

/* Step until nothing is under way. OK, or FAULT. */
LEAT_API LEAT_MUST_USE enum leat_status leat_loop_run(struct leat_loop *loop);

/* Nanoseconds since a fixed point, as of the last step: free to read, and some microseconds late.
 * leat_loop_clock asks the clock. */
LEAT_API uint64_t leat_loop_now(const struct leat_loop *loop);
LEAT_API uint64_t leat_loop_clock(struct leat_loop *loop);

/* For a foreign loop: a descriptor that is readable when a step would find something, -1 where
 * there is none, and the time at which to step even so; 0 says at once, LEAT_NEVER that there is no
 * such time. A foreign loop asks for that time whenever it is about to sleep, for what was begun
 * since the last step, and by it, is handed to the system by the next. */
LEAT_API int leat_loop_descriptor(struct leat_loop *loop);
LEAT_API uint64_t leat_loop_next_ns(const struct leat_loop *loop);

/* Run `task` from this step or the next. */
LEAT_API void leat_loop_defer(struct leat_loop *loop, struct leat_task *task);

/* Fire `timer` from a step at `at_ns` or soon after; stop it, running or not. */
LEAT_API void leat_loop_timer_start(struct leat_loop *loop, struct leat_timer *timer,
                                    uint64_t at_ns);
LEAT_API void leat_loop_timer_stop(struct leat_loop *loop, struct leat_timer *timer);

/* Have `note` fire in the loop's thread, soon; wakes it when it sleeps. From any thread. A loop
 * that only waits for notes must be kept (leat_loop_keep), or a step says END. */
LEAT_API void leat_loop_notify(struct leat_loop *loop, struct leat_note *note);

/* One more, or one fewer, reason to wait though nothing is under way. */
LEAT_API void leat_loop_keep(struct leat_loop *loop);
LEAT_API void leat_loop_unkeep(struct leat_loop *loop);

/* The kinds of this build, in the order in which they are tried; ends with NULL. */
LEAT_API extern const struct leat_loop_kind *const leat_loop_kinds[];

/* --- For those who write kinds --- */

/* The table. */
struct leat_loop_ops {
    /* Begin what `op` asks. True: it is done, and op->result is set. False: it is under way, and
     * will be given to leat_loop_finish, but not from inside this call. */
    bool (*start)(struct leat_loop *loop, struct leat_op *op);

    /* Have `op`, which is under way, be finished soon. It may be finished from inside. */
    void (*cancel)(struct leat_loop *loop, struct leat_op *op);

    /* As leat_loop_close. Left to the kind, since it knows what the system still holds. */
    struct leat_io (*close)(struct leat_loop *loop, struct leat_socket *socket);

    /* Hand over what was started, finish what is done; where that is nothing, wait until
     * `deadline_ns` (0: do not). OK, AGAIN (nothing finished), FAULT. */
    struct leat_io (*wait)(struct leat_loop *loop, uint64_t deadline_ns);

    /* Make a wait that is going on, or the next, come back at once. From any thread. */
    void (*wake)(struct leat_loop *loop);

    uint64_t (*now_ns)(struct leat_loop *loop);

    /* What leat_loop_descriptor says. From the first call on it is to be readable in time. */
    int (*descriptor)(struct leat_loop *loop);

    /* Whether a wait has something to do at once, of which the descriptor tells nothing: to hand
     * over what was started, for one. Left out: never. */
    bool (*is_due)(const struct leat_loop *loop);

    void (*destroy)(struct leat_loop *loop);
};

struct leat_loop_kind {
    const char *name;
    bool only_by_name; /* never chosen by trying */

    /* Make one, its leat_loop initialized with leat_loop_init. NULL: not here, and then `ret` says
     * why. Options have no zeroes left. */
    struct leat_loop *(*create)(const struct leat_loop_options *options,
                                struct leat_loop_choice *ret);
};

/* What every kind begins with. */
struct leat_loop {
    const struct leat_loop_ops *ops;
    const struct leat_loop_kind *kind;
    struct leat_alloc alloc;
    struct leat_tasks ready; /* finished, and deferred: to be run by a step */
    struct leat_note *notes; /* from other threads, the last first; atomic */
    bool sleeping;           /* a wait goes on that may sleep: atomic */
    bool is_foreign;         /* the wait is somebody else's, and may go on at any time */
    uint64_t now_ns;
    uint64_t spin_ns;
    uint32_t live; /* operations under way */
    uint32_t kept;
    struct leat_wheel wheel;
};

LEAT_API void leat_loop_init(struct leat_loop *loop, const struct leat_loop_kind *kind,
                             const struct leat_loop_ops *ops,
                             const struct leat_loop_options *options);

/* `op` came to `io`: it will be told of by a step. */
LEAT_API void leat_loop_finish(struct leat_loop *loop, struct leat_op *op, struct leat_io io);

LEAT_END_DECLS

#endif
