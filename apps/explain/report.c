#include "apps/explain/report.h"

#include <assert.h>
#include <time.h>

/* --- Watching --- */

static uint64_t watch_now_ns(const struct leat_watch *watch)
{
    (void)watch;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct report *report_of(const struct leat_watch *watch)
{
    return (struct report *)(uintptr_t)watch;
}

/* The node of this part above `parent`, made if it is new; `parent` itself when there is no room.
 */
static int node_of(struct report *report, const char *part, int parent, bool writer)
{
    for (size_t i = 0; i < report->nodes_len; i++) {
        const struct report_node *node = &report->nodes[i];
        if (node->part == part && node->parent == parent && node->writer == writer)
            return (int)i;
    }
    if (report->nodes_len == REPORT_NODES_MAX) {
        report->crowded = true;
        return parent;
    }
    report->nodes[report->nodes_len] = (struct report_node){
        .part = part,
        .parent = parent,
        .depth = parent >= 0 ? report->nodes[parent].depth + 1 : 0,
        .writer = writer,
    };
    return (int)report->nodes_len++;
}

/* A part that closes; `record` is taken over. */
static void add(struct report *report, int at, uint64_t in, uint64_t out,
                const struct leat_counts *counts, struct record_part *record)
{
    if (at < 0) {
        free(record);
        return;
    }
    struct report_node *node = &report->nodes[at];
    node->instances++;
    node->bytes_in += in;
    node->bytes_out += out;
    leat_counts_add(&node->counts, counts);
    if (node->record == NULL) {
        node->record = record;
    } else if (record != NULL) {
        track_merge(&node->record->track, &record->track);
        free(record);
    }
}

static void reader_closes(const struct leat_watch *watch, const struct leat_reader *reader)
{
    const struct leat_reader *chain[REPORT_CHAIN_MAX];
    size_t len = 0;
    for (const struct leat_reader *r = reader; r != NULL && len < REPORT_CHAIN_MAX; r = r->below)
        chain[len++] = r;
    const struct leat_reader *below = reader->below;
    uint64_t out = reader->counts.moved;
    uint64_t in = below == NULL || reader->ops->view ? out : leat_tell(below) - below->origin;
    struct report *report = report_of(watch);
    pthread_mutex_lock(&report->lock);
    int at = -1;
    while (len > 0)
        at = node_of(report, chain[--len]->part, at, false);
    add(report, at, in, out, &reader->counts, record_take(&report->record, reader));
    pthread_mutex_unlock(&report->lock);
}

static void writer_closes(const struct leat_watch *watch, const struct leat_writer *writer)
{
    const struct leat_writer *chain[REPORT_CHAIN_MAX];
    size_t len = 0;
    for (const struct leat_writer *w = writer; w != NULL && len < REPORT_CHAIN_MAX; w = w->below)
        chain[len++] = w;
    uint64_t in = writer->counts.moved;
    struct report *report = report_of(watch);
    pthread_mutex_lock(&report->lock);
    int at = -1;
    while (len > 0)
        at = node_of(report, chain[--len]->part, at, true);
    /* Others may have written to the one below before, as the entries of an archive do. */
    struct record_part *record = record_take(&report->record, writer);
    uint64_t out = in;
    if (writer->below != NULL)
        out = leat_writer_tell(writer->below) - (record != NULL ? record->below_tell : 0);
    add(report, at, in, out, &writer->counts, record);
    pthread_mutex_unlock(&report->lock);
}

static void call_begins(const struct leat_watch *watch, const struct leat_reader *reader,
                        const struct leat_writer *writer, uint64_t at_ns)
{
    struct report *report = report_of(watch);
    const void *part = reader != NULL ? (const void *)reader : (const void *)writer;
    const char *label = reader != NULL ? reader->label : writer->label;
    const struct leat_writer *below = writer != NULL ? writer->below : NULL;
    uint64_t below_tell = below != NULL ? leat_writer_tell(below) : 0;
    pthread_mutex_lock(&report->lock);
    record_call_begins(&report->record, part, label, below_tell, at_ns);
    pthread_mutex_unlock(&report->lock);
}

static void call_ended(const struct leat_watch *watch, const struct leat_reader *reader,
                       const struct leat_writer *writer, uint64_t at_ns)
{
    struct report *report = report_of(watch);
    const void *part = reader != NULL ? (const void *)reader : (const void *)writer;
    pthread_mutex_lock(&report->lock);
    record_call_ended(&report->record, part, at_ns);
    pthread_mutex_unlock(&report->lock);
}

/* --- Waiting --- */

static struct leat_io watched_run(struct leat_engine *engine, struct leat_op *op)
{
    struct report *report = (struct report *)((char *)engine - offsetof(struct report, engine));
    uint64_t from_ns = watch_now_ns(&report->watch);
    struct leat_io io = leat_engine_run(&leat_engine_blocking, op);
    uint64_t to_ns = watch_now_ns(&report->watch);
    pthread_mutex_lock(&report->lock);
    record_waited(&report->record, from_ns, to_ns);
    pthread_mutex_unlock(&report->lock);
    return io;
}

static struct leat_io watched_close(struct leat_engine *engine, struct leat_socket *socket)
{
    (void)engine;
    return leat_engine_blocking.ops->close(&leat_engine_blocking, socket);
}

static uint64_t watched_now_ns(struct leat_engine *engine)
{
    (void)engine;
    return leat_engine_blocking.ops->now_ns(&leat_engine_blocking);
}

static const struct leat_engine_ops watched_ops = {
    .name = "watched",
    .run = watched_run,
    .close = watched_close,
    .now_ns = watched_now_ns,
};

/* --- Begin and end --- */

bool report_init(struct report *report)
{
    *report = (struct report){
        .watch = { .now_ns = watch_now_ns,
                   .reader_closes = reader_closes,
                   .writer_closes = writer_closes,
                   .call_begins = call_begins,
                   .call_ended = call_ended },
        .engine = { &watched_ops },
        .nodes = calloc(REPORT_NODES_MAX, sizeof(*report->nodes)),
    };
    pthread_mutex_init(&report->lock, NULL);
    record_init(&report->record, watch_now_ns(&report->watch));
    return report->nodes != NULL;
}

/* Number the nodes above `parent` from `number` on; what number is the next. */
static unsigned put_in_order(struct report *report, int parent, bool writers, unsigned number)
{
    for (size_t i = 0; i < report->nodes_len; i++) {
        struct report_node *node = &report->nodes[i];
        if (node->parent != parent || node->writer != writers)
            continue;
        assert(node->depth < REPORT_CHAIN_MAX && number <= report->nodes_len);
        report->order[number - 1] = (uint16_t)i;
        node->number = number;
        number = put_in_order(report, (int)i, writers, number + 1);
    }
    return number;
}

/* Give the tracks buckets of one length, with room for the whole run. */
static void even_out(struct report *report, uint64_t wall_ns)
{
    struct track *command = &report->record.command;
    unsigned shift = command->shift;
    while (wall_ns >> shift >= TRACK_BUCKETS)
        shift++;
    for (size_t i = 0; i < report->nodes_len; i++) {
        const struct record_part *record = report->nodes[i].record;
        if (record != NULL && record->track.shift > shift)
            shift = record->track.shift;
    }
    track_coarsen(command, shift);
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].record != NULL)
            track_coarsen(&report->nodes[i].record->track, shift);
    }
}

