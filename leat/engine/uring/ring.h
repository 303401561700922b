#ifndef LEAT_ENGINE_URING_RING_H
#define LEAT_ENGINE_URING_RING_H

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <sys/socket.h>

#include "leat/core/alloc.h"

/* A ring as io_uring(7) has it: requests go in at one end, completions come out at the other, and
 * one system call moves both. This is the mechanism; what the requests are is for others.
 *
 *     ours       ring->tail ──► sqes ──┐                     ┌──► cqes ──► leat_ring_next_came
 *     ───────────────────────────────  io_uring_enter(2)  ───────────────────────────────────
 *     the kernel's                     └──► requests ────────┘ */

/* What a request points to and the kernel copies when it takes the request in, which it promises
 * with IORING_FEAT_SUBMIT_STABLE. So there is one for each place in the queue. */
union leat_ring_beside {
    struct msghdr message;
    struct open_how how;
    struct __kernel_timespec time;
};

struct leat_ring {
    struct leat_alloc alloc;
    int fd;
    int entered_fd;         /* what io_uring_enter is given: the same, or its registered number */
    unsigned entered_flags; /* that go with it */
    int broken;             /* the error number for which no request can be handed over; 0 */

    /* Requests. The kernel moves the head, and only inside our calls. */
    unsigned *sq_head, *sq_tail, *sq_flags;
    unsigned tail; /* ours; what is before it and not yet taken waits for the next call */
    unsigned entries;
    struct io_uring_sqe *sqes;
    union leat_ring_beside *beside; /* one more than entries: for `spare` */
    struct io_uring_sqe spare;      /* what is written to where the ring is broken */

    /* Completions. */
    unsigned *cq_head, *cq_tail;
    unsigned cq_entries;
    const struct io_uring_cqe *cqes;

    void *region;
    size_t region_len, sqes_len;
};

/* Make one for the calling thread, which alone may use it. `entries` (> 0) is how many requests
 * wait for one call; more just cost more calls. 0, or the system's error number; then `ret_reason`
 * says what was refused, and there is nothing to let go of. */
int leat_ring_init(struct leat_ring *ring, const struct leat_alloc *alloc, unsigned entries,
                   const char **ret_reason);

/* Let go of it. Whatever is under way is cancelled, in the kernel's own time. */
void leat_ring_fini(struct leat_ring *ring);

/* Whether the kernel has all of `ops`, each an IORING_OP_: 0, ENOTSUP, or why that cannot be known.
 */
int leat_ring_has(struct leat_ring *ring, const uint8_t *ops, unsigned ops_len);

/* io_uring_register(2): 0 or more, or an error number below 0. */
int leat_ring_register(struct leat_ring *ring, unsigned opcode, void *arg, unsigned arg_len);

/* A zeroed request, handed over with the next call. Where the queue is full that happens now. Never
 * NULL: in a ring that is broken it leads nowhere. */
struct io_uring_sqe *leat_ring_next(struct leat_ring *ring);

/* What goes with a request that leat_ring_next gave. */
union leat_ring_beside *leat_ring_beside(struct leat_ring *ring, const struct io_uring_sqe *sqe);

/* Hand over what is new and take what has come; with `timeout_ns` > 0 wait for one completion until
 * then (UINT64_MAX: for ever). Without either to do it costs no system call. 0, or an error number
 * for which the ring is of no more use. */
int leat_ring_turn(struct leat_ring *ring, uint64_t timeout_ns);

/* Whether a turn has something to do at once. */
bool leat_ring_is_due(const struct leat_ring *ring);

/* How many completions are there. */
static inline unsigned leat_ring_came(const struct leat_ring *ring)
{
    return __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) - *ring->cq_head;
}

/* The one that came `at` after the first that is there. */
static inline const struct io_uring_cqe *leat_ring_look(const struct leat_ring *ring, unsigned at)
{
    return &ring->cqes[(*ring->cq_head + at) & (ring->cq_entries - 1)];
}

/* Done with the first `n`: the kernel may write over them. */
static inline void leat_ring_saw(struct leat_ring *ring, unsigned n)
{
    __atomic_store_n(ring->cq_head, *ring->cq_head + n, __ATOMIC_RELEASE);
}

#endif
