#include "apps/explain/record.h"

#include <assert.h>
#include <stdio.h>

enum { CALLS_MAX = 320 }; /* calls inside one another that are told apart; deeper is the last's */

/* Where this thread is. It holds addresses to be looked up and not to be followed: what they stood
 * for may be closed. */
struct here {
    const struct record *record;
    uint64_t record_started_ns; /* another record may stand where one did */
    uint64_t since_ns;          /* the last that happened; 0: nothing yet */
    bool counted;               /* in record->threads */
    unsigned depth;
    const void *calls[CALLS_MAX];
};
static _Thread_local struct here here;

static struct here *enter(const struct record *record)
{
    if (here.record != record || here.record_started_ns != record->started_ns) {
        here = (struct here){
            .record = record,
            .record_started_ns = record->started_ns,
        };
    }
    return &here;
}

void record_init(struct record *record, uint64_t now_ns)
{
    *record = (struct record){ .started_ns = now_ns };
    track_init(&record->command);
    here = (struct here){ .record = record, .record_started_ns = now_ns, .since_ns = now_ns };
}

void record_fini(struct record *record)
{
    for (size_t i = 0; i < record->parts_len; i++)
        free(record->parts[i]);
    record->parts_len = 0;
}

static size_t find(const struct record *record, const void *part)
{
    size_t i = 0;
    while (i < record->parts_len && record->keys[i] != part)
        i++;
    return i;
}

/* The track that the thread's time goes to now. NULL: it is not kept. */
static struct track *current(struct record *record, const struct here *at)
{
    if (at->depth == 0)
        return &record->command;
    unsigned innermost = at->depth < CALLS_MAX ? at->depth - 1 : CALLS_MAX - 1;
    size_t i = find(record, at->calls[innermost]);
    return i < record->parts_len ? &record->parts[i]->track : NULL;
}

static void add(struct record *record, struct here *at, enum track_kind kind, uint64_t to_ns)
{
    struct track *track = current(record, at);
    if (track != NULL && at->since_ns >= record->started_ns && to_ns > at->since_ns)
        track_add(track, kind, at->since_ns - record->started_ns, to_ns - record->started_ns);
    at->since_ns = to_ns;
}

static void meet(struct record *record, const void *part, const char *label, uint64_t below_tell)
{
    if (find(record, part) < record->parts_len)
        return;
    struct record_part *made = NULL;
    if (record->parts_len < RECORD_OPEN_MAX)
        made = malloc(sizeof(*made));
    if (made == NULL) {
        record->crowded = true;
        return;
    }
    track_init(&made->track);
    made->below_tell = below_tell;
    snprintf(made->label, sizeof(made->label), "%s", label != NULL ? label : "");
    record->keys[record->parts_len] = part;
    record->parts[record->parts_len++] = made;
}

void record_call_begins(struct record *record, const void *part, const char *label,
                        uint64_t below_tell, uint64_t now_ns)
{
    struct here *at = enter(record);
    record->threads += !at->counted;
    at->counted = true;
    add(record, at, TRACK_WORK, now_ns);
    meet(record, part, label, below_tell);
    if (at->depth < CALLS_MAX)
        at->calls[at->depth] = part;
    at->depth++;
}

void record_call_ended(struct record *record, const void *part, uint64_t now_ns)
{
    struct here *at = enter(record);
    if (at->depth > CALLS_MAX) {
        add(record, at, TRACK_WORK, now_ns);
        at->depth--;
        return;
    }
    unsigned depth = at->depth;
    while (depth > 0 && at->calls[depth - 1] != part)
        depth--;
    if (depth != at->depth || depth == 0) {
        record->interleaved = true;
        at->depth = depth;
    }
    if (at->depth == 0)
        return;
    add(record, at, TRACK_WORK, now_ns);
    at->depth--;
}

void record_waited(struct record *record, uint64_t from_ns, uint64_t to_ns)
{
    struct here *at = enter(record);
    add(record, at, TRACK_WORK, from_ns);
    add(record, at, TRACK_WAIT, to_ns);
}

void record_ends(struct record *record, uint64_t now_ns)
{
    struct here *at = enter(record);
    /* With other threads this one has only waited for them. */
    if (at->depth == 0 && record->threads == 1 && record->command.last_ns > 0)
        add(record, at, TRACK_WORK, now_ns);
    at->since_ns = 0;
}

struct record_part *record_take(struct record *record, const void *part)
{
    size_t i = find(record, part);
    if (i == record->parts_len)
        return NULL;
    struct record_part *taken = record->parts[i];
    record->parts_len--;
    record->keys[i] = record->keys[record->parts_len];
    record->parts[i] = record->parts[record->parts_len];
    return taken;
}
