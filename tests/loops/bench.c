#include "tests/loops/bench.h"
#include "tests/support/check.h"

#ifdef LOOPS_SIM
#include "leat/engine/sim/sim.h"
#endif

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct leat_loop_ops *bite_inner;

/* --- The loop --- */

/* Slices come home from other threads, so that the count is locked. */
static void *locked_resize(void *user, void *old, size_t size)
{
    struct bench *b = user;
    pthread_mutex_lock(&b->lock);
    void *memory = b->memory.alloc.resize(b->memory.alloc.user, old, size);
    pthread_mutex_unlock(&b->lock);
    return memory;
}

/* The simulated one has a seed. */
static struct leat_loop *simulated(struct bench *b, const struct leat_loop_options *options)
{
#ifdef LOOPS_SIM
    struct leat_sim_options sim = {
        .seed = random_next(&b->random),
        .calm = true,
        .alloc = options->alloc,
        .buffers = options->buffers,
        .buffer_bytes = options->buffer_bytes,
    };
    return leat_sim_create(&sim);
#else
    (void)b;
    return leat_loop_create(options, NULL);
#endif
}

struct leat_loop *bench_try_open(struct bench *b, const struct leat_loop_options *options)
{
    static struct leat_loop_ops broken;
    struct leat_loop_options all = options != NULL ? *options : (struct leat_loop_options){ 0 };
    all.kind = b->kind;
    all.alloc = b->alloc;
    b->loop = b->simulates ? simulated(b, &all) : leat_loop_create(&all, NULL);
    if (b->loop != NULL && b->bite != NULL) {
        bite_inner = b->loop->ops;
        broken = *bite_inner;
        b->bite->breaks(&broken);
        b->loop->ops = &broken;
    }
    return b->loop;
}

void bench_prepare(struct bench *b)
{
    memory_init(&b->memory);
    b->alloc = (struct leat_alloc){ locked_resize, b };
}

void bench_open(struct bench *b, const struct leat_loop_options *options)
{
    bench_prepare(b);
    check(bench_try_open(b, options) != NULL);
    check_text(leat_loop_name(b->loop), b->kind);
}

void bench_destroy(struct bench *b)
{
    leat_loop_destroy(b->loop);
    b->loop = NULL;
}

void bench_gone(struct bench *b)
{
    memory_fini(&b->memory);
}

void bench_close(struct bench *b)
{
    bench_destroy(b);
    bench_gone(b);
}

void bench_step(struct bench *b)
{
    uint64_t until_ns = leat_loop_clock(b->loop) + 50 * BENCH_MS;
    enum leat_status status = leat_loop_step(b->loop, until_ns);
    check(status == LEAT_OK || status == LEAT_AGAIN || status == LEAT_END);
}

uint64_t bench_limit_ns(const struct bench *b)
{
    uint64_t now_ns = leat_loop_clock(b->loop);
    if (b->simulates) /* a clock that runs as it likes */
        return now_ns + 100 * (uint64_t)BENCH_PATIENCE_NS;
    return now_ns + BENCH_PATIENCE_NS / (b->bite != NULL ? 5 : 1);
}

void bench_until(struct bench *b, const bool *flag)
{
    uint64_t end_ns = bench_limit_ns(b);
    while (!*flag) {
        check(leat_loop_now(b->loop) < end_ns);
        bench_step(b);
    }
}

void bench_drain(struct bench *b)
{
    uint64_t end_ns = bench_limit_ns(b);
    while (b->loop->live > 0 || b->loop->ready.first != NULL) {
        check(leat_loop_now(b->loop) < end_ns);
        bench_step(b);
    }
}

void bench_pass(struct bench *b, uint64_t ns)
{
    uint64_t end_ns = leat_loop_clock(b->loop) + ns;
    leat_loop_keep(b->loop);
    while (leat_loop_clock(b->loop) < end_ns)
        check(leat_loop_step(b->loop, end_ns) != LEAT_END);
    leat_loop_unkeep(b->loop);
}

const char *bench_path(struct bench *b)
{
    static char paths[4][100];
    char *path = paths[b->names % 4];
    snprintf(path, sizeof(paths[0]), "%s/%u", b->simulates ? "" : b->folder, b->names++);
    return path;
}

/* --- Operations --- */

static void call_is_done(struct leat_op *op)
{
    struct call *call = (struct call *)op;
    check(!call->bench->inside);
    check_equal(op->state, LEAT_OP_IDLE);
    check(op->result.status != LEAT_AGAIN || op->code == LEAT_OP_WAIT);
    check(op->result.status != LEAT_FULL);
    check(op->result.status != LEAT_FAULT || op->result.code > 0);
    call->done++;
    if (call->then != NULL)
        call->then(call);
}

