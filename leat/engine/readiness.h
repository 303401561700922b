#ifndef LEAT_ENGINE_READINESS_H
#define LEAT_ENGINE_READINESS_H

#include "leat/engine/buffers.h"
#include "leat/engine/loop.h"
#include "leat/engine/op_list.h"
#include "leat/engine/workers.h"

/* What the loops have in common that stand on readiness, epoll and poll. An operation is tried at
 * once; where it would have to wait, it lies in the list of its descriptor and direction, and is
 * tried again when the system calls that ready. Operations of files, which are always ready and
 * wait even so, are tried on what is in memory and then go to a few threads. Internal to the loops.
 *
 *     start ── tried ──┬── done
 *                      ├── waiting[read], waiting[write]   of a descriptor, until it is ready
 *                      ├── starved    a receive, until a buffer comes home
 *                      ├── pool       until a thread has done it
 *                      └── later      a connect to a full backlog, for a moment
 */

/* What a kind is to tell of a descriptor. */
enum {
    LEAT_WATCH_READ = 1 << LEAT_READY_READ,
    LEAT_WATCH_WRITE = 1 << LEAT_READY_WRITE,
    /* A socket that stays the loop's until leat_loop_close: what it was told once may be left
     * standing. Any other descriptor may be closed by its owner, and its number used again, as soon
     * as nobody waits for it here. */
    LEAT_WATCH_KEEP = 4,
};

/* Where an operation lies: in its `held`. */
enum leat_place {
    LEAT_PLACE_NONE,
    LEAT_PLACE_READ,  /* waiting for its descriptor; for which, leat_system_awaits knows */
    LEAT_PLACE_WRITE, /* the same */
    LEAT_PLACE_STARVED,
    LEAT_PLACE_POOL,
    LEAT_PLACE_LATER,
    LEAT_PLACES = 8,
    /* And beside the place: a move whose file is read ahead by the pool, or was. */
    LEAT_PLACE_AHEAD = 8,
};

/* A descriptor. Zeroed: nobody waits, nothing is known. */
struct leat_watched {
    struct leat_op_list waiting[2]; /* by enum leat_ready, in the order of their starts */
    uint32_t index;                 /* the kind's own */
    uint8_t told;                   /* LEAT_WATCH_..., as the kind was told last */
    uint8_t idle;                   /* directions known not to be ready; of what is kept only */
    bool is_kept;
    bool short_is_empty; /* a receive of fewer bytes than there was room for has left nothing */
};
_Static_assert(sizeof(struct leat_watched) < 64, "what a connection costs");

/* Descriptors by number, in pages that do not move, since lists point into them. */
enum { LEAT_WATCHED_PAGE_LOG2 = 6, LEAT_WATCHED_PAGE = 1 << LEAT_WATCHED_PAGE_LOG2 };

/* What a kind begins with. */
struct leat_readiness {
    struct leat_loop loop;

    /* Have leat_readiness_ready called from a wait when `fd` is ready for what is in `wanted`
     * (LEAT_WATCH_...; 0: no more); `watched->told` is what was wanted before. It must tell of all
     * readiness that comes after this, and of what is there at the moment; telling too often is
     * fine. 0, or the system's error number. */
    int (*watch)(struct leat_readiness *self, int fd, struct leat_watched *watched,
                 unsigned wanted);

    struct leat_watched **pages;
    unsigned pages_len;
    unsigned kept; /* descriptors that are */
    struct leat_buffers *buffers;
    struct leat_op_list starved;
    bool unfed; /* one of them has yet to be looked at by a wait, which has them woken */
    struct leat_op_list later;
    struct leat_timer later_timer;
    struct leat_workers *workers; /* NULL: not needed yet */
    int wake_fd;                  /* an eventfd: written to by a wake */
    uint64_t finished;            /* operations, so far */
};

/* Begin: all but `watch`, and after leat_loop_init. 0, or the system's error number. */
int leat_readiness_init(struct leat_readiness *self, const struct leat_loop_options *options);

/* Let go of everything; safe on what was begun in part. */
void leat_readiness_fini(struct leat_readiness *self);

/* The fields of struct leat_loop_ops that are the same in each kind. */
bool leat_readiness_start(struct leat_loop *loop, struct leat_op *op);
void leat_readiness_cancel(struct leat_loop *loop, struct leat_op *op);
struct leat_io leat_readiness_close(struct leat_loop *loop, struct leat_socket *socket);
void leat_readiness_wake(struct leat_loop *loop);
uint64_t leat_readiness_now_ns(struct leat_loop *loop);
bool leat_readiness_is_due(const struct leat_loop *loop);

/* What a wait does before it asks the system. True: something finished, so that it is not to
 * sleep. */
bool leat_readiness_feed(struct leat_readiness *self);

/* `fd` is ready for what is in `ready` (LEAT_WATCH_READ, LEAT_WATCH_WRITE), or may be. `exact`: its
 * end, an error, or urgent bytes are there as well, of which nothing is said again. */
void leat_readiness_ready(struct leat_readiness *self, int fd, unsigned ready, bool exact);

/* The descriptor's entry; NULL where there is none. */
struct leat_watched *leat_readiness_watched(const struct leat_readiness *self, int fd);

/* --- Of files: readiness_file.c --- */

/* Try `op`, a READ, WRITE, MOVE, OPEN, SYNC, RENAME or UNLINK, without waiting. Returns where it is
 * to wait; NONE where `ret` is its result. */
enum leat_place leat_readiness_try_file(struct leat_op *op, struct leat_io *ret);

/* The place for which a result that is none calls: AGAIN, FULL. */
enum leat_place leat_readiness_place(struct leat_io io);

/* Do what is to be done in the pool, and wait for it. */
struct leat_io leat_readiness_run_file(struct leat_op *op);

#endif
