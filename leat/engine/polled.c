#include "leat/engine/polled.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "leat/engine/system.h"

static struct leat_io polled_run(struct leat_engine *engine, struct leat_op *op)
{
    (void)engine;
    if (op->code == LEAT_OP_SLEEP)
        return (struct leat_io){ leat_system_now_ns() >= op->deadline_ns ? LEAT_OK : LEAT_AGAIN };
    return leat_system_try_now(op);
}

static struct leat_io polled_close(struct leat_engine *engine, struct leat_socket *socket)
{
    (void)engine;
    leat_assert(socket->stream == NULL);
    int fd = socket->fd;
    socket->fd = -1;
    return leat_system_close(fd);
}

static enum leat_status polled_arm(struct leat_engine *engine, int fd, enum leat_ready ready,
                                   struct leat_wake *wake)
{
    struct leat_polled *self = (struct leat_polled *)engine;
    leat_assert(fd >= 0);
    leat_assert(wake->fire != NULL);
    if (self->armed_len == LEAT_POLLED_ARMED_MAX)
        return LEAT_LIMIT;
    self->armed[self->armed_len++] = (struct leat_polled_armed){ fd, ready, wake };
    return LEAT_OK;
}

static void polled_disarm(struct leat_engine *engine, struct leat_wake *wake)
{
    struct leat_polled *self = (struct leat_polled *)engine;
    unsigned kept = 0;
    for (unsigned i = 0; i < self->armed_len; i++) {
        if (self->armed[i].wake != wake)
            self->armed[kept++] = self->armed[i];
    }
    self->armed_len = kept;
}

static uint64_t polled_now_ns(struct leat_engine *engine)
{
    (void)engine;
    return leat_system_now_ns();
}

void leat_polled_init(struct leat_polled *polled)
{
    static const struct leat_engine_ops ops = {
        .name = "polled",
        .run = polled_run,
        .close = polled_close,
        .arm = polled_arm,
        .disarm = polled_disarm,
        .now_ns = polled_now_ns,
    };
    *polled = (struct leat_polled){ .engine = { &ops } };
}

/* Poll all that is armed. The number that are ready, or -1. */
static int poll_armed(const struct leat_polled *polled, struct pollfd *polls, int64_t timeout_ns)
{
    enum { NS_PER_S = 1000000000 };
    for (unsigned i = 0; i < polled->armed_len; i++) {
        short events = polled->armed[i].ready == LEAT_READY_READ ? POLLIN : POLLOUT;
        polls[i] = (struct pollfd){ .fd = polled->armed[i].fd, .events = events };
    }
    struct timespec timeout = { timeout_ns / NS_PER_S, timeout_ns % NS_PER_S };
    return ppoll(polls, polled->armed_len, timeout_ns == LEAT_TIMEOUT_NONE ? NULL : &timeout, NULL);
}

enum leat_status leat_polled_turn(struct leat_polled *polled, int64_t timeout_ns)
{
    leat_assert(timeout_ns >= LEAT_TIMEOUT_NONE);
    if (polled->armed_len == 0)
        return LEAT_AGAIN;
    struct pollfd polls[LEAT_POLLED_ARMED_MAX];
    int n = poll_armed(polled, polls, timeout_ns);
    if (n < 0)
        return errno == EINTR ? LEAT_AGAIN : LEAT_FAULT;
    /* A wake may arm, disarm and close: the list is settled first, and each that is due is looked
     * for again, so that one which another has disarmed meanwhile is not touched. */
    unsigned due_len = 0;
    struct leat_wake *due[LEAT_POLLED_ARMED_MAX];
    for (unsigned i = 0; i < polled->armed_len; i++) {
        if (polls[i].revents != 0)
            due[due_len++] = polled->armed[i].wake;
    }
    for (unsigned i = 0; i < due_len; i++) {
        for (unsigned at = 0; at < polled->armed_len; at++) {
            if (polled->armed[at].wake != due[i])
                continue;
            polled_disarm(&polled->engine, due[i]);
            due[i]->fire(due[i]);
            break;
        }
    }
    return due_len > 0 ? LEAT_OK : LEAT_AGAIN;
}
