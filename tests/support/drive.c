#include "tests/support/drive.h"
#include "leat/core/bytes.h"
#include "leat/core/ctx.h"
#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/memory.h"
#include "tests/support/random.h"

/* Waits in a row that may bring nothing that shows, before it is called a hang: a stage may gather
 * a whole block byte by byte, and a writer may pass on much of what it holds before it takes more.
 */
enum { IDLE_WAITS_MAX = 1 << 20 };

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static struct {
    void (*turn)(void *user);
    void *user;
} turner;

void drive_turns_by(void (*turn)(void *user), void *user)
{
    turner.turn = turn;
    turner.user = user;
}

/* Each turn moves something at the far end, or is the last before the wake. */
static void until_fired(const struct alarm *alarm)
{
    enum { TURNS_MAX = 10000 };
    for (unsigned i = 0; alarm->fired == 0 && turner.turn != NULL && i < TURNS_MAX; i++)
        turner.turn(turner.user);
    check_equal(alarm->fired, 1);
}

void drive_wait(struct leat_reader *r)
{
    struct alarm alarm = { { ring }, 0 };
    check_status(leat_arm(r, &alarm.wake), LEAT_OK);
    until_fired(&alarm);
}

void drive_writer_wait(struct leat_writer *w)
{
    struct alarm alarm = { { ring }, 0 };
    check_status(leat_writer_arm(w, &alarm.wake), LEAT_OK);
    until_fired(&alarm);
}

/* --- Reading --- */

/* Note how the reader ended, and that it stays so. */
static void ends(struct leat_reader *r, enum leat_status status, struct read *ret)
{
    struct leat_span before;
    struct leat_span after;
    ret->status = status;
    if (status == LEAT_FAULT) {
        check(leat_reader_fault(r) != NULL);
        ret->fault = *leat_reader_fault(r);
        check(ret->fault.code != LEAT_FAULT_NONE);
        check(ret->fault.part != NULL);
    }
    check_status(leat_peek(r, 0, &before), LEAT_OK);
    check_status(leat_peek(r, before.len, &after), LEAT_OK);
    if (before.len < r->window_max)
        check_status(leat_peek(r, before.len + 1, &after), status);
    check(after.data == before.data);
    check_equal(after.len, before.len);
}

static bool take_over(struct leat_reader *r, struct leat_span span, size_t len, uint64_t bytes_max,
                      struct read *ret)
{
    uint64_t left = bytes_max - ret->bytes.len;
    len = len < left ? len : (size_t)left;
    uint64_t tell = leat_tell(r);
    sink_add(&ret->bytes, span.data, len);
    leat_consume(r, len);
    check_equal(leat_tell(r), tell + len);
    return ret->bytes.len < bytes_max;
}

void drive_read(struct leat_reader *r, uint64_t bytes_max, struct read *ret)
{
    *ret = (struct read){ .status = LEAT_OK };
    unsigned idle = 0;
    for (;;) {
        struct leat_span span;
        enum leat_status status = leat_peek(r, 1, &span);
        if (status == LEAT_AGAIN) {
            drive_wait(r);
            check(++idle < IDLE_WAITS_MAX);
            continue;
        }
        idle = 0;
        if (status != LEAT_OK) {
            check_equal(span.len, 0);
            ends(r, status, ret);
            return;
        }
        check(span.len > 0);
        if (!take_over(r, span, span.len, bytes_max, ret))
            return;
    }
}

/* What the window showed, to see that it still shows it. */
struct shown {
    uint8_t *data;
    size_t len;
};

/* How much of a large window is compared: the front, where loans are used. */
enum { COMPARED_MAX = 512 };

static void same_bytes(struct shown *shown, struct leat_span span)
{
    size_t both = shown->len < span.len ? shown->len : span.len;
    check(span.len >= shown->len || shown->len == COMPARED_MAX);
    check_bytes(span.data, both, shown->data, both);
    shown->len = span.len < COMPARED_MAX ? span.len : COMPARED_MAX;
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, shown->data, span.data, shown->len);
}

/* A demand too large, and one for nothing, change nothing and call nobody. */
static void asks_oddly(struct leat_reader *r)
{
    struct leat_span before;
    struct leat_span after;
    uint64_t fills = r->counts.fills;
    check_status(leat_peek(r, 0, &before), LEAT_OK);
    if (r->window_max < SIZE_MAX && before.len <= r->window_max)
        check_status(leat_peek(r, r->window_max + 1, &after), LEAT_LIMIT);
    check_status(leat_peek(r, 0, &after), LEAT_OK);
    check(after.data == before.data);
    check_equal(after.len, before.len);
    check_equal(r->counts.fills, fills);
}

