/* What is special about descriptors: slices are written from their own memory, a standard stream
 * that is a file stands where reading stopped, and what their faults say. The rest is shown by
 * tests/kinds. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/engine/polled.h"

struct counted_wake {
    struct leat_wake wake;
    unsigned fired;
};

static void count_fire(struct leat_wake *wake)
{
    ((struct counted_wake *)wake)->fired++;
}

static void make_pipe(int fds[2])
{
    leat_assert(pipe2(fds, O_CLOEXEC) == 0);
}

static int make_file(const char *text)
{
    char name[] = "/tmp/leat-descriptor-XXXXXX";
    int fd = mkstemp(name);
    leat_assert(fd >= 0);
    unlink(name);
    leat_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    leat_assert(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static void put(int fd, const char *text)
{
    leat_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* With the blocking engine a hang here is the failure. */
static void test_pipe(struct leat_ctx *ctx)
{
    int fds[2];
    struct leat_span span;
    make_pipe(fds);
    struct leat_reader *r = leat_descriptor(ctx, fds[0], true, "the pipe");
    put(fds[1], "abc");
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.len == 3);
    leat_assert(leat_peek(r, 3, &span) == LEAT_OK && span.len == 3);
    put(fds[1], "def");
    leat_assert(leat_peek(r, 4, &span) == LEAT_OK && span.len == 6);
    leat_assert(memcmp(span.data, "abcdef", 6) == 0);
    leat_assert(leat_seek(r, 0) == LEAT_UNSUPPORTED);
    leat_assert(strcmp(leat_reader_label(r), "the pipe") == 0);
    close(fds[1]);
    leat_assert(leat_peek(r, 7, &span) == LEAT_END && span.len == 6);
    leat_reader_close(r);
    leat_assert(fcntl(fds[0], F_GETFD) == -1);
}

static void read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, to + at, len - at);
        leat_assert(n > 0);
        at += (size_t)n;
    }
}

