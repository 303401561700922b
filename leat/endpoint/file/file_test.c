/* What is special about files: how they are read ahead and counted, what their faults say, odd
 * files, and the names and permissions of those that are written. The rest is shown by tests/kinds.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/endpoint/file/file.h"

/* Long enough for several blocks and not a multiple of any. */
#define BIG_LEN (1000 * LEAT_KIB + 77)

static char folder[] = "/tmp/leat-file-XXXXXX";

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 13);
}

static const char *place(const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void make_file(const char *name, size_t len)
{
    FILE *f = fopen(place(name), "w");
    leat_assert(f != NULL);
    for (size_t i = 0; i < len; i++)
        putc(byte_at(i), f);
    leat_assert(fclose(f) == 0);
}

/* Read to the end by `step` bytes, and see that they are those of make_file from `at` on. */
static void check_rest(struct leat_reader *r, uint64_t at, uint64_t len, size_t step)
{
    struct leat_span span;
    while (at < len) {
        size_t want = len - at < step ? (size_t)(len - at) : step;
        leat_assert(leat_peek(r, want, &span) == LEAT_OK);
        leat_assert(leat_tell(r) == at);
        for (size_t i = 0; i < want; i++)
            leat_assert(span.data[i] == byte_at(at + i));
        leat_consume(r, want);
        at += want;
    }
    leat_assert(leat_peek(r, 1, &span) == LEAT_END);
    leat_assert(leat_peek(r, 1, &span) == LEAT_END);
}

/* Each byte is copied once, by the kernel, however far ahead is read. */
static void test_reads(struct leat_ctx *ctx)
{
    make_file("some", BIG_LEN);
    for (unsigned s = 0; s < 3; s++) {
        struct leat_file_options options = { .strategy = (enum leat_file_strategy)s };
        struct leat_reader *r = leat_file_at(ctx, AT_FDCWD, place("some"), NULL, &options);
        check_rest(r, 0, BIG_LEN, 777);
        leat_assert(r->counts.copied[LEAT_CAUSE_KERNEL] == BIG_LEN);
        leat_reader_close(r);
    }
}

/* What is wanted of a small file: one read, none for the end, and one block. */
static void test_small(struct leat_ctx *ctx)
{
    make_file("small", 1000);
    int dir = open(folder, O_PATH | O_DIRECTORY);
    struct leat_file_options options = { .ordinary = true };
    struct leat_reader *r = leat_file_at(ctx, dir, "small", "over there", &options);
    struct leat_span span;
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.len == 1000);
    leat_assert(strcmp(leat_reader_label(r), "over there") == 0);
    /* Its end was met: cutting it changes nothing any more. */
    leat_assert(truncate(place("small"), 0) == 0);
    leat_assert(leat_peek(r, 1001, &span) == LEAT_END && span.len == 1000);
    leat_assert(r->counts.fills == 2 && r->counts.allocations <= 3);
    leat_reader_close(r);
    close(dir);
}

static void test_exact(struct leat_ctx *ctx)
{
    make_file("exact", 1000);
    struct leat_file_options options = { .strategy = LEAT_FILE_EXACT };
    struct leat_reader *r = leat_file_at(ctx, AT_FDCWD, place("exact"), NULL, &options);
    struct leat_span span;
    leat_assert(leat_peek(r, 10, &span) == LEAT_OK && span.len == 10);
    leat_assert(leat_peek(r, 25, &span) == LEAT_OK && span.len == 25);
    int fd = open(place("exact"), O_WRONLY);
    leat_assert(pwrite(fd, "new", 3, 25) == 3);
    close(fd);
    leat_consume(r, 25);
    leat_assert(leat_peek(r, 3, &span) == LEAT_OK && memcmp(span.data, "new", 3) == 0);
    leat_reader_close(r);
}

