#include "leat/engine/uring/ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "leat/core/assert.h"

/* How many completions fit for each request that fits: those that stay, such as a multishot
 * receive, have many. What does not fit even so the kernel keeps (IORING_FEAT_NODROP). */
enum { COMPLETIONS_EACH = 16, COMPLETIONS_MAX = 32768 };

/* How often a full queue is handed over before the ring counts as broken: a kernel that is out of
 * memory takes none. */
enum { HAND_OVER_TRIES = 64 };

enum { PROBED_OPS = 256 };

#define NS_PER_S 1000000000

/* Not in the header: what undoes IORING_REGISTER_RING_FDS, which is. It is an enumerator there of
 * which the preprocessor knows nothing, so it has another name here. */
enum { UNREGISTER_RING_FDS = 21 };

/* --- System calls --- */

static int ring_setup(unsigned entries, struct io_uring_params *params)
{
    return (int)syscall(SYS_io_uring_setup, entries, params);
}

int leat_ring_register(struct leat_ring *ring, unsigned opcode, void *arg, unsigned arg_len)
{
    int n = (int)syscall(SYS_io_uring_register, ring->fd, opcode, arg, arg_len);
    return n < 0 ? -errno : n;
}

/* The error number, or 0. */
static int ring_enter(struct leat_ring *ring, unsigned waits_for, unsigned flags,
                      const struct __kernel_timespec *timeout)
{
    struct io_uring_getevents_arg arg = { .ts = (uintptr_t)timeout };
    __atomic_store_n(ring->sq_tail, ring->tail, __ATOMIC_RELEASE);
    unsigned new = ring->tail - __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
    if (flags & IORING_ENTER_GETEVENTS)
        flags |= IORING_ENTER_EXT_ARG;
    long n = syscall(SYS_io_uring_enter, ring->entered_fd, new, waits_for,
                     flags | ring->entered_flags, &arg, sizeof(arg));
    return n < 0 ? errno : 0;
}

/* --- Making one --- */

/* The best first; an older kernel refuses what it does not know with EINVAL. With DEFER_TASKRUN
 * completions are made inside our call and nowhere else, so that they come in batches; TASKRUN_FLAG
 * tells in memory that there are some to be made. COOP_TASKRUN makes them at any system call. */
static const unsigned setups[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

/* Make the ring's descriptor; the error number, or 0. */
static int open_ring(struct leat_ring *ring, unsigned entries, struct io_uring_params *params)
{
    unsigned completions =
        entries < COMPLETIONS_MAX / COMPLETIONS_EACH ? entries * COMPLETIONS_EACH : COMPLETIONS_MAX;
    int fd = -1;
    for (unsigned i = 0; i < sizeof(setups) / sizeof(setups[0]) && fd < 0; i++) {
        *params = (struct io_uring_params){
            .flags = setups[i] | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
            .cq_entries = completions > entries ? completions : entries,
        };
        fd = ring_setup(entries, params);
        if (fd < 0 && errno != EINVAL)
            break;
    }
    ring->fd = ring->entered_fd = fd;
    return fd < 0 ? errno : 0;
}

static void *map(const struct leat_ring *ring, size_t len, uint64_t what)
{
    void *at =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, (off_t)what);
    return at == MAP_FAILED ? NULL : at;
}

static bool map_ring(struct leat_ring *ring, const struct io_uring_params *params)
{
    size_t sq_len = params->sq_off.array + params->sq_entries * sizeof(unsigned);
    size_t cq_len = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
    ring->region_len = sq_len > cq_len ? sq_len : cq_len;
    ring->sqes_len = params->sq_entries * sizeof(struct io_uring_sqe);
    ring->region = map(ring, ring->region_len, IORING_OFF_SQ_RING);
    ring->sqes = map(ring, ring->sqes_len, IORING_OFF_SQES);
    if (ring->region == NULL || ring->sqes == NULL)
        return false;
    uint8_t *base = ring->region;
    ring->sq_head = (unsigned *)(void *)(base + params->sq_off.head);
    ring->sq_tail = (unsigned *)(void *)(base + params->sq_off.tail);
    ring->sq_flags = (unsigned *)(void *)(base + params->sq_off.flags);
    ring->cq_head = (unsigned *)(void *)(base + params->cq_off.head);
    ring->cq_tail = (unsigned *)(void *)(base + params->cq_off.tail);
    ring->cqes = (const struct io_uring_cqe *)(const void *)(base + params->cq_off.cqes);
    ring->entries = params->sq_entries;
    ring->cq_entries = params->cq_entries;
    /* The kernel has requests come in any order through this table. Ours come in their own. */
    unsigned *array = (unsigned *)(void *)(base + params->sq_off.array);
    for (unsigned i = 0; i < ring->entries; i++)
        array[i] = i;
    return true;
}

/* A registered descriptor saves looking it up at each call. A thread has 16 of them, and where none
 * is left the plain one serves. */
static void register_ring(struct leat_ring *ring)
{
    struct io_uring_rsrc_update update = { .offset = UINT32_MAX, .data = (uint64_t)ring->fd };
    if (leat_ring_register(ring, IORING_REGISTER_RING_FDS, &update, 1) != 1)
        return;
    ring->entered_fd = (int)update.offset;
    ring->entered_flags = IORING_ENTER_REGISTERED_RING;
}

