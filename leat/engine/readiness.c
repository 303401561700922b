#include "leat/engine/readiness.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/engine/system.h"

/* Threads for files: enough to keep a disk busy. */
enum { THREADS_MAX = 4 };

/* When to ask again whether a full backlog has room: the system tells nobody. */
enum { LATER_NS = 1000000 };

static struct leat_readiness *readiness_of(struct leat_loop *loop)
{
    return (struct leat_readiness *)loop; /* its first member */
}

/* --- The table --- */

struct leat_watched *leat_readiness_watched(const struct leat_readiness *self, int fd)
{
    unsigned page = (unsigned)fd >> LEAT_WATCHED_PAGE_LOG2;
    leat_assert(fd >= 0);
    if (page >= self->pages_len || self->pages[page] == NULL)
        return NULL;
    return &self->pages[page][(unsigned)fd % LEAT_WATCHED_PAGE];
}

/* Make room for page number `page`. The system bounds descriptors, and with them the table. */
static bool table_grow(struct leat_readiness *self, unsigned page)
{
    unsigned len = self->pages_len > 0 ? self->pages_len : 16;
    while (len <= page)
        len *= 2;
    struct leat_watched **pages =
        leat_allocate(&self->loop.alloc, len * sizeof(struct leat_watched *));
    if (pages == NULL)
        return false;
    for (unsigned i = 0; i < self->pages_len; i++)
        pages[i] = self->pages[i];
    leat_deallocate(&self->loop.alloc, self->pages);
    self->pages = pages;
    self->pages_len = len;
    return true;
}

/* The entry of `fd`, made where there was none; NULL without memory. */
static struct leat_watched *watched_make(struct leat_readiness *self, int fd)
{
    unsigned page = (unsigned)fd >> LEAT_WATCHED_PAGE_LOG2;
    if (page >= self->pages_len && !table_grow(self, page))
        return NULL;
    if (self->pages[page] == NULL)
        self->pages[page] =
            leat_allocate(&self->loop.alloc, LEAT_WATCHED_PAGE * sizeof(struct leat_watched));
    return leat_readiness_watched(self, fd);
}

/* Have the kind watch for what is waited for now. 0, or the system's error number. */
static int tell(struct leat_readiness *self, int fd, struct leat_watched *watched)
{
    unsigned wanted = (watched->waiting[LEAT_READY_READ].first != NULL ? LEAT_WATCH_READ : 0u) |
                      (watched->waiting[LEAT_READY_WRITE].first != NULL ? LEAT_WATCH_WRITE : 0u) |
                      (watched->is_kept ? LEAT_WATCH_KEEP : 0u);
    if (wanted == watched->told)
        return 0;
    int code = self->watch(self, fd, watched, wanted);
    if (code == 0)
        watched->told = (uint8_t)wanted;
    return code;
}

/* --- Trying --- */

/* A receive that was given fewer bytes than it had room for has emptied the socket, and needs no
 * further call to be told so; what comes later is news, and the kind tells it. But three things may
 * be there already, behind those bytes, and their news have passed: the end, an error, and, where
 * urgent bytes were sent, what follows them. Once one of these was told (`exact`), or where the
 * socket may end a receive for other reasons, as a Unix socket does, every receive is tried. News
 * that come while bytes are taken are told by the next wait, and make it ready again. */
static void was_short(struct leat_readiness *self, int fd)
{
    struct leat_watched *watched = leat_readiness_watched(self, fd);
    if (watched != NULL && watched->short_is_empty)
        watched->idle |= LEAT_WATCH_READ;
}

static bool is_tcp(int fd)
{
    int protocol = 0;
    socklen_t len = sizeof(protocol);
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == IPPROTO_TCP;
}

/* Receive into `block`, which is taken over. */
static enum leat_place receive(struct leat_readiness *self, struct leat_op *op,
                               struct leat_block *block, struct leat_io *ret)
{
    *ret = leat_system_receive(op->fd, block->data, block->size);
    if (ret->status == LEAT_OK) {
        op->receive.ret_slice = (struct leat_slice){ block->data, ret->bytes, block };
        if (ret->bytes < block->size)
            was_short(self, op->fd);
    } else {
        leat_block_release(block);
    }
    return leat_readiness_place(*ret);
}

