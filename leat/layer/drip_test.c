/* Shows that what drips into a peel a byte at a time is looked at only when more can be told of it,
 * and told as soon as it can be: by counting how often the format that needs the most bytes is
 * asked. */

#include <string.h>

#include "leat/core/format.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/layer/walk.h"
#include "tests/support/check.h"
#include "tests/support/trickle.h"

static struct leat_ctx ctx;
static unsigned asked;

enum leat_match __wrap_leat_iso_probe(const uint8_t *data, size_t len);
enum leat_match __real_leat_iso_probe(const uint8_t *data, size_t len);

enum leat_match __wrap_leat_iso_probe(const uint8_t *data, size_t len)
{
    asked++;
    return __real_leat_iso_probe(data, len);
}

static struct leat_reader *drip_of(const void *data, size_t len, bool waits)
{
    struct trickle_options options = { .data = data, .len = len, .piece = 1, .again = waits };
    return trickle(&ctx, &options);
}

/* Peel until it is told, and say how many bytes had come. */
static uint64_t told_at(const void *data, size_t len, bool waits)
{
    const struct leat_peeled *peeled;
    struct leat_reader *src = drip_of(data, len, waits);
    struct leat_reader *r = leat_peel(src, NULL);
    enum leat_status status;
    asked = 0;
    while ((status = leat_peel_look(r, &peeled)) == LEAT_AGAIN)
        ;
    check_status(status, LEAT_OK);
    check(peeled->container == NULL);
    check_equal(peeled->decoded_len, 0);
    uint64_t came = src->end_offset;
    leat_reader_close(r);
    return came;
}

enum { ZEROS = 40000, IMAGE_TOLD_AT = 32774 };

static void test_zeros(void)
{
    static uint8_t zeros[ZEROS];
    for (int waits = 0; waits <= 1; waits++) {
        check_says("waits", (uint64_t)waits);
        check_equal(told_at(zeros, ZEROS, waits), IMAGE_TOLD_AT);
        check(asked > 100);
        check(asked < 600);
        zeros[300] = 1; /* no image from here on, and no header of tar */
        check_equal(told_at(zeros, ZEROS, waits), 512);
        zeros[300] = 0;
        check_equal(told_at(zeros, 1000, waits), 1000);
    }
}

/* A line is told when it ends, however it begins. */
static void test_lines(void)
{
    static const char *const lines[] = { "some text\n", "PK text\n", "ERROR: x\n",
                                         "MZ text\n",   "BZ\n",      "é\n" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[1000] = { 0 };
        check_says_text("line", lines[i]);
        size_t len = strlen(lines[i]);
        memcpy(text, lines[i], len);
        memset(text + len, 'x', sizeof(text) - len);
        check(told_at(text, sizeof(text), true) <= len);
    }
}

/* A walk goes on with what was seen as well. */
static void test_walk(void)
{
    static uint8_t zeros[ZEROS];
    struct leat_span place = { .data = (const uint8_t *)"src", .len = 3 };
    struct leat_walk *walk = leat_walk_open(drip_of(zeros, ZEROS, true), place, NULL);
    struct leat_step step;
    enum leat_status status;
    check(walk != NULL);
    asked = 0;
    while ((status = leat_walk_next(walk, &step)) == LEAT_AGAIN)
        ;
    check_status(status, LEAT_OK);
    check_equal(step.kind, LEAT_STEP_LEAF);
    check_equal(step.peeled->decoded_len, 0);
    check(asked < 600);
    leat_walk_close(walk);
}

int main(void)
{
    leat_ctx_init(&ctx, NULL);
    check_run(test_zeros);
    check_run(test_lines);
    check_run(test_walk);
    leat_ctx_fini(&ctx);
    return 0;
}
