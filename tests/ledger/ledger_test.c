/* The ledger cannot lie: memcpy and memmove are interposed, and what they moved is what the ledger
 * says was copied; and what only passes bytes on does so over memory that nobody may read. */

#include "leat/core/copy.h"
#include "leat/core/stage.h"
#include "leat/core/view.h"
#include "leat/core/widen.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"
#include "tests/support/source.h"
#include "tests/support/split.h"
#include "tests/support/toy.h"

#include <sys/mman.h>

/* Bytes that passed through the two since the last reset. */
static uint64_t moved;

void *__real_memcpy(void *to, const void *from, size_t len);
void *__real_memmove(void *to, const void *from, size_t len);
void *__wrap_memcpy(void *to, const void *from, size_t len);
void *__wrap_memmove(void *to, const void *from, size_t len);

void *__wrap_memcpy(void *to, const void *from, size_t len)
{
    moved += len;
    return __real_memcpy(to, from, len);
}

void *__wrap_memmove(void *to, const void *from, size_t len)
{
    moved += len;
    return __real_memmove(to, from, len);
}

/* The compiler may copy a struct by memcpy: so much of that is no payload, in one pipeline. */
enum { STRUCTS_LEN_MAX = 2000 };

enum { LEN = 300000 };
static uint8_t bytes[LEN];
static struct memory memory;
static struct leat_ctx ctx;

/* Use up all of `r`, by peeks of all sizes, slices and skips, copying nothing. */
static void uses_up(struct leat_reader *r, uint64_t seed)
{
    struct random random = { seed };
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        struct leat_span span;
        struct leat_slice slice;
        uint64_t done;
        size_t n = random_len(&random, 5000);
        switch (random_below(&random, 3)) {
        case 0:
            status = leat_take(r, n, &slice);
            if (status == LEAT_OK)
                leat_slice_release(&slice);
            break;
        case 1:
            status = leat_skip(r, n, &done);
            break;
        default:
            status = leat_peek(r, n, &span);
            leat_consume(r, span.len < n ? span.len : n);
        }
    }
    check_status(status, LEAT_END);
    uint64_t rest;
    check_status(leat_skip(r, UINT64_MAX, &rest), LEAT_END);
}

static struct leat_reader *pipeline(unsigned kind, uint64_t seed)
{
    struct split_plan plan = split_plan_of(seed);
    plan.again_percent = 0;
    plan.window_max = kind == 2 ? 100 : 0;
    struct source_plan source = { .len = LEN, .step = plan.piece_max };
    switch (kind) {
    case 0:
        return split_reader(leat_memory(&ctx, bytes, LEN), &plan);
    case 1:
        return leat_limit(source_reader(&ctx, &source), LEN, true);
    case 2:
        return leat_widen(split_reader(leat_memory(&ctx, bytes, LEN), &plan), LEAT_MIB);
    case 3:
        return leat_pull(source_reader(&ctx, &source), &toy_same, NULL);
    default:
        /* As a text it is runs of one byte; it does not end well, nor has to. */
        return leat_pull(leat_pull(leat_memory(&ctx, bytes, LEN), &toy_pack, NULL), &toy_unpack,
                         NULL);
    }
}

static void the_ledger_is_what_was_moved(uint64_t seed)
{
    for (unsigned kind = 0; kind < 5; kind++) {
        check_says("pipeline", kind);
        memory_ctx_init(&ctx, &memory);
        struct leat_reader *r = pipeline(kind, seed);
        moved = 0;
        uses_up(r, seed);
        leat_reader_close(r);
        uint64_t copied = leat_counts_copied(&ctx.counts);
        check_says("copied", copied);
        check_says("moved", moved);
        check(moved >= copied);
        check(moved - copied <= STRUCTS_LEN_MAX);
        memory_ctx_fini(&ctx, &memory);
    }
}

static void what_is_pushed_is_counted_too(void)
{
    memory_ctx_init(&ctx, &memory);
    struct leat_writer *end = leat_memory_writer(&ctx, 2 * LEN);
    struct leat_writer *w = leat_push(end, &toy_same, NULL);
    struct leat_slice slice;
    moved = 0;
    size_t done;
    check_status(leat_write(w, bytes, LEN, &done), LEAT_OK);
    check_status(leat_flush(w, LEAT_FLUSH_FINISH), LEAT_OK);
    leat_memory_writer_take(end, &slice);
    check_bytes(slice.data, slice.len, bytes, LEN);
    leat_slice_release(&slice);
    leat_writer_close(w);
    check(moved >= leat_counts_copied(&ctx.counts));
    check(moved - leat_counts_copied(&ctx.counts) <= STRUCTS_LEN_MAX);
    memory_ctx_fini(&ctx, &memory);
}

/* --- Not even looked at --- */

static void views_do_not_touch_what_passes(void)
{
    enum { VIEWS = 10 };
    uint8_t *dark = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(dark != MAP_FAILED);
    for (uint64_t seed = 1; seed < 20; seed++) {
        memory_ctx_init(&ctx, &memory);
        struct leat_reader shell;
        struct leat_reader *source = leat_memory(&ctx, dark, LEN);
        struct leat_reader *r = leat_borrow(&shell, source);
        for (unsigned i = 0; i < VIEWS; i++)
            r = leat_limit(r, LEN - i, false);
        struct leat_reader *fork;
        check_status(leat_seek(r, 1000), LEAT_OK);
        check_status(leat_fork(r, NULL, &fork), LEAT_OK);
        moved = 0;
        uses_up(r, seed);
        uses_up(fork, seed + 1);
        check_equal(leat_tell(r), LEN - VIEWS + 1);
        leat_reader_close(fork);
        leat_reader_close(r);
        leat_reader_close(source);
        check_equal(leat_counts_copied(&ctx.counts), 0);
        check(moved <= STRUCTS_LEN_MAX);
        memory_ctx_fini(&ctx, &memory);
    }
    munmap(dark, LEN);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    source_bytes(0, bytes, LEN);
    moved = 0;
    memory_put(memory_get(1));
    check_run(views_do_not_touch_what_passes);
    check_run(what_is_pushed_is_counted_too);
    check_says_text("test", "the_ledger_is_what_was_moved");
    for (uint64_t i = 0; i < 20 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        the_ledger_is_what_was_moved(options.seed + i);
    }
    return 0;
}
