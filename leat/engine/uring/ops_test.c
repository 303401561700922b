/* The requests that the loop on io_uring makes of operations: of files and pipes, of a move that
 * lacks pages, bytes or room, of sends in pieces and without a copy, of a connect that finds no
 * room. Each is done while the loop goes on; where there is no io_uring it is skipped. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/engine/address.h"
#include "leat/engine/uring/uring.h"
#include "tests/support/check.h"

enum { SKIPPED = 77, STEPS_MAX = 100000, FILE_BYTES = 3 * 1024 * 1024 + 17, FILE_ROOM = 7 };

#define MS ((uint64_t)1000000)

static struct leat_loop *loop;

/* --- An operation that is waited for --- */

struct asked {
    struct leat_op op;
    unsigned done;
};

static void is_done(struct leat_op *op)
{
    ((struct asked *)(void *)op)->done++;
}

static void submit(struct asked *asked)
{
    asked->done = 0;
    asked->op.done = is_done;
    leat_loop_submit(loop, &asked->op);
}

static struct leat_io finish(struct asked *asked)
{
    for (unsigned i = 0; i < STEPS_MAX && asked->done == 0; i++)
        check(leat_loop_step(loop, leat_loop_clock(loop) + 100 * MS) != LEAT_FAULT);
    check_equal(asked->done, 1);
    return asked->op.result;
}

static struct leat_io ask(struct leat_op op)
{
    struct asked asked = { .op = op };
    submit(&asked);
    return finish(&asked);
}

static struct leat_op op_of(enum leat_op_code code, int fd)
{
    return (struct leat_op){ .code = (uint8_t)code, .fd = fd };
}

static struct leat_span text(const char *of)
{
    return (struct leat_span){ (const uint8_t *)of, strlen(of) };
}

static struct leat_op write_of(enum leat_op_code code, int fd, const struct leat_span *pieces,
                               unsigned len)
{
    struct leat_op op = op_of(code, fd);
    op.write.pieces = pieces;
    op.write.pieces_len = len;
    return op;
}

static struct leat_op read_of(int fd, void *to, size_t len, int64_t offset)
{
    struct leat_op op = op_of(LEAT_OP_READ, fd);
    op.read.to = to;
    op.read.len = len;
    op.read.offset = offset;
    return op;
}

static struct leat_op open_of(int folder, const char *path, int flags, bool beneath)
{
    struct leat_op op = op_of(LEAT_OP_OPEN, -1);
    op.open.folder = folder;
    op.open.path = path;
    op.open.flags = flags | O_CLOEXEC;
    op.open.mode = 0600;
    op.open.beneath = beneath;
    return op;
}

/* --- Files --- */

static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

/* Its content is by byte_at. */
static int file_of(size_t len)
{
    char path[] = "/tmp/leat-uring-XXXXXX";
    int fd = mkstemp(path);
    uint8_t *bytes = malloc(len);
    check(fd >= 0 && bytes != NULL);
    check(unlink(path) == 0);
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(i);
    check_equal(write(fd, bytes, len), len);
    free(bytes);
    return fd;
}

