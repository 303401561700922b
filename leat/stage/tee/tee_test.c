/* Shows that a tee writes exactly what is consumed, whatever is skipped, taken or left, into a
 * writer that is full when it likes, and that a writer's fault is the reader's. */

#include <stdio.h>
#include <string.h>

#include "leat/core/ctx.h"
#include "leat/stage/tee/tee.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

static struct leat_ctx ctx;

/* A writer that takes a few bytes at a time, is full when it likes, and fails past `size`. */
struct sink {
    struct leat_writer writer;
    uint8_t data[600];
    size_t size;
    uint64_t seed;
    unsigned full;
};

static enum leat_status sink_drain(struct leat_writer *w, size_t min)
{
    struct sink *self = (struct sink *)w;
    size_t at = (size_t)(w->pos - self->data);
    check(min == 1);
    if (at == self->size)
        return leat_writer_fails(w, LEAT_FAULT_SYSTEM, "no space left", at);
    if (drip_random(&self->seed, 100) < self->full)
        return LEAT_FULL;
    size_t room = 1 + (size_t)drip_random(&self->seed, self->size - at);
    w->end = w->pos + room;
    w->end_offset = at + room;
    return LEAT_OK;
}

static enum leat_status sink_flush(struct leat_writer *w, enum leat_flush level)
{
    (void)w;
    (void)level;
    return LEAT_OK;
}

static void sink_init(struct sink *self, size_t size, uint64_t seed)
{
    static const struct leat_writer_ops ops = {
        .name = "sink",
        .self_size = sizeof(struct sink),
        .drain = sink_drain,
        .flush = sink_flush,
    };
    leat_writer_init(&self->writer, &ctx, &ops);
    self->writer.pos = self->writer.end = self->data;
    self->size = size;
    self->seed = seed;
    self->full = (unsigned)(seed % 4 * 25);
    if (self->full == 75)
        self->full = 90;
}

static void do_something(struct leat_reader *r, uint64_t *seed)
{
    struct leat_span window;
    struct leat_slice slice;
    uint64_t done;
    size_t n = 1 + (size_t)drip_random(seed, 60);
    switch (drip_random(seed, 4)) {
    case 0:
        (void)!leat_skip(r, n, &done);
        break;
    case 1:
        if (leat_take(r, n, &slice) == LEAT_OK)
            leat_slice_release(&slice);
        break;
    case 2:
        (void)!leat_peek(r, n, &window);
        break;
    default:
        (void)!leat_peek(r, 0, &window);
        leat_consume(r, drip_random(seed, window.len + 1));
        break;
    }
}

static void writes_what_is_consumed(uint64_t seed)
{
    uint8_t text[500];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)drip_random(&seed, 256);
    struct drip_options options = { .seed = seed,
                                    .piece_max = 1 + seed % 90,
                                    .again = (unsigned)(seed % 3 * 20) };
    struct sink sink;
    sink_init(&sink, sizeof(sink.data), seed);
    struct leat_reader *r = leat_tee(drip(&ctx, text, sizeof(text), &options), &sink.writer);
    for (uint64_t steps = drip_random(&seed, 200); steps > 0; steps--)
        do_something(r, &seed);
    uint64_t consumed = leat_tell(r);
    enum leat_status status;
    do {
        status = leat_tee_pass(r);
    } while (status == LEAT_FULL);
    check(status == LEAT_OK);
    check(leat_writer_tell(&sink.writer) == consumed);
    check(memcmp(sink.data, text, (size_t)consumed) == 0);
    leat_reader_close(r);
    leat_writer_close(&sink.writer);
}

static void faults_pass(void)
{
    static const uint8_t text[100];
    struct drip_options options = { .piece_max = 10 };
    struct sink sink;
    sink_init(&sink, 30, 4);
    struct leat_reader *r = leat_tee(drip(&ctx, text, sizeof(text), &options), &sink.writer);
    uint64_t done;
    check(leat_skip(r, 100, &done) == LEAT_FAULT);
    check(done < 100 && done > 30);
    check(leat_reader_fault(r)->code == LEAT_FAULT_SYSTEM);
    check(leat_tee_pass(r) == LEAT_FAULT);
    leat_reader_close(r);
    leat_writer_close(&sink.writer);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    for (uint64_t seed = 1; seed <= 500; seed++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        writes_what_is_consumed(seed);
    }
    faults_pass();
    leat_ctx_fini(&ctx);
    return 0;
}
