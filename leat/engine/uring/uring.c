/* The loop on io_uring: it is made, it waits, and completions find whose they are. */

#include "leat/engine/uring/uring.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "leat/engine/system.h"

extern const struct leat_loop_kind leat_loop_uring;

/* How often a wait that finished nothing hands over again what its completions asked for. */
enum { HAND_OVER_TURNS_MAX = 16 };

/* How long, and how often, a loop that is let go of waits for what it has cancelled. */
enum { DRAIN_TURNS_MAX = 64, DRAIN_NS = 50 * 1000 * 1000 };

/* --- Requests and completions --- */

_Static_assert(_Alignof(struct leat_op) >= LEAT_URING_TAGS, "a tag has room");
_Static_assert(_Alignof(struct leat_stream) >= LEAT_URING_TAGS, "a tag has room");

struct io_uring_sqe *leat_uring_ask(struct leat_uring *uring, uint8_t opcode, int fd, void *owner,
                                    enum leat_uring_tag tag)
{
    struct io_uring_sqe *sqe = leat_ring_next(&uring->ring);
    leat_assert(((uintptr_t)owner & (LEAT_URING_TAGS - 1)) == 0);
    sqe->opcode = opcode;
    sqe->fd = fd;
    sqe->user_data = (uintptr_t)owner | (uintptr_t)tag;
    return sqe;
}

void leat_uring_finish(struct leat_uring *uring, struct leat_op *op, struct leat_io io)
{
    uring->finished++;
    leat_loop_finish(&uring->loop, op, io);
}

static void completed(struct leat_uring *uring, const struct io_uring_cqe *cqe)
{
    void *owner = (void *)(uintptr_t)(cqe->user_data & ~(uint64_t)(LEAT_URING_TAGS - 1));
    switch ((enum leat_uring_tag)(cqe->user_data & (LEAT_URING_TAGS - 1))) {
    case LEAT_URING_OP:
        leat_uring_op_came(uring, owner, cqe->res, cqe->flags);
        return;
    case LEAT_URING_OP_CANCEL:
        leat_uring_op_cancel_came(uring, owner, cqe->res);
        return;
    case LEAT_URING_STREAM:
        leat_uring_stream_came(uring, owner, cqe->res, cqe->flags);
        return;
    case LEAT_URING_STREAM_CANCEL:
        leat_uring_stream_cancel_came(uring, owner, cqe->res);
        return;
    case LEAT_URING_STREAM_GONE:
        leat_uring_stream_gone_came(uring, owner, cqe->res);
        return;
    case LEAT_URING_WAKE:
        uring->wake_armed = (cqe->flags & IORING_CQE_F_MORE) != 0;
        return;
    case LEAT_URING_NOTHING:
        return;
    case LEAT_URING_TAGS:
        break;
    }
    leat_assert(!"a completion of something");
}

/* --- Waking, from another thread or in a foreign loop --- */

/* A poll that stays tells of each write to the eventfd, whatever its counter is at. So nobody reads
 * it, and a wake costs one write there and one completion here. */
static void arm_wake(struct leat_uring *uring)
{
    struct io_uring_sqe *sqe =
        leat_uring_ask(uring, IORING_OP_POLL_ADD, uring->wake_fd, uring, LEAT_URING_WAKE);
    sqe->len = IORING_POLL_ADD_MULTI;
    sqe->poll_events = POLLIN;
    uring->wake_armed = true;
}

static void uring_wake(struct leat_loop *loop)
{
    const uint64_t one = 1;
    struct leat_uring *uring = leat_uring_of(loop);
    int told_fd = __atomic_load_n(&uring->told_fd, __ATOMIC_ACQUIRE);
    ssize_t n = write(uring->wake_fd, &one, sizeof(one));
    leat_assert(n == sizeof(one));
    /* The kernel signals no eventfd from inside the signal of another; it puts that off, and Linux
     * 6.18 does so once and then never again. */
    if (told_fd >= 0) {
        n = write(told_fd, &one, sizeof(one));
        leat_assert(n == sizeof(one));
    }
}