/* Try what `op` asks. Where it is to wait; NONE where `ret` is its result. */
static enum leat_place attempt(struct leat_readiness *self, struct leat_op *op, struct leat_io *ret)
{
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_READ:
    case LEAT_OP_WRITE:
    case LEAT_OP_MOVE:
    case LEAT_OP_OPEN:
    case LEAT_OP_SYNC:
    case LEAT_OP_RENAME:
    case LEAT_OP_UNLINK:
        return leat_readiness_try_file(op, ret);
    case LEAT_OP_RECEIVE: {
        /* Those that were short of a buffer come first. */
        struct leat_block *block =
            self->starved.first == NULL ? leat_buffers_take(self->buffers) : NULL;
        return block != NULL ? receive(self, op, block, ret) : LEAT_PLACE_STARVED;
    }
    case LEAT_OP_WAIT:
        *ret = leat_system_wait(op->fd, op->wait.ready, 0);
        if (ret->status == LEAT_AGAIN && op->wait.ready == LEAT_READY_WRITE)
            return LEAT_PLACE_WRITE;
        return leat_readiness_place(*ret);
    case LEAT_OP_CONNECT:
        *ret = leat_system_try(op, false);
        if (ret->status == LEAT_FAULT && ret->code == EAGAIN) /* a Unix socket's backlog is full */
            return LEAT_PLACE_LATER;
        return leat_readiness_place(*ret);
    default:
        *ret = leat_system_try(op, false);
        return leat_readiness_place(*ret);
    }
}

/* Where `op` is to wait without being tried, because others came before it or because it is known
 * that nothing is there. */
static enum leat_place waits_already(const struct leat_readiness *self, const struct leat_op *op)
{
    enum leat_ready ready;
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_READ:
    case LEAT_OP_RECEIVE:
    case LEAT_OP_ACCEPT:
        ready = LEAT_READY_READ;
        break;
    case LEAT_OP_WRITE:
    case LEAT_OP_SEND:
    case LEAT_OP_MOVE: /* of its two, where the order shows */
        ready = LEAT_READY_WRITE;
        break;
    case LEAT_OP_WAIT:
        ready = op->wait.ready;
        break;
    default:
        return LEAT_PLACE_NONE;
    }
    const struct leat_watched *watched = leat_readiness_watched(self, op->fd);
    if (watched == NULL ||
        (watched->waiting[ready].first == NULL && !(watched->idle & 1u << ready)))
        return LEAT_PLACE_NONE;
    return ready == LEAT_READY_READ ? LEAT_PLACE_READ : LEAT_PLACE_WRITE;
}

/* --- Waiting --- */

/* The entry where `op` waits, or is to wait, at `place`. */
static struct leat_watched *place_watched(struct leat_readiness *self, const struct leat_op *op,
                                          enum leat_place place, int *ret_fd)
{
    enum leat_ready ready;
    *ret_fd = leat_system_awaits(op, place == LEAT_PLACE_READ ? LEAT_AGAIN : LEAT_FULL, &ready);
    return watched_make(self, *ret_fd);
}

static struct leat_op_list *place_list(struct leat_watched *watched, enum leat_place place)
{
    leat_assert(place == LEAT_PLACE_READ || place == LEAT_PLACE_WRITE);
    return &watched->waiting[place == LEAT_PLACE_READ ? LEAT_READY_READ : LEAT_READY_WRITE];
}

/* From here on `fd` is the loop's until it is closed. */
static void keep(struct leat_readiness *self, int fd, struct leat_watched *watched)
{
    watched->is_kept = true;
    watched->short_is_empty = is_tcp(fd);
    self->kept++;
}

static bool is_of_socket(const struct leat_op *op)
{
    return (op->code == LEAT_OP_RECEIVE && op->receive.socket != NULL) ||
           (op->code == LEAT_OP_ACCEPT && op->accept.socket != NULL);
}

static int put_waiting(struct leat_readiness *self, struct leat_op *op, enum leat_place place)
{
    int fd;
    struct leat_watched *watched = place_watched(self, op, place, &fd);
    if (watched == NULL)
        return ENOMEM;
    struct leat_op_list *list = place_list(watched, place);
    leat_op_list_add(list, op);
    if (!watched->is_kept && is_of_socket(op))
        keep(self, fd, watched);
    if (watched->is_kept)
        watched->idle |= place == LEAT_PLACE_READ ? LEAT_WATCH_READ : LEAT_WATCH_WRITE;
    int code = tell(self, fd, watched);
    if (code != 0)
        leat_op_list_remove(list, op);
    return code;
}

static const struct leat_workers_user workers_user;

static int put_pool(struct leat_readiness *self, struct leat_op *op)
{
    if (self->workers == NULL)
        self->workers = leat_workers_create(&self->loop, THREADS_MAX, &workers_user);
    int code = self->workers != NULL ? leat_workers_submit(self->workers, op) : ENOMEM;
    if (code == 0)
        op->state = LEAT_OP_IN_FLIGHT;
    return code;
}