uint64_t report_ends(struct report *report)
{
    uint64_t now_ns = watch_now_ns(&report->watch);
    uint64_t wall_ns = now_ns - report->record.started_ns;
    record_ends(&report->record, now_ns);
    even_out(report, wall_ns);
    unsigned next = put_in_order(report, -1, false, 1);
    next = put_in_order(report, -1, true, next);
    assert(next == report->nodes_len + 1);
    return wall_ns;
}

void report_fini(struct report *report)
{
    for (size_t i = 0; i < report->nodes_len; i++)
        free(report->nodes[i].record);
    record_fini(&report->record);
    free(report->nodes);
    pthread_mutex_destroy(&report->lock);
    *report = (struct report){ 0 };
}

/* --- Text --- */

/* Deeper levels are set in no further, so that there is room for their names. */
enum { NAME_WIDTH = 30, LEVELS_MAX = 32 };

static void put_bytes(struct term_buffer *buffer, uint64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    double amount = (double)bytes;
    unsigned unit = 0;
    while (amount >= 1024 && unit < 4) {
        amount /= 1024;
        unit++;
    }
    if (unit == 0)
        term_printf(buffer, "  %8llu B  ", (unsigned long long)bytes);
    else
        term_printf(buffer, "  %8.1f %s", amount, units[unit]);
}

/* Copies a byte, and the cause of most of them. */
static void put_copies(struct term_buffer *buffer, const struct report_node *node)
{
    uint64_t copied = leat_counts_copied(&node->counts);
    uint64_t bytes = node->bytes_out > node->bytes_in ? node->bytes_out : node->bytes_in;
    unsigned most = 0;
    for (unsigned i = 1; i < LEAT_CAUSES; i++) {
        if (node->counts.copied[i] > node->counts.copied[most])
            most = i;
    }
    double each = bytes > 0 ? (double)copied / (double)bytes : 0;
    term_printf(buffer, "  %7.4f %-7s", each, copied > 0 ? leat_cause_name(most) : "");
}