static void check_fault(struct leat_ctx *ctx, const char *path, int code, const char *text)
{
    struct leat_reader *r = leat_file(ctx, path);
    struct leat_span span;
    for (unsigned i = 0; i < 2; i++)
        leat_assert(leat_peek(r, 1, &span) == LEAT_FAULT && span.len == 0);
    const struct leat_fault *fault = leat_reader_fault(r);
    leat_assert(fault->code == LEAT_FAULT_SYSTEM && fault->system_code == code);
    char line[200], expected[200];
    leat_fault_format(fault, line, sizeof(line));
    snprintf(expected, sizeof(expected), "file: %s, in %s", text, path);
    leat_assert(strcmp(line, expected) == 0);
    leat_reader_close(r);
}

/* A seek within the window leaves it where it is; there are no offsets past the system's. */
static void test_seeks(struct leat_ctx *ctx)
{
    struct leat_span span;
    make_file("moves", BIG_LEN);
    struct leat_reader *r = leat_file(ctx, place("moves"));
    leat_assert(leat_seek(r, 500000) == LEAT_OK);
    leat_assert(leat_peek(r, 100, &span) == LEAT_OK && span.data[0] == byte_at(500000));
    const uint8_t *there = span.data;
    leat_assert(leat_seek(r, 500050) == LEAT_OK);
    leat_assert(leat_peek(r, 100, &span) == LEAT_OK && span.data == there + 50);
    leat_assert(leat_seek(r, UINT64_MAX) == LEAT_UNSUPPORTED);
    leat_reader_close(r);
}

/* Forks share the descriptor, whatever became of the name. */
static void test_forks(struct leat_ctx *ctx)
{
    struct leat_reader *fork;
    uint64_t n;
    make_file("forks", BIG_LEN);
    struct leat_reader *r = leat_file(ctx, place("forks"));
    leat_assert(leat_skip(r, 1234, &n) == LEAT_OK);
    leat_assert(unlink(place("forks")) == 0);
    leat_assert(leat_fork(r, NULL, &fork) == LEAT_OK);
    leat_reader_close(r);
    check_rest(fork, 1234, BIG_LEN, 3000);
    leat_reader_close(fork);
}

/* Sizes and short reads in /proc mean nothing; a named pipe is a stream. */
static void *feed(void *arg)
{
    int fd = open(arg, O_WRONLY);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t bytes[10];
        for (unsigned at = 0; at < 10; at++)
            bytes[at] = byte_at(i * 10 + at);
        leat_assert(write(fd, bytes, 10) == 10);
        usleep(2000);
    }
    close(fd);
    return NULL;
}

static void test_odd_files(struct leat_ctx *ctx)
{
    char path[128];
    snprintf(path, sizeof(path), "%s", place("fifo"));
    leat_assert(mkfifo(path, 0600) == 0);
    pthread_t thread;
    leat_assert(pthread_create(&thread, NULL, feed, path) == 0);
    struct leat_reader *r = leat_file(ctx, path), *fork;
    struct leat_span span;
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK);
    leat_assert(leat_seek(r, 7) == LEAT_UNSUPPORTED);
    leat_assert(leat_fork(r, NULL, &fork) == LEAT_UNSUPPORTED);
    check_rest(r, 0, 50, 7);
    leat_reader_close(r);
    pthread_join(thread, NULL);

    r = leat_file(ctx, "/proc/self/smaps");
    size_t len = 1;
    while (leat_peek(r, len, &span) == LEAT_OK)
        len = span.len + 1;
    leat_assert(span.data != NULL && span.len > 4096);
    leat_assert(memcmp(span.data + span.len - 1, "\n", 1) == 0);
    leat_assert(memmem(span.data, span.len, "[stack]", 7) != NULL);
    leat_reader_close(r);
}

/* --- Writing --- */

