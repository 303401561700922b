#include "tests/kinds/unsteady.h"
#include "leat/engine/polled.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <errno.h>

/* Descriptors beyond these are never made to wait in vain. */
enum { DESCRIPTORS_MAX = 256 };

/* The longest pieces are drawn from here; most are much shorter, down to a byte. */
enum { PIECE_MIN = 2000, PIECE_MORE = 60000 };

struct unsteady {
    struct leat_engine engine;
    struct leat_polled below;
    struct random random;
    size_t piece_max;
    unsigned wait_percent;
    uint64_t fails_in;
    bool failed;
    bool waiting[DESCRIPTORS_MAX][2]; /* said to wait, and not armed since; by enum leat_ready */
};

static struct leat_engine *below(struct leat_engine *engine)
{
    return &((struct unsteady *)engine)->below.engine;
}

/* Whether this operation is the one that fails. */
static bool fails(struct leat_engine *engine, struct leat_io *ret)
{
    struct unsteady *self = (struct unsteady *)engine;
    if (self->fails_in == 0 || --self->fails_in > 0)
        return false;
    self->failed = true;
    *ret = leat_io_fault(EIO);
    return true;
}

/* Whether to say that `fd`, which is ready, is not. */
static bool lies(struct leat_engine *engine, int fd, enum leat_ready ready)
{
    struct unsteady *self = (struct unsteady *)engine;
    if (fd >= DESCRIPTORS_MAX || leat_engine_wait(below(engine), fd, ready, 0).status != LEAT_OK)
        return false;
    if (!self->waiting[fd][ready])
        self->waiting[fd][ready] = random_percent(&self->random, self->wait_percent);
    return self->waiting[fd][ready];
}

static struct leat_io waits(enum leat_status status)
{
    return (struct leat_io){ .status = status };
}

static size_t piece(struct leat_engine *engine, uint64_t len)
{
    struct unsteady *self = (struct unsteady *)engine;
    size_t some = random_len(&self->random, self->piece_max);
    return some < len ? some : (size_t)len;
}

static struct leat_io unsteady_read(struct leat_engine *engine, struct leat_op *op)
{
    check(op->read.len > 0);
    if (lies(engine, op->fd, LEAT_READY_READ))
        return waits(LEAT_AGAIN);
    return leat_engine_read(below(engine), op->fd, op->read.to, piece(engine, op->read.len),
                            op->read.offset);
}

static struct leat_io unsteady_write(struct leat_engine *engine, struct leat_op *op)
{
    struct leat_span some[LEAT_PIECES_MAX];
    size_t left = piece(engine, SIZE_MAX);
    unsigned pieces_len = op->write.pieces_len;
    check(pieces_len > 0 && pieces_len <= LEAT_PIECES_MAX);
    if (lies(engine, op->fd, LEAT_READY_WRITE))
        return waits(LEAT_FULL);
    for (unsigned i = 0; i < pieces_len; i++) {
        some[i] = op->write.pieces[i];
        some[i].len = some[i].len < left ? some[i].len : left;
        left -= some[i].len;
    }
    return leat_engine_write(below(engine), op->fd, some, pieces_len);
}

static struct leat_io unsteady_move(struct leat_engine *engine, struct leat_op *op)
{
    struct leat_move *move = op->move.move;
    check(move->len > 0);
    if (lies(engine, move->from, LEAT_READY_READ))
        return waits(LEAT_AGAIN);
    if (lies(engine, move->to, LEAT_READY_WRITE))
        return waits(LEAT_FULL);
    uint64_t len = move->len;
    move->len = piece(engine, len);
    struct leat_io io = leat_engine_move(below(engine), move);
    move->len = len;
    return io;
}

static struct leat_io unsteady_run(struct leat_engine *engine, struct leat_op *op)
{
    struct leat_io io;
    if (fails(engine, &io))
        return io;
    switch ((enum leat_op_code)op->code) {
    case LEAT_OP_READ:
        return unsteady_read(engine, op);
    case LEAT_OP_WRITE:
        return unsteady_write(engine, op);
    case LEAT_OP_MOVE:
        return unsteady_move(engine, op);
    case LEAT_OP_SYNC:
        if (lies(engine, op->fd, LEAT_READY_WRITE))
            return waits(LEAT_FULL);
        break;
    case LEAT_OP_WAIT:
        if (lies(engine, op->fd, op->wait.ready))
            return waits(LEAT_AGAIN);
        break;
    default:
        break;
    }
    return leat_engine_run(below(engine), op);
}

static struct leat_io unsteady_close(struct leat_engine *engine, struct leat_socket *socket)
{
    return below(engine)->ops->close(below(engine), socket);
}

static enum leat_status unsteady_arm(struct leat_engine *engine, int fd, enum leat_ready ready,
                                     struct leat_wake *wake)
{
    struct unsteady *self = (struct unsteady *)engine;
    if (fd < DESCRIPTORS_MAX)
        self->waiting[fd][ready] = false;
    return leat_engine_arm(below(engine), fd, ready, wake);
}

static void unsteady_disarm(struct leat_engine *engine, struct leat_wake *wake)
{
    leat_engine_disarm(below(engine), wake);
}

static uint64_t unsteady_now_ns(struct leat_engine *engine)
{
    return below(engine)->ops->now_ns(below(engine));
}

static const struct leat_engine_ops unsteady_ops = {
    .name = "unsteady",
    .run = unsteady_run,
    .close = unsteady_close,
    .arm = unsteady_arm,
    .disarm = unsteady_disarm,
    .now_ns = unsteady_now_ns,
};

static struct leat_engine *unsteady_init(void *memory, uint64_t seed)
{
    struct unsteady *self = memory;
    *self = (struct unsteady){ .engine = { &unsteady_ops }, .random = { seed } };
    leat_polled_init(&self->below);
    self->piece_max = PIECE_MIN + random_len(&self->random, PIECE_MORE);
    self->wait_percent = (unsigned)random_below(&self->random, 60);
    return &self->engine;
}

static enum leat_status unsteady_turn(struct leat_engine *engine, int64_t timeout_ns)
{
    return leat_polled_turn(&((struct unsteady *)engine)->below, timeout_ns);
}

const struct kind_engine unsteady_rows[] = {
    {
        .name = "unsteady",
        .size = sizeof(struct unsteady),
        .open = unsteady_init,
        .shortens = true,
        .turn = unsteady_turn,
    },
    { 0 },
};

void unsteady_fails_at(struct leat_engine *engine, uint64_t n)
{
    check(engine->ops == &unsteady_ops);
    ((struct unsteady *)engine)->fails_in = n;
}

bool unsteady_failed(const struct leat_engine *engine)
{
    check(engine->ops == &unsteady_ops);
    return ((const struct unsteady *)engine)->failed;
}
