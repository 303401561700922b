/* A copy from file to file has them share their blocks where the file system lets them, and copies
 * the blocks that they cannot share: FIEMAP says which are which. Skipped on other file systems,
 * unless LEAT_TEST_REFLINK is set: so tests/kernel/run has it on a disk of its own. */

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/map/map.h"
#include "tests/support/check.h"

/* Blocks of file systems; the text ends within one. */
#define BLOCK    (4 * LEAT_KIB)
#define TEXT_LEN (300 * BLOCK + 1234)

enum { EXTENTS_MAX = 64, SKIPPED = 77 };

static uint8_t *text;
static char folder[256], source_path[300], sink_path[300];

static int sink_open(void)
{
    int fd = open(sink_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0);
    return fd;
}

static void source_make(void)
{
    int fd = open(source_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(write(fd, text, TEXT_LEN) == (ssize_t)TEXT_LEN);
    close(fd);
}

static bool can_share(void)
{
    int from = open(source_path, O_RDONLY | O_CLOEXEC), to = sink_open();
    bool can = ioctl(to, FICLONE, from) == 0;
    close(from);
    close(to);
    return can;
}

/* How many bytes of whole blocks a file shares with others. */
static uint64_t shared_len(const char *path)
{
    union {
        struct fiemap head;
        uint8_t room[sizeof(struct fiemap) + EXTENTS_MAX * sizeof(struct fiemap_extent)];
    } map = { .head = { .fm_length = FIEMAP_MAX_OFFSET,
                        .fm_flags = FIEMAP_FLAG_SYNC,
                        .fm_extent_count = EXTENTS_MAX } };
    uint64_t sum = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check(ioctl(fd, FS_IOC_FIEMAP, &map.head) == 0);
    check(map.head.fm_mapped_extents < EXTENTS_MAX);
    for (unsigned i = 0; i < map.head.fm_mapped_extents; i++) {
        if (map.head.fm_extents[i].fe_flags & FIEMAP_EXTENT_SHARED)
            sum += map.head.fm_extents[i].fe_length;
    }
    close(fd);
    return sum;
}

/* The sink has these bytes of the text, and shares so many bytes of blocks. */
static void check_sink(uint64_t from, uint64_t len, uint64_t shared)
{
    uint8_t *got = malloc(TEXT_LEN + 1);
    int fd = open(sink_path, O_RDONLY | O_CLOEXEC);
    check_equal(read(fd, got, TEXT_LEN + 1), len);
    check(memcmp(got, text + from, len) == 0);
    check_equal(shared_len(sink_path), shared);
    close(fd);
    free(got);
}

static const uint64_t whole = TEXT_LEN / BLOCK * BLOCK + BLOCK;

/* All of a file, from each kind of source that offers one: nothing passes through memory. */
static void copies_all(struct leat_ctx *ctx, struct leat_reader *r)
{
    uint64_t done;
    struct leat_writer *w = leat_descriptor_writer(ctx, sink_open(), true, NULL);
    check(leat_copy(w, r, UINT64_MAX, &done) == LEAT_END && done == TEXT_LEN);
    check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    check_text(leat_descriptor_route(w), "copy_file_range");
    check_equal(leat_counts_copied(&r->counts), 0);
    check_equal(leat_counts_copied(&w->counts), 0);
    leat_writer_close(w);
    leat_reader_close(r);
    check_sink(0, TEXT_LEN, whole);
}

static void test_all(struct leat_ctx *ctx)
{
    copies_all(ctx, leat_file(ctx, source_path));
    copies_all(ctx, leat_map(ctx, source_path));
    copies_all(ctx, leat_descriptor(ctx, open(source_path, O_RDONLY | O_CLOEXEC), true, NULL));
}

/* Into a file that takes its name when it is whole. */
static void test_file_writer(struct leat_ctx *ctx)
{
    uint64_t done;
    struct leat_reader *r = leat_file(ctx, source_path);
    struct leat_writer *w = leat_file_writer(ctx, sink_path, NULL);
    check(leat_copy(w, r, UINT64_MAX, &done) == LEAT_END && done == TEXT_LEN);
    check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(w);
    leat_reader_close(r);
    check_sink(0, TEXT_LEN, whole);
}

/* A part of a file, of which the first bytes may be in the window already: the blocks of the source
 * that the sink begins a block with are shared, but for the last where that is cut. */
static void copies_part(struct leat_ctx *ctx, uint64_t from, uint64_t len, size_t peeked,
                        uint64_t shared)
{
    struct leat_span span;
    uint64_t done;
    int in = open(source_path, O_RDONLY | O_CLOEXEC);
    struct leat_reader *r = leat_descriptor_at(ctx, in, from, NULL);
    struct leat_writer *w = leat_descriptor_writer(ctx, sink_open(), true, NULL);
    if (peeked > 0)
        check(leat_peek(r, peeked, &span) == LEAT_OK);
    check(leat_copy(w, r, len, &done) == LEAT_OK && done == len);
    check(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_writer_close(w);
    leat_reader_close(r);
    close(in);
    check_sink(from, len, shared);
}

static void test_parts(struct leat_ctx *ctx)
{
    copies_part(ctx, 0, 20 * BLOCK, 0, 20 * BLOCK);
    copies_part(ctx, 7 * BLOCK, 20 * BLOCK, 0, 20 * BLOCK);
    copies_part(ctx, 0, 20 * BLOCK + 5, 0, 20 * BLOCK);
    copies_part(ctx, 7, 20 * BLOCK, 0, 0);
    copies_part(ctx, BLOCK - 1, TEXT_LEN - BLOCK + 1, 0, 0);
    copies_part(ctx, 200 * BLOCK, TEXT_LEN - 200 * BLOCK, 0, whole - 200 * BLOCK);
    /* 64 KiB are read at first: they are in memory, and go from there. */
    copies_part(ctx, 0, TEXT_LEN, 1, whole - 16 * BLOCK);
    copies_part(ctx, 0, 5, 0, 0);
}

/* What was copied is one's own: a change of either does not show in the other. */
static void test_changes(struct leat_ctx *ctx)
{
    uint8_t byte;
    copies_all(ctx, leat_file(ctx, source_path));
    int fd = open(source_path, O_WRONLY | O_CLOEXEC);
    check(pwrite(fd, "x", 1, 5 * BLOCK) == 1 && fsync(fd) == 0);
    close(fd);
    fd = open(sink_path, O_RDONLY | O_CLOEXEC);
    check(pread(fd, &byte, 1, 5 * BLOCK) == 1 && byte == text[5 * BLOCK]);
    close(fd);
    check_sink(0, TEXT_LEN, whole - BLOCK);
    source_make();
}

int main(void)
{
    struct leat_ctx ctx;
    const char *where = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/leat-reflink-XXXXXX", where != NULL ? where : "/tmp");
    check(mkdtemp(folder) != NULL);
    snprintf(source_path, sizeof(source_path), "%s/source", folder);
    snprintf(sink_path, sizeof(sink_path), "%s/sink", folder);
    text = malloc(TEXT_LEN);
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    source_make();
    bool shares = can_share();
    check(shares || getenv("LEAT_TEST_REFLINK") == NULL);
    leat_ctx_init(&ctx, NULL);
    if (shares) {
        test_all(&ctx);
        test_file_writer(&ctx);
        test_parts(&ctx);
        test_changes(&ctx);
    }
    leat_ctx_fini(&ctx);
    free(text);
    check(unlink(source_path) == 0 && unlink(sink_path) == 0 && rmdir(folder) == 0);
    return shares ? 0 : SKIPPED;
}
