/* The loop on epoll(7). A socket of the loop's is registered once, for both directions and by
 * edges, so that a connection costs no further call however often it is waited for; any other
 * descriptor only while somebody waits for it, and by levels. */

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "leat/engine/readiness.h"
#include "leat/engine/system.h"

enum { EVENTS_MAX = 256, NS_PER_MS = 1000000 };

struct epoll {
    struct leat_readiness readiness;
    int epoll;
    bool is_coarse; /* a kernel whose shortest wait is a millisecond */
    struct epoll_event events[EVENTS_MAX];
};

extern const struct leat_loop_kind leat_loop_epoll;

/* Urgent bytes are asked for so that it is known that there are some: see was_short. */
#define EVENTS_KEPT (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET)

static struct epoll *epoll_of(const struct leat_loop *loop)
{
    return (struct epoll *)(uintptr_t)loop; /* its first member's first */
}

static int epoll_watch(struct leat_readiness *readiness, int fd, struct leat_watched *watched,
                       unsigned wanted)
{
    struct epoll *self = (struct epoll *)readiness;
    struct epoll_event event = { .data = { .fd = fd } };
    bool is_known = watched->told != 0;
    if (wanted & watched->told & LEAT_WATCH_KEEP)
        return 0;
    if (wanted == 0) {
        /* Whoever closed it has done this already. */
        (void)epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    if (wanted & LEAT_WATCH_KEEP)
        event.events = EVENTS_KEPT;
    else
        event.events =
            (wanted & LEAT_WATCH_READ ? EPOLLIN : 0u) | (wanted & LEAT_WATCH_WRITE ? EPOLLOUT : 0u);
    int failed = epoll_ctl(self->epoll, is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    /* A number that is used again, while a copy of the old descriptor is still open elsewhere. */
    if (failed < 0 && errno == EEXIST && !is_known)
        failed = epoll_ctl(self->epoll, EPOLL_CTL_MOD, fd, &event);
    return failed < 0 ? errno : 0;
}

static int epoll_asks(struct epoll *self, uint64_t deadline_ns)
{
    struct timespec left;
    if (deadline_ns == 0)
        return epoll_wait(self->epoll, self->events, EVENTS_MAX, 0);
    const struct timespec *until = leat_system_left(deadline_ns, &left);
    if (!self->is_coarse) {
        int n = epoll_pwait2(self->epoll, self->events, EVENTS_MAX, until, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        self->is_coarse = true;
    }
    /* Rounded up: what is left of a millisecond is slept through, and not spent in asking. */
    enum { MS_PER_S = 1000, S_MAX = 1000000 };
    int timeout_ms = -1;
    if (until != NULL)
        timeout_ms = (int)(until->tv_sec < S_MAX ? until->tv_sec : S_MAX) * MS_PER_S +
                     (int)((until->tv_nsec + NS_PER_MS - 1) / NS_PER_MS);
    return epoll_wait(self->epoll, self->events, EVENTS_MAX, timeout_ms);
}

static struct leat_io epoll_waits(struct leat_loop *loop, uint64_t deadline_ns)
{
    struct epoll *self = epoll_of(loop);
    uint64_t before = self->readiness.finished;
    if (leat_readiness_feed(&self->readiness))
        deadline_ns = 0;
    int n = epoll_asks(self, deadline_ns);
    if (n < 0 && errno != EINTR)
        return leat_io_fault(errno);
    for (int i = 0; i < n; i++) {
        uint32_t events = self->events[i].events;
        unsigned ready = (events & (EPOLLIN | EPOLLRDHUP) ? LEAT_WATCH_READ : 0u) |
                         (events & EPOLLOUT ? LEAT_WATCH_WRITE : 0u);
        if (events & (EPOLLHUP | EPOLLERR))
            ready = LEAT_WATCH_READ | LEAT_WATCH_WRITE;
        bool exact = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0;
        leat_readiness_ready(&self->readiness, self->events[i].data.fd, ready, exact);
    }
    return (struct leat_io){ self->readiness.finished != before ? LEAT_OK : LEAT_AGAIN };
}

static int epoll_descriptor(struct leat_loop *loop)
{
    return epoll_of(loop)->epoll;
}

static void epoll_destroy(struct leat_loop *loop)
{
    struct epoll *self = epoll_of(loop);
    struct leat_alloc alloc = loop->alloc;
    leat_readiness_fini(&self->readiness);
    if (self->epoll >= 0)
        close(self->epoll);
    leat_deallocate(&alloc, self);
}

static const struct leat_loop_ops epoll_ops = {
    .start = leat_readiness_start,
    .cancel = leat_readiness_cancel,
    .close = leat_readiness_close,
    .wait = epoll_waits,
    .wake = leat_readiness_wake,
    .now_ns = leat_readiness_now_ns,
    .descriptor = epoll_descriptor,
    .is_due = leat_readiness_is_due,
    .destroy = epoll_destroy,
};

/* 0, or the system's error number. */
static int epoll_begins(struct epoll *self, const struct leat_loop_options *options)
{
    int code = leat_readiness_init(&self->readiness, options);
    if (code != 0)
        return code;
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll < 0)
        return errno;
    /* By edges: each write is one, so that nobody has to read what was written. */
    int wake_fd = self->readiness.wake_fd;
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data = { .fd = wake_fd } };
    return epoll_ctl(self->epoll, EPOLL_CTL_ADD, wake_fd, &event) < 0 ? errno : 0;
}

static struct leat_loop *epoll_create_loop(const struct leat_loop_options *options,
                                           struct leat_loop_choice *ret)
{
    struct epoll *self = leat_allocate(&options->alloc, sizeof(*self));
    int code = ENOMEM;
    if (self != NULL) {
        self->epoll = -1;
        self->readiness.wake_fd = -1;
        self->readiness.watch = epoll_watch;
        leat_loop_init(&self->readiness.loop, &leat_loop_epoll, &epoll_ops, options);
        code = epoll_begins(self, options);
    }
    if (code == 0)
        return &self->readiness.loop;
    *ret = (struct leat_loop_choice){ .reason = "epoll is not to be had", .code = code };
    if (self != NULL)
        epoll_destroy(&self->readiness.loop);
    return NULL;
}

const struct leat_loop_kind leat_loop_epoll = { .name = "epoll", .create = epoll_create_loop };