static void test_files(void)
{
    char folder[] = "/tmp/leat-uring-XXXXXX";
    char got[16];
    struct leat_stat stat;
    check(mkdtemp(folder) != NULL);
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct leat_io io = ask(open_of(root, "one", O_RDWR | O_CREAT | O_EXCL, false));
    check_status(io.status, LEAT_OK);
    int fd = io.descriptor;
    struct leat_span pieces[] = { { NULL, 0 }, text("abc"), { NULL, 0 }, text("def") };
    check_equal(ask(write_of(LEAT_OP_WRITE, fd, pieces, 4)).bytes, 6);
    check_equal(ask(write_of(LEAT_OP_WRITE, fd, pieces, 2)).bytes, 3);
    check_status(ask(op_of(LEAT_OP_SYNC, fd)).status, LEAT_OK);
    struct leat_op op = op_of(LEAT_OP_STAT, fd);
    op.stat.ret = &stat;
    check_status(ask(op).status, LEAT_OK);
    check_equal(stat.size, 9);
    check_equal(ask(read_of(fd, got, sizeof(got), 1)).bytes, 8);
    check_bytes(got, 8, "bcdefabc", 8);
    check_status(ask(read_of(fd, got, sizeof(got), 9)).status, LEAT_END);
    check_status(ask(read_of(fd, got, sizeof(got), LEAT_OFFSET_NONE)).status, LEAT_END);
    check(lseek(fd, 3, SEEK_SET) == 3);
    check_equal(ask(read_of(fd, got, 3, LEAT_OFFSET_NONE)).bytes, 3);
    check_bytes(got, 3, "def", 3);
    check_equal(lseek(fd, 0, SEEK_CUR), 6);
    op = op_of(LEAT_OP_RENAME, -1);
    op.name.folder = root;
    op.name.from = "one";
    op.name.to = "two";
    check_status(ask(op).status, LEAT_OK);
    check_equal(ask(op).code, ENOENT);
    check_equal(ask(open_of(root, "../..", O_RDONLY, true)).code, EXDEV);
    io = ask(open_of(root, "two", O_RDONLY, true));
    check_status(io.status, LEAT_OK);
    leat_loop_close(loop, &(struct leat_socket){ .fd = io.descriptor });
    op = op_of(LEAT_OP_UNLINK, -1);
    op.name.folder = root;
    op.name.from = "two";
    check_status(ask(op).status, LEAT_OK);
    check_equal(ask(open_of(root, "two", O_RDONLY, false)).code, ENOENT);
    check_equal(ask(read_of(-1, got, 1, 0)).code, EBADF);
    close(fd);
    close(root);
    check(rmdir(folder) == 0);
}

/* Pipes, whose mode says that they do not block, and those that do. */
/* A part is written and then there is no room: the rest goes behind the part, where there is room
 * again, and not over it. */