static size_t files_in_folder(void)
{
    char command[128];
    snprintf(command, sizeof(command), "ls -A %s | wc -l", folder);
    FILE *f = popen(command, "r");
    size_t n = 0;
    leat_assert(fscanf(f, "%zu", &n) == 1);
    pclose(f);
    return n;
}

static void write_bytes(struct leat_writer *w, uint64_t from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct leat_room room;
        leat_assert(leat_reserve(w, 1, &room) == LEAT_OK);
        room.data[0] = byte_at(from + i);
        leat_commit(w, 1);
    }
}

static void test_writer(struct leat_ctx *ctx)
{
    struct leat_file_writer_options durable = { .durable = true, .mode = 0640 };
    size_t files = files_in_folder();
    for (unsigned i = 0; i < 2; i++) {
        struct leat_writer *w = leat_file_writer(ctx, place("written"), i ? &durable : NULL);
        write_bytes(w, 0, 100000);
        leat_assert(leat_flush(w, LEAT_FLUSH_SYNC) == LEAT_OK);
        leat_assert(files_in_folder() == files + 1 + i);
        leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
        leat_assert(leat_writer_tell(w) == 100000);
        leat_writer_close(w);
        leat_assert(files_in_folder() == files + 1);
    }
    struct leat_reader *r = leat_file(ctx, place("written"));
    check_rest(r, 0, 100000, 1000);
    leat_reader_close(r);

    /* Closed without a finish, it was never there, and what was there still is. */
    struct leat_writer *w = leat_file_writer(ctx, place("written"), NULL);
    write_bytes(w, 5, 100000);
    leat_writer_close(w);
    leat_assert(files_in_folder() == files + 1);
    r = leat_file(ctx, place("written"));
    check_rest(r, 0, 100000, 1000);
    leat_reader_close(r);
}

static void test_writer_odd(struct leat_ctx *ctx)
{
    struct stat stat;
    leat_assert(chmod(place("written"), 0600) == 0);
    leat_assert(symlink("written", place("link")) == 0);
    struct leat_writer *w = leat_file_writer(ctx, place("link"), NULL);
    leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(w);
    leat_assert(lstat(place("link"), &stat) == 0 && S_ISLNK(stat.st_mode));
    leat_assert(lstat(place("written"), &stat) == 0);
    leat_assert(stat.st_size == 0 && (stat.st_mode & 0777) == 0600);

    w = leat_file_writer(ctx, "/dev/null", NULL);
    write_bytes(w, 0, 10);
    leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(w);
    leat_assert(lstat("/dev/null", &stat) == 0 && S_ISCHR(stat.st_mode));

    static const char *const wrong[] = { "/nowhere/x", "/tmp", "/tmp/" };
    static const int codes[] = { ENOENT, EISDIR, EISDIR };
    for (unsigned i = 0; i < 3; i++) {
        w = leat_file_writer(ctx, wrong[i], NULL);
        leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_FAULT);
        leat_assert(leat_writer_fault(w)->system_code == codes[i]);
        leat_writer_close(w);
    }
}

static void test_full_disk(struct leat_ctx *ctx)
{
    struct leat_writer *w = leat_file_writer(ctx, "/dev/full", NULL);
    write_bytes(w, 0, 10);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FAULT);
    leat_assert(leat_writer_fault(w)->system_code == ENOSPC);
    leat_writer_close(w);
}

int main(void)
{
    struct leat_ctx ctx;
    leat_assert(mkdtemp(folder) != NULL);
    leat_ctx_init(&ctx, NULL);
    test_reads(&ctx);
    test_small(&ctx);
    test_exact(&ctx);
    check_fault(&ctx, place("missing"), ENOENT, "No such file or directory");
    check_fault(&ctx, folder, EISDIR, "Is a directory");
    test_seeks(&ctx);
    test_forks(&ctx);
    test_odd_files(&ctx);
    test_writer(&ctx);
    test_writer_odd(&ctx);
    test_full_disk(&ctx);
    leat_ctx_fini(&ctx);
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}
