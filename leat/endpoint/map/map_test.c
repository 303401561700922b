/* What is special about maps: when a file is read instead, how windows grow, that a file which is
 * cut is a fault and no signal, and that one which grows ends where it ended. The rest, such as
 * that nothing is copied, is shown by tests/kinds. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leat/endpoint/map/map.h"
#include "leat/stage/limit/limit.h"

#define FILE_LEN (1000 * LEAT_KIB + 77)

static char path[] = "/tmp/leat-map-XXXXXX";

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 13);
}

static void make_file(size_t len)
{
    FILE *f = fopen(path, "w");
    leat_assert(f != NULL);
    for (size_t i = 0; i < len; i++)
        putc(byte_at(i), f);
    leat_assert(fclose(f) == 0);
}

static void check_bytes(const uint8_t *data, uint64_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        leat_assert(data[i] == byte_at(at + i));
}

static void check_rest(struct leat_reader *r, uint64_t at, uint64_t len, size_t step)
{
    struct leat_span span;
    while (at < len) {
        size_t want = len - at < step ? (size_t)(len - at) : step;
        leat_assert(leat_peek(r, want, &span) == LEAT_OK);
        leat_assert(leat_tell(r) == at);
        check_bytes(span.data, at, want);
        leat_consume(r, want);
        at += want;
    }
    leat_assert(leat_peek(r, 1, &span) == LEAT_END && span.len == 0);
}

static struct leat_reader *open_map(struct leat_ctx *ctx, size_t window_bytes, size_t read_bytes)
{
    struct leat_map_options options = {
        .window_bytes = window_bytes,
        .step_bytes = 10000,
        .read_bytes = read_bytes,
        .ordinary = true,
    };
    return leat_map_at(ctx, AT_FDCWD, path, NULL, &options);
}

/* Before the guard is there, files are read. */
static void test_without_guard(struct leat_ctx *ctx)
{
    make_file(FILE_LEN);
    struct leat_reader *r = leat_map(ctx, path);
    check_rest(r, 0, FILE_LEN, 5000);
    leat_assert(r->counts.copied[LEAT_CAUSE_KERNEL] == FILE_LEN);
    leat_reader_close(r);
}

/* The first part of a file is read, and what follows mapped, with the window across the two. */
static void test_reads_first(struct leat_ctx *ctx)
{
    static const size_t lens[] = { 10, 65535, 65536, 65537, FILE_LEN };
    for (unsigned i = 0; i < 5; i++) {
        make_file(lens[i]);
        struct leat_reader *r = open_map(ctx, 0, 65536);
        check_rest(r, 0, lens[i], 1000);
        uint64_t read = lens[i] < 65536 ? lens[i] : r->counts.copied[LEAT_CAUSE_KERNEL];
        leat_assert(leat_counts_copied(&r->counts) == read);
        leat_assert(read < 65536 + 8192);
        leat_reader_close(r);
    }
}

/* A window that grows a byte at a time, as one does over a line without an end, is mapped anew a
 * few times only. */
static void test_grows_by_bytes(struct leat_ctx *ctx)
{
    struct leat_span span = { 0 };
    make_file(FILE_LEN);
    struct leat_reader *r = open_map(ctx, 4096, 0);
    while (leat_peek(r, span.len + 1, &span) == LEAT_OK)
        leat_assert(span.len <= FILE_LEN);
    leat_assert(span.len == FILE_LEN);
    leat_assert(r->counts.allocations < 20);
    leat_reader_close(r);
}

/* Read all there is, by steps; the status that ended it, and how much there was. */
static enum leat_status read_on(struct leat_reader *r, uint64_t *ret_sum)
{
    struct leat_span span;
    enum leat_status status;
    while ((status = leat_peek(r, 1, &span)) == LEAT_OK) {
        for (size_t i = 0; i < span.len; i++)
            *ret_sum += span.data[i];
        leat_consume(r, span.len);
    }
    return status;
}

