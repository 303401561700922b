/* An echo server as one writes it by hand for io_uring: one thread, one ring; connections and bytes
 * come by requests that stay, into buffers that the kernel picks, and go out of these.
 *
 * Small messages share a buffer, one behind the other, where the kernel can (6.12), and
 * there are few: of all that was tried, only what uses less of the cache could be told from noise,
 * by 3 % of CPU each. Messages as long as a buffer pay for it, for most are split in two. */

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/net/common.h"

#define SUBMISSIONS 1024
#define COMPLETIONS 8192
#define BUFFERS     32 /* a power of two; few, for these stay in the cache */
#define PIECES_MAX  65535
#define NONE        UINT16_MAX
#define GROUP       0
/* Of kernels newer than the headers: a buffer is used up bit by bit, and there is some left. */
#define GROUP_INCREMENTAL 2
#define COMPLETION_MORE   (1u << 4)

enum request { ACCEPT, RECEIVE, SEND };

/* What was received at once: a part of a buffer. Pieces that are free are a list too. */
struct piece {
    const char *data;
    uint32_t len;
    uint16_t buffer, next;
};

/* One send at a time for each connection, for the kernel keeps no order among several. Pieces that
 * wait for it are a list. */
struct connection {
    uint16_t sending, last;
    bool receiving, hungry, ended;
};

static struct io_uring ring;
static struct io_uring_buf_ring *group;
static char (*memory)[BUFFER_LEN];
static struct {
    uint32_t used, pieces;
    bool full; /* the kernel adds nothing to it */
} buffers[BUFFERS];
static struct piece pieces[PIECES_MAX];
static uint16_t free_piece;
static struct connection connections[CONNECTIONS_MAX];

/* Connections for which there was no buffer, until there is one. */
static int hungry[CONNECTIONS_MAX];
static unsigned hungry_count, given;

/* --- Requests --- */

static struct io_uring_sqe *next_sqe(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (sqe == NULL) {
        check(io_uring_submit(&ring) > 0, "io_uring_submit");
        sqe = io_uring_get_sqe(&ring);
        check(sqe != NULL, "io_uring_get_sqe");
    }
    return sqe;
}

static void name(struct io_uring_sqe *sqe, enum request what, int fd)
{
    io_uring_sqe_set_data64(sqe, (uint64_t)what << 32 | (uint32_t)fd);
}

static void accept_all(int listener)
{
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    name(sqe, ACCEPT, listener);
}

static void receive(int fd)
{
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    name(sqe, RECEIVE, fd);
    connections[fd].receiving = true;
}

/* The kernel sends all of it, or the connection is done for: no short sends. */
static void send_first(int fd)
{
    const struct piece *piece = &pieces[connections[fd].sending];
    struct io_uring_sqe *sqe = next_sqe();
    io_uring_prep_send(sqe, fd, piece->data, piece->len, MSG_NOSIGNAL | MSG_WAITALL);
    name(sqe, SEND, fd);
}

/* --- Buffers --- */

/* Back to the kernel, which sees it at the next give_all. */
static void give(unsigned buffer)
{
    int mask = io_uring_buf_ring_mask(BUFFERS);
    buffers[buffer].used = 0;
    buffers[buffer].full = false;
    io_uring_buf_ring_add(group, memory[buffer], BUFFER_LEN, (uint16_t)buffer, mask, (int)given++);
}

static void give_all(void)
{
    if (given == 0)
        return;
    io_uring_buf_ring_advance(group, (int)given);
    given = 0;
    while (hungry_count > 0) {
        int fd = hungry[--hungry_count];
        connections[fd].hungry = false;
        receive(fd);
    }
}

/* Take what a completion received. Returns NONE, with the bytes dropped, without a free piece. */
static uint16_t take(const struct io_uring_cqe *cqe)
{
    unsigned buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    uint16_t taken = free_piece;
    if (taken != NONE) {
        free_piece = pieces[taken].next;
        pieces[taken] = (struct piece){ memory[buffer] + buffers[buffer].used, (uint32_t)cqe->res,
                                        (uint16_t)buffer, NONE };
        buffers[buffer].pieces++;
    }
    buffers[buffer].used += (uint32_t)cqe->res;
    buffers[buffer].full = !(cqe->flags & COMPLETION_MORE);
    if (buffers[buffer].full && buffers[buffer].pieces == 0)
        give(buffer);
    return taken;
}

/* Let go of a piece. Returns the one behind it. */
static uint16_t release(uint16_t piece)
{
    unsigned buffer = pieces[piece].buffer;
    uint16_t next = pieces[piece].next;
    pieces[piece].next = free_piece;
    free_piece = piece;
    if (--buffers[buffer].pieces == 0 && buffers[buffer].full)
        give(buffer);
    return next;
}