static void put_node(struct term_buffer *buffer, const struct report_node *node, unsigned depth)
{
    char name[128];
    struct term_buffer text = term_buffer_fixed(name, sizeof(name));
    term_put_repeat(&text, ' ', (size_t)(depth < LEVELS_MAX ? depth : LEVELS_MAX) * 2);
    term_puts(&text, node->part);
    if (node->instances > 1)
        term_printf(&text, " x%llu", (unsigned long long)node->instances);
    term_put(buffer, text.data, text.len);
    if (text.len < NAME_WIDTH)
        term_put_repeat(buffer, ' ', NAME_WIDTH - text.len);
    put_bytes(buffer, node->bytes_in);
    put_bytes(buffer, node->bytes_out);
    put_copies(buffer, node);
    term_printf(buffer, " %8llu %8llu %6llu %10.3f\n", (unsigned long long)node->counts.allocations,
                (unsigned long long)node->counts.fills, (unsigned long long)node->counts.waits,
                (double)node->counts.time_ns / 1e6);
}

static void put_children(struct term_buffer *buffer, const struct report *report, int parent,
                         unsigned depth)
{
    if (depth > REPORT_CHAIN_MAX)
        return;
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].parent != parent)
            continue;
        put_node(buffer, &report->nodes[i], depth);
        put_children(buffer, report, (int)i, depth + 1);
    }
}

void report_put_text(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns)
{
    term_printf(buffer, "%-*s %13s %13s  %-15s %8s %8s %6s %10s\n", NAME_WIDTH, "part", "bytes in",
                "bytes out", "copies a byte", "allocs", "fills", "waits", "own ms");
    put_children(buffer, report, -1, 0);
    term_printf(buffer, "all of it took %.3f ms\n", (double)wall_ns / 1e6);
    if (report->crowded)
        term_puts(buffer, "some parts were too many to tell apart and are counted below them\n");
}

/* --- JSON --- */

static void put_field(struct term_buffer *buffer, const char *key, uint64_t number)
{
    term_printf(buffer, ",\"%s\":%llu", key, (unsigned long long)number);
}

static void put_nodes_json(struct term_buffer *buffer, const struct report *report, int parent,
                           bool writer, unsigned depth)
{
    const char *separator = "";
    term_putc(buffer, '[');
    for (size_t i = 0; i < report->nodes_len && depth < REPORT_CHAIN_MAX; i++) {
        const struct report_node *node = &report->nodes[i];
        if (node->parent != parent || node->writer != writer)
            continue;
        term_printf(buffer, "%s{\"part\":\"%s\"", separator, node->part);
        separator = ",";
        put_field(buffer, "instances", node->instances);
        put_field(buffer, "bytes_in", node->bytes_in);
        put_field(buffer, "bytes_out", node->bytes_out);
        put_field(buffer, "copied", leat_counts_copied(&node->counts));
        for (unsigned cause = 0; cause < LEAT_CAUSES; cause++) {
            if (cause == 0)
                term_puts(buffer, ",\"causes\":{");
            term_printf(buffer, "%s\"%s\":%llu", cause > 0 ? "," : "", leat_cause_name(cause),
                        (unsigned long long)node->counts.copied[cause]);
        }
        term_putc(buffer, '}');
        put_field(buffer, "allocations", node->counts.allocations);
        put_field(buffer, "allocated", node->counts.allocated);
        put_field(buffer, "fills", node->counts.fills);
        put_field(buffer, "waits", node->counts.waits);
        put_field(buffer, "time_ns", node->counts.time_ns);
        put_field(buffer, "waited_ns", report_waited_ns(node));
        term_puts(buffer, ",\"above\":");
        put_nodes_json(buffer, report, (int)i, writer, depth + 1);
        term_putc(buffer, '}');
    }
    term_putc(buffer, ']');
}

void report_put_json(struct term_buffer *buffer, const struct report *report, uint64_t wall_ns)
{
    term_printf(buffer, "{\"wall_ns\":%llu,\"readers\":", (unsigned long long)wall_ns);
    put_nodes_json(buffer, report, -1, false, 0);
    term_puts(buffer, ",\"writers\":");
    put_nodes_json(buffer, report, -1, true, 0);
    term_puts(buffer, "}\n");
}
