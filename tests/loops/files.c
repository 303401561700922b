/* Operations of files and pipes do what a system call does that has returned. */

#include "tests/loops/bench.h"
#include "tests/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int opens(struct bench *b, const char *path, int flags)
{
    struct leat_op op = op_open(b, path, flags | O_CLOEXEC);
    check_result(bench_do(b, &op), LEAT_OK);
    check(op.result.descriptor >= 0);
    return op.result.descriptor;
}

static struct leat_io opens_not(struct bench *b, const char *path, int flags)
{
    struct leat_op op = op_open(b, path, flags | O_CLOEXEC);
    return bench_do(b, &op);
}

static void writes(struct bench *b, int fd, const void *data, size_t len)
{
    struct leat_span piece = { data, len };
    while (piece.len > 0) {
        struct leat_op op = op_write(fd, &piece);
        check_result(bench_do(b, &op), LEAT_OK);
        check(op.result.bytes > 0);
        check(op.result.bytes <= piece.len);
        piece.data += op.result.bytes;
        piece.len -= op.result.bytes;
    }
}

/* Read `len` bytes, or to the end. The number read. */
static size_t reads(struct bench *b, int fd, void *to, size_t len, int64_t offset)
{
    size_t done = 0;
    while (done < len) {
        int64_t at = offset == LEAT_OFFSET_NONE ? offset : offset + (int64_t)done;
        struct leat_op op = op_read(fd, (uint8_t *)to + done, len - done, at);
        struct leat_io io = bench_do(b, &op);
        if (io.status == LEAT_END)
            break;
        check_result(io, LEAT_OK);
        check(io.bytes > 0);
        check(io.bytes <= len - done);
        done += io.bytes;
    }
    return done;
}

static struct leat_stat stats(struct bench *b, int fd)
{
    struct leat_stat stat;
    struct leat_op op = op_of(LEAT_OP_STAT, fd);
    op.stat.ret = &stat;
    check_result(bench_do(b, &op), LEAT_OK);
    return stat;
}

static void a_file_is_written_and_read(struct bench *b)
{
    enum { LEN = 5000 };
    uint8_t bytes[LEN], got[LEN + 1];
    bench_open(b, NULL);
    const char *path = bench_path(b);
    int fd = opens(b, path, O_RDWR | O_CREAT | O_EXCL);
    pattern_fill(1, 0, bytes, LEN);
    struct leat_span pieces[3] = { { bytes, 10 }, { bytes, 0 }, { bytes + 10, 100 } };
    struct leat_op op = op_write(fd, pieces);
    op.write.pieces_len = 3;
    check_result(bench_do(b, &op), LEAT_OK);
    check(op.result.bytes <= 110);
    writes(b, fd, bytes + op.result.bytes, LEN - op.result.bytes);
    check_equal(stats(b, fd).size, LEN);
    check_equal(stats(b, fd).kind, LEAT_KIND_FILE);
    check_equal(reads(b, fd, got, LEN + 1, 0), LEN);
    pattern_check(1, 0, got, LEN);
    for (unsigned i = 0; i < 20; i++) {
        size_t at = (size_t)random_below(&b->random, LEN);
        size_t len = (size_t)random_below(&b->random, LEN - at) + 1;
        check_equal(reads(b, fd, got, len, (int64_t)at), len < LEN - at ? len : LEN - at);
        pattern_check(1, at, got, len < LEN - at ? len : LEN - at);
    }
    op = op_read(fd, got, 1, LEN);
    check_result(bench_do(b, &op), LEAT_END);
    op = op_read(fd, got, 1, LEN + 5000);
    check_result(bench_do(b, &op), LEAT_END);
    op = op_read(fd, got, 1, LEAT_OFFSET_NONE);
    check_result(bench_do(b, &op), LEAT_END); /* where the writes left it */
    op = op_of(LEAT_OP_SYNC, fd);
    check_result(bench_do(b, &op), LEAT_OK);
    bench_close_fd(b, fd);
    fd = opens(b, path, O_RDONLY);
    check_equal(reads(b, fd, got, LEN, LEAT_OFFSET_NONE), LEN);
    pattern_check(1, 0, got, LEN);
    bench_close_fd(b, fd);
    bench_close(b);
}

