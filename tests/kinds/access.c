/* Seek, fork, size and far offsets: a reader that has them is a plain array from any number of
 * places at once; one that has not refuses and is not changed by that. */

#include "tests/kinds/bench.h"
#include "tests/support/check.h"

#include <pthread.h>

enum { READERS = 4, LEN = 200000 };

/* A place past what 32 bits hold, and what lies there. */
#define FAR_OFFSET (((uint64_t)5 << 30) + 12345)
#define FAR_LEN    ((size_t)1000)

static bool seeks(const struct bench *b)
{
    return bench_promises(b, KIND_SEEKS);
}

/* A size, a seek or a fork that may have to wait. */
static enum leat_status ask_size(struct leat_reader *r, uint64_t *ret)
{
    enum leat_status status;
    while ((status = leat_size(r, ret)) == LEAT_AGAIN)
        drive_wait(r);
    return status;
}

static enum leat_status seek_to(struct leat_reader *r, uint64_t offset)
{
    enum leat_status status;
    while ((status = leat_seek(r, offset)) == LEAT_AGAIN)
        drive_wait(r);
    return status;
}

/* --- Any order --- */

/* Look at a place drawn, near an end more often than not, and see that an array has the same. */
static void looks(struct leat_reader *r, struct random *random)
{
    static const uint64_t marks[] = { 0, 65536, 131072, LEN };
    uint64_t at = random_below(random, LEN + 100);
    if (random_percent(random, 50))
        at = marks[random_below(random, 4)] + random_below(random, 50);
    if (random_percent(random, 60)) {
        check_status(seek_to(r, at), LEAT_OK);
        check_equal(leat_tell(r), at);
    }
    at = leat_tell(r);
    size_t want = random_len(random, random_percent(random, 10) ? 90000 : 500);
    size_t left = at < LEN ? (size_t)(LEN - at) : 0;
    struct leat_span span;
    enum leat_status status = bench_peek(r, want, &span);
    check_status(status, want <= left ? LEAT_OK : LEAT_END);
    check(span.len <= left);
    check(status == LEAT_OK || span.len == left);
    bench_check(span.data, at, span.len);
    leat_consume(r, random_below(random, span.len + 1));
}

static void one_step(struct leat_reader **readers, bool forks, struct random *random)
{
    struct leat_reader **one = &readers[random_below(random, READERS)];
    struct leat_reader *other = readers[random_below(random, READERS)];
    uint64_t size;
    if (*one == NULL && other != NULL && forks) {
        check_status(leat_fork(other, NULL, one), LEAT_OK);
        check_equal(leat_tell(*one), leat_tell(other));
    } else if (*one != NULL && random_percent(random, 5) && *one != readers[0]) {
        leat_reader_close(*one);
        *one = NULL;
    } else if (*one != NULL && random_percent(random, 5)) {
        check_status(ask_size(*one, &size), LEAT_OK);
        check_equal(size, LEN);
    } else if (*one != NULL) {
        looks(*one, random);
    }
}

static void goes_about_in_any_order(struct bench *b)
{
    if (!seeks(b))
        return;
    for (uint64_t i = 0; i < 4; i++) {
        bench_begin(b, &(struct bench_plan){ .seed = i });
        struct leat_reader *readers[READERS] = { bench_open(b, LEN) };
        struct random random = { b->plan.seed };
        struct leat_span span;
        check_status(bench_peek(readers[0], 1, &span), LEAT_OK);
        for (unsigned step = 0; step < 300; step++)
            one_step(readers, bench_promises(b, KIND_FORKS), &random);
        /* Whichever is closed first, the others go on. */
        bool first = random_percent(&random, 50);
        if (first)
            bench_close(b, readers[0]);
        for (unsigned at = 1; at < READERS; at++) {
            if (readers[at] != NULL)
                looks(readers[at], &random);
            leat_reader_close(readers[at]);
        }
        if (!first)
            bench_close(b, readers[0]);
        bench_end(b);
    }
}

static void gets_over_the_end(struct bench *b)
{
    struct leat_span span;
    if (!seeks(b))
        return;
    bench_begin(b, &(struct bench_plan){ 0 });
    struct leat_reader *r = bench_open(b, LEN);
    check_status(seek_to(r, LEN + 5), LEAT_OK);
    check_status(bench_peek(r, 1, &span), LEAT_END);
    check_equal(leat_tell(r), LEN + 5);
    check_status(seek_to(r, LEN), LEAT_OK);
    check_status(bench_peek(r, 1, &span), LEAT_END);
    check_status(seek_to(r, (uint64_t)5 << 32), LEAT_OK);
    check_status(bench_peek(r, 1, &span), LEAT_END);
    check_status(seek_to(r, LEN - 1), LEAT_OK);
    check_status(bench_peek(r, 2, &span), LEAT_END);
    bench_check(span.data, LEN - 1, 1);
    bench_close(b, r);
    bench_end(b);
}

