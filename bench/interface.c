/* What the interface itself costs, beside raw pointers over the same bytes: frames, lines, numbers,
 * and views. Both sides of a pair run in turn; medians are compared. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "leat/core/ctx.h"
#include "leat/core/items.h"
#include "leat/core/lines.h"
#include "leat/stage/limit/limit.h"

/* A block that stays in the second-level cache, shown again and again. */
#define BLOCK_LEN  (256 * LEAT_KIB)
#define BLOCKS     16
#define VIEWS      10
#define RUNS       151
#define SMALL_FILL 512

static uint8_t block[BLOCK_LEN];
static struct leat_ctx ctx;

/* --- A source that shows the block, `piece` bytes a fill --- */

struct again {
    struct leat_reader reader;
    size_t piece;
    uint64_t left;
};

static enum leat_status again_fill(struct leat_reader *r, size_t min)
{
    struct again *self = (struct again *)r;
    if (self->left == 0)
        return LEAT_END;
    size_t at = r->end_offset % BLOCK_LEN;
    r->pos = block + at;
    r->end = r->pos + self->piece;
    r->end_offset += self->piece;
    self->left -= self->piece;
    return self->piece >= min ? LEAT_OK : LEAT_END;
}

static struct leat_reader *again(size_t piece)
{
    static const struct leat_reader_ops ops = {
        .name = "again",
        .self_size = sizeof(struct again),
        .fill = again_fill,
    };
    struct again *self = leat_reader_at(&ctx, &ops);
    if (self == NULL)
        abort();
    self->piece = piece;
    self->left = (uint64_t)BLOCKS * BLOCK_LEN;
    return &self->reader;
}

/* --- Pairs: each returns something that depends on every byte or item --- */

/* Two things to do with bytes: hash them, where each word waits for the last, as in a parser; and
 * add them up, several a cycle, which shows every instruction beside it. */
typedef uint64_t work(const uint8_t *data, size_t len);

static inline uint64_t mix(uint64_t sum, uint64_t item)
{
    return (sum ^ item) * 0x9e3779b97f4a7c15;
}

static inline __attribute__((always_inline)) uint64_t hash(const uint8_t *data, size_t len)
{
    uint64_t sum = 0;
    for (const uint8_t *end = data + len; data < end; data += 8)
        sum = mix(sum, leat_load_u64le(data));
    return sum;
}

/* Vectors of the language, so that no compiler chooses differently for the two of a pair. */
typedef uint64_t words __attribute__((vector_size(16), aligned(1), may_alias));

static inline __attribute__((always_inline)) uint64_t add(const uint8_t *data, size_t len)
{
    words a = { 0 }, b = { 0 };
    for (const uint8_t *end = data + len; data < end; data += 32) {
        a += *(const words *)(const void *)data;
        b += *(const words *)(const void *)(data + 16);
    }
    a ^= b;
    return a[0] ^ a[1];
}

/* The same as one piece of code for both of a pair: where a frame is long, the loop inside it would
 * else be measured, which runs at one of two speeds, by where the compiler happens to put it. Its
 * rounds are long: whether a processor foresees the last of many hangs on what it saw before. */
static __attribute__((noinline)) uint64_t add_far(const uint8_t *data, size_t len)
{
    words sums[4] = { { 0 } };
    for (const uint8_t *end = data + len; data < end; data += 128) {
        const words *at = (const words *)(const void *)data;
        sums[0] += at[0] ^ at[4];
        sums[1] += at[1] ^ at[5];
        sums[2] += at[2] ^ at[6];
        sums[3] += at[3] ^ at[7];
    }
    words all = (sums[0] ^ sums[1]) + (sums[2] ^ sums[3]);
    return all[0] ^ all[1];
}

/* The compiler must not see that one round over the block gives what the last one gave. */
static inline uint64_t again_and_again(uint64_t sum)
{
    __asm__ volatile("" : "+r"(sum)::"memory");
    return sum;
}

static inline __attribute__((always_inline)) uint64_t frames_raw(size_t len, work *do_with)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        const uint8_t *at = block, *end = block + BLOCK_LEN;
        __asm__("" : "+r"(at), "+r"(end)); /* raw pointers, of which nothing else is known */
        for (; (size_t)(end - at) >= len; at += len)
            sum ^= do_with(at, len);
        sum = again_and_again(sum);
    }
    return sum;
}

static inline __attribute__((always_inline)) uint64_t frames_leat(size_t len, work *do_with)
{
    struct leat_reader *r = again(BLOCK_LEN);
    struct leat_span window;
    uint64_t sum = 0;
    while (leat_peek(r, len, &window) == LEAT_OK) {
        sum ^= do_with(window.data, len);
        leat_consume(r, len);
    }
    leat_reader_close(r);
    return sum;
}

/* A parser knows the size of its frames: so does the compiler here. */
#define FRAMES_OF(size, do_with)                                                                   \
    static uint64_t frames_raw_##size##do_with(size_t len)                                         \
    {                                                                                              \
        (void)len;                                                                                 \
        return frames_raw(size, do_with);                                                          \
    }                                                                                              \
    static uint64_t frames_leat_##size##do_with(size_t len)                                        \
    {                                                                                              \
        (void)len;                                                                                 \
        return frames_leat(size, do_with);                                                         \
    }

FRAMES_OF(64, hash)
FRAMES_OF(64, add)
FRAMES_OF(1024, add_far)
FRAMES_OF(16384, add_far)