void call_submit(struct bench *b, struct call *call)
{
    bool inside = b->inside;
    uint32_t generation = call->op.generation;
    call->bench = b;
    call->done = 0;
    call->op.done = call_is_done;
    b->inside = true;
    leat_loop_submit(b->loop, &call->op);
    b->inside = inside;
    check_equal(call->done, 0);
    check(call->op.state != LEAT_OP_IDLE);
    check_equal(call->op.generation, generation + 1);
}

void call_cancel(struct bench *b, struct call *call)
{
    bool inside = b->inside;
    unsigned done = call->done;
    uint8_t state = call->op.state;
    b->inside = true;
    leat_loop_cancel(b->loop, &call->op);
    b->inside = inside;
    check_equal(call->done, done);
    check((call->op.state == LEAT_OP_IDLE) == (state == LEAT_OP_IDLE));
    check(call->op.state >= state);
}

struct leat_io call_await(struct bench *b, struct call *call)
{
    uint64_t end_ns = bench_limit_ns(b);
    while (call->done == 0) {
        if (leat_loop_now(b->loop) >= end_ns)
            check_says("the operation that does not end", call->op.code);
        check(leat_loop_now(b->loop) < end_ns);
        bench_step(b);
    }
    check_equal(call->done, 1);
    check_equal(call->op.state, LEAT_OP_IDLE);
    return call->op.result;
}

struct leat_io bench_do(struct bench *b, struct leat_op *op)
{
    struct call call = { .op = *op };
    if (random_percent(&b->random, 50)) {
        call_submit(b, &call);
        call_await(b, &call);
    } else {
        call.bench = b;
        call.op.done = call_is_done;
        b->inside = true;
        bool at_once = leat_loop_start(b->loop, &call.op);
        b->inside = false;
        check_equal(at_once, call.op.state == LEAT_OP_IDLE);
        if (!at_once)
            call_await(b, &call);
        check_equal(call.done, !at_once);
    }
    *op = call.op;
    return op->result;
}

struct leat_op op_of(enum leat_op_code code, int fd)
{
    return (struct leat_op){ .code = (uint8_t)code, .fd = fd };
}

struct leat_op op_open(struct bench *b, const char *path, int flags)
{
    struct leat_op op = op_of(LEAT_OP_OPEN, -1);
    op.open.path = path;
    op.open.folder = b->simulates ? AT_FDCWD : b->folder_fd;
    op.open.flags = flags;
    op.open.mode = 0600;
    return op;
}

struct leat_op op_read(int fd, void *to, size_t len, int64_t offset)
{
    struct leat_op op = op_of(LEAT_OP_READ, fd);
    op.read.to = to;
    op.read.len = len;
    op.read.offset = offset;
    return op;
}

struct leat_op op_write(int fd, const struct leat_span *piece)
{
    struct leat_op op = op_of(LEAT_OP_WRITE, fd);
    op.write.pieces = piece;
    op.write.pieces_len = 1;
    return op;
}

struct leat_op op_move(struct leat_move *move)
{
    struct leat_op op = op_of(LEAT_OP_MOVE, move->to);
    op.move.move = move;
    return op;
}

struct leat_op op_wait(int fd, enum leat_ready ready)
{
    struct leat_op op = op_of(LEAT_OP_WAIT, fd);
    op.wait.ready = ready;
    return op;
}

struct leat_op op_sleep(uint64_t deadline_ns)
{
    struct leat_op op = op_of(LEAT_OP_SLEEP, -1);
    op.deadline_ns = deadline_ns;
    return op;
}

struct leat_op op_accept(struct leat_socket *listener, struct leat_address *ret_peer)
{
    struct leat_op op = op_of(LEAT_OP_ACCEPT, listener->fd);
    op.accept.socket = listener;
    op.accept.ret_peer = ret_peer;
    return op;
}

struct leat_op op_connect(int fd, const struct leat_address *to)
{
    struct leat_op op = op_of(LEAT_OP_CONNECT, fd);
    op.connect.to = to;
    return op;
}

struct leat_op op_receive(struct leat_socket *socket)
{
    struct leat_op op = op_of(LEAT_OP_RECEIVE, socket->fd);
    op.receive.socket = socket;
    return op;
}

struct leat_op op_send(const struct leat_socket *socket, const struct leat_span *piece)
{
    struct leat_op op = op_of(LEAT_OP_SEND, socket->fd);
    op.write.pieces = piece;
    op.write.pieces_len = 1;
    return op;
}

void check_result(struct leat_io io, enum leat_status status)
{
    if (io.status == LEAT_FAULT && status != LEAT_FAULT)
        check_says("code", (uint64_t)io.code);
    check_status(io.status, status);
}

void check_fault(struct leat_io io, int code)
{
    check_status(io.status, LEAT_FAULT);
    check_equal(io.code, code);
}
