#include "apps/explain/picture.h"

#include <assert.h>

#include "apps/explain/flow.h"
#include "apps/explain/markup.h"

/* In CSS pixels. */
enum {
    FLOWS_WIDTH = 320,
    BOX_WIDTH_MAX = 120,
    BOX_WIDTH_MIN = 6,
    BEND_RADIUS = 4, /* of the inner side of a flow that turns */
    TEXT_WIDTH = 400,
    TEXT_GAP = 28, /* between the trunk and the text */
    BOX_HEIGHT = 14,
    LINE_HEIGHT = 16,
    ROW_HEIGHT = 46, /* of a name and a line below it */
    MARGIN = 2,
    LABEL_MAX = 26, /* characters of a file's name beside its part */
};

/* Readers are drawn from the top down, writers are turned over: what is `y` of a layout is where
 * in the picture. */
struct canvas {
    struct term_buffer *buffer;
    const struct report *report;
    const struct flow *flow;
    double top;
    bool turned;
    double text_x;
};

static double at(const struct canvas *canvas, double y)
{
    return canvas->turned ? canvas->top + canvas->flow->height - y : canvas->top + y;
}

void picture_put_name(struct term_buffer *buffer, const struct report_node *node)
{
    markup_puts(buffer, node->part);
    if (node->instances > 1)
        term_printf(buffer, " \xc3\x97%llu", (unsigned long long)node->instances);
}

void picture_put_number(struct term_buffer *buffer, const struct report_node *node,
                        const char *element)
{
    term_printf(buffer, "<%s class=\"number\">%u</%s> ", element, node->number, element);
}

/* --- What a row says --- */

static void put_copies(struct term_buffer *buffer, const struct leat_counts *counts)
{
    const char *before = "copied ";
    for (unsigned cause = 0; cause < LEAT_CAUSES; cause++) {
        if (counts->copied[cause] == 0)
            continue;
        term_puts(buffer, before);
        markup_put_size(buffer, counts->copied[cause]);
        term_printf(buffer, " (%s)", leat_cause_name(cause));
        before = ", ";
    }
}

static void put_work(struct term_buffer *buffer, const struct report_node *node)
{
    markup_put_time(buffer, node->counts.time_ns);
    if (report_waited_ns(node) > 0) {
        term_puts(buffer, ", of it ");
        markup_put_time(buffer, report_waited_ns(node));
        term_puts(buffer, " waiting");
    }
    if (node->counts.allocations > 0) {
        term_printf(buffer, "; %llu allocation%s of ", (unsigned long long)node->counts.allocations,
                    node->counts.allocations > 1 ? "s" : "");
        markup_put_size(buffer, node->counts.allocated);
    }
}

static void put_line(const struct canvas *canvas, double y, const char *class)
{
    term_printf(canvas->buffer, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, canvas->text_x,
                y);
}

static void put_row_text(const struct canvas *canvas, const struct flow_box *box)
{
    struct term_buffer *buffer = canvas->buffer;
    const struct report_node *node = &canvas->report->nodes[box->node];
    double y = at(canvas, box->y + BOX_HEIGHT / 2.0) + 4;
    put_line(canvas, y, "name");
    picture_put_number(buffer, node, "tspan");
    picture_put_name(buffer, node);
    if (node->record != NULL && node->record->label[0] != '\0') {
        term_puts(buffer, " <tspan class=\"label\">");
        markup_put_clipped(buffer, node->record->label, LABEL_MAX);
        if (node->instances > 1)
            term_puts(buffer, ", \xe2\x80\xa6");
        term_puts(buffer, "</tspan>");
    }
    term_printf(buffer, "</text><text class=\"bytes\" x=\"%.1f\" y=\"%.1f\">",
                canvas->text_x + TEXT_WIDTH, y);
    markup_put_size(buffer, node->bytes_in);
    term_puts(buffer, " \xe2\x86\x92 ");
    markup_put_size(buffer, node->bytes_out);
    term_puts(buffer, "</text>");
    put_line(canvas, y += LINE_HEIGHT, "note");
    put_work(buffer, node);
    term_puts(buffer, "</text>");
    if (leat_counts_copied(&node->counts) > 0) {
        put_line(canvas, y + LINE_HEIGHT, "note copy-text");
        put_copies(buffer, &node->counts);
        term_puts(buffer, "</text>");
    }
    term_putc(buffer, '\n');
}

