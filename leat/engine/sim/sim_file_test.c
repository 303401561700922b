/* Files of a simulated loop over crashes: what was synced is there, what was not is there, torn or
 * gone, and nothing else ever is; over the seeds each of these happens. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "leat/engine/sim/drive_test.h"

enum { SEEDS = 300, OLD_LEN = 20000, NEW_LEN = 30000, SOME = 7777 };

static uint8_t old_bytes[OLD_LEN], new_bytes[NEW_LEN], seen[1 << 20];

static void bytes_init(void)
{
    for (size_t i = 0; i < OLD_LEN; i++)
        old_bytes[i] = (uint8_t)(1 + i % 100);
    for (size_t i = 0; i < NEW_LEN; i++)
        new_bytes[i] = (uint8_t)(128 + i % 101);
}

static struct leat_span file_of(struct leat_loop *loop, const char *path)
{
    struct leat_span span;
    check_status(leat_sim_file_get(loop, path, &span), LEAT_OK);
    return span;
}

static bool is_there(struct leat_loop *loop, const char *path)
{
    struct leat_span span;
    return leat_sim_file_get(loop, path, &span) == LEAT_OK;
}

static bool is_bytes(struct leat_span span, const uint8_t *bytes, size_t len)
{
    return span.len == len && (len == 0 || memcmp(span.data, bytes, len) == 0);
}

static void write_file(struct leat_loop *loop, const char *path, const uint8_t *data, size_t len,
                       bool syncs)
{
    int fd = drive_open(loop, path, O_WRONLY | O_CREAT | O_TRUNC);
    for (size_t at = 0; at < len; at += SOME)
        drive_write(loop, fd, data + at, len - at < SOME ? len - at : SOME);
    if (syncs)
        drive_sync(loop, fd);
    drive_close(loop, fd);
}

static void sync_folder(struct leat_loop *loop, const char *path)
{
    int fd = drive_open(loop, path, O_RDONLY | O_DIRECTORY);
    drive_sync(loop, fd);
    drive_close(loop, fd);
}

static int code_of_open(struct leat_loop *loop, int folder, const char *path, int flags,
                        bool beneath)
{
    struct leat_op op = {
        .code = LEAT_OP_OPEN,
        .open = { .folder = folder, .path = path, .flags = flags, .beneath = beneath }
    };
    struct leat_io io = drive_op(loop, &op);
    if (io.status == LEAT_OK)
        drive_close(loop, io.descriptor);
    return io.status == LEAT_OK ? 0 : io.code;
}

static void end(struct leat_loop *loop)
{
    check_equal(leat_sim_open_count(loop), 0);
    leat_loop_destroy(loop);
}

/* --- Over a crash --- */

static void test_synced_stays(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    write_file(loop, "/new", new_bytes, NEW_LEN, true);
    sync_folder(loop, "/");
    int fd = drive_open(loop, "/new", O_RDONLY);
    leat_sim_crash(loop);
    struct leat_op read = { .code = LEAT_OP_READ, .fd = fd, .read = { seen, 1, 0 } };
    check_equal(drive_op(loop, &read).code, EIO);
    drive_close(loop, fd);
    check(is_bytes(file_of(loop, "/new"), new_bytes, NEW_LEN));
    end(loop);
}

static unsigned all_old, all_new, mixed, torn, gone;

/* Every byte is one that was written there. */
static void judge_mix(struct leat_span span)
{
    bool has_old = false, has_new = false, was_old = false, is_torn = false;
    check(span.len >= OLD_LEN && span.len <= NEW_LEN);
    for (size_t i = 0; i < span.len; i++) {
        bool is_old = i < OLD_LEN && span.data[i] == old_bytes[i];
        check(is_old || span.data[i] == new_bytes[i]);
        check(i % 512 == 0 || i % SOME == 0 || i >= OLD_LEN || is_old == was_old);
        has_old |= is_old;
        has_new |= !is_old;
        is_torn |= is_old && !was_old && i > 0;
        was_old = is_old;
    }
    all_old += !has_new;
    all_new += !has_old && span.len == NEW_LEN;
    mixed += has_old && has_new;
    torn += is_torn;
}

static void test_unsynced_is_torn(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_file_put(loop, "/f", old_bytes, OLD_LEN), LEAT_OK);
    int fd = drive_open(loop, "/f", O_WRONLY);
    for (size_t at = 0; at < NEW_LEN; at += SOME)
        drive_write(loop, fd, new_bytes + at, NEW_LEN - at < SOME ? NEW_LEN - at : SOME);
    drive_close(loop, fd);
    check(is_bytes(file_of(loop, "/f"), new_bytes, NEW_LEN));
    leat_sim_crash(loop);
    judge_mix(file_of(loop, "/f"));
    end(loop);
}