/* The ring's own descriptor polls as readable when there is something. But where the completion is
 * only made by our call (DEFER_TASKRUN), who sleeps on it is not woken. An eventfd that the ring
 * knows is signalled then as well. */
static int uring_descriptor(struct leat_loop *loop)
{
    struct leat_uring *uring = leat_uring_of(loop);
    if (uring->told_fd >= 0)
        return uring->told_fd;
    /* It begins as readable: there may be something already. */
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return uring->ring.fd;
    if (leat_ring_register(&uring->ring, IORING_REGISTER_EVENTFD, &fd, 1) < 0) {
        close(fd);
        return uring->ring.fd;
    }
    __atomic_store_n(&uring->told_fd, fd, __ATOMIC_RELEASE);
    return fd;
}

/* A foreign loop is not to sleep on what only a wait of ours hands over or looks at. */
static bool uring_is_due(const struct leat_loop *loop)
{
    const struct leat_uring *uring = (const struct leat_uring *)loop;
    return leat_ring_is_due(&uring->ring) || !uring->wake_armed || uring->unfed;
}

/* Before looking, so that what comes after the look tells again. */
static void forget_told(const struct leat_uring *uring)
{
    uint64_t times;
    if (uring->told_fd >= 0 && read(uring->told_fd, &times, sizeof(times)) < 0)
        leat_assert(errno == EAGAIN);
}

/* --- Waiting --- */

static unsigned take_completions(struct leat_uring *uring)
{
    unsigned came = leat_ring_came(&uring->ring);
    for (unsigned i = 0; i < came; i++)
        completed(uring, leat_ring_look(&uring->ring, i));
    if (came > 0)
        leat_ring_saw(&uring->ring, came);
    return came;
}

static struct leat_io uring_wait(struct leat_loop *loop, uint64_t deadline_ns)
{
    struct leat_uring *uring = leat_uring_of(loop);
    uint64_t timeout_ns = deadline_ns;
    uring->finished = 0;
    forget_told(uring);
    if (!uring->wake_armed)
        arm_wake(uring);
    leat_uring_feed(uring);
    if (deadline_ns != 0 && deadline_ns != LEAT_NEVER) {
        uint64_t now_ns = leat_system_now_ns();
        timeout_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    }
    int code = leat_ring_turn(&uring->ring, uring->finished > 0 ? 0 : timeout_ns);
    if (code != 0)
        return leat_io_fault(code);
    unsigned came = take_completions(uring);
    /* What completions ask for in turn is handed over before anybody waits for the descriptor. */
    for (unsigned i = 0; i < HAND_OVER_TURNS_MAX && came > 0 && uring->finished == 0; i++) {
        leat_uring_feed(uring);
        code = leat_ring_turn(&uring->ring, 0);
        if (code != 0)
            return leat_io_fault(code);
        came = take_completions(uring);
    }
    return (struct leat_io){ .status = uring->finished > 0 ? LEAT_OK : LEAT_AGAIN };
}

static uint64_t uring_now_ns(struct leat_loop *loop)
{
    (void)loop;
    return leat_system_now_ns();
}

/* --- Making one, letting go --- */

static void uring_free(struct leat_uring *uring)
{
    struct leat_alloc alloc = uring->loop.alloc;
    leat_ring_fini(&uring->ring);
    leat_uring_lend_fini(uring);
    leat_uring_streams_fini(uring);
    leat_buffers_destroy(uring->buffers);
    if (uring->wake_fd >= 0)
        close(uring->wake_fd);
    if (uring->told_fd >= 0)
        close(uring->told_fd);
    leat_deallocate(&alloc, uring->filled);
    leat_deallocate(&alloc, uring->spare);
    leat_deallocate(&alloc, uring->pages);
    leat_deallocate(&alloc, uring);
}