static void test_a_part_of_a_file(void)
{
    char path[] = "/tmp/leat-uring-XXXXXX", got[FILE_ROOM + 4];
    int fd = mkstemp(path);
    struct rlimit limit;
    check(fd >= 0);
    check(unlink(path) == 0);
    check(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    struct rlimit low = { FILE_ROOM, limit.rlim_max };
    struct leat_span pieces[] = { text("over and over"), text("?") };
    signal(SIGXFSZ, SIG_IGN);
    check(setrlimit(RLIMIT_FSIZE, &low) == 0);
    for (unsigned len = 1; len <= 2; len++) {
        check(lseek(fd, 0, SEEK_SET) == 0);
        struct leat_io io = ask(write_of(LEAT_OP_WRITE, fd, pieces, len));
        check_status(io.status, LEAT_OK);
        check_equal(io.bytes, FILE_ROOM);
        check_equal(lseek(fd, 0, SEEK_CUR), FILE_ROOM);
        io = ask(write_of(LEAT_OP_WRITE, fd, pieces, len));
        check_status(io.status, LEAT_FAULT);
        check_equal(io.code, EFBIG);
    }
    check(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    struct leat_span rest = text("rest");
    check_equal(ask(write_of(LEAT_OP_WRITE, fd, &rest, 1)).bytes, 4);
    check_equal(pread(fd, got, sizeof(got), 0), sizeof(got));
    check_bytes(got, sizeof(got), "over anrest", sizeof(got));
    close(fd);
}

static void test_pipes(int mode)
{
    int fds[2];
    char got[8];
    static char full[1 << 20];
    struct leat_span piece = { (const uint8_t *)full, sizeof(full) };
    struct leat_span hello = text("hello");
    check(pipe2(fds, O_CLOEXEC | mode) == 0);
    struct asked reads = { .op = read_of(fds[0], got, sizeof(got), LEAT_OFFSET_NONE) };
    submit(&reads);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    check_equal(ask(write_of(LEAT_OP_WRITE, fds[1], &hello, 1)).bytes, 5);
    check_equal(finish(&reads).bytes, 5);
    check_status(ask(op_of(LEAT_OP_SYNC, fds[0])).status, LEAT_OK);
    check_equal(ask(read_of(fds[0], got, sizeof(got), 0)).code, ESPIPE);
    /* The rest waits until there is room, whichever way the pipe has it. */
    struct asked writes = { .op = write_of(LEAT_OP_WRITE, fds[1], &piece, 1) };
    submit(&writes);
    size_t left = sizeof(full);
    while (left > 0) {
        static char some[1 << 16];
        left -= ask(read_of(fds[0], some, sizeof(some), LEAT_OFFSET_NONE)).bytes;
        if (writes.done && writes.op.result.bytes < piece.len) {
            check_status(writes.op.result.status, LEAT_OK);
            piece.data += writes.op.result.bytes;
            piece.len -= writes.op.result.bytes;
            submit(&writes);
        }
    }
    finish(&writes);
    struct leat_op op = op_of(LEAT_OP_WAIT, fds[0]);
    op.wait.ready = LEAT_READY_READ;
    op.deadline_ns = leat_loop_clock(loop) + 2 * MS;
    check_status(ask(op).status, LEAT_AGAIN);
    submit(&reads);
    close(fds[1]);
    check_status(finish(&reads).status, LEAT_END);
    close(fds[0]);
}

static void test_blocking_pipes(void)
{
    test_pipes(0);
}

static void test_nonblocking_pipes(void)
{
    test_pipes(O_NONBLOCK);
}

/* --- Sockets --- */

/* What a thread of its own reads until the end, slowly at first, and compares with byte_at. */
struct drain {
    int fd;
    size_t got;
    bool right;
};

static void *drains(void *arg)
{
    struct drain *drain = arg;
    uint8_t some[32768];
    ssize_t n;
    drain->right = true;
    usleep(10000);
    while ((n = read(drain->fd, some, sizeof(some))) > 0) {
        for (ssize_t i = 0; i < n; i++)
            drain->right &= some[i] == byte_at(drain->got++);
    }
    return NULL;
}

/* A connection over TCP, made by the loop. */
static void new_connection(struct leat_socket *ret, int *ret_peer)
{
    struct leat_address at;
    struct leat_op op = op_of(LEAT_OP_SOCKET, -1);
    check_status(leat_address_parse("127.0.0.1:0", &at), LEAT_OK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(listener >= 0 && bind(listener, &at.any, at.len) == 0 && listen(listener, 1) == 0);
    check(getsockname(listener, &at.any, &at.len) == 0);
    op.socket.domain = AF_INET;
    op.socket.type = SOCK_STREAM;
    *ret = (struct leat_socket){ .fd = ask(op).descriptor };
    op = op_of(LEAT_OP_CONNECT, ret->fd);
    op.connect.to = &at;
    check_status(ask(op).status, LEAT_OK);
    /* cppcheck-suppress nullPointer */
    *ret_peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    check(*ret_peer >= 0);
    close(listener);
    op = op_of(LEAT_OP_CONNECT, ret->fd);
    op.connect.to = &at;
    check_status(ask(op).status, LEAT_OK); /* it is already */
}

/* Sends all of a pattern in pieces, of which some are empty, against a peer who is slow. */
static void test_sends_in_pieces(void)
{
    struct leat_socket socket;
    struct drain drain = { 0 };
    pthread_t thread;
    uint8_t *bytes = malloc(FILE_BYTES);
    check(bytes != NULL);
    for (size_t i = 0; i < FILE_BYTES; i++)
        bytes[i] = byte_at(i);
    new_connection(&socket, &drain.fd);
    check(pthread_create(&thread, NULL, drains, &drain) == 0);
    for (size_t at = 0; at < FILE_BYTES;) {
        size_t left = FILE_BYTES - at;
        size_t first = left < 1000 ? left : 1000;
        struct leat_span pieces[] = { { bytes + at, first },
                                      { NULL, 0 },
                                      { bytes + at + first, left - first } };
        struct leat_op op = write_of(LEAT_OP_SEND, socket.fd, pieces, at % 2 ? 3 : 1);
        op.write.more = at % 3 == 0;
        struct leat_io io = ask(op);
        check_status(io.status, LEAT_OK);
        at += io.bytes;
    }
    check_status(ask(op_of(LEAT_OP_SHUTDOWN, socket.fd)).status, LEAT_OK);
    pthread_join(thread, NULL);
    check_equal(drain.got, FILE_BYTES);
    check(drain.right);
    close(drain.fd);
    leat_loop_close(loop, &socket);
    free(bytes);
}

/* Over loopback the system copies even so, and says it: the loop gives it up. A kind of socket that
 * cannot is sent to as always. */
static void test_sends_without_a_copy(void)
{
    struct leat_uring *uring = leat_uring_of(loop);
    size_t before = uring->zero_copy_from;
    uring->zero_copy_from = 4096;
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    uint8_t bytes[8192] = { 1 };
    struct leat_span whole = { bytes, sizeof(bytes) },
                     halves[] = { { bytes, 4096 }, { bytes, 4096 } };
    check_equal(ask(write_of(LEAT_OP_SEND, pair[0], &whole, 1)).bytes, sizeof(bytes));
    check_equal(uring->zero_copy_from, SIZE_MAX);
    uring->zero_copy_from = 4096;
    check_equal(ask(write_of(LEAT_OP_SEND, pair[0], halves, 2)).bytes, sizeof(bytes));
    close(pair[0]);
    close(pair[1]);
    for (unsigned i = 1; i <= 2; i++) {
        struct leat_socket socket;
        int peer;
        uring->zero_copy_from = 4096;
        new_connection(&socket, &peer);
        struct asked sends = { .op = write_of(LEAT_OP_SEND, socket.fd, halves, i) };
        submit(&sends);
        check_status(leat_loop_step(loop, 0) == LEAT_FAULT, false);
        leat_loop_cancel(loop, &sends.op); /* too late, but its memory is not free before */
        check_equal(finish(&sends).bytes, i * 4096);
        check_equal(read(peer, bytes, sizeof(bytes)), i * 4096);
        close(peer);
        leat_loop_close(loop, &socket);
    }
    uring->zero_copy_from = before;
}

/* A peer who has gone is a fault, and no signal. */
static void test_sends_to_nobody(void)
{
    struct leat_socket socket;
    int peer;
    struct leat_span piece = text("x");
    new_connection(&socket, &peer);
    check(setsockopt(peer, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
                     sizeof(struct linger)) == 0);
    close(peer);
    struct leat_io io = { .status = LEAT_OK };
    for (unsigned i = 0; i < 3 && io.status == LEAT_OK; i++)
        io = ask(write_of(LEAT_OP_SEND, socket.fd, &piece, 1));
    check(io.status == LEAT_FAULT && (io.code == ECONNRESET || io.code == EPIPE));
    check_equal(ask(write_of(LEAT_OP_SEND, socket.fd, &piece, 1)).code, EPIPE);
    leat_loop_close(loop, &socket);
}

/* A Unix listener without room: the connect waits, and ends when there is some. */
static void test_connect_waits_for_room(void)
{
    enum { PEERS = 4 };
    struct leat_address at;
    int peers[PEERS], listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct asked asked[PEERS];
    char folder[] = "/tmp/leat-uring-XXXXXX", name[64];
    check(mkdtemp(folder) != NULL);
    snprintf(name, sizeof(name), "unix:%s/at", folder);
    check_status(leat_address_parse(name, &at), LEAT_OK);
    check(bind(listener, &at.any, at.len) == 0 && listen(listener, 0) == 0);
    for (unsigned i = 0; i < PEERS; i++) {
        peers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        asked[i] = (struct asked){ .op = op_of(LEAT_OP_CONNECT, peers[i]) };
        asked[i].op.connect.to = &at;
        submit(&asked[i]);
    }
    for (unsigned i = 0; i < 8; i++)
        check(leat_loop_step(loop, leat_loop_clock(loop) + MS) != LEAT_FAULT);
    check(asked[0].done == 1 && asked[PEERS - 1].done == 0);
    leat_loop_cancel(loop, &asked[PEERS - 1].op);
    check_equal(finish(&asked[PEERS - 1]).code, ECANCELED);
    check(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    for (unsigned got = 0; got < PEERS - 1;) {
        /* cppcheck-suppress nullPointer */
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        got += fd >= 0;
        if (fd >= 0)
            close(fd);
        check(leat_loop_step(loop, leat_loop_clock(loop) + MS) != LEAT_FAULT);
    }
    for (unsigned i = 0; i < PEERS - 1; i++)
        check_status(finish(&asked[i]).status, LEAT_OK);
    for (unsigned i = 0; i < PEERS; i++)
        close(peers[i]);
    close(listener);
    check(unlink(at.un.sun_path) == 0 && rmdir(folder) == 0);
}

/* A datagram that is waited for; an empty one is one too. */
static void test_datagrams(void)
{
    struct leat_ctx ctx;
    int pair[2];
    leat_ctx_init(&ctx, NULL);
    check(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
    for (unsigned len = 0; len < 3; len++) {
        struct asked asked = { .op = op_of(LEAT_OP_RECEIVE_FROM, pair[0]) };
        struct leat_op sends = op_of(LEAT_OP_SEND_TO, pair[1]);
        asked.op.receive_from.ctx = &ctx;
        asked.op.receive_from.len_max = 2;
        submit(&asked);
        check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
        sends.send_to.bytes = (struct leat_span){ (const uint8_t *)"abc", len };
        check_status(ask(sends).status, LEAT_OK);
        check_status(finish(&asked).status, LEAT_OK);
        check_equal(asked.op.receive_from.ret_slice.len, len);
        leat_slice_release(&asked.op.receive_from.ret_slice);
        submit(&asked);
        leat_loop_cancel(loop, &asked.op);
        check_equal(finish(&asked).code, ECANCELED);
    }
    close(pair[0]);
    close(pair[1]);
    leat_ctx_fini(&ctx);
}

/* --- Moves --- */

/* A whole file to a peer who is slow at first; pages are there, or are not. */
static void move_file(bool dropped)
{
    struct leat_socket socket;
    struct drain drain = { 0 };
    pthread_t thread;
    struct leat_io io;
    int file = file_of(FILE_BYTES);
    new_connection(&socket, &drain.fd);
    if (dropped)
        check(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    check(pthread_create(&thread, NULL, drains, &drain) == 0);
    struct leat_move move = { .from = file, .to = socket.fd };
    size_t moved = 0;
    do {
        struct leat_op op = op_of(LEAT_OP_MOVE, socket.fd);
        move.len = INT64_MAX;
        op.move.move = &move;
        io = ask(op);
        moved += io.status == LEAT_OK ? io.bytes : 0;
        check(io.status == LEAT_END || moved == (size_t)move.from_offset);
    } while (io.status == LEAT_OK);
    check_status(io.status, LEAT_END);
    check_status(ask(op_of(LEAT_OP_SHUTDOWN, socket.fd)).status, LEAT_OK);
    pthread_join(thread, NULL);
    check_equal(drain.got, FILE_BYTES);
    check(drain.right);
    close(drain.fd);
    close(file);
    leat_loop_close(loop, &socket);
}

static void test_move_file(void)
{
    move_file(false);
    move_file(true);
}

/* From a pipe without bytes, to a pipe without room; and given up. */
static void test_move_pipes(void)
{
    int from[2], to[2];
    char some[8];
    check(pipe2(from, O_CLOEXEC) == 0 && pipe2(to, O_CLOEXEC) == 0);
    struct leat_move move = { .from = from[0], .to = to[1], .from_offset = LEAT_OFFSET_NONE };
    struct asked asked = { .op = op_of(LEAT_OP_MOVE, to[1]) };
    move.len = 100;
    asked.op.move.move = &move;
    submit(&asked);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    check_equal(write(from[1], "moved", 5), 5);
    check_equal(finish(&asked).bytes, 5);
    check_equal(read(to[0], some, sizeof(some)), 5);
    check_bytes(some, 5, "moved", 5);
    check(fcntl(to[1], F_SETPIPE_SZ, 4096) == 4096);
    static char page[4096];
    check_equal(write(to[1], page, sizeof(page)), sizeof(page));
    check_equal(write(from[1], "again", 5), 5);
    submit(&asked);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    check_equal(read(to[0], page, sizeof(page)), sizeof(page));
    check_equal(finish(&asked).bytes, 5);
    check_equal(read(to[0], some, sizeof(some)), 5);
    submit(&asked);
    check_status(leat_loop_step(loop, 0), LEAT_AGAIN);
    leat_loop_cancel(loop, &asked.op);
    check_equal(finish(&asked).code, ECANCELED);
    submit(&asked);
    close(from[1]);
    check_status(finish(&asked).status, LEAT_END);
    close(from[0]);
    close(to[0]);
    close(to[1]);
}

int main(void)
{
    struct leat_loop_choice choice;
    loop = leat_loop_create(&(struct leat_loop_options){ .kind = "uring" }, &choice);
    if (loop == NULL) {
        printf("skipped: %s: %s\n", choice.reason, strerror(choice.code));
        return SKIPPED;
    }
    check_run(test_files);
    check_run(test_a_part_of_a_file);
    check_run(test_blocking_pipes);
    check_run(test_nonblocking_pipes);
    check_run(test_sends_in_pieces);
    check_run(test_sends_without_a_copy);
    check_run(test_sends_to_nobody);
    check_run(test_datagrams);
    check_run(test_connect_waits_for_room);
    check_run(test_move_file);
    check_run(test_move_pipes);
    leat_loop_destroy(loop);
    return 0;
}