static void put_title(const struct canvas *canvas, const struct report_node *node)
{
    struct term_buffer *buffer = canvas->buffer;
    term_puts(buffer, "<title>");
    picture_put_name(buffer, node);
    term_puts(buffer, ": ");
    markup_put_exact(buffer, node->bytes_in);
    term_puts(buffer, " bytes in, ");
    markup_put_exact(buffer, node->bytes_out);
    term_puts(buffer, " bytes out, ");
    markup_put_exact(buffer, leat_counts_copied(&node->counts));
    term_puts(buffer, " bytes copied</title>");
}

/* --- The flow --- */

/* A flow straight down, from the box of its parent to its own. */
static void put_branch(const struct canvas *canvas, const struct flow_box *box)
{
    const struct flow_box *parent = &canvas->flow->boxes[box->parent];
    const struct report_node *node = &canvas->report->nodes[box->node];
    double from = at(canvas, parent->y + BOX_HEIGHT), to = at(canvas, box->y);
    term_printf(canvas->buffer, "<path class=\"%s\" stroke-width=\"%.2f\" d=\"M%.2f %.2fV%.2f\">",
                flow_near(node) > 0 ? "flow" : "no flow", box->near, box->x + box->near / 2, from,
                to);
    put_title(canvas, node);
    term_puts(canvas->buffer, "</path>\n");
}

/* What leaves a box for the command: down, to the right, and down beside what came before; or
 * straight down, where nothing stands in its way. */
static void put_rest(const struct canvas *canvas, const struct flow_box *box, double trunk_end)
{
    struct term_buffer *buffer = canvas->buffer;
    double x = box->rest_x + box->rest / 2, lane = box->lane_x + box->rest / 2;
    term_printf(buffer, "<path class=\"flow\" stroke-width=\"%.2f\" d=\"M%.2f %.2f", box->rest, x,
                at(canvas, box->y + BOX_HEIGHT));
    if (lane > x) {
        double radius = box->rest / 2 + BEND_RADIUS;
        double down = canvas->turned ? -radius : radius;
        term_printf(buffer, "a%.2f %.2f 0 0 %d %.2f %.2fH%.2fa%.2f %.2f 0 0 %d %.2f %.2f", radius,
                    radius, canvas->turned, radius, down, lane - radius, radius, radius,
                    !canvas->turned, radius, down);
    }
    term_printf(buffer, "V%.2f\"><title>", trunk_end);
    term_puts(buffer, canvas->turned ? "from the command to " : "to the command from ");
    markup_puts(buffer, canvas->report->nodes[box->node].part);
    term_puts(buffer, ": ");
    markup_put_exact(buffer, box->rest_bytes);
    term_puts(buffer, " bytes</title></path>\n");
}

/* The box of a part, and under it as much as it copied, on the scale of the flows. */
static void put_box(const struct canvas *canvas, const struct flow_box *box, double scale)
{
    struct term_buffer *buffer = canvas->buffer;
    const struct report_node *node = &canvas->report->nodes[box->node];
    double y = canvas->turned ? at(canvas, box->y + BOX_HEIGHT) : at(canvas, box->y);
    double width = box->width > BOX_WIDTH_MIN ? box->width : BOX_WIDTH_MIN;
    term_printf(buffer, "<rect class=\"part\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%d\">",
                box->x, y, width, BOX_HEIGHT);
    put_title(canvas, node);
    term_puts(buffer, "</rect>\n");
    uint64_t copied = leat_counts_copied(&node->counts);
    if (copied == 0)
        return;
    double wide = (double)copied * scale;
    double most = canvas->flow->right - box->x;
    wide = wide < 1 ? 1 : wide < most ? wide : most;
    term_printf(buffer,
                "<rect class=\"copy\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"4\"><title>",
                box->x, y + BOX_HEIGHT + 1, wide);
    put_copies(buffer, &node->counts);
    term_puts(buffer, "</title></rect>\n");
}

/* All of one direction: lines to the text, flows, boxes and text, each over the last. */
static void put_canvas(const struct canvas *canvas, double trunk_end, double scale)
{
    const struct flow *flow = canvas->flow;
    for (size_t i = 0; i < flow->len; i++) {
        double y = at(canvas, flow->boxes[i].y + BOX_HEIGHT / 2.0);
        term_printf(canvas->buffer, "<path class=\"lead\" d=\"M%.2f %.2fH%.2f\"/>\n",
                    flow->boxes[i].x + flow->boxes[i].width, y, canvas->text_x - 6);
    }
    for (size_t i = 0; i < flow->len; i++) {
        if (flow->boxes[i].rest > 0)
            put_rest(canvas, &flow->boxes[i], trunk_end);
        if (flow->boxes[i].parent != SIZE_MAX)
            put_branch(canvas, &flow->boxes[i]);
    }
    for (size_t i = 0; i < flow->len; i++)
        put_box(canvas, &flow->boxes[i], scale);
    for (size_t i = 0; i < flow->len; i++)
        put_row_text(canvas, &flow->boxes[i]);
}

