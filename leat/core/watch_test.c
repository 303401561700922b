/* What a watch is told of table calls: each that begins has ended before the one around it has, by
 * a clock that goes on one at each look, and what a part is said to have used is what lies between
 * its own events. */

#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"

enum { EVENTS_MAX = 64, LAYERS = 3, LEN = 100 };

struct event {
    const void *part;
    bool begins;
    uint64_t at_ns;
};

struct seen {
    struct leat_watch watch;
    uint64_t now_ns;
    struct event events[EVENTS_MAX];
    size_t len;
    uint64_t closed_ns; /* what all closed parts used */
};

static struct seen *seen_of(const struct leat_watch *watch)
{
    return (struct seen *)(uintptr_t)watch;
}

static uint64_t now_ns(const struct leat_watch *watch)
{
    return ++seen_of(watch)->now_ns;
}

static void note(const struct leat_watch *watch, const struct leat_reader *reader,
                 const struct leat_writer *writer, bool begins, uint64_t at_ns)
{
    struct seen *seen = seen_of(watch);
    check((reader == NULL) != (writer == NULL));
    check(seen->len < EVENTS_MAX);
    check_equal(at_ns, seen->now_ns);
    const void *part = reader != NULL ? (const void *)reader : (const void *)writer;
    seen->events[seen->len++] = (struct event){ part, begins, at_ns };
}

static void call_begins(const struct leat_watch *watch, const struct leat_reader *reader,
                        const struct leat_writer *writer, uint64_t at_ns)
{
    note(watch, reader, writer, true, at_ns);
}

static void call_ended(const struct leat_watch *watch, const struct leat_reader *reader,
                       const struct leat_writer *writer, uint64_t at_ns)
{
    note(watch, reader, writer, false, at_ns);
}

static void reader_closes(const struct leat_watch *watch, const struct leat_reader *reader)
{
    seen_of(watch)->closed_ns += reader->counts.time_ns;
}

static struct seen seen_new(void)
{
    return (struct seen){ .watch = { .now_ns = now_ns,
                                     .reader_closes = reader_closes,
                                     .call_begins = call_begins,
                                     .call_ended = call_ended } };
}

/* The events as calls inside one another. Returns the time between the outermost ones' ends. */
static uint64_t check_nested(const struct seen *seen, size_t *ret_deepest)
{
    const struct event *open[EVENTS_MAX];
    size_t depth = 0;
    uint64_t outermost_ns = 0;
    *ret_deepest = 0;
    for (size_t i = 0; i < seen->len; i++) {
        const struct event *event = &seen->events[i];
        if (event->begins) {
            open[depth++] = event;
            *ret_deepest = depth > *ret_deepest ? depth : *ret_deepest;
            continue;
        }
        check(depth > 0);
        check(open[--depth]->part == event->part);
        if (depth == 0)
            outermost_ns += event->at_ns - open[0]->at_ns;
    }
    check_equal(depth, 0);
    return outermost_ns;
}

static void readers_nest(void)
{
    static const char text[LEN];
    struct seen seen = seen_new();
    struct memory memory;
    struct leat_ctx ctx;
    memory_init(&memory);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .alloc = memory.alloc, .watch = &seen.watch });
    struct leat_reader *r = leat_memory(&ctx, text, sizeof(text));
    for (size_t i = 0; i < LAYERS; i++)
        r = leat_limit(r, LEN - i, false);
    struct leat_span span;
    check_status(leat_peek(r, 1, &span), LEAT_OK);
    leat_consume(r, span.len);
    check_status(leat_peek(r, 1, &span), LEAT_END);
    leat_reader_close(r);
    size_t deepest;
    uint64_t outermost_ns = check_nested(&seen, &deepest);
    check(deepest >= LAYERS);
    check_equal(outermost_ns, seen.closed_ns);
    memory_ctx_fini(&ctx, &memory);
}

static void writers_are_told_of(void)
{
    struct seen seen = seen_new();
    struct memory memory;
    struct leat_ctx ctx;
    memory_init(&memory);
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .alloc = memory.alloc, .watch = &seen.watch });
    struct leat_writer *w = leat_memory_writer(&ctx, 0);
    struct leat_room room;
    check_status(leat_reserve(w, 3, &room), LEAT_OK);
    size_t deepest;
    check_equal(check_nested(&seen, &deepest), 1);
    check_equal(seen.len, 2);
    check(seen.events[0].part == w);
    leat_writer_close(w);
    memory_ctx_fini(&ctx, &memory);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(readers_nest);
    check_run(writers_are_told_of);
    return 0;
}