static void test_rename_is_whole(uint64_t seed, bool syncs_folder)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_folder(loop, "/d"), LEAT_OK);
    check_status(leat_sim_file_put(loop, "/d/f", old_bytes, OLD_LEN), LEAT_OK);
    write_file(loop, "/d/f.new", new_bytes, NEW_LEN, true);
    drive_rename(loop, "/d/f.new", "/d/f");
    if (syncs_folder)
        sync_folder(loop, "d");
    check(is_bytes(file_of(loop, "/d/f"), new_bytes, NEW_LEN));
    leat_sim_crash(loop);
    bool is_old = is_bytes(file_of(loop, "/d/f"), old_bytes, OLD_LEN);
    bool is_new = is_bytes(file_of(loop, "/d/f"), new_bytes, NEW_LEN);
    check(is_new || (is_old && !syncs_folder));
    check(!is_new || !is_there(loop, "/d/f.new"));
    all_old += is_old;
    all_new += is_new;
    end(loop);
}

/* What a program gets that forgets to sync, before its rename and after its create. */
static void test_forgotten_syncs(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_file_put(loop, "/f", old_bytes, OLD_LEN), LEAT_OK);
    write_file(loop, "/f.new", new_bytes, NEW_LEN, false);
    drive_rename(loop, "/f.new", "/f");
    sync_folder(loop, "/");
    write_file(loop, "/g", new_bytes, NEW_LEN, true);
    leat_sim_crash(loop);
    struct leat_span span = file_of(loop, "/f");
    check(span.len <= NEW_LEN && memcmp(span.data, new_bytes, span.len) == 0);
    mixed += span.len < NEW_LEN;
    gone += !is_there(loop, "/g");
    end(loop);
}

/* A sync that failed is not made good by the next. */
static void test_failed_sync(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_file_put(loop, "/f", old_bytes, OLD_LEN), LEAT_OK);
    int fd = drive_open(loop, "/f", O_WRONLY);
    drive_write(loop, fd, new_bytes, OLD_LEN);
    leat_sim_set_fault(loop, LEAT_SIM_IO, 1000);
    struct leat_op sync = { .code = LEAT_OP_SYNC, .fd = fd };
    check_equal(drive_op(loop, &sync).code, EIO);
    leat_sim_calm(loop);
    drive_sync(loop, fd);
    drive_close(loop, fd);
    leat_sim_crash(loop);
    mixed += !is_bytes(file_of(loop, "/f"), new_bytes, OLD_LEN);
    end(loop);
}

/* --- Names --- */

static void test_open(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_folder(loop, "/d"), LEAT_OK);
    check_status(leat_sim_folder(loop, "/d/e/"), LEAT_OK);
    check_status(leat_sim_folder(loop, "/none/e"), LEAT_FAULT);
    check_status(leat_sim_file_put(loop, "/d/f", "abc", 3), LEAT_OK);
    int d = drive_open(loop, "/d", O_RDONLY | O_DIRECTORY);
    check_equal(code_of_open(loop, d, "f", O_RDONLY, true), 0);
    check_equal(code_of_open(loop, d, "./e/..//f", O_RDWR, true), 0);
    check_equal(code_of_open(loop, d, "../d/f", O_RDWR, false), 0);
    check_equal(code_of_open(loop, d, "../d/f", O_RDWR, true), EXDEV);
    check_equal(code_of_open(loop, d, "/d/f", O_RDWR, true), EXDEV);
    check_equal(code_of_open(loop, d, "/../d/f", O_RDWR, false), 0);
    check_equal(code_of_open(loop, d, "g", O_RDWR, true), ENOENT);
    check_equal(code_of_open(loop, d, "g/h", O_RDWR | O_CREAT, true), ENOENT);
    check_equal(code_of_open(loop, d, "f/h", O_RDWR | O_CREAT, true), ENOTDIR);
    check_equal(code_of_open(loop, d, "f/", O_RDONLY, true), ENOTDIR);
    check_equal(code_of_open(loop, d, "f", O_RDONLY | O_DIRECTORY, true), ENOTDIR);
    check_equal(code_of_open(loop, d, "e", O_WRONLY, true), EISDIR);
    check_equal(code_of_open(loop, d, "f", O_WRONLY | O_CREAT | O_EXCL, true), EEXIST);
    check_equal(code_of_open(loop, d, "g", O_WRONLY | O_CREAT | O_EXCL, true), 0);
    check_equal(code_of_open(loop, 1 << 20 | 4095, "f", O_RDONLY, true), EBADF);
    check(is_bytes(file_of(loop, "/d/g"), NULL, 0));
    struct leat_stat stat;
    struct leat_op op = { .code = LEAT_OP_STAT, .fd = d, .stat = { &stat } };
    check_status(drive_op(loop, &op).status, LEAT_OK);
    check_equal(stat.kind, LEAT_KIND_FOLDER);
    drive_close(loop, d);
    end(loop);
}