/* Have `op` wait at `place`. 0, or an error number: it waits nowhere. */
static int put(struct leat_readiness *self, struct leat_op *op, enum leat_place place)
{
    op->held = (uint8_t)(place | (op->held & LEAT_PLACE_AHEAD));
    op->state = LEAT_OP_QUEUED;
    switch (place) {
    case LEAT_PLACE_READ:
    case LEAT_PLACE_WRITE:
        return put_waiting(self, op, place);
    case LEAT_PLACE_POOL:
        return put_pool(self, op);
    case LEAT_PLACE_STARVED:
        leat_op_list_add(&self->starved, op);
        self->unfed = true;
        return 0;
    case LEAT_PLACE_LATER:
        leat_op_list_add(&self->later, op);
        if (!leat_timer_runs(&self->later_timer))
            leat_loop_timer_start(&self->loop, &self->later_timer, leat_system_now_ns() + LATER_NS);
        return 0;
    default:
        leat_assert(!"a place to wait at");
        return EINVAL;
    }
}

static void finish(struct leat_readiness *self, struct leat_op *op, struct leat_io io)
{
    leat_assert(op->link == NULL);
    op->held = LEAT_PLACE_NONE;
    self->finished++;
    leat_loop_finish(&self->loop, op, io);
}

/* A try of an operation that is under way came to `place`, or to `io`. */
static void settle(struct leat_readiness *self, struct leat_op *op, enum leat_place place,
                   struct leat_io io)
{
    int code = place != LEAT_PLACE_NONE ? put(self, op, place) : 0;
    if (place == LEAT_PLACE_NONE)
        finish(self, op, io);
    else if (code != 0)
        finish(self, op, leat_io_fault(code));
}

static void resume(struct leat_readiness *self, struct leat_op *op)
{
    struct leat_io io = { .status = LEAT_OK };
    enum leat_place place = attempt(self, op, &io);
    settle(self, op, place, io);
}

bool leat_readiness_start(struct leat_loop *loop, struct leat_op *op)
{
    struct leat_readiness *self = readiness_of(loop);
    struct leat_io io = { .status = LEAT_OK };
    op->held = LEAT_PLACE_NONE;
    op->next = NULL;
    op->link = NULL;
    enum leat_place place = waits_already(self, op);
    if (place == LEAT_PLACE_NONE)
        place = attempt(self, op, &io);
    if (place != LEAT_PLACE_NONE) {
        int code = put(self, op, place);
        if (code == 0)
            return false;
        io = leat_io_fault(code);
    }
    op->result = io;
    return true;
}

void leat_readiness_cancel(struct leat_loop *loop, struct leat_op *op)
{
    struct leat_readiness *self = readiness_of(loop);
    enum leat_place place = (enum leat_place)(op->held % LEAT_PLACES);
    switch (place) {
    case LEAT_PLACE_READ:
    case LEAT_PLACE_WRITE: {
        int fd;
        struct leat_watched *watched = place_watched(self, op, place, &fd);
        leat_op_list_remove(place_list(watched, place), op);
        (void)tell(self, fd, watched);
        break;
    }
    case LEAT_PLACE_STARVED:
        leat_op_list_remove(&self->starved, op);
        break;
    case LEAT_PLACE_LATER:
        leat_op_list_remove(&self->later, op);
        break;
    default:
        leat_assert(place == LEAT_PLACE_POOL);
        if (!leat_workers_withdraw(self->workers, op)) {
            op->state = LEAT_OP_CANCELLING;
            return;
        }
    }
    finish(self, op, leat_io_fault(ECANCELED));
}

/* --- Going on --- */

/* A thread is done with `op`. A move may have been brought only nearer. */
static void pool_came(struct leat_loop *loop, struct leat_op *op, struct leat_io io)
{
    struct leat_readiness *self = readiness_of(loop);
    bool is_ahead = (op->held & LEAT_PLACE_AHEAD) != 0;
    enum leat_place place = leat_readiness_place(io);
    if (op->state == LEAT_OP_CANCELLING && (is_ahead || place != LEAT_PLACE_NONE))
        finish(self, op, leat_io_fault(ECANCELED));
    else if (is_ahead)
        resume(self, op);
    else
        settle(self, op, place, io);
}

static const struct leat_workers_user workers_user = {
    .run = leat_readiness_run_file,
    .came = pool_came,
};

