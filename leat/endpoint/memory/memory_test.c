/* Memory is shown where it is, and memory written to is handed over without a copy. */

#include <string.h>

#include "leat/endpoint/memory/memory.h"

static void test_reader(struct leat_ctx *ctx)
{
    static const char text[] = "0123456789";
    struct leat_span span;
    struct leat_reader *fork;
    uint64_t n;
    struct leat_reader *r = leat_memory(ctx, text, 10);
    leat_assert(leat_peek(r, 10, &span) == LEAT_OK && span.data == (const uint8_t *)text);
    leat_assert(leat_peek(r, 11, &span) == LEAT_END && span.len == 10);
    leat_consume(r, 4);
    leat_assert(leat_fork(r, NULL, &fork) == LEAT_OK);
    leat_assert(leat_seek(r, 1) == LEAT_OK && leat_tell(r) == 1);
    leat_assert(leat_peek(r, 1, &span) == LEAT_OK && span.data[0] == '1');
    leat_assert(leat_seek(r, 20) == LEAT_OK && leat_tell(r) == 20);
    leat_assert(leat_peek(r, 1, &span) == LEAT_END);
    leat_assert(leat_size(r, &n) == LEAT_OK && n == 10);
    leat_reader_close(r);
    leat_assert(leat_peek(fork, 1, &span) == LEAT_OK && span.data[0] == '4' && span.len == 6);
    leat_assert(leat_counts_copied(&fork->counts) == 0);
    leat_reader_close(fork);
    r = leat_memory(ctx, NULL, 0);
    leat_assert(leat_peek(r, 1, &span) == LEAT_END && span.len == 0);
    leat_reader_close(r);
}

static void write_text(struct leat_writer *w, const char *text)
{
    size_t done;
    leat_assert(leat_write(w, text, strlen(text), &done) == LEAT_OK);
    leat_assert(done == strlen(text));
}

static void test_writer(struct leat_ctx *ctx)
{
    struct leat_slice first, second, none;
    struct leat_writer *w = leat_memory_writer(ctx, 0);
    leat_memory_writer_take(w, &none);
    leat_assert(none.len == 0 && none.block == NULL);
    write_text(w, "hello");
    leat_memory_writer_take(w, &first);
    for (unsigned i = 0; i < 10000; i++)
        write_text(w, "0123456789");
    leat_assert(leat_writer_tell(w) == 100005);
    leat_assert(w->counts.copied[LEAT_CAUSE_GROW] < 200000);
    leat_assert(leat_flush(w, LEAT_FLUSH_FINISH) == LEAT_OK);
    leat_memory_writer_take(w, &second);
    leat_writer_close(w);
    leat_assert(first.len == 5 && memcmp(first.data, "hello", 5) == 0);
    leat_assert(second.len == 100000);
    for (unsigned i = 0; i < 100000; i++)
        leat_assert(second.data[i] == '0' + i % 10);
    leat_slice_release(&first);
    leat_slice_release(&second);
}

/* Exactly `max` bytes fit; what fitted can be had after the fault. */
static void test_full(struct leat_ctx *ctx)
{
    struct leat_slice slice;
    size_t done;
    struct leat_writer *w = leat_memory_writer(ctx, 12);
    write_text(w, "0123456789");
    leat_assert(leat_write(w, "abc", 3, &done) == LEAT_FAULT && done == 2);
    leat_assert(leat_writer_fault(w)->code == LEAT_FAULT_BOUND);
    leat_assert(leat_writer_fault(w)->offset == 12);
    leat_memory_writer_take(w, &slice);
    leat_assert(slice.len == 12 && memcmp(slice.data, "0123456789ab", 12) == 0);
    leat_slice_release(&slice);
    leat_writer_close(w);
}

int main(void)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    test_reader(&ctx);
    test_writer(&ctx);
    test_full(&ctx);
    leat_ctx_fini(&ctx);
    return 0;
}