static void test_names(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_folder(loop, "/d"), LEAT_OK);
    check_status(leat_sim_file_put(loop, "/a", "abc", 3), LEAT_OK);
    int fd = drive_open(loop, "/a", O_RDWR | O_APPEND);
    drive_write(loop, fd, "def", 3);
    drive_rename(loop, "/a", "/d/b");
    drive_rename(loop, "/d", "/e");
    check(is_bytes(file_of(loop, "/e/b"), (const uint8_t *)"abcdef", 6));
    check(!is_there(loop, "/a") && !is_there(loop, "/d/b"));
    struct leat_op into_itself = { .code = LEAT_OP_RENAME,
                                   .name = { .from = "/e", .to = "/e/f", .folder = AT_FDCWD } };
    check_equal(drive_op(loop, &into_itself).code, EINVAL);
    struct leat_op unlink = { .code = LEAT_OP_UNLINK,
                              .name = { .from = "e/b", .folder = AT_FDCWD } };
    check_status(drive_op(loop, &unlink).status, LEAT_OK);
    check_equal(drive_op(loop, &unlink).code, ENOENT);
    check(!is_there(loop, "/e/b"));
    struct leat_op read = { .code = LEAT_OP_READ, .fd = fd, .read = { seen, 9, 2 } };
    check_equal(drive_op(loop, &read).bytes, 4); /* it is still there for who has it open */
    check_bytes(seen, 4, "cdef", 4);
    drive_close(loop, fd);
    end(loop);
}

/* --- Hazards --- */

static void test_disk_full(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, true);
    int fd = drive_open(loop, "/f", O_RDWR | O_CREAT);
    struct leat_span piece = { new_bytes, 1000 };
    leat_sim_limit_disk(loop, 1500);
    drive_write(loop, fd, new_bytes, 1000);
    struct leat_op write = { .code = LEAT_OP_WRITE,
                             .fd = fd,
                             .write = { .pieces = &piece, .pieces_len = 1 } };
    check_equal(drive_op(loop, &write).bytes, 500);
    struct leat_io io = drive_op(loop, &write);
    check(io.status == LEAT_FAULT && io.code == ENOSPC);
    check_equal(file_of(loop, "/f").len, 1500);
    check_status(leat_sim_file_put(loop, "/g", new_bytes, 1), LEAT_FAULT);
    drive_close(loop, fd);
    fd = drive_open(loop, "/f", O_WRONLY | O_TRUNC);
    drive_write(loop, fd, new_bytes, 1500);
    drive_close(loop, fd);
    end(loop);
}

/* Move all of a file to a socket, in however many moves, and see it arrive. `ret` counts. */
static void send_file(struct leat_loop *loop, int from, const int fds[2], size_t *ret)
{
    struct leat_move what = { .from = from, .to = fds[0], .len = 1 << 20 };
    struct leat_io io;
    *ret = 0;
    do {
        struct leat_op move = { .code = LEAT_OP_MOVE, .fd = fds[0], .move = { &what } };
        io = drive_op(loop, &move);
        check(io.status == LEAT_OK || io.status == LEAT_END);
        for (size_t left = io.status == LEAT_OK ? io.bytes : 0; left > 0;) {
            struct leat_io in = drive_receive(loop, fds[1], seen + *ret, sizeof(seen) - *ret);
            check_status(in.status, LEAT_OK);
            *ret += in.bytes;
            left -= in.bytes;
        }
    } while (io.status == LEAT_OK);
}

/* A file is cut, or replaced, while it is sent. */
static void test_changed_while_sent(uint64_t seed, bool replaces)
{
    int fds[2];
    size_t len;
    struct leat_loop *loop = drive_sim(seed, true);
    leat_sim_set_fault(loop, LEAT_SIM_SHORT, 1000);
    check_status(leat_sim_file_put(loop, "/f", new_bytes, NEW_LEN), LEAT_OK);
    drive_connect_pair(loop, fds);
    int fd = drive_open(loop, "/f", O_RDONLY);
    uint64_t at_ns = leat_loop_clock(loop) + 1000 + leat_sim_random(loop, 20000000);
    if (replaces)
        check_status(leat_sim_file_replace(loop, "/f", "other", 5, at_ns), LEAT_OK);
    else
        check_status(leat_sim_file_cut(loop, "/f", 10000, at_ns), LEAT_OK);
    send_file(loop, fd, fds, &len);
    check(len == NEW_LEN || (len >= 10000 && !replaces));
    check(memcmp(seen, new_bytes, len) == 0);
    mixed += len < NEW_LEN;
    drive_time(loop, 30000000);
    check_equal(file_of(loop, "/f").len, replaces ? 5 : 10000);
    drive_close(loop, fd);
    drive_close(loop, fds[0]);
    drive_close(loop, fds[1]);
    end(loop);
}

