#include "tests/mutate/trail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/drive.h"
#include "tests/support/random.h"

/* What a walk within the test's limits never needs. */
enum { STEPS_MAX = 200000, WAITS_MAX = 10000000, LINE_LEN_MAX = 1024 };

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

struct walker {
    struct trail *trail;
    struct trail_plan plan;
    struct random random;
    unsigned waits;
};

static void say(struct trail *trail, const char *format, ...)
{
    char line[LINE_LEN_MAX];
    va_list values;
    va_start(values, format);
    int len = vsnprintf(line, sizeof(line), format, values);
    va_end(values);
    check(len >= 0);
    sink_add(&trail->text, (const uint8_t *)line,
             (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

/* Decoders of libraries that drop some of what they decoded before they found damage: how much
 * depends on the pieces they were given. Each says in its part what it does about that. And those
 * of libarchive, where it is only known how much of a piece it has taken. */
static bool is_vague(const struct leat_fault *fault)
{
    static const char *const decoders[] = { "gzip", "zlib", "deflate", "xz", "brotli" };
    static const char *const foreign[] = { "cab", "rar" };
    for (size_t i = 0; fault->code == LEAT_FAULT_CORRUPT && i < LEN(decoders); i++) {
        if (strcmp(fault->part, decoders[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < LEN(foreign); i++) {
        if (strcmp(fault->part, foreign[i]) == 0)
            return true;
    }
    return false;
}

static void say_fault(struct trail *trail, const struct leat_fault *fault)
{
    check(fault != NULL);
    check(fault->code != LEAT_FAULT_NONE);
    check(fault->part != NULL && fault->part[0] != '\0');
    check(fault->reason != NULL || fault->code == LEAT_FAULT_MEMORY);
    trail->vague |= is_vague(fault);
    say(trail, " fault %s: %s at %llu\n", fault->part,
        fault->reason != NULL ? fault->reason : "memory", (unsigned long long)fault->offset);
}

/* The source said AGAIN: count it, and arm it if it is one that must be. */
static void waits(struct walker *walker, struct leat_reader *r)
{
    check(walker->plan.waits);
    check(++walker->waits < WAITS_MAX);
    if (walker->plan.arms)
        drive_wait(r);
}

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static void walk_waits(struct walker *walker, struct leat_walk *walk)
{
    struct alarm alarm = { { ring }, 0 };
    check(walker->plan.waits);
    check(++walker->waits < WAITS_MAX);
    if (!walker->plan.arms)
        return;
    check_status(leat_walk_arm(walk, &alarm.wake), LEAT_OK);
    check_equal(alarm.fired, 1);
}

/* --- Leaves --- */

/* What of a leaf was read since its beginning or since the last damage. */
struct portion {
    uint64_t len;
    uint32_t hash;
};

static void portion_add(struct portion *portion, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        portion->hash = (portion->hash ^ data[i]) * 0x01000193u;
    portion->len += len;
}

/* Read to the end, or to a fault. */
static enum leat_status read_portion(struct walker *walker, struct leat_reader *r,
                                     struct portion *ret)
{
    size_t min_max = r->window_max < 4 * LEAT_KIB ? r->window_max : 4 * LEAT_KIB;
    *ret = (struct portion){ .hash = 0x811c9dc5u };
    for (;;) {
        struct leat_span window;
        size_t min = walker->plan.wild ? random_len(&walker->random, min_max) : 1;
        enum leat_status status = leat_peek(r, min, &window);
        if (status == LEAT_AGAIN) {
            waits(walker, r);
            continue;
        }
        size_t len = window.len;
        if (walker->plan.wild && len > 0)
            len = random_len(&walker->random, len);
        portion_add(ret, window.data, len);
        leat_consume(r, len);
        if (status != LEAT_OK && len == window.len)
            return status;
    }
}

static bool resyncs(struct walker *walker, struct leat_reader *r)
{
    enum leat_status status;
    while ((status = leat_resync(r)) == LEAT_AGAIN)
        waits(walker, r);
    return status == LEAT_OK;
}

static void read_leaf(struct walker *walker, struct leat_reader *r)
{
    struct trail *trail = walker->trail;
    enum leat_status status;
    do {
        struct portion portion;
        status = read_portion(walker, r, &portion);
        say(trail, "    %llu bytes %08x", (unsigned long long)portion.len, portion.hash);
        if (status == LEAT_FAULT)
            say_fault(trail, leat_reader_fault(r));
        else
            say(trail, " end\n");
    } while (status == LEAT_FAULT && resyncs(walker, r));
}

/* --- The walk --- */

static void say_step(struct trail *trail, const struct leat_step *step)
{
    static const char *const kinds[] = { "leaf", "enter", "leave", "entry", "broken" };
    size_t shown = step->place.len < 200 ? step->place.len : 200;
    struct portion place = { .hash = 0x811c9dc5u };
    portion_add(&place, step->place.data, step->place.len);
    say(trail, "%u %s %.*s %08x", step->depth, kinds[step->kind], (int)shown, step->place.data,
        place.hash);
    if (step->entry != NULL)
        say(trail, " kind %d", (int)step->entry->kind);
    if (step->peeled != NULL && step->peeled->container != NULL)
        say(trail, " %s", step->peeled->container->name);
    for (unsigned i = 0; step->peeled != NULL && i < step->peeled->decoded_len; i++)
        say(trail, " %s", step->peeled->decoded[i]->name);
    if (step->kind == LEAT_STEP_FAULT)
        say_fault(trail, step->fault);
    else
        say(trail, "\n");
}

static void walk_on(struct walker *walker, struct leat_walk *walk)
{
    struct trail *trail = walker->trail;
    for (;;) {
        struct leat_step step;
        enum leat_status status = leat_walk_next(walk, &step);
        if (status == LEAT_END)
            return;
        if (status == LEAT_AGAIN) {
            walk_waits(walker, walk);
            continue;
        }
        check_status(status, LEAT_OK);
        check(++trail->steps < STEPS_MAX);
        say_step(trail, &step);
        if (step.kind == LEAT_STEP_LEAF)
            read_leaf(walker, step.reader);
    }
}

struct trail trail_of(struct leat_reader *src, const char *name, const struct trail_plan *plan)
{
    struct trail trail = { 0 };
    struct walker walker = { .trail = &trail, .plan = *plan, .random = { plan->seed } };
    struct leat_span place = { .data = (const uint8_t *)name, .len = strlen(name) };
    struct leat_walk *walk = leat_walk_open(src, place, NULL);
    check(walk != NULL);
    walk_on(&walker, walk);
    leat_walk_close(walk);
    return trail;
}

void trail_fini(struct trail *trail)
{
    sink_fini(&trail->text);
}

static void show_rest(const char *said, const struct trail *trail, size_t at)
{
    size_t len = trail->text.len - at;
    fprintf(stderr, "%s:\n%.*s\n", said, (int)(len < LINE_LEN_MAX ? len : LINE_LEN_MAX),
            trail->text.data + at);
}

void trail_must_equal(const struct trail *a, const struct trail *b)
{
    size_t both = a->text.len < b->text.len ? a->text.len : b->text.len;
    size_t at = 0;
    size_t line = 0;
    for (; at < both && a->text.data[at] == b->text.data[at]; at++)
        line = a->text.data[at] == '\n' ? at + 1 : line;
    if ((at == a->text.len && at == b->text.len) || (a->vague && b->vague))
        return;
    fprintf(stderr, "both walks:\n%.*s", (int)line, a->text.data);
    show_rest("then one", a, line);
    show_rest("the other", b, line);
    check_failed("the walks are equal", __FILE__, __LINE__);
}
