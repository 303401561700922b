/* The loop on poll(2), for where there is nothing better: each wait hands over every descriptor
 * that somebody waits for. */

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "leat/engine/readiness.h"
#include "leat/engine/system.h"

struct poll {
    struct leat_readiness readiness;
    struct pollfd *fds; /* the first is the wake's; a descriptor's `index` is its place here */
    unsigned fds_len, fds_room;
};

extern const struct leat_loop_kind leat_loop_poll;

static struct poll *poll_of(struct leat_loop *loop)
{
    return (struct poll *)loop; /* its first member's first */
}

static bool has_room(struct poll *self)
{
    if (self->fds_len < self->fds_room)
        return true;
    unsigned room = self->fds_room > 0 ? 2 * self->fds_room : 64;
    struct pollfd *fds = leat_allocate(&self->readiness.loop.alloc, room * sizeof(*fds));
    if (fds == NULL)
        return false;
    for (unsigned i = 0; i < self->fds_len; i++)
        fds[i] = self->fds[i];
    leat_deallocate(&self->readiness.loop.alloc, self->fds);
    self->fds = fds;
    self->fds_room = room;
    return true;
}

/* The last takes the place of the one that goes. */
static void remove_at(struct poll *self, unsigned at)
{
    leat_assert(at > 0 && at < self->fds_len);
    self->fds[at] = self->fds[--self->fds_len];
    if (at < self->fds_len)
        leat_readiness_watched(&self->readiness, self->fds[at].fd)->index = at;
}

static int poll_watch(struct leat_readiness *readiness, int fd, struct leat_watched *watched,
                      unsigned wanted)
{
    struct poll *self = (struct poll *)readiness;
    short events = (short)((wanted & LEAT_WATCH_READ ? POLLIN : 0) |
                           (wanted & LEAT_WATCH_WRITE ? POLLOUT : 0));
    if (events == 0) {
        if (watched->index != 0)
            remove_at(self, watched->index);
        watched->index = 0;
        return 0;
    }
    if (watched->index == 0) {
        if (!has_room(self))
            return ENOMEM;
        watched->index = self->fds_len++;
        self->fds[watched->index] = (struct pollfd){ .fd = fd };
    }
    self->fds[watched->index].events = events;
    return 0;
}

static struct leat_io poll_waits(struct leat_loop *loop, uint64_t deadline_ns)
{
    struct poll *self = poll_of(loop);
    uint64_t before = self->readiness.finished;
    struct timespec left;
    if (leat_readiness_feed(&self->readiness))
        deadline_ns = 0;
    int n = ppoll(self->fds, self->fds_len, leat_system_left(deadline_ns, &left), NULL);
    if (n < 0 && errno != EINTR)
        return leat_io_fault(errno);
    eventfd_t count;
    if (n > 0 && self->fds[0].revents != 0)
        (void)eventfd_read(self->readiness.wake_fd, &count);
    /* From the last on: one that goes is replaced by one that was looked at, and those that come
     * lie behind. */
    for (unsigned i = n > 0 ? self->fds_len : 0; i-- > 1;) {
        short events = self->fds[i].revents;
        unsigned ready =
            (events & POLLIN ? LEAT_WATCH_READ : 0u) | (events & POLLOUT ? LEAT_WATCH_WRITE : 0u);
        if (events & (POLLHUP | POLLERR | POLLNVAL))
            ready = LEAT_WATCH_READ | LEAT_WATCH_WRITE;
        if (ready != 0)
            leat_readiness_ready(&self->readiness, self->fds[i].fd, ready, false);
    }
    return (struct leat_io){ self->readiness.finished != before ? LEAT_OK : LEAT_AGAIN };
}

static int poll_descriptor(struct leat_loop *loop)
{
    (void)loop;
    return -1;
}

static void poll_destroy(struct leat_loop *loop)
{
    struct poll *self = poll_of(loop);
    struct leat_alloc alloc = loop->alloc;
    leat_readiness_fini(&self->readiness);
    leat_deallocate(&alloc, self->fds);
    leat_deallocate(&alloc, self);
}

static const struct leat_loop_ops poll_ops = {
    .start = leat_readiness_start,
    .cancel = leat_readiness_cancel,
    .close = leat_readiness_close,
    .wait = poll_waits,
    .wake = leat_readiness_wake,
    .now_ns = leat_readiness_now_ns,
    .descriptor = poll_descriptor,
    .is_due = leat_readiness_is_due,
    .destroy = poll_destroy,
};

static struct leat_loop *poll_create_loop(const struct leat_loop_options *options,
                                          struct leat_loop_choice *ret)
{
    struct poll *self = leat_allocate(&options->alloc, sizeof(*self));
    int code = ENOMEM;
    if (self != NULL) {
        self->readiness.wake_fd = -1;
        self->readiness.watch = poll_watch;
        leat_loop_init(&self->readiness.loop, &leat_loop_poll, &poll_ops, options);
        code = leat_readiness_init(&self->readiness, options);
        if (code == 0)
            code = has_room(self) ? 0 : ENOMEM;
    }
    if (code == 0) {
        self->fds[self->fds_len++] =
            (struct pollfd){ .fd = self->readiness.wake_fd, .events = POLLIN };
        return &self->readiness.loop;
    }
    *ret = (struct leat_loop_choice){ .reason = "poll is not to be had", .code = code };
    if (self != NULL)
        poll_destroy(&self->readiness.loop);
    return NULL;
}

const struct leat_loop_kind leat_loop_poll = { .name = "poll", .create = poll_create_loop };