int leat_ring_init(struct leat_ring *ring, const struct leat_alloc *alloc, unsigned entries,
                   const char **ret_reason)
{
    const unsigned needs = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP |
                           IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS |
                           IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG;
    struct io_uring_params params;
    leat_assert(entries > 0);
    *ring = (struct leat_ring){ .alloc = *alloc, .fd = -1 };
    int code = open_ring(ring, entries, &params);
    if (code != 0) {
        *ret_reason =
            code == ENOSYS ? "this kernel has no io_uring" : "io_uring_setup is refused here";
        return code;
    }
    if ((params.features & needs) != needs) {
        *ret_reason = "this kernel's io_uring is too old";
        code = ENOTSUP;
    } else if (!map_ring(ring, &params)) {
        *ret_reason = "the memory of io_uring cannot be mapped here";
        code = errno;
    } else {
        ring->beside = leat_allocate(alloc, (ring->entries + 1) * sizeof(ring->beside[0]));
        *ret_reason = "there is no memory";
        code = ring->beside == NULL ? ENOMEM : 0;
    }
    if (code != 0)
        leat_ring_fini(ring);
    else
        register_ring(ring);
    return code;
}

void leat_ring_fini(struct leat_ring *ring)
{
    if (ring->fd < 0)
        return;
    if (ring->entered_flags != 0) {
        struct io_uring_rsrc_update update = { .offset = (uint32_t)ring->entered_fd };
        leat_ring_register(ring, UNREGISTER_RING_FDS, &update, 1);
    }
    if (ring->sqes != NULL)
        munmap(ring->sqes, ring->sqes_len);
    if (ring->region != NULL)
        munmap(ring->region, ring->region_len);
    close(ring->fd);
    leat_deallocate(&ring->alloc, ring->beside);
    *ring = (struct leat_ring){ .fd = -1 };
}

int leat_ring_has(struct leat_ring *ring, const uint8_t *ops, unsigned ops_len)
{
    struct io_uring_probe *probe =
        leat_allocate(&ring->alloc, sizeof(*probe) + PROBED_OPS * sizeof(probe->ops[0]));
    if (probe == NULL)
        return ENOMEM;
    int code = -leat_ring_register(ring, IORING_REGISTER_PROBE, probe, PROBED_OPS);
    for (unsigned i = 0; i < ops_len && code == 0; i++) {
        if (ops[i] > probe->last_op || !(probe->ops[ops[i]].flags & IO_URING_OP_SUPPORTED))
            code = ENOTSUP;
    }
    leat_deallocate(&ring->alloc, probe);
    return code;
}

/* --- Using it --- */

static unsigned waiting(const struct leat_ring *ring)
{
    return ring->tail - __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
}

struct io_uring_sqe *leat_ring_next(struct leat_ring *ring)
{
    for (unsigned i = 0; waiting(ring) == ring->entries && ring->broken == 0; i++) {
        int code = ring_enter(ring, 0, 0, NULL);
        if (i == HAND_OVER_TRIES)
            ring->broken = code != 0 ? code : EBUSY;
    }
    struct io_uring_sqe *sqe = &ring->spare;
    if (ring->broken == 0)
        sqe = &ring->sqes[ring->tail++ & (ring->entries - 1)];
    *sqe = (struct io_uring_sqe){ 0 };
    return sqe;
}

union leat_ring_beside *leat_ring_beside(struct leat_ring *ring, const struct io_uring_sqe *sqe)
{
    if (sqe == &ring->spare)
        return &ring->beside[ring->entries];
    leat_assert(sqe >= ring->sqes && sqe < ring->sqes + ring->entries);
    return &ring->beside[sqe - ring->sqes];
}

/* Whether there is something for which to call the kernel. */
static bool calls(const struct leat_ring *ring)
{
    const unsigned work = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
    return waiting(ring) > 0 || (__atomic_load_n(ring->sq_flags, __ATOMIC_RELAXED) & work) != 0;
}

bool leat_ring_is_due(const struct leat_ring *ring)
{
    return ring->broken != 0 || leat_ring_came(ring) > 0 || calls(ring);
}

int leat_ring_turn(struct leat_ring *ring, uint64_t timeout_ns)
{
    if (ring->broken != 0)
        return ring->broken;
    bool waits = timeout_ns > 0 && leat_ring_came(ring) == 0;
    if (!waits && !calls(ring))
        return 0;
    struct __kernel_timespec timeout = { .tv_sec = (int64_t)(timeout_ns / NS_PER_S),
                                         .tv_nsec = (long long)(timeout_ns % NS_PER_S) };
    int code = ring_enter(ring, waits, IORING_ENTER_GETEVENTS,
                          waits && timeout_ns != UINT64_MAX ? &timeout : NULL);
    switch (code) {
    case ETIME:
    case EINTR:  /* a signal: whoever waits is told, and waits again */
    case EAGAIN: /* no memory for a request now: what is left is handed over with the next call */
    case EBUSY:  /* completions are there that must be taken first */
        return 0;
    default:
        return code;
    }
}