/* Streams that were closed may still have a cancellation under way, and the kernel their buffer. */
static void uring_destroy(struct leat_loop *loop)
{
    struct leat_uring *uring = leat_uring_of(loop);
    for (unsigned i = 0; i < DRAIN_TURNS_MAX && uring->streams > 0; i++) {
        if (leat_ring_turn(&uring->ring, DRAIN_NS) != 0)
            break;
        take_completions(uring);
    }
    leat_assert(uring->streams == 0 || uring->ring.broken != 0);
    uring_free(uring);
}

static const struct leat_loop_ops ops = {
    .start = leat_uring_start,
    .cancel = leat_uring_cancel,
    .close = leat_uring_close,
    .wait = uring_wait,
    .wake = uring_wake,
    .now_ns = uring_now_ns,
    .descriptor = uring_descriptor,
    .is_due = uring_is_due,
    .destroy = uring_destroy,
};

/* What a loop cannot be without. The last is not that: no probe knows a receive that stays, and it
 * came to the kernel with this. */
static const uint8_t needed[] = {
    IORING_OP_READ,     IORING_OP_WRITE,        IORING_OP_WRITEV, IORING_OP_FSYNC,
    IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_OPENAT, IORING_OP_OPENAT2,
    IORING_OP_RENAMEAT, IORING_OP_UNLINKAT,     IORING_OP_ACCEPT, IORING_OP_CONNECT,
    IORING_OP_TIMEOUT,  IORING_OP_RECV,         IORING_OP_SEND,   IORING_OP_SENDMSG,
    IORING_OP_SEND_ZC,
};

/* All but the loop itself; the error number, or 0. */
static int uring_init(struct leat_uring *uring, const struct leat_loop_options *options,
                      const char **reason)
{
    int code = leat_ring_init(&uring->ring, &options->alloc, options->entries, reason);
    if (code != 0)
        return code;
    *reason = "this kernel's io_uring is too old";
    code = leat_ring_has(&uring->ring, needed, sizeof(needed));
    if (code != 0)
        return code;
    *reason = "there is no memory for buffers";
    uring->buffers = leat_buffers_create(&options->alloc, options->buffers, options->buffer_bytes);
    uring->filled = leat_allocate(&options->alloc, options->buffers * sizeof(uring->filled[0]));
    uring->spare = leat_allocate(&options->alloc, options->buffers * sizeof(uring->spare[0]));
    if (uring->buffers == NULL || uring->filled == NULL || uring->spare == NULL)
        return ENOMEM;
    *reason = "io_uring takes no buffers here";
    code = leat_uring_lend(uring, options->buffers);
    if (code != 0)
        return code;
    *reason = "there is no eventfd";
    uring->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return uring->wake_fd < 0 ? errno : 0;
}

static struct leat_loop *uring_create(const struct leat_loop_options *options,
                                      struct leat_loop_choice *ret)
{
    struct leat_uring *uring = leat_allocate(&options->alloc, sizeof(*uring));
    if (uring == NULL) {
        *ret = (struct leat_loop_choice){ .reason = "there is no memory", .code = ENOMEM };
        return NULL;
    }
    leat_loop_init(&uring->loop, &leat_loop_uring, &ops, options);
    uring->wake_fd = uring->told_fd = -1;
    uring->ring.fd = -1;
    uring->starved_last = &uring->starved;
    uring->zero_copy_from = options->zero_copy_bytes != 0 ? options->zero_copy_bytes : SIZE_MAX;
    uring->threads_pipes = leat_uring_threads_pipes();
    struct leat_loop_choice choice = { 0 };
    choice.code = uring_init(uring, options, &choice.reason);
    if (choice.code == 0)
        return &uring->loop;
    uring_free(uring);
    *ret = choice;
    return NULL;
}

const struct leat_loop_kind leat_loop_uring = {
    .name = "uring",
    .create = uring_create,
};