/* Own the front of the window, and let the reader go on before the slice is read. */
static bool takes(struct leat_reader *r, struct leat_span span, size_t len, struct random *random,
                  struct read *ret, uint64_t bytes_max)
{
    uint64_t left = bytes_max - ret->bytes.len;
    if (len > left)
        return take_over(r, span, len, bytes_max, ret);
    struct leat_slice slice;
    if (leat_take(r, len, &slice) == LEAT_FAULT) {
        /* The bytes are there; memory to copy them may not be. */
        check_equal(leat_reader_fault(r)->code, LEAT_FAULT_MEMORY);
        return take_over(r, span, len, bytes_max, ret);
    }
    check_equal(slice.len, len);
    struct leat_span next;
    enum leat_status status = leat_peek(r, (size_t)random_below(random, 2 * len), &next);
    check(status != LEAT_LIMIT || r->window_max < 2 * len);
    sink_add(&ret->bytes, slice.data, slice.len);
    leat_slice_release(&slice);
    return ret->bytes.len < bytes_max;
}

static bool moves_on(struct leat_reader *r, struct leat_span span, struct random *random,
                     uint64_t bytes_max, struct read *ret)
{
    size_t len = random_len(random, span.len);
    if (random_percent(random, 25))
        return takes(r, span, len, random, ret, bytes_max);
    return take_over(r, span, len, bytes_max, ret);
}

void drive_read_wildly(struct leat_reader *r, uint64_t seed, uint64_t bytes_max, struct read *ret)
{
    struct random random = { seed };
    uint8_t front[COMPARED_MAX];
    struct shown shown = { front, 0 };
    size_t min_max = random_len(&random, 8 * LEAT_KIB);
    unsigned idle = 0;
    *ret = (struct read){ .status = LEAT_OK };
    for (;;) {
        struct leat_span span;
        size_t min = random_len(&random, min_max < r->window_max ? min_max : r->window_max);
        enum leat_status status = leat_peek(r, min, &span);
        check_equal(status == LEAT_OK, span.len >= min);
        same_bytes(&shown, span);
        if (random_percent(&random, 10))
            asks_oddly(r);
        if (status == LEAT_AGAIN) {
            check_equal(r->want, min);
            drive_wait(r);
            check(++idle < IDLE_WAITS_MAX);
        } else {
            idle = 0;
        }
        bool ended = status == LEAT_END || status == LEAT_FAULT;
        if (ended)
            ends(r, status, ret);
        if (ended && span.len == 0)
            return;
        if (span.len > 0 && (ended || random_percent(&random, 60))) {
            shown.len = 0;
            check_status(leat_peek(r, 0, &span), LEAT_OK);
            if (!moves_on(r, span, &random, bytes_max, ret))
                return;
        }
    }
}

void drive_read_fini(struct read *read)
{
    sink_fini(&read->bytes);
}

enum leat_status drive_resync(struct leat_reader *r, unsigned *damages)
{
    enum leat_status status;
    do {
        while ((status = leat_resync(r)) == LEAT_AGAIN)
            drive_wait(r);
        *damages += status == LEAT_OK || status == LEAT_FAULT;
    } while (status == LEAT_FAULT);
    return status;
}

/* --- Writing --- */

enum leat_status drive_write(struct leat_writer *w, const void *data, size_t len, size_t piece_max)
{
    const uint8_t *from = data;
    unsigned idle = 0;
    while (len > 0) {
        size_t done;
        uint64_t tell = leat_writer_tell(w);
        size_t some = len < piece_max ? len : piece_max;
        enum leat_status status = leat_write(w, from, some, &done);
        check_equal(leat_writer_tell(w), tell + done);
        check(done <= some);
        check_equal(status == LEAT_OK, done == some);
        from += done;
        len -= done;
        idle = done > 0 ? 0 : idle + 1;
        check(idle < IDLE_WAITS_MAX);
        if (status == LEAT_FAULT) {
            check(leat_writer_fault(w) != NULL);
            return status;
        }
        if (status == LEAT_FULL)
            drive_writer_wait(w);
    }
    return LEAT_OK;
}

enum leat_status drive_flush(struct leat_writer *w, enum leat_flush level)
{
    for (unsigned idle = 0; idle < IDLE_WAITS_MAX; idle++) {
        enum leat_status status = leat_flush(w, level);
        if (status != LEAT_FULL)
            return status;
        drive_writer_wait(w);
    }
    check(false);
    return LEAT_FAULT;
}

void drive_stage(const struct leat_stage *stage, const void *options, const void *data, size_t len,
                 uint64_t bytes_max, struct read *ret)
{
    struct memory memory;
    struct leat_ctx ctx;
    memory_ctx_init(&ctx, &memory);
    struct leat_reader *r = leat_pull(leat_memory(&ctx, data, len), stage, options);
    drive_read(r, bytes_max, ret);
    leat_reader_close(r);
    ret->fault.name = NULL;
    memory_ctx_fini(&ctx, &memory);
}
