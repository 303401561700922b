#ifndef APPS_EXPLAIN_REPORT_H
#define APPS_EXPLAIN_REPORT_H

#include <pthread.h>

#include "apps/term/buffer.h"
#include "leat/core/ctx.h"

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
    bool writer;
    uint64_t instances;
    uint64_t bytes_in;
    uint64_t bytes_out;
    struct leat_counts counts;
};

struct report {
    struct leat_watch watch; /* give this to the run */
    pthread_mutex_t lock;
    struct report_node *nodes; /* parents before their children */
    size_t nodes_len;
    bool crowded; /* there were more than REPORT_NODES_MAX */
};

/* False without memory. */
LEAT_MUST_USE bool report_init(struct report *report);
void report_fini(struct report *report);

/* Put it as a tree for people, or as one JSON object. */
void report_put_text(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns);
void report_put_json(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns);

#endif
