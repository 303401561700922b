#ifndef APPS_EXPLAIN_FLOW_H
#define APPS_EXPLAIN_FLOW_H

#include "apps/explain/report.h"

/* Where the parts of a report stand in the picture of its flows: a row for each, in the order of
 * the text report, the endpoint first, and what is above a part below it in the picture, where
 * bytes flow downwards. A flow is as wide as it has bytes.
 *
 *      ████████████████              a part, its bytes out below it
 *      ▒▒▒▒▒▒░░░░░░░░▓▓╰──────╮      what no part above takes (▓) turns into the trunk
 *      ▒▒▒▒▒▒████████         │
 *      ▒▒▒▒▒▒     ╰─────────╮ │      the first branch stands right, so that it may widen, and the
 *      ██████               │ │      others pass it on the left
 *        ╰────────────────╮ │ │
 *                       the trunk: to the command
 *
 * The last part has nothing below it, and what leaves it needs no turn: its lane goes straight on.
 * Writers are laid out as readers, from their endpoint, and drawn upside down. */

enum { FLOW_BOXES_MAX = 128 }; /* besides what leads to them; the smallest are not drawn */

struct flow_box {
    int node;
    size_t parent; /* of the boxes; SIZE_MAX: an endpoint */
    double x, y;   /* the top left corner */
    double width;
    double near;   /* widths of the flows between it and its endpoint, */
    double far;    /* and on its other side */
    double rest;   /* of `far`, what goes into the trunk or comes out of it */
    double rest_x; /* where that leaves the box: its left edge */
    double lane_x; /* where it is in the trunk: its left edge */
    double height; /* of the row */
    uint64_t rest_bytes;
};

struct flow {
    struct flow_box *boxes; /* parents before their children */
    size_t len;
    size_t left_out;      /* parts that are not drawn */
    double left;          /* where the lanes begin, between here and the right edge */
    double right, height; /* of all that is drawn */
    double widest;        /* of the boxes */
    uint64_t trunk_bytes; /* between all of it and the command */
};

/* What a layout goes by, in the picture's units. */
struct flow_measures {
    double scale; /* width for each byte */
    double gap;   /* between the boxes and the trunk */
    double hair;  /* the least width of a flow */
    double box_height;
    double row_height;    /* the least */
    double copies_height; /* what is added for a part that copied */
    double bend;          /* what a flow that turns takes of a row, more than its own width */
};

/* The bytes of a node on its endpoint's side, and on the other. */
static inline uint64_t flow_near(const struct report_node *node)
{
    return node->writer ? node->bytes_out : node->bytes_in;
}
static inline uint64_t flow_far(const struct report_node *node)
{
    return node->writer ? node->bytes_in : node->bytes_out;
}

/* Lay out the readers, or the writers. False without memory. */
LEAT_MUST_USE bool flow_init(struct flow *flow, const struct report *report, bool writers,
                             const struct flow_measures *measures);
void flow_fini(struct flow *flow);

/* Have the right edge, and the trunk with it, `right` from the left. */
void flow_align(struct flow *flow, double right);

#endif