static void names_change_and_go(struct bench *b)
{
    bench_open(b, NULL);
    const char *one = bench_path(b), *other = bench_path(b);
    int fd = opens(b, one, O_RDWR | O_CREAT);
    struct leat_stat before = stats(b, fd);
    struct leat_op op = op_of(LEAT_OP_RENAME, -1);
    op.name.folder = b->simulates ? AT_FDCWD : b->folder_fd;
    op.name.from = one;
    op.name.to = other;
    check_result(bench_do(b, &op), LEAT_OK);
    check_fault(bench_do(b, &op), ENOENT);
    check_fault(opens_not(b, one, O_RDONLY), ENOENT);
    int again = opens(b, other, O_RDONLY);
    check_equal(stats(b, again).number, before.number);
    check_equal(stats(b, again).device, before.device);
    op = op_of(LEAT_OP_UNLINK, -1);
    op.name.folder = b->simulates ? AT_FDCWD : b->folder_fd;
    op.name.from = other;
    check_result(bench_do(b, &op), LEAT_OK);
    check_fault(bench_do(b, &op), ENOENT);
    check_fault(opens_not(b, other, O_RDONLY), ENOENT);
    writes(b, fd, "still there", 11);
    check_equal(stats(b, again).size, 11);
    bench_close_fd(b, fd);
    bench_close_fd(b, again);
    bench_close(b);
}

static void files_are_opened_as_asked(struct bench *b)
{
    uint8_t got[10];
    bench_open(b, NULL);
    const char *path = bench_path(b);
    check_fault(opens_not(b, path, O_RDONLY), ENOENT);
    int fd = opens(b, path, O_WRONLY | O_CREAT | O_EXCL);
    check_fault(opens_not(b, path, O_WRONLY | O_CREAT | O_EXCL), EEXIST);
    writes(b, fd, "12345", 5);
    struct leat_op op = op_read(fd, got, 1, 0);
    check_fault(bench_do(b, &op), EBADF);
    bench_close_fd(b, fd);
    fd = opens(b, path, O_WRONLY | O_APPEND);
    writes(b, fd, "678", 3);
    check_equal(stats(b, fd).size, 8);
    bench_close_fd(b, fd);
    fd = opens(b, path, O_RDWR | O_TRUNC);
    check_equal(stats(b, fd).size, 0);
    bench_close_fd(b, fd);
    bench_close(b);
}

