#include "leat/layer/record_test.h"

#include <stdio.h>
#include <string.h>

#include "leat/endpoint/memory/memory.h"
#include "tests/support/check.h"
#include "tests/support/drive.h"

static void note(struct walked *record, const char *word, const struct leat_step *step)
{
    record->len +=
        (size_t)snprintf(record->text + record->len, sizeof(record->text) - record->len, "%s %.*s",
                         word, (int)step->place.len, (const char *)step->place.data);
    check(record->len < sizeof(record->text));
}

/* With a dot for each NUL, so that the record is one string. */
static void note_text(struct walked *record, const void *text, size_t len)
{
    check(len < sizeof(record->text) - record->len);
    for (size_t i = 0; i < len; i++) {
        char c = ((const char *)text)[i];
        record->text[record->len++] = c != '\0' ? c : '.';
    }
}

/* Read a leaf to its end, whatever that is. */
static void note_leaf(struct walked *record, struct leat_reader *r)
{
    note_text(record, " = ", 3);
    enum leat_status status;
    struct leat_span window;
    while ((status = leat_peek(r, 1, &window)) == LEAT_OK || status == LEAT_AGAIN) {
        if (status == LEAT_AGAIN) {
            drive_wait(r);
            continue;
        }
        note_text(record, window.data, window.len);
        leat_consume(r, window.len);
    }
    if (status == LEAT_FAULT)
        note_text(record, " FAULT", 6);
}

void note_step(struct walked *record, const struct leat_step *step)
{
    switch (step->kind) {
    case LEAT_STEP_LEAF:
        note(record, step->leads ? "lead" : "leaf", step);
        note_leaf(record, step->reader);
        break;
    case LEAT_STEP_ENTER:
        note(record, "enter", step);
        break;
    case LEAT_STEP_LEAVE:
        note(record, "leave", step);
        break;
    case LEAT_STEP_ENTRY:
        note(record, "entry", step);
        break;
    case LEAT_STEP_FAULT:
        note(record, "fault", step);
        note_text(record, ": ", 2);
        note_text(record, step->fault->part, strlen(step->fault->part));
        break;
    }
    note_text(record, "\n", 1);
}

struct alarm {
    struct leat_wake wake;
    unsigned fired;
};

static void ring(struct leat_wake *wake)
{
    ((struct alarm *)wake)->fired++;
}

static void wait_for(struct leat_walk *walk)
{
    struct alarm alarm = { .wake.fire = ring };
    check_status(leat_walk_arm(walk, &alarm.wake), LEAT_OK);
    check_equal(alarm.fired, 1);
}

void walk_all(struct leat_reader *src, const struct leat_walk_options *options,
              struct walked *record)
{
    struct leat_span place = { .data = (const uint8_t *)"src", .len = 3 };
    struct leat_walk *walk = leat_walk_open(src, place, options);
    check(walk != NULL);
    *record = (struct walked){ 0 };
    struct leat_step step;
    enum leat_status status;
    while ((status = leat_walk_next(walk, &step)) != LEAT_END) {
        if (status == LEAT_AGAIN)
            wait_for(walk);
        else
            note_step(record, &step);
    }
    leat_walk_close(walk);
}

void walk_memory(struct nest bytes, const struct leat_limits *limits,
                 const struct leat_walk_options *options, struct walked *record)
{
    struct leat_ctx_options ctx_options = { 0 };
    if (limits != NULL)
        ctx_options.limits = *limits;
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &ctx_options);
    walk_all(leat_memory(&ctx, bytes.data, bytes.len), options, record);
    leat_ctx_fini(&ctx);
}

void check_record(const struct walked *record, const char *expected)
{
    check_bytes(record->text, record->len, expected, strlen(expected));
}
