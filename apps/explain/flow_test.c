/* Pictures of random trees, by what must hold for them to be read: boxes hang below their parents
 * in places of their own, lanes lie beside one another and right of every box they pass, and what
 * is as wide as bytes is as wide as the bytes. */

#include "apps/explain/flow.h"

#include "apps/explain/report_check.h"

static const struct flow_measures measures = {
    .scale = 1.0 / (1 << 20),
    .gap = 10,
    .hair = 1,
    .box_height = 14,
    .row_height = 40,
    .copies_height = 10,
    .bend = 18,
};

static const double slack = 1e-6; /* of sums of floating point, in the picture's units */

static void check_row(const struct flow *flow, const struct report *report, size_t i)
{
    const struct flow_box *box = &flow->boxes[i];
    const struct report_node *node = &report->nodes[box->node];
    double y = i > 0 ? flow->boxes[i - 1].y + flow->boxes[i - 1].height : 0;
    check(box->y >= y - slack && box->y <= y + slack);
    double near = (double)flow_near(node) * measures.scale;
    check(box->near == (near > measures.hair ? near : measures.hair));
    check(box->x >= 0 && box->width >= box->near && box->width >= box->far);
    check(box->rest_x + box->rest <= box->x + box->width + slack);
    bool last = i + 1 == flow->len;
    check(last || box->rest <= 0 ||
          box->height >= measures.box_height + box->rest + measures.bend - slack);
    if (box->parent == SIZE_MAX)
        return;
    const struct flow_box *parent = &flow->boxes[box->parent];
    check(box->parent < i && report->nodes[box->node].parent == parent->node);
    check(box->x >= parent->x - slack && box->x + box->near <= parent->rest_x + slack);
}

/* What goes down to box `i` passes every box between it and its parent on the left. */
static void check_branch(const struct flow *flow, size_t i)
{
    const struct flow_box *box = &flow->boxes[i];
    for (size_t j = box->parent + 1; box->parent != SIZE_MAX && j < i; j++)
        check(box->x + box->near <= flow->boxes[j].x + slack);
}

/* The lane of box `i` is right of what stands beside it, and left of the lanes from above. */
static void check_lane(const struct flow *flow, size_t i)
{
    const struct flow_box *box = &flow->boxes[i];
    if (box->rest <= 0 || i + 1 == flow->len)
        return;
    check(box->lane_x + box->rest <= flow->right + slack);
    check(box->lane_x >= flow->left - slack);
    for (size_t j = 0; j < flow->len; j++) {
        const struct flow_box *other = &flow->boxes[j];
        if (j >= i)
            check(other->x + other->width + measures.gap <= box->lane_x + slack);
        if (j > i && j + 1 < flow->len && other->rest > 0)
            check(other->lane_x + other->rest <= box->lane_x + slack);
    }
}

static void check_flow(const struct report *report, bool writers, double right)
{
    struct flow flow;
    check(flow_init(&flow, report, writers, &measures));
    check(flow.right >= 0);
    if (right > flow.right)
        flow_align(&flow, right);
    for (size_t i = 0; i < flow.len; i++) {
        check_says("box", i);
        check_row(&flow, report, i);
        check_branch(&flow, i);
        check_lane(&flow, i);
    }
    flow_fini(&flow);
}

static void test_trees(struct random *dice)
{
    for (unsigned round = 0; round < 100; round++) {
        check_says("round", round);
        struct report report;
        check(report_init(&report));
        made_tree(&report, dice, random_below(dice, 100), false);
        made_tree(&report, dice, random_below(dice, 20), true);
        (void)report_ends(&report);
        check_flow(&report, false, 0);
        check_flow(&report, true, 1e6);
        report_fini(&report);
    }
}

/* One part after another, all of it going on: straight down, and no wider than the flow. */
static void test_chain(void)
{
    struct report report;
    check(report_init(&report));
    for (int i = 0; i < 100; i++)
        made_node(&report, "part", i - 1, false, 1 << 20, 1 << 20);
    (void)report_ends(&report);
    struct flow flow;
    check(flow_init(&flow, &report, false, &measures));
    check_equal(flow.len, 100);
    check_equal(flow.trunk_bytes, 1 << 20);
    check(flow.right == 1 && flow.left == 0 && flow.boxes[99].lane_x == 0);
    check(flow.boxes[99].y == 99 * measures.row_height);
    flow_fini(&flow);
    report_fini(&report);
}

/* Of very many the heaviest are drawn, with what leads to them, and the others counted. */
static void test_many(void)
{
    struct report report;
    check(report_init(&report));
    int root = made_node(&report, "root", -1, false, 5, 5);
    for (int i = 1; i < REPORT_NODES_MAX; i++)
        made_node(&report, "leaf", root, false, 1000 + (uint64_t)i, 7);
    (void)report_ends(&report);
    struct flow flow;
    check(flow_init(&flow, &report, false, &measures));
    check_equal(flow.len, FLOW_BOXES_MAX + 1);
    check_equal(flow.left_out, REPORT_NODES_MAX - FLOW_BOXES_MAX - 1);
    check_equal(flow.boxes[0].node, root);
    check_equal(flow.boxes[1].node, REPORT_NODES_MAX - FLOW_BOXES_MAX);
    flow_fini(&flow);
    report_fini(&report);
}

static void test_none(void)
{
    struct report report;
    check(report_init(&report));
    (void)report_ends(&report);
    struct flow flow;
    check(flow_init(&flow, &report, false, &measures));
    check(flow.len == 0 && flow.right == 0 && flow.height == 0);
    flow_align(&flow, 10);
    flow_fini(&flow);
    report_fini(&report);
}

int main(int argc, char **argv)
{
    struct random dice = { check_begin(argc, argv).seed };
    check_says_text("test", "trees");
    test_trees(&dice);
    check_run(test_chain);
    check_run(test_many);
    check_run(test_none);
    return 0;
}
