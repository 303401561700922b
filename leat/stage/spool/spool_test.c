/* Shows that a spool and its forks, in any order of seeks, forks, closes and sizes, show the bytes
 * of a plain array; that it stops at its bound; and that threads may read forks at once. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leat/core/ctx.h"
#include "leat/stage/spool/spool.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

/* Three blocks and the beginning of a fourth. */
enum { TEXT_LEN = 480000, READERS = 4 };

static struct leat_ctx ctx;
static uint8_t text[TEXT_LEN];

/* A peek at a drawn place, near a join of two blocks more often than not. */
static void looks(struct leat_reader *r, uint64_t *seed)
{
    static const uint64_t joins[] = { 65536, 3 * 65536, 7 * 65536, TEXT_LEN };
    uint64_t at = drip_random(seed, TEXT_LEN);
    if (drip_random(seed, 4) > 0)
        at = joins[drip_random(seed, 4)] + drip_random(seed, 200) - 100;
    if (drip_random(seed, 3) > 0)
        check(leat_seek(r, at) == LEAT_OK);
    at = leat_tell(r);
    size_t want = 1 + (size_t)drip_random(seed, drip_random(seed, 10) == 0 ? 150000 : 300);
    struct leat_span window;
    enum leat_status status = leat_peek(r, want, &window);
    check(status != LEAT_FAULT);
    uint64_t left = at < TEXT_LEN ? TEXT_LEN - at : 0;
    check(window.len <= left);
    check(window.len == 0 || memcmp(window.data, text + at, window.len) == 0);
    check((status == LEAT_OK) == (window.len >= want));
    check(status != LEAT_END || window.len == left);
    if (window.len == 0)
        return;
    size_t n = 1 + (size_t)drip_random(seed, window.len);
    struct leat_slice slice;
    if (drip_random(seed, 2)) {
        check(leat_take(r, n, &slice) == LEAT_OK);
        check(memcmp(slice.data, text + at, n) == 0);
        leat_slice_release(&slice);
    } else {
        leat_consume(r, n);
    }
}

static void any_order(uint64_t seed)
{
    struct drip_options options = { .seed = seed,
                                    .piece_max = 1 + (seed * 997) % 20000,
                                    .again = (unsigned)(seed % 3 * 20) };
    struct leat_reader *readers[READERS] = { 0 };
    readers[0] = leat_spool(drip(&ctx, text, TEXT_LEN, &options), 0);
    for (unsigned i = 0; i < 200; i++) {
        struct leat_reader **one = &readers[drip_random(&seed, READERS)];
        struct leat_reader *other = readers[drip_random(&seed, READERS)];
        uint64_t size;
        if (*one == NULL && other != NULL) {
            check(leat_fork(other, NULL, one) == LEAT_OK);
            check(leat_tell(*one) == leat_tell(other));
        } else if (*one != NULL && drip_random(&seed, 20) == 0) {
            leat_reader_close(*one);
            *one = NULL;
        } else if (*one != NULL && drip_random(&seed, 40) == 0) {
            enum leat_status status = leat_size(*one, &size);
            check(status == LEAT_AGAIN || (status == LEAT_OK && size == TEXT_LEN));
        } else if (*one != NULL) {
            looks(*one, &seed);
        }
    }
    for (unsigned i = 0; i < READERS; i++)
        leat_reader_close(readers[i]);
}

/* A window that grows by drips over a join is not copied anew for each of them. */
static void grows_in_linear_time(void)
{
    struct drip_options options = { .piece_max = 1 };
    struct leat_reader *r = leat_spool(drip(&ctx, text, 150000, &options), 0);
    struct leat_span window;
    check(leat_seek(r, 60000) == LEAT_OK);
    for (size_t want = 1; want < 30000; want++)
        check(leat_peek(r, want, &window) == LEAT_OK);
    check(memcmp(window.data, text + 60000, window.len) == 0);
    check(r->counts.copied[LEAT_CAUSE_SEAM] < 100000);
    leat_reader_close(r);
}

