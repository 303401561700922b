#ifndef APPS_EXPLAIN_RECORD_H
#define APPS_EXPLAIN_RECORD_H

#include "apps/explain/track.h"
#include "apps/term/buffer.h"
#include "leat/core/ctx.h"

/* When each part that is open works and waits, as table calls begin and end: what one call takes is
 * its part's, less the calls inside it, and what is between the calls of a thread is the command's
 * own. Whoever uses this locks it: the report does. */

enum {
    RECORD_OPEN_MAX = 1024, /* parts open at once; what is beyond has no track */
    RECORD_LABEL_MAX = 256, /* bytes of an endpoint's name that are kept */
};

/* A part that is open. */
struct record_part {
    struct track track;
    char label[RECORD_LABEL_MAX]; /* of an endpoint; "" elsewhere */
    uint64_t below_tell;          /* what went through the writer below before its first call */
};

struct record {
    uint64_t started_ns;
    const void *keys[RECORD_OPEN_MAX]; /* the addresses of readers and writers, of `parts` */
    struct record_part *parts[RECORD_OPEN_MAX];
    size_t parts_len;
    struct track command; /* between calls */
    uint64_t threads;     /* that made calls */
    bool crowded;         /* more than RECORD_OPEN_MAX were open, or memory was short */
    bool interleaved;     /* calls of one thread did not nest: fibers; times cannot be told apart */
};

/* Begin; the calling thread's time counts from here. */
void record_init(struct record *record, uint64_t now_ns);
void record_fini(struct record *record);

/* The run is over, on the thread that began it. */
void record_ends(struct record *record, uint64_t now_ns);

/* A call of `part` begins, or has ended; `label` may be NULL. `below_tell` is kept of the first. */
void record_call_begins(struct record *record, const void *part, const char *label,
                        uint64_t below_tell, uint64_t now_ns);
void record_call_ended(struct record *record, const void *part, uint64_t now_ns);

/* The call that the thread is in, or the command, waited. */
void record_waited(struct record *record, uint64_t from_ns, uint64_t to_ns);

/* Take out what is known of a part that closes: the caller frees it. NULL: nothing. */
LEAT_MUST_USE struct record_part *record_take(struct record *record, const void *part);

#endif