/* Cut at any place, before and behind what is shown, within and past the first window. */
static void test_cut(struct leat_ctx *ctx)
{
    static const uint64_t cuts[] = { 0, 1, 5000, 50000, 65536, 300000, FILE_LEN - 1 };
    for (unsigned i = 0; i < 7 * 2; i++) {
        uint64_t sum = 0, size;
        struct leat_span span;
        make_file(FILE_LEN);
        struct leat_reader *r = open_map(ctx, i % 2 ? 70000 : 0, 0);
        leat_assert(leat_peek(r, 60000, &span) == LEAT_OK);
        leat_assert(truncate(path, (off_t)cuts[i / 2]) == 0);
        for (size_t at = 0; at < span.len; at++)
            sum += span.data[at];
        leat_assert(read_on(r, &sum) == LEAT_FAULT);
        const struct leat_fault *fault = leat_reader_fault(r);
        leat_assert(fault->code == LEAT_FAULT_CHANGED);
        leat_assert(strcmp(fault->name, path) == 0 && strcmp(fault->part, "map") == 0);
        leat_assert(fault->offset <= (cuts[i / 2] > 60000 ? cuts[i / 2] : FILE_LEN));
        leat_assert(leat_size(r, &size) == LEAT_FAULT);
        leat_reader_close(r);
    }
}

/* Who has seen the end is told of a cut when asking for the size, and shown no more than stands. */
static void test_cut_behind_end(struct leat_ctx *ctx)
{
    struct leat_span span;
    uint64_t size;
    make_file(FILE_LEN);
    struct leat_reader *r = open_map(ctx, 0, 0);
    leat_assert(leat_skip(r, 70000, &size) == LEAT_OK);
    while (leat_peek(r, (size_t)(r->end - r->pos) + 1, &span) == LEAT_OK)
        continue;
    leat_assert(leat_peek(r, span.len, &span) == LEAT_OK && r->tail == LEAT_TAIL_END);
    leat_assert(leat_size(r, &size) == LEAT_OK && size == FILE_LEN);
    leat_assert(truncate(path, 100000) == 0);
    leat_assert(leat_size(r, &size) == LEAT_FAULT);
    leat_assert(leat_reader_fault(r)->code == LEAT_FAULT_CHANGED);
    leat_assert(leat_peek(r, span.len, &span) == LEAT_FAULT && span.len == 30000);
    leat_reader_close(r);
}

/* A part that stands is whole, though the file behind it was cut; one that does not is a fault. */
static void test_cut_under_limit(struct leat_ctx *ctx)
{
    static const size_t lens[] = { 5000, 7000, 7001, 9000 };
    for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct leat_span span;
        uint64_t size = 0;
        make_file(FILE_LEN);
        struct leat_reader *r = leat_limit(open_map(ctx, 0, 0), lens[i], true);
        leat_assert(leat_peek(r, lens[i], &span) == LEAT_OK && span.len == lens[i]);
        leat_assert(truncate(path, 7000) == 0);
        bool stands = lens[i] <= 7000;
        leat_assert(leat_size(r, &size) == (stands ? LEAT_OK : LEAT_FAULT));
        leat_assert(!stands || size == lens[i]);
        leat_assert(leat_peek(r, lens[i] + 1, &span) == (stands ? LEAT_END : LEAT_FAULT));
        leat_assert(span.len == (stands ? lens[i] : 7000));
        leat_reader_close(r);
    }
}

/* A slice of what was cut off reads as something, and so does the reader beside it. */
static void test_cut_slice(struct leat_ctx *ctx)
{
    struct leat_slice slice;
    struct leat_span span;
    make_file(FILE_LEN);
    struct leat_reader *r = open_map(ctx, 0, 0);
    leat_assert(leat_skip(r, 100000, &(uint64_t){ 0 }) == LEAT_OK);
    leat_assert(leat_take(r, 200000, &slice) == LEAT_OK);
    leat_assert(truncate(path, 50000) == 0);
    leat_assert(leat_peek(r, FILE_LEN, &span) == LEAT_FAULT && span.len == 0);
    leat_reader_close(r);
    for (size_t i = 0; i < slice.len; i++)
        leat_assert(slice.data[i] == 0);
    leat_slice_release(&slice);
}

