#include "leat/engine/sim/drive_test.h"

#include <fcntl.h>
#include <string.h>

struct leat_loop *drive_sim(uint64_t seed, bool calm)
{
    const struct leat_sim_options options = { .seed = seed, .calm = calm };
    check_says("seed", seed);
    struct leat_loop *loop = leat_sim_create(&options);
    check(loop != NULL);
    return loop;
}

static void is_done(struct leat_op *op)
{
    struct driven *driven = op->owner;
    check(!driven->done);
    driven->done = true;
}

void drive_start(struct leat_loop *loop, struct driven *driven)
{
    driven->op.owner = driven;
    driven->op.done = is_done;
    driven->done = leat_loop_start(loop, &driven->op);
}

struct leat_io drive_end(struct leat_loop *loop, struct driven *driven)
{
    while (!driven->done) {
        enum leat_status status = leat_loop_step(loop, LEAT_NEVER);
        check(status == LEAT_OK || status == LEAT_AGAIN);
    }
    return driven->op.result;
}

struct leat_io drive_op(struct leat_loop *loop, struct leat_op *op)
{
    struct driven driven = { .op = *op };
    drive_start(loop, &driven);
    struct leat_io io = drive_end(loop, &driven);
    *op = driven.op;
    return io;
}

void drive_time(struct leat_loop *loop, uint64_t ns)
{
    uint64_t until_ns = leat_loop_clock(loop) + ns;
    leat_loop_keep(loop);
    while (leat_loop_clock(loop) < until_ns) {
        enum leat_status status = leat_loop_step(loop, until_ns);
        check(status == LEAT_OK || status == LEAT_AGAIN);
    }
    leat_loop_unkeep(loop);
}

int drive_open(struct leat_loop *loop, const char *path, int flags)
{
    struct leat_op op = { .code = LEAT_OP_OPEN,
                          .open = {
                              .folder = AT_FDCWD, .path = path, .flags = flags, .mode = 0644 } };
    struct leat_io io = drive_op(loop, &op);
    check_status(io.status, LEAT_OK);
    check(io.descriptor >= LEAT_SIM_DESCRIPTOR_MIN);
    return io.descriptor;
}

void drive_write(struct leat_loop *loop, int fd, const void *data, size_t len)
{
    struct leat_span left = { data, len };
    while (left.len > 0) {
        struct leat_op op = { .code = LEAT_OP_WRITE,
                              .fd = fd,
                              .write = { .pieces = &left, .pieces_len = 1 } };
        struct leat_io io = drive_op(loop, &op);
        check_status(io.status, LEAT_OK);
        check(io.bytes > 0 && io.bytes <= left.len);
        left = (struct leat_span){ left.data + io.bytes, left.len - io.bytes };
    }
}

size_t drive_read(struct leat_loop *loop, int fd, void *to, size_t len)
{
    struct leat_op op = { .code = LEAT_OP_READ,
                          .fd = fd,
                          .read = { .to = to, .len = len, .offset = LEAT_OFFSET_NONE } };
    struct leat_io io = drive_op(loop, &op);
    if (io.status == LEAT_END)
        return 0;
    check_status(io.status, LEAT_OK);
    return io.bytes;
}

void drive_sync(struct leat_loop *loop, int fd)
{
    struct leat_op op = { .code = LEAT_OP_SYNC, .fd = fd };
    check_status(drive_op(loop, &op).status, LEAT_OK);
}

void drive_rename(struct leat_loop *loop, const char *from, const char *to)
{
    struct leat_op op = { .code = LEAT_OP_RENAME,
                          .name = { .from = from, .to = to, .folder = AT_FDCWD } };
    check_status(drive_op(loop, &op).status, LEAT_OK);
}

void drive_close(struct leat_loop *loop, int fd)
{
    struct leat_socket socket = { .fd = fd };
    leat_loop_close(loop, &socket);
    check(socket.fd == -1);
}

int drive_socket(struct leat_loop *loop)
{
    struct leat_op op = { .code = LEAT_OP_SOCKET,
                          .socket = { .domain = AF_INET, .type = SOCK_STREAM } };
    struct leat_io io = drive_op(loop, &op);
    check_status(io.status, LEAT_OK);
    return io.descriptor;
}

void drive_connect_pair(struct leat_loop *loop, int fds[2])
{
    struct leat_address address;
    check_status(leat_address_parse("127.0.0.1:0", &address), LEAT_OK);
    int listener = drive_socket(loop);
    struct leat_op listen = { .code = LEAT_OP_LISTEN,
                              .fd = listener,
                              .listen = { .address = &address, .backlog = 1 } };
    check_status(drive_op(loop, &listen).status, LEAT_OK);
    check_status(leat_sim_address(loop, listener, &address), LEAT_OK);
    fds[0] = drive_socket(loop);
    struct driven connect = {
        .op = { .code = LEAT_OP_CONNECT, .fd = fds[0], .connect = { .to = &address } }
    };
    struct driven accept = { .op = { .code = LEAT_OP_ACCEPT, .fd = listener } };
    drive_start(loop, &connect);
    drive_start(loop, &accept);
    check_status(drive_end(loop, &connect).status, LEAT_OK);
    struct leat_io io = drive_end(loop, &accept);
    check_status(io.status, LEAT_OK);
    fds[1] = io.descriptor;
    drive_close(loop, listener);
}

struct leat_io drive_receive(struct leat_loop *loop, int fd, uint8_t *to, size_t size)
{
    struct leat_op op = { .code = LEAT_OP_RECEIVE, .fd = fd };
    struct leat_io io = drive_op(loop, &op);
    if (io.status != LEAT_OK)
        return io;
    check_equal(op.receive.ret_slice.len, io.bytes);
    check(io.bytes <= size);
    memcpy(to, op.receive.ret_slice.data, io.bytes);
    leat_slice_release(&op.receive.ret_slice);
    return io;
}

struct leat_io drive_send(struct leat_loop *loop, int fd, const void *data, size_t len)
{
    struct leat_span piece = { data, len };
    struct leat_op op = { .code = LEAT_OP_SEND,
                          .fd = fd,
                          .write = { .pieces = &piece, .pieces_len = 1 } };
    return drive_op(loop, &op);
}