static void errors_are_the_systems(struct bench *b)
{
    uint8_t byte = 'x';
    struct leat_span piece = { &byte, 1 };
    struct leat_stat stat;
    int pipes[2];
    bench_open(b, NULL);
    check(mkdirat(b->folder_fd, "folder", 0700) == 0);
    check_fault(opens_not(b, "folder", O_WRONLY), EISDIR);
    check_fault(opens_not(b, "folder/x/y", O_RDONLY), ENOENT);
    int folder = opens(b, "folder", O_RDONLY | O_DIRECTORY);
    check_equal(stats(b, folder).kind, LEAT_KIND_FOLDER);
    check_equal(stats(b, folder).mode, 0700);
    struct leat_op op = op_read(folder, &byte, 1, 0);
    check_fault(bench_do(b, &op), EISDIR);
    bench_close_fd(b, folder);
    int full = opens(b, "/dev/full", O_WRONLY);
    check_equal(stats(b, full).kind, LEAT_KIND_OTHER);
    op = op_write(full, &piece);
    check_fault(bench_do(b, &op), ENOSPC);
    bench_close_fd(b, full);
    int gone = dup(b->folder_fd);
    close(gone);
    op = op_of(LEAT_OP_STAT, gone);
    op.stat.ret = &stat;
    check_fault(bench_do(b, &op), EBADF);
    op = op_read(gone, &byte, 1, LEAT_OFFSET_NONE);
    check_fault(bench_do(b, &op), EBADF);
    op = op_of(LEAT_OP_SYNC, gone);
    check_fault(bench_do(b, &op), EBADF);
    check(pipe2(pipes, O_CLOEXEC) == 0);
    op = op_of(LEAT_OP_SYNC, pipes[1]);
    check_result(bench_do(b, &op), LEAT_OK);
    bench_close_fd(b, pipes[0]);
    /* Of pipes the signal is the program's own affair. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    op = op_write(pipes[1], &piece);
    check_fault(bench_do(b, &op), EPIPE);
    signal(SIGPIPE, before);
    bench_close_fd(b, pipes[1]);
    check(unlinkat(b->folder_fd, "folder", AT_REMOVEDIR) == 0);
    bench_close(b);
}

static void a_pipe_has_no_offsets(struct bench *b)
{
    int pipes[2];
    uint8_t byte;
    bench_open(b, NULL);
    check(pipe2(pipes, O_CLOEXEC) == 0);
    struct leat_op op = op_read(pipes[0], &byte, 1, 3);
    check_fault(bench_do(b, &op), ESPIPE);
    bench_close_fd(b, pipes[0]);
    bench_close_fd(b, pipes[1]);
    bench_close(b);
}

static struct leat_io opens_beneath(struct bench *b, const char *path)
{
    struct leat_op op = op_open(b, path, O_RDONLY | O_CLOEXEC);
    op.open.beneath = true;
    struct leat_io io = bench_do(b, &op);
    if (io.status == LEAT_OK)
        bench_close_fd(b, io.descriptor);
    return io;
}

static void refuses(struct leat_io io)
{
    check_status(io.status, LEAT_FAULT);
    check(io.code == EXDEV || io.code == ELOOP);
}

static void nothing_leads_out_of_a_folder(struct bench *b)
{
    bench_open(b, NULL);
    check(mkdirat(b->folder_fd, "in", 0700) == 0);
    bench_close_fd(b, opens(b, "in/file", O_WRONLY | O_CREAT));
    check(symlinkat("in/file", b->folder_fd, "stays") == 0);
    check(symlinkat("/etc", b->folder_fd, "out") == 0);
    check(symlinkat("../../../etc/passwd", b->folder_fd, "in/up") == 0);
    check(symlinkat("loop", b->folder_fd, "loop") == 0);
    check_result(opens_beneath(b, "in/file"), LEAT_OK);
    check_result(opens_beneath(b, "in/../in/file"), LEAT_OK);
    check_result(opens_beneath(b, "stays"), LEAT_OK);
    check_fault(opens_beneath(b, "in/none"), ENOENT);
    refuses(opens_beneath(b, ".."));
    refuses(opens_beneath(b, "../x"));
    refuses(opens_beneath(b, "in/../../x"));
    refuses(opens_beneath(b, "/etc/passwd"));
    refuses(opens_beneath(b, "out"));
    refuses(opens_beneath(b, "out/passwd"));
    refuses(opens_beneath(b, "in/up"));
    refuses(opens_beneath(b, "loop"));
    check(unlinkat(b->folder_fd, "in/file", 0) == 0);
    check(unlinkat(b->folder_fd, "in/up", 0) == 0);
    check(unlinkat(b->folder_fd, "in", AT_REMOVEDIR) == 0);
    check(unlinkat(b->folder_fd, "stays", 0) == 0);
    check(unlinkat(b->folder_fd, "out", 0) == 0);
    check(unlinkat(b->folder_fd, "loop", 0) == 0);
    bench_close(b);
}

/* --- Pipes --- */

static void pipe_make(struct bench *b, int pipes[2])
{
    int nonblocking = random_percent(&b->random, 50) ? O_NONBLOCK : 0;
    check(pipe2(pipes, O_CLOEXEC | nonblocking) == 0);
}

/* Neither AGAIN nor FULL comes out, whatever the mode: both ends are waited for. */
static void pipes_are_waited_for(struct bench *b)
{
    enum { LEN = 300000, SOME = 70000 };
    int pipes[2];
    bench_open(b, NULL);
    pipe_make(b, pipes);
    uint8_t *bytes = memory_get(LEN), *got = memory_get(SOME);
    pattern_fill(2, 0, bytes, LEN);
    size_t sent = 0, taken = 0;
    struct leat_span piece = { bytes, LEN };
    struct call write = { .op = op_write(pipes[1], &piece) };
    struct call read = { .op = op_read(pipes[0], got, SOME, LEAT_OFFSET_NONE) };
    call_submit(b, &read);
    bench_step(b);
    check_equal(read.done, 0);
    call_submit(b, &write);
    while (taken < LEN) {
        bench_step(b);
        if (write.done == 1 && sent < LEN) {
            check_result(write.op.result, LEAT_OK);
            sent += write.op.result.bytes;
            piece = (struct leat_span){ bytes + sent, LEN - sent };
            write.done = 0;
            if (sent < LEN)
                call_submit(b, &write);
            else
                bench_close_fd(b, pipes[1]);
        }
        if (read.done == 1) {
            check_result(read.op.result, LEAT_OK);
            pattern_check(2, taken, got, read.op.result.bytes);
            taken += read.op.result.bytes;
            call_submit(b, &read);
        }
    }
    check_result(call_await(b, &read), LEAT_END);
    check_equal(sent, LEN);
    bench_close_fd(b, pipes[0]);
    memory_put(bytes);
    memory_put(got);
    bench_close(b);
}

/* --- Moves --- */

/* Moves all that `move` asks for. The number moved, at an end fewer. */
static uint64_t moves(struct bench *b, struct leat_move *move)
{
    uint64_t done = 0, len = move->len;
    while (done < len) {
        int64_t offset = move->from_offset;
        move->len = len - done;
        struct leat_op op = op_move(move);
        struct leat_io io = bench_do(b, &op);
        if (io.status == LEAT_END)
            break;
        check_result(io, LEAT_OK);
        check(io.bytes <= len - done);
        if (offset != LEAT_OFFSET_NONE)
            check_equal(move->from_offset - offset, io.bytes);
        done += io.bytes;
    }
    return done;
}

static void bytes_move_between_any_two(struct bench *b)
{
    enum { LEN = 20000 };
    uint8_t got[LEN];
    int pipes[2], far;
    bench_open(b, NULL);
    int from = opens(b, bench_path(b), O_RDWR | O_CREAT);
    int to = opens(b, bench_path(b), O_RDWR | O_CREAT);
    pattern_fill(3, 0, got, LEN);
    writes(b, from, got, LEN);
    struct leat_move move = { .from = from, .to = to, .from_offset = 100, .len = 5000 };
    check_equal(moves(b, &move), 5000);
    check_equal(reads(b, to, got, LEN, 0), 5000);
    pattern_check(3, 100, got, 5000);
    move = (struct leat_move){ .from = from, .to = to, .from_offset = LEN, .len = 10 };
    check_equal(moves(b, &move), 0);
    pipe_make(b, pipes);
    move = (struct leat_move){ .from = from, .to = pipes[1], .from_offset = 5, .len = 4000 };
    check_equal(moves(b, &move), 4000);
    move = (struct leat_move){ pipes[0], to, LEAT_OFFSET_NONE, 4000, 0 };
    check_equal(moves(b, &move), 4000);
    check_equal(reads(b, to, got, LEN, 5000), 4000);
    pattern_check(3, 5, got, 4000);
    bench_close_fd(b, pipes[1]);
    move = (struct leat_move){ pipes[0], to, LEAT_OFFSET_NONE, 10, 0 };
    check_equal(moves(b, &move), 0);
    bench_close_fd(b, pipes[0]);
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    move = (struct leat_move){ .from = from, .to = near.fd, .from_offset = 0, .len = LEN };
    check_equal(moves(b, &move), LEN);
    check(recv(far, got, LEN, MSG_WAITALL) == LEN);
    pattern_check(3, 0, got, LEN);
    check(send(far, got, 1, 0) == 1);
    move = (struct leat_move){ near.fd, to, LEAT_OFFSET_NONE, 10, 0 };
    struct leat_op op = op_move(&move);
    check_result(bench_do(b, &op), LEAT_UNSUPPORTED);
    bench_close_socket(b, &near);
    close(far);
    bench_close_fd(b, from);
    bench_close_fd(b, to);
    bench_close(b);
}

/* A move waits for its source, and for room where it goes. */
static void moves_wait(struct bench *b)
{
    enum { LEN = 500000 };
    int pipes[2];
    bench_open(b, NULL);
    pipe_make(b, pipes);
    int to = opens(b, bench_path(b), O_RDWR | O_CREAT);
    struct leat_move move = { pipes[0], to, LEAT_OFFSET_NONE, 100, 0 };
    struct call call = { .op = op_move(&move) };
    call_submit(b, &call);
    bench_pass(b, 2 * BENCH_MS);
    check_equal(call.done, 0);
    check(write(pipes[1], "0123456789", 10) == 10);
    check_result(call_await(b, &call), LEAT_OK);
    check_equal(call.op.result.bytes, 10);
    bench_close_fd(b, pipes[0]);
    bench_close_fd(b, pipes[1]);
    int far;
    struct leat_socket near = bench_pair(b, bench_family(b), &far);
    int from = opens(b, bench_path(b), O_RDWR | O_CREAT);
    uint8_t *bytes = memory_get(LEN);
    pattern_fill(4, 0, bytes, LEN);
    writes(b, from, bytes, LEN);
    memory_put(bytes);
    struct peer peer = { .fd = far,
                         .id = 4,
                         .len = LEN,
                         .cut_max = 65536,
                         .rests = true,
                         .random = { random_next(&b->random) } };
    peer_takes(&peer);
    move = (struct leat_move){ .from = from, .to = near.fd, .from_offset = 0, .len = LEN };
    check_equal(moves(b, &move), LEN);
    bench_close_socket(b, &near);
    peer_join(&peer);
    bench_close_fd(b, from);
    bench_close_fd(b, to);
    bench_close(b);
}

/* --- Waiting --- */

static void readiness_is_waited_for(struct bench *b)
{
    int pipes[2];
    bench_open(b, NULL);
    pipe_make(b, pipes);
    struct call read = { .op = op_wait(pipes[0], LEAT_READY_READ) };
    struct call room = { .op = op_wait(pipes[1], LEAT_READY_WRITE) };
    call_submit(b, &read);
    call_submit(b, &room);
    check_result(call_await(b, &room), LEAT_OK);
    bench_pass(b, 2 * BENCH_MS);
    check_equal(read.done, 0);
    check(write(pipes[1], "x", 1) == 1);
    check_result(call_await(b, &read), LEAT_OK);
    bench_close_fd(b, pipes[1]);
    bench_close_fd(b, pipes[0]);
    bench_close(b);
}

const struct loop_test tests_files[] = {
    { "a file is written and read", a_file_is_written_and_read, 0, 4 },
    { "names change and go", names_change_and_go, 0, 2 },
    { "files are opened as asked", files_are_opened_as_asked, 0, 2 },
    { "errors are the system's", errors_are_the_systems, REAL_ONLY, 2 },
    { "a pipe has no offsets", a_pipe_has_no_offsets, REAL_ONLY, 2 },
    { "nothing leads out of a folder", nothing_leads_out_of_a_folder, REAL_ONLY, 2 },
    { "pipes are waited for", pipes_are_waited_for, REAL_ONLY, 4 },
    { "bytes move between any two", bytes_move_between_any_two, REAL_ONLY, 6 },
    { "moves wait", moves_wait, REAL_ONLY, 4 },
    { "readiness is waited for", readiness_is_waited_for, REAL_ONLY, 2 },
    { 0 },
};
