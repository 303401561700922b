/* Every source is copied to every sink, on both engines, at several lengths and limits, with both
 * sides already holding bytes: the same bytes, counts and offsets come out whichever way the two
 * agree on. Then each side fails part of the way, and each allocation does. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leat/core/copy.h"
#include "leat/endpoint/descriptor/descriptor.h"
#include "leat/endpoint/file/file.h"
#include "leat/endpoint/map/map.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/endpoint/stdio/stdio.h"
#include "leat/engine/polled.h"
#include "leat/stage/limit/limit.h"

#define TEXT_LEN_MAX (700 * LEAT_KIB)

/* Retries of one copy on an engine that does not wait. */
enum { ROUNDS_MAX = 1000000 };

static uint8_t *text;
static char folder[] = "/tmp/leat-copy-XXXXXX";
static struct leat_polled polled;

static const char *place(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* --- Sources --- */

struct source {
    size_t len;
    int fd; /* what the thread feeds, and closes */
    pthread_t thread;
    bool threaded;
};

static void *feed(void *arg)
{
    const struct source *source = arg;
    for (size_t at = 0; at < source->len;) {
        size_t some = source->len - at < 9999 ? source->len - at : 9999;
        ssize_t n = write(source->fd, text + at, some);
        if (n <= 0)
            break; /* the reader was closed first */
        at += (size_t)n;
    }
    close(source->fd);
    return NULL;
}

static void source_file(const struct source *source)
{
    int fd = open(place("source"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    leat_assert(write(fd, text, source->len) == (ssize_t)source->len);
    close(fd);
}

static struct leat_reader *from_memory(struct leat_ctx *ctx, struct source *source)
{
    return leat_memory(ctx, text, source->len);
}

static struct leat_reader *from_file(struct leat_ctx *ctx, struct source *source)
{
    source_file(source);
    return leat_file(ctx, place("source"));
}

static struct leat_reader *from_ordinary_file(struct leat_ctx *ctx, struct source *source)
{
    struct leat_file_options options = { .ordinary = true };
    source_file(source);
    return leat_file_at(ctx, AT_FDCWD, place("source"), NULL, &options);
}

static struct leat_reader *from_map(struct leat_ctx *ctx, struct source *source)
{
    struct leat_map_options options = { .window_bytes = 100000, .step_bytes = 30000 };
    source_file(source);
    return leat_map_at(ctx, AT_FDCWD, place("source"), NULL, &options);
}

static struct leat_reader *from_open_file(struct leat_ctx *ctx, struct source *source)
{
    source_file(source);
    return leat_descriptor(ctx, open(place("source"), O_RDONLY), true, "open file");
}

static struct leat_reader *from_fds(struct leat_ctx *ctx, struct source *source, const int fds[2])
{
    source->fd = fds[1];
    source->threaded = true;
    leat_assert(pthread_create(&source->thread, NULL, feed, source) == 0);
    return leat_descriptor(ctx, fds[0], true, "stream");
}

static struct leat_reader *from_pipe(struct leat_ctx *ctx, struct source *source)
{
    int fds[2];
    leat_assert(pipe2(fds, O_CLOEXEC) == 0);
    return from_fds(ctx, source, fds);
}

static struct leat_reader *from_socket(struct leat_ctx *ctx, struct source *source)
{
    int fds[2];
    leat_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    return from_fds(ctx, source, fds);
}

static struct leat_reader *from_FILE(struct leat_ctx *ctx, struct source *source)
{
    source_file(source);
    return leat_from_stdio(ctx, fopen(place("source"), "r"), true);
}

static struct leat_reader *from_limit(struct leat_ctx *ctx, struct source *source)
{
    return leat_limit(from_file(ctx, source), source->len, true);
}

typedef struct leat_reader *make_source(struct leat_ctx *ctx, struct source *source);
static make_source *const sources[] = {
    from_memory, from_file,   from_ordinary_file, from_map,   from_open_file,
    from_pipe,   from_socket, from_FILE,          from_limit,
};

/* --- Sinks --- */

struct sink {
    uint8_t *got;
    size_t got_len;
    int fd; /* what the thread empties, and closes */
    pthread_t thread;
    bool threaded;
    bool is_file; /* got is to be read from there */
    struct leat_slice slice;
};

static void *empty(void *arg)
{
    struct sink *sink = arg;
    ssize_t n;
    while ((n = read(sink->fd, sink->got + sink->got_len, 7777)) > 0)
        sink->got_len += (size_t)n;
    close(sink->fd);
    return NULL;
}

static struct leat_writer *to_memory(struct leat_ctx *ctx, struct sink *sink)
{
    (void)sink;
    return leat_memory_writer(ctx, 0);
}

static struct leat_writer *to_file(struct leat_ctx *ctx, struct sink *sink)
{
    sink->is_file = true;
    return leat_file_writer(ctx, place("sink"), NULL);
}

static struct leat_writer *to_open_file(struct leat_ctx *ctx, struct sink *sink)
{
    sink->is_file = true;
    int fd = open(place("sink"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return leat_descriptor_writer(ctx, fd, true, NULL);
}

static struct leat_writer *to_appended_file(struct leat_ctx *ctx, struct sink *sink)
{
    sink->is_file = true;
    int fd = open(place("sink"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    return leat_descriptor_writer(ctx, fd, true, NULL);
}

static struct leat_writer *to_fds(struct leat_ctx *ctx, struct sink *sink, const int fds[2])
{
    sink->fd = fds[0];
    sink->threaded = true;
    leat_assert(pthread_create(&sink->thread, NULL, empty, sink) == 0);
    return leat_descriptor_writer(ctx, fds[1], true, NULL);
}

static struct leat_writer *to_pipe(struct leat_ctx *ctx, struct sink *sink)
{
    int fds[2];
    leat_assert(pipe2(fds, O_CLOEXEC) == 0);
    return to_fds(ctx, sink, fds);
}

static struct leat_writer *to_socket(struct leat_ctx *ctx, struct sink *sink)
{
    int fds[2];
    leat_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    return to_fds(ctx, sink, fds);
}

static struct leat_writer *to_FILE(struct leat_ctx *ctx, struct sink *sink)
{
    sink->is_file = true;
    return leat_stdio_writer(ctx, fopen(place("sink"), "w"), true);
}

typedef struct leat_writer *make_sink(struct leat_ctx *ctx, struct sink *sink);
static make_sink *const sinks[] = { to_memory, to_file,   to_open_file, to_appended_file,
                                    to_pipe,   to_socket, to_FILE };

/* --- Copying --- */

static void fire(struct leat_wake *wake)
{
    (void)wake;
}

/* Wait for whichever side had to. */
static void wait_for(enum leat_status status, struct leat_writer *w, struct leat_reader *r)
{
    struct leat_wake wake = { fire };
    leat_assert(r->ctx->engine != NULL);
    enum leat_status armed = status == LEAT_AGAIN ? leat_arm(r, &wake) : leat_writer_arm(w, &wake);
    leat_assert(armed == LEAT_OK);
    leat_assert(leat_polled_turn(&polled, LEAT_TIMEOUT_NONE) == LEAT_OK);
}

static enum leat_status copy(struct leat_writer *w, struct leat_reader *r, uint64_t limit,
                             uint64_t *ret_done)
{
    *ret_done = 0;
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        uint64_t before = leat_tell(r), done;
        enum leat_status status = leat_copy(w, r, limit - *ret_done, &done);
        *ret_done += done;
        leat_assert(leat_tell(r) == before + done);
        if (status != LEAT_AGAIN && status != LEAT_FULL)
            return status;
        wait_for(status, w, r);
    }
    leat_assert(false);
    return LEAT_FAULT;
}

static enum leat_status finish(struct leat_writer *w, struct leat_reader *r)
{
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        enum leat_status status = leat_flush(w, LEAT_FLUSH_FINISH);
        if (status != LEAT_FULL)
            return status;
        wait_for(status, w, r);
    }
    return LEAT_FAULT;
}

/* What arrived, after the writer was finished but before it is closed. */
static void sink_collects(struct sink *sink, struct leat_writer *w, bool is_memory)
{
    if (is_memory) {
        leat_memory_writer_take(w, &sink->slice);
        sink->got_len = sink->slice.len;
        memcpy(sink->got, sink->slice.data, sink->got_len);
        leat_slice_release(&sink->slice);
    }
    leat_writer_close(w);
    if (sink->threaded)
        pthread_join(sink->thread, NULL);
    if (sink->is_file) {
        int fd = open(place("sink"), O_RDONLY);
        sink->got_len = fd < 0 ? 0 : (size_t)read(fd, sink->got, 2 * TEXT_LEN_MAX);
        close(fd);
        unlink(place("sink"));
    }
}

static void test_pair(struct leat_ctx *ctx, make_source *from, make_sink *to, size_t len,
                      uint64_t limit, bool buffered)
{
    struct source source = { .len = len };
    struct sink sink = { .got = malloc(2 * TEXT_LEN_MAX) };
    struct leat_span span;
    struct leat_reader *r = from(ctx, &source);
    struct leat_writer *w = to(ctx, &sink);
    size_t head = 0, dropped = 0, done_len;
    if (buffered && len > 10) {
        while (leat_peek(r, 10, &span) == LEAT_AGAIN)
            wait_for(LEAT_AGAIN, w, r);
        leat_consume(r, dropped = 7);
        leat_assert(leat_write(w, "header", head = 6, &done_len) == LEAT_OK);
    }
    uint64_t left = len - dropped, done;
    uint64_t expected = limit < left ? limit : left;
    enum leat_status status = copy(w, r, limit, &done);
    leat_assert(status == (limit <= left ? LEAT_OK : LEAT_END));
    leat_assert(done == expected);
    leat_assert(leat_tell(r) == dropped + expected);
    leat_assert(leat_writer_tell(w) == head + expected);
    /* The reader goes on where the copy stopped. */
    if (expected < left) {
        while (leat_peek(r, 1, &span) == LEAT_AGAIN)
            wait_for(LEAT_AGAIN, w, r);
        leat_assert(span.data[0] == text[dropped + expected]);
    }
    leat_assert(finish(w, r) == LEAT_OK);
    sink_collects(&sink, w, to == to_memory);
    leat_assert(sink.got_len == head + expected);
    leat_assert(memcmp(sink.got, "header", head) == 0);
    leat_assert(memcmp(sink.got + head, text + dropped, expected) == 0);
    leat_reader_close(r);
    if (source.threaded)
        pthread_join(source.thread, NULL);
    free(sink.got);
}

static void test_pairs(struct leat_ctx *ctx)
{
    static const struct {
        size_t len;
        uint64_t limit;
    } sizes[] = {
        { 0, UINT64_MAX },        { 1, UINT64_MAX }, { 70000, UINT64_MAX },
        { 70000, 70000 },         { 70000, 50000 },  { TEXT_LEN_MAX, UINT64_MAX },
        { TEXT_LEN_MAX, 400000 },
    };
    for (size_t from = 0; from < sizeof(sources) / sizeof(sources[0]); from++) {
        for (size_t to = 0; to < sizeof(sinks) / sizeof(sinks[0]); to++) {
            for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++)
                test_pair(ctx, sources[from], sinks[to], sizes[i / 2].len, sizes[i / 2].limit,
                          i % 2);
        }
    }
}

/* --- Failing --- */

/* A sink that takes a part and then no more: what it took is what was copied, or a little less
 * where the rest was still on its way. */
static void test_sink_fails(struct leat_ctx *ctx, make_source *from)
{
    struct source source = { .len = TEXT_LEN_MAX };
    struct rlimit old, small = { 300000, RLIM_INFINITY };
    uint64_t done;
    leat_assert(getrlimit(RLIMIT_FSIZE, &old) == 0);
    struct leat_reader *r = from(ctx, &source);
    int fd = open(place("sink"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct leat_writer *w = leat_descriptor_writer(ctx, fd, false, "small");
    leat_assert(setrlimit(RLIMIT_FSIZE, &small) == 0);
    enum leat_status status = copy(w, r, UINT64_MAX, &done);
    leat_assert(setrlimit(RLIMIT_FSIZE, &old) == 0);
    leat_assert(status == LEAT_FAULT);
    leat_assert(leat_reader_fault(r) == NULL);
    leat_assert(leat_writer_fault(w)->system_code == EFBIG);
    leat_assert(done <= 300000 + 65536);
    uint8_t *got = malloc(TEXT_LEN_MAX);
    leat_assert(pread(fd, got, TEXT_LEN_MAX, 0) == 300000);
    leat_assert(memcmp(got, text, 300000) == 0);
    free(got);
    leat_writer_close(w);
    leat_reader_close(r);
    close(fd);
    if (source.threaded)
        pthread_join(source.thread, NULL);
}

/* A source that ends in a fault: all before it arrives. */
static void test_source_fails(struct leat_ctx *ctx, make_sink *to)
{
    struct source source = { .len = 100000 };
    struct sink sink = { .got = malloc(2 * TEXT_LEN_MAX) };
    uint64_t done;
    struct leat_reader *r = leat_limit(from_file(ctx, &source), 100001, true);
    struct leat_writer *w = to(ctx, &sink);
    leat_assert(copy(w, r, UINT64_MAX, &done) == LEAT_FAULT);
    leat_assert(done == 100000);
    leat_assert(leat_reader_fault(r)->code == LEAT_FAULT_TRUNCATED);
    leat_assert(leat_writer_fault(w) == NULL);
    leat_assert(finish(w, r) == LEAT_OK);
    sink_collects(&sink, w, to == to_memory);
    leat_assert(sink.got_len == 100000 && memcmp(sink.got, text, 100000) == 0);
    leat_reader_close(r);
    free(sink.got);
}

/* A map that is cut while the kernel moves it is a fault still. */
static void test_cut_map(struct leat_ctx *ctx)
{
    struct source source = { .len = TEXT_LEN_MAX };
    struct sink sink = { .got = malloc(2 * TEXT_LEN_MAX) };
    struct leat_span span;
    uint64_t done;
    struct leat_reader *r = from_map(ctx, &source);
    struct leat_writer *w = to_open_file(ctx, &sink);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK);
    leat_assert(truncate(place("source"), 200000) == 0);
    leat_assert(copy(w, r, UINT64_MAX, &done) == LEAT_FAULT);
    leat_assert(done == 200000);
    leat_assert(leat_reader_fault(r)->code == LEAT_FAULT_CHANGED);
    sink_collects(&sink, w, false);
    leat_reader_close(r);
    free(sink.got);
}

/* cat f >> f would never end. */
static void test_same_file(struct leat_ctx *ctx)
{
    struct source source = { .len = 100000 };
    uint64_t done;
    struct leat_reader *r = from_file(ctx, &source);
    int fd = open(place("source"), O_WRONLY | O_APPEND);
    struct leat_writer *w = leat_descriptor_writer(ctx, fd, true, NULL);
    leat_assert(leat_copy(w, r, UINT64_MAX, &done) == LEAT_FAULT && done == 0);
    leat_assert(leat_writer_fault(w)->code == LEAT_FAULT_UNSUPPORTED);
    leat_writer_close(w);
    leat_reader_close(r);
}

/* Nothing between two files, or a map and a pipe, passes through memory of ours by a copy. */
static void test_moves_nothing(struct leat_ctx *ctx)
{
    struct source source = { .len = TEXT_LEN_MAX };
    struct sink sink = { .got = malloc(2 * TEXT_LEN_MAX) };
    uint64_t done;
    struct leat_reader *r = from_file(ctx, &source);
    struct leat_writer *w = to_open_file(ctx, &sink);
    leat_assert(copy(w, r, UINT64_MAX, &done) == LEAT_END && done == TEXT_LEN_MAX);
    leat_assert(leat_counts_copied(&r->counts) == 0);
    leat_assert(leat_counts_copied(&w->counts) == 0);
    sink_collects(&sink, w, false);
    leat_reader_close(r);
    free(sink.got);
}

/* --- Without memory --- */

static long allocations_left; /* then one fails, and later ones do not */

static void *fails_once(void *user, void *old, size_t size)
{
    (void)user;
    if (size > 0 && old == NULL)
        return allocations_left-- == 0 ? NULL : malloc(size);
    free(old);
    return NULL;
}

/* Copy with the n-th allocation failing. Whether it did; then one clean fault says so. */
static bool test_nth_fails(make_source *from, make_sink *to, long n)
{
    struct leat_ctx ctx;
    struct leat_ctx_options options = { .alloc = { fails_once, NULL } };
    struct source source = { .len = 100000 };
    struct sink sink = { .got = malloc(2 * TEXT_LEN_MAX) };
    uint64_t done;
    leat_ctx_init(&ctx, &options);
    allocations_left = n;
    struct leat_reader *r = from(&ctx, &source);
    struct leat_writer *w = to(&ctx, &sink);
    enum leat_status status = copy(w, r, UINT64_MAX, &done);
    if (status == LEAT_END)
        status = leat_flush(w, LEAT_FLUSH_FINISH);
    bool failed = allocations_left < 0;
    leat_assert(status == LEAT_OK || status == LEAT_FAULT);
    leat_assert(status == LEAT_OK || failed);
    if (status == LEAT_FAULT) {
        const struct leat_fault *fault = leat_reader_fault(r);
        fault = fault != NULL ? fault : leat_writer_fault(w);
        leat_assert(fault->code == LEAT_FAULT_MEMORY);
    }
    sink_collects(&sink, w, to == to_memory);
    leat_assert(status != LEAT_OK || sink.got_len == source.len);
    leat_assert(memcmp(sink.got, text, sink.got_len) == 0);
    leat_reader_close(r);
    leat_ctx_fini(&ctx);
    if (source.threaded)
        pthread_join(source.thread, NULL);
    free(sink.got);
    return failed;
}

static void test_without_memory(void)
{
    enum { ALLOCATIONS_MAX = 1000 };
    for (size_t from = 0; from < sizeof(sources) / sizeof(sources[0]); from++) {
        for (size_t to = 0; to < sizeof(sinks) / sizeof(sinks[0]); to++) {
            long n = 0;
            while (test_nth_fails(sources[from], sinks[to], n))
                leat_assert(n++ < ALLOCATIONS_MAX);
        }
    }
}

static void test_all(struct leat_ctx *ctx)
{
    test_pairs(ctx);
    for (size_t from = 0; from < sizeof(sources) / sizeof(sources[0]); from++)
        test_sink_fails(ctx, sources[from]);
    for (size_t to = 0; to < sizeof(sinks) / sizeof(sinks[0]); to++)
        test_source_fails(ctx, sinks[to]);
    test_cut_map(ctx);
    test_same_file(ctx);
    test_moves_nothing(ctx);
}

int main(void)
{
    struct leat_ctx ctx;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    leat_assert(mkdtemp(folder) != NULL);
    leat_assert(leat_map_guard_install() == LEAT_OK);
    text = malloc(TEXT_LEN_MAX);
    for (size_t i = 0; i < TEXT_LEN_MAX; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    leat_ctx_init(&ctx, NULL);
    test_all(&ctx);
    test_without_memory();
    leat_ctx_fini(&ctx);
    leat_polled_init(&polled);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .engine = &polled.engine });
    test_all(&ctx);
    leat_ctx_fini(&ctx);
    free(text);
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}
