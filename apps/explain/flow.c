#include "apps/explain/flow.h"

#include <assert.h>

/* What is laid out, and by what. */
struct layout {
    struct flow *flow;
    const struct report *report;
    const struct flow_measures *measures;
    bool writers;
    bool drawn[REPORT_NODES_MAX];
};

static double width_of(const struct layout *layout, uint64_t bytes)
{
    double width = (double)bytes * layout->measures->scale;
    return width > layout->measures->hair ? width : layout->measures->hair;
}

/* --- Which parts are drawn --- */

static uint64_t weight(const struct report_node *node)
{
    return node->bytes_in > node->bytes_out ? node->bytes_in : node->bytes_out;
}

static int lighter(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return one < other ? 1 : one > other ? -1 : 0;
}

/* How many bytes a part must have moved to be drawn. */
static uint64_t threshold(const struct layout *layout)
{
    const struct report *report = layout->report;
    uint64_t weights[REPORT_NODES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].writer == layout->writers)
            weights[len++] = weight(&report->nodes[i]);
    }
    if (len <= FLOW_BOXES_MAX)
        return 0;
    qsort(weights, len, sizeof(weights[0]), lighter);
    return weights[FLOW_BOXES_MAX - 1];
}

/* The heaviest, of equal ones those that came first, and what leads to them. */
static void choose(struct layout *layout)
{
    const struct report *report = layout->report;
    uint64_t least = threshold(layout);
    size_t chosen = 0;
    for (size_t i = 0; i < report->nodes_len; i++) {
        bool ours = report->nodes[i].writer == layout->writers;
        layout->drawn[i] = ours && weight(&report->nodes[i]) >= least && chosen < FLOW_BOXES_MAX;
        chosen += layout->drawn[i];
        layout->flow->left_out += ours;
    }
    for (size_t i = report->nodes_len; i-- > 0;) {
        if (layout->drawn[i] && report->nodes[i].parent >= 0)
            layout->drawn[report->nodes[i].parent] = true;
    }
    for (size_t i = 0; i < report->nodes_len; i++)
        layout->flow->left_out -= layout->drawn[i];
}

/* --- Where they are drawn --- */

/* What flows from a part to those above it that are drawn: its width, and its bytes. */
static double branches(const struct layout *layout, int node, uint64_t *ret_bytes)
{
    double width = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < layout->report->nodes_len; i++) {
        const struct report_node *child = &layout->report->nodes[i];
        if (child->parent != node || !layout->drawn[i])
            continue;
        width += width_of(layout, flow_near(child));
        uint64_t near = flow_near(child);
        bytes = bytes > UINT64_MAX - near ? UINT64_MAX : bytes + near;
    }
    *ret_bytes = bytes;
    return width;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double text_height(const struct layout *layout, const struct report_node *node)
{
    bool copies = leat_counts_copied(&node->counts) > 0;
    return layout->measures->row_height + (copies ? layout->measures->copies_height : 0);
}

/* Put the box of a part, and how much of what it gives none above it takes. */
static void put_box(struct layout *layout, int node, size_t parent, double x)
{
    struct flow *flow = layout->flow;
    const struct flow_measures *measures = layout->measures;
    const struct report_node *from = &layout->report->nodes[node];
    uint64_t passed_bytes;
    double passed = branches(layout, node, &passed_bytes);
    uint64_t far = flow_far(from);
    struct flow_box *box = &flow->boxes[flow->len++];
    *box = (struct flow_box){
        .node = node,
        .parent = parent,
        .x = x,
        .y = flow->height,
        .near = width_of(layout, flow_near(from)),
        .far = width_of(layout, far),
        .rest_x = x + passed,
        .rest_bytes = far > passed_bytes ? far - passed_bytes : 0,
    };
    if (box->rest_bytes > 0)
        box->rest = width_of(layout, box->rest_bytes);
    box->width = larger(larger(box->near, box->far), passed + box->rest);
    box->height = text_height(layout, from);
    if (box->rest > 0)
        box->height = larger(box->height, measures->box_height + box->rest + measures->bend);
    flow->height += box->height;
    flow->trunk_bytes += box->rest_bytes;
    flow->widest = larger(flow->widest, box->width);
}

static void place(struct layout *layout, int node, size_t parent, double x, unsigned depth)
{
    assert(depth < REPORT_CHAIN_MAX);
    const struct report *report = layout->report;
    size_t box = layout->flow->len;
    put_box(layout, node, parent, x);
    uint64_t bytes;
    double left = branches(layout, node, &bytes);
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].parent != node || !layout->drawn[i])
            continue;
        left -= width_of(layout, flow_near(&report->nodes[i]));
        place(layout, (int)i, box, x + (left > 0 ? left : 0), depth + 1);
    }
}

/* Give each of the flows to the command its lane: beside those from above it, but the last one
 * straight on. */
static void put_lanes(struct layout *layout)
{
    struct flow *flow = layout->flow;
    if (flow->len == 0)
        return;
    struct flow_box *last = &flow->boxes[flow->len - 1];
    double height = text_height(layout, &layout->report->nodes[last->node]);
    flow->height -= last->height - height;
    last->height = height;
    double trunk = 0;
    for (struct flow_box *box = flow->boxes; box <= last; box++) {
        trunk += box < last ? box->rest : 0;
        box->lane_x = trunk; /* from the right edge, which is not known yet */
        double beside = trunk > 0 ? layout->measures->gap + trunk : 0;
        flow->right = larger(flow->right, box->x + box->width + beside);
    }
    for (struct flow_box *box = flow->boxes; box < last; box++)
        box->lane_x = flow->right - box->lane_x;
    last->lane_x = last->rest_x;
    flow->left = last->rest > 0 ? last->lane_x : flow->right - trunk;
}

bool flow_init(struct flow *flow, const struct report *report, bool writers,
               const struct flow_measures *measures)
{
    *flow = (struct flow){ .boxes = calloc(report->nodes_len + 1, sizeof(*flow->boxes)) };
    if (flow->boxes == NULL)
        return false;
    struct layout layout = {
        .flow = flow,
        .report = report,
        .measures = measures,
        .writers = writers,
    };
    choose(&layout);
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].parent < 0 && layout.drawn[i])
            place(&layout, (int)i, SIZE_MAX, 0, 0);
    }
    put_lanes(&layout);
    return true;
}

void flow_fini(struct flow *flow)
{
    free(flow->boxes);
    *flow = (struct flow){ 0 };
}

void flow_align(struct flow *flow, double right)
{
    assert(right >= flow->right);
    for (size_t i = 0; i + 1 < flow->len; i++)
        flow->boxes[i].lane_x += right - flow->right;
    if (flow->len > 0 && flow->boxes[flow->len - 1].rest <= 0)
        flow->left += right - flow->right;
    flow->right = right;
}