/* The command, where the trunks end and begin. */
static void put_command(const struct canvas *canvas, double y, const struct flow *in,
                        const struct flow *out, const char *command)
{
    struct term_buffer *buffer = canvas->buffer;
    double left = in->right;
    if (in->len > 0)
        left = in->left;
    if (out->len > 0 && out->left < left)
        left = out->left;
    double width = in->right - left;
    width = width > BOX_WIDTH_MIN ? width : BOX_WIDTH_MIN;
    term_printf(buffer,
                "<rect class=\"part command\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%d\"/>",
                left, y, width, BOX_HEIGHT);
    put_line(canvas, y + BOX_HEIGHT / 2.0 + 4, "name");
    markup_puts(buffer, command);
    term_printf(buffer, "</text><text class=\"bytes\" x=\"%.1f\" y=\"%.1f\">",
                canvas->text_x + TEXT_WIDTH, y + BOX_HEIGHT / 2.0 + 4);
    markup_put_size(buffer, in->trunk_bytes);
    if (out->len > 0) {
        term_puts(buffer, " \xe2\x86\x92 ");
        markup_put_size(buffer, out->trunk_bytes);
    }
    term_puts(buffer, "</text>\n");
}

/* The flows both ways, on the scale that makes the wider one as wide as there is room. */
static bool lay_out(const struct report *report, struct flow_measures *measures, struct flow *in,
                    struct flow *out)
{
    const struct flow_measures in_bytes = { .scale = 1 };
    *in = *out = (struct flow){ 0 };
    bool done = flow_init(in, report, false, &in_bytes) && flow_init(out, report, true, &in_bytes);
    double all = in->right > out->right ? in->right : out->right;
    double widest = in->widest > out->widest ? in->widest : out->widest;
    flow_fini(in);
    flow_fini(out);
    if (all > 0)
        measures->scale = FLOWS_WIDTH / all;
    if (widest * measures->scale > BOX_WIDTH_MAX)
        measures->scale = BOX_WIDTH_MAX / widest;
    done = done && flow_init(in, report, false, measures) && flow_init(out, report, true, measures);
    if (!done)
        return false;
    double right = in->right > out->right ? in->right : out->right;
    flow_align(in, right);
    flow_align(out, right);
    return true;
}

bool picture_put_flow(struct term_buffer *buffer, const struct report *report, const char *command,
                      size_t *ret_left_out)
{
    struct flow_measures measures = {
        .gap = 16,
        .hair = 1,
        .box_height = BOX_HEIGHT,
        .row_height = ROW_HEIGHT,
        .copies_height = LINE_HEIGHT,
        .bend = 2 * BEND_RADIUS + 10,
    };
    struct flow in, out;
    bool done = lay_out(report, &measures, &in, &out);
    if (done) {
        double text_x = in.right + TEXT_GAP, command_y = MARGIN + in.height;
        /* What is written beside the last box goes on below it. */
        double below = out.len > 0 ? 3 * LINE_HEIGHT : MARGIN;
        double height = command_y + BOX_HEIGHT + out.height + below;
        term_printf(buffer,
                    "<svg class=\"flows\" role=\"img\" aria-labelledby=\"flows-title\" "
                    "width=\"%.0f\" height=\"%.0f\" viewBox=\"-%d 0 %.0f %.0f\">\n"
                    "<title id=\"flows-title\">How the bytes flowed; the table below has the same "
                    "numbers.</title>\n",
                    text_x + TEXT_WIDTH + MARGIN, height, MARGIN, text_x + TEXT_WIDTH + 2 * MARGIN,
                    height);
        const struct canvas readers = { buffer, report, &in, MARGIN, false, text_x };
        const struct canvas writers = {
            buffer, report, &out, command_y + BOX_HEIGHT, true, text_x
        };
        put_canvas(&readers, command_y, measures.scale);
        put_canvas(&writers, command_y + BOX_HEIGHT, measures.scale);
        put_command(&readers, command_y, &in, &out, command);
        term_puts(buffer, "</svg>\n");
        *ret_left_out = in.left_out + out.left_out;
    }
    flow_fini(&in);
    flow_fini(&out);
    return done;
}
