/* What is special about a copy between two endpoints: a map that is cut meanwhile, a file onto
 * itself, and that nothing passes through memory of ours between two files. That every source goes
 * to every sink is shown by tests/kinds. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/map/map.h"

#define TEXT_LEN (700 * LEAT_KIB)

static uint8_t *text;
static char folder[] = "/tmp/leat-copy-XXXXXX";
static char source_path[64], sink_path[64];

static void source_make(size_t len)
{
    int fd = open(source_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    leat_assert(write(fd, text, len) == (ssize_t)len);
    close(fd);
}

static struct leat_writer *sink_open(struct leat_ctx *ctx)
{
    int fd = open(sink_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return leat_descriptor_writer(ctx, fd, true, NULL);
}

/* The first `len` bytes arrived, and no more. */
static void check_sink(size_t len)
{
    uint8_t *got = malloc(TEXT_LEN + 1);
    int fd = open(sink_path, O_RDONLY | O_CLOEXEC);
    leat_assert(read(fd, got, TEXT_LEN + 1) == (ssize_t)len);
    leat_assert(memcmp(got, text, len) == 0);
    close(fd);
    free(got);
}

/* A map that is cut while the kernel moves it is a fault still. */
static void test_cut_map(struct leat_ctx *ctx)
{
    struct leat_map_options options = { .window_bytes = 100000, .step_bytes = 30000 };
    struct leat_span span;
    uint64_t done;
    source_make(TEXT_LEN);
    struct leat_reader *r = leat_map_at(ctx, AT_FDCWD, source_path, NULL, &options);
    struct leat_writer *w = sink_open(ctx);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK);
    leat_assert(truncate(source_path, 200000) == 0);
    leat_assert(leat_copy(w, r, UINT64_MAX, &done) == LEAT_FAULT);
    leat_assert(done == 200000);
    leat_assert(leat_reader_fault(r)->code == LEAT_FAULT_CHANGED);
    leat_writer_close(w);
    leat_reader_close(r);
    check_sink(200000);
}

/* cat f >> f would never end. */
static void test_same_file(struct leat_ctx *ctx)
{
    uint64_t done;
    source_make(100000);
    struct leat_reader *r = leat_file(ctx, source_path);
    int fd = open(source_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    struct leat_writer *w = leat_descriptor_writer(ctx, fd, true, NULL);
    leat_assert(leat_copy(w, r, UINT64_MAX, &done) == LEAT_FAULT && done == 0);
    leat_assert(leat_writer_fault(w)->code == LEAT_FAULT_UNSUPPORTED);
    leat_writer_close(w);
    leat_reader_close(r);
}

/* From one place of a file to another, where the ranges overlap or not, forwards and backwards,
 * with and without bytes in the window: refused, and not a byte is changed. */
static void overlaps(struct leat_ctx *ctx, uint64_t from, uint64_t to, size_t peeked)
{
    struct leat_span span;
    uint64_t done;
    int fd = open(sink_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    leat_assert(write(fd, text, TEXT_LEN) == (ssize_t)TEXT_LEN);
    leat_assert(lseek(fd, (off_t)to, SEEK_SET) == (off_t)to);
    struct leat_reader *r = leat_descriptor_at(ctx, fd, from, "itself");
    struct leat_writer *w = leat_descriptor_writer(ctx, fd, false, "itself");
    leat_assert(leat_peek(r, peeked, &span) == LEAT_OK);
    leat_assert(leat_copy(w, r, 300000, &done) == LEAT_FAULT && done == 0);
    leat_assert(leat_writer_fault(w)->code == LEAT_FAULT_UNSUPPORTED);
    leat_assert(strcmp(leat_writer_fault(w)->reason, "input and output are the same file") == 0);
    leat_writer_close(w);
    leat_reader_close(r);
    close(fd);
    check_sink(TEXT_LEN);
}

static void test_overlap(struct leat_ctx *ctx)
{
    static const size_t peeked[] = { 0, 1, 200000 };
    for (size_t i = 0; i < sizeof(peeked) / sizeof(peeked[0]); i++) {
        overlaps(ctx, 0, 100000, peeked[i]);
        overlaps(ctx, 100000, 0, peeked[i]);
        overlaps(ctx, 5000, 5000, peeked[i]);
        overlaps(ctx, 0, 400000, peeked[i]);
    }
}

/* A map shows more at once than a writer holds back. */
static void test_map_onto_itself(struct leat_ctx *ctx)
{
    struct leat_span span;
    uint64_t done;
    int fd = open(sink_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    leat_assert(write(fd, text, TEXT_LEN) == (ssize_t)TEXT_LEN);
    struct leat_reader *r = leat_map(ctx, sink_path);
    struct leat_writer *w = leat_descriptor_writer(ctx, fd, true, NULL);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK);
    leat_assert(leat_copy(w, r, UINT64_MAX, &done) == LEAT_FAULT && done == 0);
    leat_writer_close(w);
    leat_reader_close(r);
    check_sink(TEXT_LEN);
}

static void test_moves_nothing(struct leat_ctx *ctx)
{
    uint64_t done;
    source_make(TEXT_LEN);
    struct leat_reader *r = leat_file(ctx, source_path);
    struct leat_writer *w = sink_open(ctx);
    leat_assert(leat_copy(w, r, UINT64_MAX, &done) == LEAT_END && done == TEXT_LEN);
    leat_assert(leat_counts_copied(&r->counts) == 0);
    leat_assert(leat_counts_copied(&w->counts) == 0);
    leat_writer_close(w);
    leat_reader_close(r);
    check_sink(TEXT_LEN);
}

int main(void)
{
    struct leat_ctx ctx;
    leat_assert(mkdtemp(folder) != NULL);
    snprintf(source_path, sizeof(source_path), "%s/source", folder);
    snprintf(sink_path, sizeof(sink_path), "%s/sink", folder);
    leat_assert(leat_map_guard_install() == LEAT_OK);
    text = malloc(TEXT_LEN);
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    leat_ctx_init(&ctx, NULL);
    test_cut_map(&ctx);
    test_same_file(&ctx);
    test_overlap(&ctx);
    test_map_onto_itself(&ctx);
    test_moves_nothing(&ctx);
    leat_ctx_fini(&ctx);
    free(text);
    leat_assert(unlink(source_path) == 0 && unlink(sink_path) == 0);
    return rmdir(folder);
}
