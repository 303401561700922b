#ifndef APPS_EXPLAIN_REPORT_H
#define APPS_EXPLAIN_REPORT_H

#include <pthread.h>

#include "apps/explain/record.h"
#include "leat/engine/engine.h"

/* What the readers and writers of a run did, added up by where they stood: all pipelines of the
 * same shape are one line each. */

enum {
    REPORT_NODES_MAX = 1024, /* shapes; what is beyond is counted where it stands below */
    REPORT_CHAIN_MAX = 256,  /* readers above one another */
};

/* One part at one place of the pipelines. Its parent is where its bytes come from (readers) or go
 * to (writers). */
struct report_node {
    const char *part; /* static text of the part's */
    int parent;       /* -1: an endpoint */
    unsigned depth;   /* how many parts its bytes go through before it, or behind it */
    unsigned number;  /* of its row, from 1, in the order of reading; 0 until the run has ended */
    bool writer;
    uint64_t instances;
    uint64_t bytes_in;
    uint64_t bytes_out;
    struct leat_counts counts;
    /* Of all instances together; its label is the first one's. NULL: nothing is known. */
    struct record_part *record;
};

struct report {
    struct leat_watch watch;   /* give these to the run: one who watches, */
    struct leat_engine engine; /* and the blocking engine, whose operations are waits */
    pthread_mutex_t lock;
    struct record record;
    struct report_node *nodes; /* parents before their children */
    size_t nodes_len;
    uint16_t order[REPORT_NODES_MAX]; /* once the run has ended: the nodes as they are read, readers
                                       * before writers, each before those above it */
    bool crowded;                     /* there were more than REPORT_NODES_MAX */
};

/* Begin, on the thread that runs the command. False without memory. */
LEAT_MUST_USE bool report_init(struct report *report);
void report_fini(struct report *report);

/* The run is over: nanoseconds since the beginning. The nodes have their order and numbers from
 * here on, and their tracks buckets of one length. */
uint64_t report_ends(struct report *report);

/* What a part waited in the system, of all its time. */
static inline uint64_t report_waited_ns(const struct report_node *node)
{
    return node->record != NULL ? node->record->track.total_ns[TRACK_WAIT] : 0;
}

/* Put it as a tree for people, or as one JSON object. */
void report_put_text(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns);
void report_put_json(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns);

#endif
