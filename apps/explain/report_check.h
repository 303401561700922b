#ifndef APPS_EXPLAIN_REPORT_CHECK_H
#define APPS_EXPLAIN_REPORT_CHECK_H

/* For unit tests: reports of runs that never were. */

#include <stdio.h>

#include "apps/explain/report.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

/* Add a node; returns its index. Parents come first. */
static inline int made_node(struct report *report, const char *part, int parent, bool writer,
                            uint64_t bytes_in, uint64_t bytes_out)
{
    check(report->nodes_len < REPORT_NODES_MAX);
    report->nodes[report->nodes_len] = (struct report_node){
        .part = part,
        .parent = parent,
        .depth = parent >= 0 ? report->nodes[parent].depth + 1 : 0,
        .writer = writer,
        .instances = 1,
        .bytes_in = bytes_in,
        .bytes_out = bytes_out,
    };
    return (int)report->nodes_len++;
}

/* Give it a name, and a stretch of time. */
static inline void made_record(struct report *report, int node, const char *label,
                               enum track_kind kind, uint64_t from_ns, uint64_t to_ns)
{
    struct record_part *record = calloc(1, sizeof(*record));
    check(record != NULL);
    track_init(&record->track);
    snprintf(record->label, sizeof(record->label), "%s", label);
    track_add(&record->track, kind, from_ns, to_ns);
    report->nodes[node].record = record;
}

/* A tree of `len` nodes; each goes on from one before it, mostly from the last. */
static inline void made_tree(struct report *report, struct random *dice, size_t len, bool writers)
{
    size_t first = report->nodes_len;
    for (size_t i = 0; i < len; i++) {
        int parent = -1;
        uint64_t near = random_below(dice, UINT64_C(1) << random_below(dice, 40));
        if (i > 0 && random_below(dice, 8) > 0)
            parent = (int)(first + (random_below(dice, 3) > 0 ? i - 1 : random_below(dice, i)));
        if (parent >= 0 && report->nodes[parent].depth > 200)
            parent = -1;
        uint64_t far = random_below(dice, 3) == 0 ? near : near * random_below(dice, 5) / 2;
        int node =
            made_node(report, "part", parent, writers, writers ? far : near, writers ? near : far);
        report->nodes[node].counts.copied[LEAT_CAUSE_CODEC] = random_below(dice, 2) * near;
    }
}

#endif