/* What is not there is refused, and the reader goes on. */
static void refuses_what_it_has_not(struct bench *b)
{
    struct leat_span span;
    uint64_t size = 77;
    struct leat_reader *fork = NULL;
    if (bench_promises(b, KIND_SEEKS | KIND_FORKS))
        return;
    bench_begin(b, &(struct bench_plan){ 0 });
    struct leat_reader *r = bench_open(b, LEN);
    check_status(bench_peek(r, 100, &span), LEAT_OK);
    leat_consume(r, 10);
    if (!seeks(b))
        check_status(leat_seek(r, 0), LEAT_UNSUPPORTED);
    if (!bench_promises(b, KIND_FORKS))
        check_status(leat_fork(r, NULL, &fork), LEAT_UNSUPPORTED);
    check(fork == NULL);
    check_equal(leat_tell(r), 10);
    if (!seeks(b))
        check_status(leat_size(r, &size), LEAT_UNSUPPORTED);
    check_equal(size, 77);
    check_status(leat_peek(r, 90, &span), LEAT_OK);
    bench_check(span.data, 10, span.len);
    struct read read;
    drive_read(r, UINT64_MAX, &read);
    check_equal(read.bytes.len, LEN - 10);
    bench_check(read.bytes.data, 10, read.bytes.len);
    drive_read_fini(&read);
    bench_close(b, r);
    bench_end(b);
}

/* --- Threads --- */

static void *reads_fork(void *arg)
{
    struct leat_reader *r = arg;
    struct leat_span span;
    uint64_t at = 1234;
    while (leat_peek(r, 1, &span) == LEAT_OK) {
        check_equal(leat_tell(r), at);
        bench_check(span.data, at, span.len);
        at += span.len;
        leat_consume(r, span.len);
    }
    check_equal(at, LEN);
    leat_reader_close(r);
    return NULL;
}

/* Forks are read by other threads at once, each with a ctx of its own, whoever is closed first. */
static void forks_go_to_threads(struct bench *b)
{
    enum { THREADS = 3 };
    struct leat_ctx ctxs[THREADS];
    pthread_t threads[THREADS];
    struct leat_span span;
    uint64_t done;
    if (!bench_promises(b, KIND_FORKS) || !bench_waits(b))
        return;
    bench_begin(b, &(struct bench_plan){ .hosted = true });
    struct leat_reader *r = bench_open(b, LEN);
    check_status(leat_skip(r, 1000, &done), LEAT_OK);
    check_status(leat_peek(r, 300, &span), LEAT_OK);
    leat_consume(r, 234);
    for (unsigned i = 0; i < THREADS; i++) {
        struct leat_reader *fork;
        leat_ctx_init(&ctxs[i], NULL);
        check_status(leat_fork(r, &ctxs[i], &fork), LEAT_OK);
        check(pthread_create(&threads[i], NULL, reads_fork, fork) == 0);
    }
    leat_consume(r, 10);
    bench_close(b, r);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        leat_ctx_fini(&ctxs[i]);
    }
    bench_end(b);
}

/* --- Past 4 GiB --- */

static void far_bytes(struct bench *b, struct leat_reader *r)
{
    struct leat_span span;
    struct leat_reader *fork;
    uint64_t size;
    check_equal(leat_tell(r), FAR_OFFSET);
    check_status(bench_peek(r, FAR_LEN + 1, &span), LEAT_END);
    check_equal(span.len, FAR_LEN);
    bench_check(span.data, FAR_OFFSET, FAR_LEN);
    leat_consume(r, 10);
    check_equal(leat_tell(r), FAR_OFFSET + 10);
    check_status(ask_size(r, &size), LEAT_OK);
    check_equal(size, FAR_OFFSET + FAR_LEN);
    check_status(seek_to(r, FAR_OFFSET + 500), LEAT_OK);
    if (!bench_promises(b, KIND_FORKS))
        return;
    check_status(leat_fork(r, NULL, &fork), LEAT_OK);
    check_status(bench_peek(fork, 1, &span), LEAT_OK);
    bench_check(span.data, FAR_OFFSET + 500, 1);
    leat_reader_close(fork);
}

static void offsets_pass_four_gib(struct bench *b)
{
    uint8_t bytes[FAR_LEN];
    uint64_t done;
    bool sparse = b->source != NULL && bench_promises(b, KIND_SPARSE);
    bool view = b->view != NULL && seeks(b) && !bench_promises(b, KIND_LOOKS);
    if (!sparse && !view)
        return;
    bench_begin(b, &(struct bench_plan){ .below = BELOW_SEEKING });
    struct leat_reader *r = bench_open(b, sparse ? 100 : FAR_OFFSET + FAR_LEN);
    for (size_t i = 0; i < FAR_LEN; i++)
        bytes[i] = kind_byte(FAR_OFFSET + i);
    if (sparse)
        b->source->put(&b->in.end, FAR_OFFSET, bytes, FAR_LEN);
    enum leat_status status;
    uint64_t skipped = 0;
    while ((status = leat_skip(r, FAR_OFFSET - skipped, &done)) == LEAT_AGAIN) {
        skipped += done;
        drive_wait(r);
    }
    check_status(status, LEAT_OK);
    check_equal(skipped + done, FAR_OFFSET);
    far_bytes(b, r);
    check_status(seek_to(r, 1), LEAT_OK);
    check_status(seek_to(r, FAR_OFFSET), LEAT_OK);
    far_bytes(b, r);
    bench_close(b, r);
    bench_end(b);
}

void suite_access(struct bench *b)
{
    bench_run(b, "goes about in any order", goes_about_in_any_order);
    bench_run(b, "gets over the end", gets_over_the_end);
    bench_run(b, "refuses what it has not", refuses_what_it_has_not);
    bench_run(b, "forks go to threads", forks_go_to_threads);
    bench_run(b, "offsets pass 4 GiB", offsets_pass_four_gib);
}