/* Try those that wait for `fd` in one direction, in order, until one has to go on waiting. */
static void serve(struct leat_readiness *self, int fd, struct leat_watched *watched,
                  enum leat_ready ready)
{
    struct leat_op_list *list = &watched->waiting[ready];
    enum leat_place here = ready == LEAT_READY_READ ? LEAT_PLACE_READ : LEAT_PLACE_WRITE;
    bool is_fresh = true; /* nobody has used up yet what was told of */
    struct leat_op *op;
    while ((op = list->first) != NULL) {
        struct leat_io io = { .status = LEAT_OK };
        enum leat_place place = LEAT_PLACE_NONE;
        if (op->code != LEAT_OP_WAIT || !is_fresh) {
            place = attempt(self, op, &io);
            is_fresh = false;
        }
        if (place == here) {
            watched->idle |= watched->is_kept ? 1u << ready : 0;
            break;
        }
        leat_op_list_remove(list, op);
        settle(self, op, place, io);
    }
    (void)tell(self, fd, watched);
}

void leat_readiness_ready(struct leat_readiness *self, int fd, unsigned ready, bool exact)
{
    struct leat_watched *watched = leat_readiness_watched(self, fd);
    if (watched == NULL)
        return;
    if (exact)
        watched->short_is_empty = false;
    watched->idle &= (uint8_t)~ready;
    if (ready & LEAT_WATCH_READ)
        serve(self, fd, watched, LEAT_READY_READ);
    if (ready & LEAT_WATCH_WRITE)
        serve(self, fd, watched, LEAT_READY_WRITE);
}

static void buffer_came(void *user)
{
    leat_readiness_wake((struct leat_loop *)user);
}

bool leat_readiness_feed(struct leat_readiness *self)
{
    uint64_t before = self->finished;
    self->unfed = false;
    while (self->starved.first != NULL) {
        struct leat_block *block = leat_buffers_take(self->buffers);
        if (block == NULL) {
            if (leat_buffers_await(self->buffers, buffer_came, &self->loop))
                break;
            continue; /* one has come this moment */
        }
        struct leat_op *op = self->starved.first;
        struct leat_io io;
        leat_op_list_remove(&self->starved, op);
        enum leat_place place = receive(self, op, block, &io);
        settle(self, op, place, io);
    }
    return self->finished != before;
}

bool leat_readiness_is_due(const struct leat_loop *loop)
{
    const struct leat_readiness *self = (const struct leat_readiness *)loop;
    return self->unfed || (self->starved.first != NULL && leat_buffers_home(self->buffers) > 0);
}

static void later_comes(struct leat_timer *timer)
{
    struct leat_readiness *self = LEAT_CONTAINER_OF(timer, struct leat_readiness, later_timer);
    struct leat_op *last = NULL, *op;
    for (op = self->later.first; op != NULL; op = op->next)
        last = op;
    /* Those that are still refused lie behind `last`, for the next time. */
    while (last != NULL && (op = self->later.first) != NULL) {
        leat_op_list_remove(&self->later, op);
        resume(self, op);
        if (op == last)
            break;
    }
}

/* --- Beside --- */

struct leat_io leat_readiness_close(struct leat_loop *loop, struct leat_socket *socket)
{
    struct leat_readiness *self = readiness_of(loop);
    struct leat_watched *watched = leat_readiness_watched(self, socket->fd);
    if (watched != NULL) {
        leat_assert(watched->waiting[LEAT_READY_READ].first == NULL);
        leat_assert(watched->waiting[LEAT_READY_WRITE].first == NULL);
        /* Closing is not enough where another process has the same socket. */
        if (watched->told != 0)
            (void)self->watch(self, socket->fd, watched, 0);
        self->kept -= watched->is_kept;
        *watched = (struct leat_watched){ .told = 0 };
    }
    return leat_system_close(socket->fd);
}

void leat_readiness_wake(struct leat_loop *loop)
{
    /* It fails only when it was written to so often that it wakes anyway. */
    (void)eventfd_write(readiness_of(loop)->wake_fd, 1);
}

uint64_t leat_readiness_now_ns(struct leat_loop *loop)
{
    (void)loop;
    return leat_system_now_ns();
}

int leat_readiness_init(struct leat_readiness *self, const struct leat_loop_options *options)
{
    leat_assert(self->loop.ops != NULL);
    self->later_timer.fire = later_comes;
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->wake_fd < 0)
        return errno;
    self->buffers = leat_buffers_create(&self->loop.alloc, options->buffers, options->buffer_bytes);
    return self->buffers != NULL ? 0 : ENOMEM;
}

void leat_readiness_fini(struct leat_readiness *self)
{
    leat_assert(self->kept == 0);
    leat_assert(self->starved.first == NULL && self->later.first == NULL);
    leat_workers_destroy(self->workers);
    leat_buffers_destroy(self->buffers); /* after which none of them wakes anybody */
    if (self->wake_fd >= 0)
        close(self->wake_fd);
    for (unsigned i = 0; i < self->pages_len; i++)
        leat_deallocate(&self->loop.alloc, self->pages[i]);
    leat_deallocate(&self->loop.alloc, self->pages);
}