/* Cut and grown again before anyone looks: only the page that was missing tells. */
static void test_cut_and_grown(struct leat_ctx *ctx)
{
    struct leat_span span;
    make_file(FILE_LEN);
    struct leat_reader *r = open_map(ctx, 0, 0);
    leat_assert(leat_peek(r, 200000, &span) == LEAT_OK);
    leat_assert(truncate(path, 100000) == 0);
    leat_assert(span.data[150000] == 0);
    leat_assert(truncate(path, FILE_LEN) == 0);
    leat_assert(leat_peek(r, span.len + 1, &span) == LEAT_FAULT);
    leat_assert(span.len > 100000 && span.len <= 150000);
    check_bytes(span.data, 0, 100000);
    leat_assert(leat_reader_fault(r)->code == LEAT_FAULT_CHANGED);
    leat_reader_close(r);
}

static void test_grows(struct leat_ctx *ctx)
{
    struct leat_span span;
    make_file(1000);
    struct leat_reader *r = open_map(ctx, 0, 0);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.len == 1000);
    make_file(5000);
    check_rest(r, 0, 1000, 100);
    leat_reader_close(r);
}

/* What cannot be mapped is read. */
static void test_odd_files(struct leat_ctx *ctx)
{
    struct leat_span span;
    uint64_t sum = 0;
    struct leat_reader *r = leat_map(ctx, "/proc/self/status");
    leat_assert(read_on(r, &sum) == LEAT_END && sum > 0);
    leat_reader_close(r);
    r = leat_map(ctx, "/");
    leat_assert(leat_peek(r, 1, &span) == LEAT_FAULT);
    leat_assert(leat_reader_fault(r)->system_code == EISDIR);
    leat_reader_close(r);
    r = leat_map(ctx, "/nowhere");
    leat_assert(leat_peek(r, 1, &span) == LEAT_FAULT);
    leat_assert(leat_reader_fault(r)->system_code == ENOENT);
    leat_reader_close(r);
}

/* --- The chain of handlers --- */

static volatile sig_atomic_t foreign_faults;
static uint8_t *foreign_page;

static void foreign_handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    leat_assert(info->si_addr == foreign_page);
    foreign_faults++;
    void *page =
        mmap(foreign_page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    leat_assert(page == foreign_page);
}

/* A SIGBUS that is not a map's reaches the handler that was there, or kills where none was. */
static void fault_outside(void)
{
    FILE *f = tmpfile();
    foreign_page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(f), 0);
    leat_assert(foreign_page != MAP_FAILED);
    leat_assert(*(volatile uint8_t *)foreign_page == 0);
    munmap(foreign_page, 4096);
    fclose(f);
}

static void test_dies(void)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGBUS, SIG_DFL);
        leat_assert(leat_map_guard_install() == LEAT_OK);
        fault_outside();
        _exit(0);
    }
    int state;
    leat_assert(waitpid(child, &state, 0) == child);
    leat_assert(WIFSIGNALED(state) && WTERMSIG(state) == SIGBUS);
}

int main(void)
{
    struct leat_ctx ctx;
    int fd = mkstemp(path);
    leat_assert(fd >= 0);
    close(fd);
    leat_ctx_init(&ctx, NULL);
    test_without_guard(&ctx);
    test_dies();
    struct sigaction action = { .sa_flags = SA_SIGINFO };
    action.sa_sigaction = foreign_handler;
    leat_assert(sigaction(SIGBUS, &action, NULL) == 0);
    leat_assert(leat_map_guard_install() == LEAT_OK);
    leat_assert(leat_map_guard_install() == LEAT_OK);
    fault_outside();
    leat_assert(foreign_faults == 1);
    test_reads_first(&ctx);
    test_grows_by_bytes(&ctx);
    test_cut(&ctx);
    test_cut_behind_end(&ctx);
    test_cut_under_limit(&ctx);
    test_cut_slice(&ctx);
    test_cut_and_grown(&ctx);
    test_grows(&ctx);
    test_odd_files(&ctx);
    leat_assert(foreign_faults == 1);
    leat_ctx_fini(&ctx);
    return unlink(path);
}