/* More than the pipe holds, in slices and bytes: FULL, and after each wake a part goes on. */
static void test_polled_writer(struct leat_polled *polled, struct leat_ctx *ctx)
{
    enum { LEN = 150000 };
    int fds[2];
    size_t done, got_len = 0;
    uint8_t *got = malloc(3 * LEN);
    struct counted_wake wake = { { count_fire }, 0 };
    struct leat_block *block = leat_block_create(&ctx->alloc, LEN);
    make_pipe(fds);
    for (size_t i = 0; i < LEN; i++)
        block->data[i] = (uint8_t)(i * 31 >> 4);
    struct leat_writer *w = leat_descriptor_writer(ctx, fds[1], true, "out");
    leat_assert(leat_write(w, "head", 4, &done) == LEAT_OK && done == 4);
    struct leat_slice slice = { block->data, LEN, leat_block_take(block) };
    leat_assert(leat_give(w, &slice) == LEAT_OK && slice.block == NULL);
    leat_assert(leat_writer_tell(w) == 4 + LEN);
    leat_assert(!leat_block_is_sole(block));
    slice = (struct leat_slice){ block->data, LEN, leat_block_take(block) };
    leat_assert(leat_give(w, &slice) == LEAT_FULL && slice.block == block);
    leat_slice_release(&slice);
    leat_assert(leat_write(w, "tail", 4, &done) == LEAT_FULL && done == 0);
    while (leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FULL) {
        unsigned fired = wake.fired;
        leat_assert(leat_writer_arm(w, &wake.wake) == LEAT_OK);
        leat_assert(leat_polled_turn(polled, 0) == LEAT_AGAIN);
        read_all(fds[0], got + got_len, 8192);
        got_len += 8192;
        leat_assert(leat_polled_turn(polled, LEAT_TIMEOUT_NONE) == LEAT_OK);
        leat_assert(wake.fired == fired + 1);
    }
    leat_assert(leat_block_is_sole(block));
    leat_assert(leat_write(w, "tail", 4, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK || w->counts.waits > 0);
    leat_assert(leat_writer_tell(w) == 8 + LEN);
    read_all(fds[0], got + got_len, 4 + LEN - got_len);
    leat_assert(memcmp(got, "head", 4) == 0);
    leat_assert(memcmp(got + 4, block->data, LEN) == 0);
    leat_writer_close(w);
    leat_block_release(block);
    close(fds[0]);
    free(got);
}

static void test_slices(struct leat_ctx *ctx)
{
    int fds[2];
    size_t done;
    uint8_t got[20];
    make_pipe(fds);
    struct leat_writer *w = leat_descriptor_writer(ctx, fds[1], true, NULL);
    leat_assert(leat_write(w, "one ", 4, &done) == LEAT_OK);
    struct leat_slice slice = { (const uint8_t *)"two ", 4, NULL };
    leat_assert(leat_give(w, &slice) == LEAT_OK);
    leat_assert(leat_write(w, "three", 5, &done) == LEAT_OK);
    leat_assert(leat_writer_tell(w) == 13);
    leat_assert(leat_flush(w, LEAT_FLUSH_SYNC) == LEAT_OK);
    read_all(fds[0], got, 13);
    leat_assert(memcmp(got, "one two three", 13) == 0);
    leat_assert(w->counts.copied[LEAT_CAUSE_USER] == 9);
    leat_assert(w->counts.copied[LEAT_CAUSE_KERNEL] == 13);
    leat_writer_close(w);
    close(fds[0]);
}

static void test_broken_pipe(struct leat_ctx *ctx)
{
    int fds[2];
    size_t done;
    make_pipe(fds);
    close(fds[0]);
    struct leat_writer *w = leat_descriptor_writer(ctx, fds[1], true, "peer");
    leat_assert(leat_write(w, "x", 1, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FAULT);
    const struct leat_fault *fault = leat_writer_fault(w);
    leat_assert(fault->system_code == EPIPE && strcmp(fault->reason, "Broken pipe") == 0);
    leat_assert(strcmp(fault->name, "peer") == 0);
    leat_writer_close(w);
}

/* A fault says how far the system got, not how far its user did: a process's own memory can be read
 * to its end only, and a pipe takes what it takes. */
static void test_fault_offsets(struct leat_ctx *ctx)
{
    int fds[2];
    size_t done, page = (size_t)sysconf(_SC_PAGESIZE);
    struct leat_span span;
    uint8_t *pages =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    leat_assert(pages != MAP_FAILED && munmap(pages + page, page) == 0);
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    leat_assert(lseek(fd, (off_t)(uintptr_t)pages, SEEK_SET) >= 0);
    struct leat_reader *r = leat_descriptor(ctx, fd, true, "memory");
    leat_assert(leat_peek(r, 10, &span) == LEAT_OK);
    leat_consume(r, 10);
    leat_assert(leat_peek(r, page, &span) == LEAT_FAULT && span.len == page - 10);
    leat_assert(leat_reader_fault(r)->system_code == EIO);
    leat_assert(leat_reader_fault(r)->offset == page);
    leat_reader_close(r);
    munmap(pages, page);

    make_pipe(fds);
    struct leat_writer *w = leat_descriptor_writer(ctx, fds[1], true, "peer");
    leat_assert(leat_write(w, "hello", 5, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK);
    close(fds[0]);
    leat_assert(leat_write(w, "world", 5, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_FAULT);
    leat_assert(leat_writer_fault(w)->offset == 5 && leat_writer_tell(w) == 10);
    leat_writer_close(w);
}

static void test_file(struct leat_ctx *ctx)
{
    int fd = make_file("0123456789");
    struct leat_span span;
    struct leat_reader *fork;
    uint64_t n;
    leat_assert(lseek(fd, 2, SEEK_SET) == 2);
    struct leat_reader *r = leat_descriptor(ctx, fd, false, "stdin");
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.len == 8 && span.data[0] == '2');
    leat_consume(r, 3);
    leat_assert(leat_size(r, &n) == LEAT_OK && n == 8);
    leat_assert(leat_fork(r, NULL, &fork) == LEAT_OK);
    leat_assert(leat_peek(fork, 1, &span) == LEAT_OK && span.data[0] == '5');
    leat_consume(fork, 4);
    leat_reader_close(fork);
    leat_reader_close(r);
    leat_assert(lseek(fd, 0, SEEK_CUR) == 5);
    close(fd);
}

static void test_socket(struct leat_ctx *ctx)
{
    int fds[2];
    struct leat_span span;
    size_t done;
    leat_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    struct leat_reader *r = leat_descriptor(ctx, fds[0], false, NULL);
    struct leat_writer *w = leat_descriptor_writer(ctx, fds[1], true, NULL);
    leat_assert(leat_write(w, "hello", 5, &done) == LEAT_OK);
    leat_assert(leat_flush(w, LEAT_FLUSH_PUSH) == LEAT_OK);
    leat_assert(leat_peek(r, 5, &span) == LEAT_OK && memcmp(span.data, "hello", 5) == 0);
    leat_writer_close(w);
    leat_assert(leat_peek(r, 6, &span) == LEAT_END);
    leat_reader_close(r);
    close(fds[0]);
}

int main(void)
{
    struct leat_polled polled;
    struct leat_ctx ctx;
    signal(SIGPIPE, SIG_IGN);
    leat_ctx_init(&ctx, NULL);
    test_pipe(&ctx);
    test_slices(&ctx);
    test_broken_pipe(&ctx);
    test_fault_offsets(&ctx);
    test_file(&ctx);
    test_socket(&ctx);
    leat_ctx_fini(&ctx);

    leat_polled_init(&polled);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .engine = &polled.engine });
    test_polled_writer(&polled, &ctx);
    test_slices(&ctx);
    test_broken_pipe(&ctx);
    test_fault_offsets(&ctx);
    test_file(&ctx);
    test_socket(&ctx);
    leat_ctx_fini(&ctx);
    return 0;
}