/* Touched, so that it is no connection that seems to need them. */
static void *pages(size_t size)
{
    void *block;
    errno = posix_memalign(&block, 4096, size);
    check(errno == 0, "posix_memalign");
    memset(block, 1, size);
    return block;
}

static void make_buffers(void)
{
    memory = pages(sizeof *memory * BUFFERS);
    group = pages(sizeof(struct io_uring_buf) * BUFFERS);
    struct io_uring_buf_reg reg = { .ring_addr = (uintptr_t)group, .ring_entries = BUFFERS };
    reg.bgid = GROUP;
    io_uring_buf_ring_init(group);
    reg.pad = GROUP_INCREMENTAL;
    if (io_uring_register_buf_ring(&ring, &reg, 0) != 0) {
        reg.pad = 0;
        errno = -io_uring_register_buf_ring(&ring, &reg, 0);
        check(errno == 0, "io_uring_register_buf_ring");
    }
    for (unsigned i = 0; i < PIECES_MAX; i++)
        pieces[i].next = (uint16_t)(i + 1);
    for (unsigned i = 0; i < BUFFERS; i++)
        give(i);
    give_all();
}

/* --- Completions --- */

/* Close once nothing is under way, for a number is given anew at once. */
static void close_when_idle(int fd)
{
    const struct connection *self = &connections[fd];
    if (self->ended && !self->receiving && !self->hungry && self->sending == NONE)
        close(fd);
}

static void accepted(int listener, const struct io_uring_cqe *cqe)
{
    if (cqe->res >= CONNECTIONS_MAX) {
        close(cqe->res);
    } else if (cqe->res >= 0) {
        connections[cqe->res] = (struct connection){ .sending = NONE };
        receive(cqe->res);
    }
    if (!(cqe->flags & IORING_CQE_F_MORE))
        accept_all(listener);
}

/* Stop: what is under way fails soon, and then the connection is closed. */
static void end(struct connection *self, int fd)
{
    self->ended = true;
    shutdown(fd, SHUT_RDWR);
}

static void echo(struct connection *self, int fd, uint16_t piece)
{
    if (piece == NONE) {
        end(self, fd);
    } else if (self->ended) {
        release(piece);
    } else if (self->sending != NONE) {
        pieces[self->last].next = piece;
        self->last = piece;
    } else {
        self->sending = self->last = piece;
        send_first(fd);
    }
}

static void received(int fd, const struct io_uring_cqe *cqe)
{
    struct connection *self = &connections[fd];
    self->receiving = cqe->flags & IORING_CQE_F_MORE;
    if (cqe->res > 0) {
        echo(self, fd, take(cqe));
        if (!self->receiving)
            receive(fd);
    } else if (cqe->res == -ENOBUFS && !self->ended) {
        self->hungry = true;
        hungry[hungry_count++] = fd;
    } else {
        self->ended = true;
    }
    close_when_idle(fd);
}

static void sent(int fd, const struct io_uring_cqe *cqe)
{
    struct connection *self = &connections[fd];
    bool whole = cqe->res == (int)pieces[self->sending].len;
    self->sending = release(self->sending);
    if (!whole)
        end(self, fd);
    while (!whole && self->sending != NONE)
        self->sending = release(self->sending);
    if (self->sending != NONE)
        send_first(fd);
    close_when_idle(fd);
}

static void complete(const struct io_uring_cqe *cqe)
{
    uint64_t data = io_uring_cqe_get_data64(cqe);
    int fd = (int)(uint32_t)data;
    switch ((enum request)(data >> 32)) {
    case ACCEPT:
        accepted(fd, cqe);
        break;
    case RECEIVE:
        received(fd, cqe);
        break;
    case SEND:
        sent(fd, cqe);
        break;
    }
}

static void make_ring(void)
{
    struct io_uring_params params = { .cq_entries = COMPLETIONS };
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                   IORING_SETUP_DEFER_TASKRUN;
    errno = -io_uring_queue_init_params(SUBMISSIONS, &ring, &params);
    check(errno == 0, "io_uring_queue_init_params");
    check(io_uring_register_ring_fd(&ring) == 1, "io_uring_register_ring_fd");
}

int main(int count, char **words)
{
    struct server_options options = parse_server_options(count, words);
    pin(options.core);
    raise_open_files();
    make_ring();
    make_buffers();
    accept_all(listen_at(options.listen, 0));
    for (;;) {
        int status = io_uring_submit_and_wait(&ring, 1);
        check(status >= 0 || (errno = -status) == EINTR, "io_uring_submit_and_wait");
        unsigned head, seen = 0;
        const struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            complete(cqe);
            seen++;
        }
        io_uring_cq_advance(&ring, seen);
        give_all();
    }
}