static void stops_at(size_t max, size_t len, bool fails, enum leat_fault_code code)
{
    struct drip_options options = { .piece_max = 1000, .fails = fails };
    struct leat_reader *r = leat_spool(drip(&ctx, text, len, &options), max);
    struct leat_span window;
    uint64_t size, kept = len < max ? len : max;
    enum leat_status end = code != LEAT_FAULT_NONE ? LEAT_FAULT : LEAT_END;
    check(leat_peek(r, len + 1, &window) == end);
    check(window.len == kept);
    check(memcmp(window.data, text, window.len) == 0);
    check(code == LEAT_FAULT_NONE || leat_reader_fault(r)->code == code);
    check(leat_seek(r, 1) == LEAT_OK);
    check(leat_peek(r, kept - 1, &window) == LEAT_OK);
    check(leat_size(r, &size) == (code != LEAT_FAULT_NONE ? LEAT_FAULT : LEAT_OK));
    leat_reader_close(r);
}

/* --- Threads --- */

static void *reads_all(void *arg)
{
    struct leat_reader *r = arg;
    struct leat_span window;
    size_t at = 0;
    while (leat_peek(r, 5000, &window) == LEAT_OK) {
        check(memcmp(window.data, text + at, window.len) == 0);
        leat_consume(r, 5000);
        at += 5000;
    }
    check(at + window.len == TEXT_LEN);
    leat_reader_close(r);
    return NULL;
}

static void threads_read(void)
{
    struct drip_options options = { .piece_max = 30000 };
    struct leat_reader *r = leat_spool(drip(&ctx, text, TEXT_LEN, &options), 0);
    struct leat_ctx contexts[3];
    pthread_t threads[3];
    for (unsigned i = 0; i < 3; i++) {
        struct leat_reader *fork;
        leat_ctx_init(&contexts[i], NULL);
        check(leat_fork(r, &contexts[i], &fork) == LEAT_OK);
        check(pthread_create(&threads[i], NULL, reads_all, fork) == 0);
    }
    leat_reader_close(r); /* first, perhaps */
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        leat_ctx_fini(&contexts[i]);
    }
    options.again = 50;
    r = leat_spool(drip(&ctx, text, TEXT_LEN, &options), 0);
    struct leat_ctx other;
    struct leat_reader *fork = NULL;
    leat_ctx_init(&other, NULL);
    while (leat_fork(r, &other, &fork) == LEAT_UNSUPPORTED)
        check(fork == NULL);
    check(fork != NULL);
    leat_reader_close(r);
    reads_all(fork);
    leat_ctx_fini(&other);
}

/* The n-th allocation fails, for every n: a fault, and nothing leaks. */
static void *few_resize(void *user, void *old, size_t size)
{
    int *left = user;
    if (old == NULL)
        return (*left)-- > 0 ? malloc(size) : NULL;
    free(old);
    return NULL;
}

static void memory_fails(void)
{
    enum leat_status status = LEAT_FAULT;
    for (int n = 0; status != LEAT_OK; n++) {
        int left = n;
        struct leat_ctx_options options = { .alloc = { few_resize, &left } };
        struct drip_options whole = { 0 };
        struct leat_ctx few;
        leat_ctx_init(&few, &options);
        struct leat_reader *fork = NULL;
        struct leat_reader *r = leat_spool(drip(&few, text, 70000, &whole), 0);
        struct leat_span window;
        status = leat_peek(r, 70000, &window);
        check(status == LEAT_OK || leat_reader_fault(r)->code == LEAT_FAULT_MEMORY);
        if (status == LEAT_OK && leat_fork(r, NULL, &fork) == LEAT_OK)
            status = leat_peek(fork, 1, &window);
        leat_reader_close(fork);
        leat_reader_close(r);
        leat_ctx_fini(&few);
    }
}

int main(void)
{
    uint64_t random = 1;
    for (size_t i = 0; i < TEXT_LEN; i++)
        text[i] = (uint8_t)drip_random(&random, 256);
    leat_ctx_init(&ctx, NULL);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        any_order(seed);
    }
    grows_in_linear_time();
    stops_at(100, 99, false, LEAT_FAULT_NONE);
    stops_at(100, 100, false, LEAT_FAULT_NONE);
    stops_at(100, 101, false, LEAT_FAULT_BOUND);
    stops_at(100000, 300000, false, LEAT_FAULT_BOUND);
    stops_at(100000, 90000, true, LEAT_FAULT_SYSTEM);
    threads_read();
    memory_fails();
    leat_ctx_fini(&ctx);
    return 0;
}