static uint64_t lines_raw(size_t len)
{
    (void)len;
    uint64_t sum = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        const uint8_t *at = block, *end = block + BLOCK_LEN, *found;
        while ((found = memchr(at, '\n', (size_t)(end - at))) != NULL) {
            sum += (uint64_t)(found - at) ^ *at;
            at = found + 1;
        }
    }
    return sum;
}

static uint64_t lines_leat(size_t len)
{
    (void)len;
    struct leat_reader *r = again(BLOCK_LEN);
    struct leat_lines lines;
    leat_lines_init(&lines, r, '\n', 0);
    struct leat_span line;
    uint64_t sum = 0;
    while (leat_lines_next(&lines, &line) == LEAT_OK)
        sum += line.len ^ *line.data;
    leat_reader_close(r);
    return sum;
}

static uint64_t items_raw(size_t len)
{
    (void)len;
    uint64_t sum = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (const uint8_t *at = block; at < block + BLOCK_LEN; at += 4)
            sum = mix(sum, leat_load_u32le(at));
    }
    return sum;
}

static uint64_t items_leat(size_t len)
{
    (void)len;
    struct leat_reader *r = again(BLOCK_LEN);
    uint32_t item;
    uint64_t sum = 0;
    while (leat_u32le_next(r, &item) == LEAT_OK)
        sum = mix(sum, item);
    leat_reader_close(r);
    return sum;
}

static uint64_t runs_raw(size_t len)
{
    (void)len;
    uint64_t sum = 0;
    for (unsigned i = 0; i < BLOCKS; i++)
        sum = again_and_again(sum ^ add_far(block, BLOCK_LEN));
    return sum;
}

static uint64_t runs_leat(size_t len)
{
    (void)len;
    struct leat_reader *r = again(BLOCK_LEN);
    struct leat_items items;
    leat_items_init(&items, r, 32);
    struct leat_span run;
    uint64_t sum = 0;
    while (leat_items_run(&items, &run) == LEAT_OK)
        sum ^= add_far(run.data, run.len);
    leat_reader_close(r);
    return sum;
}

static uint64_t fills(struct leat_reader *r)
{
    struct leat_span window;
    uint64_t sum = 0;
    while (leat_peek(r, 1, &window) == LEAT_OK) {
        sum += window.data[0];
        leat_consume(r, window.len);
    }
    leat_reader_close(r);
    return sum;
}

static uint64_t views_none(size_t len)
{
    return fills(again(len));
}

static uint64_t views_ten(size_t len)
{
    struct leat_reader *r = again(len);
    for (unsigned i = 0; i < VIEWS; i++)
        r = leat_limit(r, UINT64_MAX / 2, false);
    return fills(r);
}

/* --- Measuring --- */

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times)
{
    qsort(times, RUNS, sizeof(times[0]), by_size);
    return times[RUNS / 2];
}

typedef uint64_t task(size_t len);

/* Medians: of the times of both in ns, and of their ratio. The results must be the same. */
struct compared {
    double raw_ns, our_ns, ratio;
};

static struct compared compare(task *raw, task *ours, size_t len)
{
    double raw_times[RUNS], our_times[RUNS], ratios[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        double start = now_ns();
        uint64_t a = raw(len);
        double middle = now_ns();
        uint64_t b = ours(len);
        our_times[i] = now_ns() - middle;
        raw_times[i] = middle - start;
        ratios[i] = our_times[i] / raw_times[i];
        if (a != b)
            abort();
    }
    return (struct compared){ median(raw_times), median(our_times), median(ratios) };
}

static void pair(const char *name, task *raw, task *ours, size_t len, double items)
{
    struct compared found = compare(raw, ours, len);
    printf("%-18s %9.3f %9.3f %8.3f\n", name, found.raw_ns / items, found.our_ns / items,
           found.ratio);
}

int main(void)
{
    double total = (double)BLOCKS * BLOCK_LEN;
    leat_ctx_init(&ctx, NULL);
    srand(1);
    double lines = 0;
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        block[i] = rand() % 40 == 0 || i == BLOCK_LEN - 1 ? '\n' : 'a' + rand() % 26;
        lines += block[i] == '\n';
    }
    printf("%-18s %9s %9s %8s\n", "ns each", "raw", "leat", "ratio");
    pair("64 B, hashed", frames_raw_64hash, frames_leat_64hash, 0, total / 64);
    pair("64 B, added up", frames_raw_64add, frames_leat_64add, 0, total / 64);
    pair("1 KiB, added up", frames_raw_1024add_far, frames_leat_1024add_far, 0, total / 1024);
    pair("16 KiB, added up", frames_raw_16384add_far, frames_leat_16384add_far, 0, total / 16384);
    pair("lines, 40 a line", lines_raw, lines_leat, 0, lines * BLOCKS);
    pair("u32, one by one", items_raw, items_leat, 0, total / 4);
    pair("items, in runs", runs_raw, runs_leat, 0, total / 32);
    struct compared views = compare(views_none, views_ten, SMALL_FILL);
    double count = total / SMALL_FILL;
    printf("a view, each fill  %.1f ns (no view %.1f, ten %.1f)\n",
           (views.our_ns - views.raw_ns) / count / VIEWS, views.raw_ns / count,
           views.our_ns / count);
    leat_ctx_fini(&ctx);
    return 0;
}
