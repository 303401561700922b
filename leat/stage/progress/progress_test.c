/* Shows that reports come in order, not more often than asked for, and that the last one is of all
 * that was consumed, however it was. */

#include <stdio.h>

#include "leat/core/ctx.h"
#include "leat/stage/progress/progress.h"
#include "tests/support/drip.h"
#include "tests/support/check.h"

static struct leat_ctx ctx;

struct seen {
    uint64_t last;
    unsigned count;
};

static void report(void *user, uint64_t consumed)
{
    struct seen *seen = user;
    check(consumed > seen->last);
    seen->last = consumed;
    seen->count++;
}

static void reports(uint64_t seed)
{
    static const char text[500];
    struct drip_options options = { .seed = seed,
                                    .piece_max = 1 + seed % 60,
                                    .again = (unsigned)(seed % 3 * 20) };
    struct seen seen = { 0 };
    uint64_t every = 1 + seed % 200;
    struct leat_reader *r = drip(&ctx, text, sizeof(text), &options);
    r = leat_progress(r, every, report, &seen);
    struct leat_span window;
    enum leat_status status;
    do {
        uint64_t done;
        status = drip_peek(r, 1, &window);
        leat_consume(r, drip_random(&seed, window.len + 1));
        (void)!leat_skip(r, drip_random(&seed, 30), &done);
    } while (status == LEAT_OK);
    uint64_t consumed = leat_tell(r);
    leat_reader_close(r);
    check(consumed == sizeof(text));
    check(seen.last == consumed);
    check(seen.count <= consumed / every + 1);
}

static void seeks(void)
{
    struct drip_options options = { .piece_max = 1, .seeks = true };
    struct seen seen = { 0 };
    struct leat_reader *r = leat_progress(drip(&ctx, "abcdef", 6, &options), 100, report, &seen);
    struct leat_span window;
    uint64_t size;
    check(leat_size(r, &size) == LEAT_OK && size == 6);
    check(leat_seek(r, 4) == LEAT_OK);
    check(leat_peek(r, 1, &window) == LEAT_OK && window.data[0] == 'e');
    leat_consume(r, 1);
    leat_reader_close(r);
    check(seen.count == 1 && seen.last == 5);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    for (uint64_t seed = 1; seed <= 500; seed++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        reports(seed);
    }
    seeks();
    leat_ctx_fini(&ctx);
    return 0;
}
