/* Files in loops on readiness, over both kinds: what is in memory is read at once, what is not is
 * read all the same, and nothing that a thread has is done twice or lost when it is cancelled. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/engine/readiness_test.h"
#include "tests/support/random.h"

enum { FILE_LEN = 1 << 20 };

static const char *kind;
static uint8_t bytes[FILE_LEN];
static char folder[] = "/tmp/leat-readiness-XXXXXX";
static int folder_fd;

static int make_file(void)
{
    int fd = openat(folder_fd, "file", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    check(fd >= 0 && write(fd, bytes, FILE_LEN) == FILE_LEN);
    return fd;
}

/* Out of memory, as far as the system lets itself be told. */
static void drop(int fd)
{
    check(fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
}

static void test_reads(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    int fd = make_file();
    for (unsigned is_dropped = 0; is_dropped < 2; is_dropped++) {
        enum { LEN = 64, PIECE = FILE_LEN / LEN };
        static struct counted_op ops[LEN];
        static uint8_t got[FILE_LEN];
        if (is_dropped)
            drop(fd);
        for (unsigned i = 0; i < LEN; i++) {
            ops[i] = COUNTED(.code = LEAT_OP_READ, .fd = fd,
                             .read = { got + i * PIECE, PIECE, i * PIECE });
            leat_loop_submit(loop, &ops[i].op);
        }
        for (unsigned i = 0; i < LEN; i++) {
            check_status(loop_ends(loop, &ops[i]).status, LEAT_OK);
            size_t len = ops[i].op.result.bytes; /* fewer where a part only was in memory */
            check_bytes(got + i * PIECE, len, bytes + i * PIECE, len);
        }
        ops[0].op.read.offset = FILE_LEN;
        check_status(loop_does(loop, &ops[0]).status, LEAT_END);
    }
    close(fd);
    leat_loop_destroy(loop);
}

/* Those that cannot be asked not to wait: a file of the kernel's, a device, a file by-passing
 * memory. */
static void test_others(void)
{
    static const char *const paths[] = { "/proc/self/stat", "/dev/zero" };
    struct leat_loop *loop = loop_of_kind(kind, 0);
    static _Alignas(4096) uint8_t got[4096];
    for (unsigned i = 0; i < 2; i++) {
        struct counted_op opens =
            COUNTED(.code = LEAT_OP_OPEN,
                    .open = { .path = paths[i], .folder = AT_FDCWD, .flags = O_RDONLY });
        int fd = loop_does(loop, &opens).descriptor;
        check_status(opens.op.result.status, LEAT_OK);
        struct counted_op op =
            COUNTED(.code = LEAT_OP_READ, .fd = fd, .read = { got, sizeof(got), -1 });
        check_status(loop_does(loop, &op).status, LEAT_OK);
        close(fd);
    }
    close(make_file());
    int fd = openat(folder_fd, "file", O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (fd >= 0) { /* not every file system has it */
        struct counted_op op =
            COUNTED(.code = LEAT_OP_READ, .fd = fd, .read = { got, sizeof(got), 4096 });
        check(!leat_loop_start(loop, &op.op));
        check_status(loop_ends(loop, &op).status, LEAT_OK);
        check_bytes(got, sizeof(got), bytes + 4096, sizeof(got));
        close(fd);
    }
    leat_loop_destroy(loop);
}

static void test_names(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    struct leat_span piece = { bytes, 1000 };
    struct counted_op opens =
        COUNTED(.code = LEAT_OP_OPEN,
                .open = {
                    .path = "new", .folder = folder_fd, .flags = O_CREAT | O_RDWR, .mode = 0600 });
    int fd = loop_does(loop, &opens).descriptor;
    check_status(opens.op.result.status, LEAT_OK);
    struct counted_op writes =
        COUNTED(.code = LEAT_OP_WRITE, .fd = fd, .write = { .pieces = &piece, .pieces_len = 1 });
    check_equal(loop_does(loop, &writes).bytes, 1000);
    struct counted_op syncs = COUNTED(.code = LEAT_OP_SYNC, .fd = fd);
    check_status(loop_does(loop, &syncs).status, LEAT_OK);
    struct leat_stat stat;
    struct counted_op stats = COUNTED(.code = LEAT_OP_STAT, .fd = fd, .stat = { &stat });
    check(leat_loop_start(loop, &stats.op));
    check_equal(stat.size, 1000);
    struct counted_op renames =
        COUNTED(.code = LEAT_OP_RENAME,
                .name = { .from = "new", .to = "newer", .folder = folder_fd });
    check_status(loop_does(loop, &renames).status, LEAT_OK);
    opens.op.open.flags = O_RDONLY;
    check_equal(loop_does(loop, &opens).code, ENOENT);
    opens.op.open.path = "newer";
    opens.op.open.beneath = true;
    check(leat_loop_start(loop, &opens.op)); /* its path is in memory */
    check_status(opens.op.result.status, LEAT_OK);
    close(opens.op.result.descriptor);
    struct counted_op unlinks =
        COUNTED(.code = LEAT_OP_UNLINK, .name = { .from = "newer", .folder = folder_fd });
    check_status(loop_does(loop, &unlinks).status, LEAT_OK);
    check_equal(loop_does(loop, &unlinks).code, ENOENT);
    /* A named pipe without a writer is opened without waiting for one. */
    check(mkfifoat(folder_fd, "pipe", 0600) == 0);
    opens.op.open.path = "pipe";
    check_status(loop_does(loop, &opens).status, LEAT_OK);
    close(opens.op.result.descriptor);
    check(unlinkat(folder_fd, "pipe", 0) == 0);
    close(fd);
    leat_loop_destroy(loop);
}

/* A file to a socket that takes little at once, in memory and not. */
static void test_moves_out(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    int from = make_file(), fds[2];
    static uint8_t got[FILE_LEN];
    for (unsigned is_dropped = 0; is_dropped < 2; is_dropped++) {
        check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        struct leat_move move = { .from = from, .to = fds[0], .len = FILE_LEN };
        struct counted_op op = COUNTED(.code = LEAT_OP_MOVE, .fd = fds[0], .move = { &move });
        size_t got_len = 0;
        if (is_dropped)
            drop(from);
        for (size_t sent = 0; sent < FILE_LEN || got_len < FILE_LEN;) {
            move.len = FILE_LEN - sent;
            if (sent < FILE_LEN && op.op.state == LEAT_OP_IDLE)
                leat_loop_submit(loop, &op.op);
            loop_steps(loop, 0);
            if (op.done > 0) {
                check_status(loop_ends(loop, &op).status, LEAT_OK);
                sent += op.op.result.bytes;
            }
            ssize_t n = read(fds[1], got + got_len, 50000);
            got_len += n > 0 ? (size_t)n : 0;
        }
        check_bytes(got, got_len, bytes, FILE_LEN);
        check_equal(move.from_offset, FILE_LEN);

        close(fds[0]);
        close(fds[1]);
    }
    close(from);
    leat_loop_destroy(loop);
}

/* Into a file: from a pipe, of which no thread waits for the bytes, and from another file. */
static void test_moves_in(void)
{
    struct leat_loop *loop = loop_of_kind(kind, 0);
    int from = make_file(), fds[2];
    int to = openat(folder_fd, "copy", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    static uint8_t got[FILE_LEN];
    check(to >= 0 && pipe2(fds, O_CLOEXEC) == 0);
    struct leat_move move = { .from = fds[0], .to = to, .from_offset = -1, .len = 10 };
    struct counted_op op = COUNTED(.code = LEAT_OP_MOVE, .fd = to, .move = { &move });
    leat_loop_submit(loop, &op.op);
    loop_settles(loop);
    check_equal(op.done, 0);
    check(write(fds[1], bytes, 10) == 10);
    check_equal(loop_ends(loop, &op).bytes, 10);
    move = (struct leat_move){ .from = from, .to = to, .from_offset = 10, .len = 1000 };
    check_status(loop_does(loop, &op).status, LEAT_OK);
    size_t copied = 10 + op.op.result.bytes;
    check(pread(to, got, FILE_LEN, 0) == (ssize_t)copied);
    check_bytes(got, copied, bytes, copied);
    close(to);
    close(from);
    close(fds[0]);
    close(fds[1]);
    leat_loop_destroy(loop);
}

/* Whatever is cancelled when: each ends once, with its result or as cancelled. */
static void test_cancels(void)
{
    enum { LEN = 32 };
    struct leat_loop *loop = loop_of_kind(kind, 0);
    struct counted_op ops[LEN];
    struct random random = { 1 };
    int fd = make_file();
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < LEN; i++) {
            ops[i] = COUNTED(.code = LEAT_OP_SYNC, .fd = fd);
            leat_loop_submit(loop, &ops[i].op);
        }
        for (unsigned i = 0; i < LEN; i++) {
            if (random_percent(&random, 20))
                loop_steps(loop, 0);
            if (random_percent(&random, 60))
                leat_loop_cancel(loop, &ops[i].op);
        }
        check_status(leat_loop_run(loop), LEAT_OK);
        for (unsigned i = 0; i < LEN; i++) {
            check_equal(ops[i].done, 1);
            if (ops[i].op.result.status != LEAT_OK)
                cancelled(&ops[i]);
        }
    }
    close(fd);
    leat_loop_destroy(loop);
}

int main(void)
{
    static const char *const kinds[] = { "epoll", "poll" };
    struct random random = { 7 };
    for (size_t i = 0; i < FILE_LEN; i++)
        bytes[i] = (uint8_t)random_next(&random);
    check(mkdtemp(folder) != NULL);
    folder_fd = open(folder, O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 0; i < 2; i++) {
        kind = kinds[i];
        check_says_text("kind", kind);
        check_run(test_reads);
        check_run(test_others);
        check_run(test_names);
        check_run(test_moves_out);
        check_run(test_moves_in);
        check_run(test_cancels);
    }
    unlinkat(folder_fd, "file", 0);
    unlinkat(folder_fd, "copy", 0);
    close(folder_fd);
    check(rmdir(folder) == 0);
    return 0;
}