/* The other ways: from a socket to a file, from file to file, and not at all. */
static void test_moves(uint64_t seed)
{
    int fds[2];
    struct leat_loop *loop = drive_sim(seed, true);
    check_status(leat_sim_pipe(loop, fds), LEAT_OK);
    check_status(leat_sim_file_put(loop, "/f", "abc", 3), LEAT_OK);
    int from = drive_open(loop, "/f", O_RDONLY);
    int to = drive_open(loop, "/g", O_RDWR | O_CREAT);
    drive_write(loop, fds[1], "defg", 4);
    struct leat_move what = { .from = from, .to = to, .from_offset = 1, .len = 2 };
    struct leat_op move = { .code = LEAT_OP_MOVE, .fd = to, .move = { &what } };
    check_equal(drive_op(loop, &move).bytes, 2);
    check_equal(what.from_offset, 3);
    what =
        (struct leat_move){ .from = fds[0], .to = to, .from_offset = LEAT_OFFSET_NONE, .len = 100 };
    check_equal(drive_op(loop, &move).bytes, 4);
    check(is_bytes(file_of(loop, "/g"), (const uint8_t *)"bcdefg", 6));
    leat_sim_set_fault(loop, LEAT_SIM_NO_MOVE, 1000);
    what.way = 0;
    check_status(drive_op(loop, &move).status, LEAT_UNSUPPORTED);
    drive_close(loop, fds[1]);
    leat_sim_calm(loop);
    check_status(drive_op(loop, &move).status, LEAT_UNSUPPORTED);
    what.way = 0;
    check_status(drive_op(loop, &move).status, LEAT_END);
    drive_close(loop, fds[0]);
    drive_close(loop, from);
    drive_close(loop, to);
    end(loop);
}

/* What a faulty disk gives is an error, or bytes of the file. */
static void test_faults(uint64_t seed)
{
    struct leat_loop *loop = drive_sim(seed, false);
    leat_sim_set_fault(loop, LEAT_SIM_IO, 200);
    check_status(leat_sim_file_put(loop, "/f", new_bytes, NEW_LEN), LEAT_OK);
    struct leat_op open = { .code = LEAT_OP_OPEN, .open = { .folder = AT_FDCWD, .path = "/f" } };
    struct leat_io io = drive_op(loop, &open);
    for (size_t at = 0; io.status == LEAT_OK && at < NEW_LEN;) {
        struct leat_op read = { .code = LEAT_OP_READ,
                                .fd = open.result.descriptor,
                                .read = { seen, SOME, (int64_t)at } };
        struct leat_io in = drive_op(loop, &read);
        check(in.status == LEAT_OK || (in.status == LEAT_FAULT && in.code == EIO));
        gone += in.status == LEAT_FAULT;
        if (in.status == LEAT_OK)
            check(memcmp(seen, new_bytes + at, in.bytes) == 0);
        at += in.status == LEAT_OK ? in.bytes : 0;
    }
    if (io.status == LEAT_OK)
        drive_close(loop, io.descriptor);
    end(loop);
}

static void counts_clear(void)
{
    all_old = all_new = mixed = torn = gone = 0;
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    uint64_t seeds = SEEDS * options.rounds, seed = options.seed;
    bytes_init();
    for (uint64_t i = 0; i < seeds; i++) {
        test_synced_stays(seed + i);
        test_rename_is_whole(seed + i, true);
        test_open(seed + i);
        test_names(seed + i);
        test_disk_full(seed + i);
        test_changed_while_sent(seed + i, true);
        test_moves(seed + i);
    }
    /* What may happen does, over so many seeds. */
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_unsynced_is_torn(seed + i);
    check(all_old > 0 && all_new > 0 && mixed > seeds / 4 && torn > seeds / 8);
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_rename_is_whole(seed + i, false);
    check(all_old > seeds / 8 && all_new > seeds / 8);
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_forgotten_syncs(seed + i);
    check(mixed > seeds / 8 && gone > seeds / 8);
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_failed_sync(seed + i);
    check(mixed > seeds / 8);
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_changed_while_sent(seed + i, false);
    check(mixed > seeds / 8 && mixed < seeds);
    counts_clear();
    for (uint64_t i = 0; i < seeds; i++)
        test_faults(seed + i);
    check(gone > seeds / 4);
    return 0;
}
