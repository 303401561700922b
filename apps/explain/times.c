#include <assert.h>

#include "apps/explain/markup.h"
#include "apps/explain/picture.h"

enum {
    ROWS_MAX = 24,   /* lines of time; the parts that took most */
    SHARE_MIN = 200, /* a part that took less than one in so many of the whole is left out */
    HEIGHT = 100,    /* of a strip, in its own units: as many threads as worked at once at most */
    MARK_HEIGHT = 6, /* what is seen of the least */
    TICKS_MAX = 6,
};

struct times {
    struct term_buffer *buffer;
    uint64_t wall_ns;
    uint64_t tick_ns;
    double threads; /* that the full height stands for */
};

static uint64_t total(const struct track *track)
{
    return track->total_ns[TRACK_WORK] + track->total_ns[TRACK_WAIT];
}

/* The most that any part did at once, in threads: rounded up, at least one. */
static double threads_of(const struct report *report)
{
    double most = 1;
    for (size_t i = 0; i <= report->nodes_len; i++) {
        const struct track *track = &report->record.command;
        if (i < report->nodes_len && report->nodes[i].record == NULL)
            continue;
        if (i < report->nodes_len)
            track = &report->nodes[i].record->track;
        for (size_t bucket = 0; bucket < TRACK_BUCKETS; bucket++) {
            uint64_t ns = track->ns[TRACK_WORK][bucket] + track->ns[TRACK_WAIT][bucket];
            double at_once = (double)ns / (double)(UINT64_C(1) << track->shift);
            most = at_once > most ? at_once : most;
        }
    }
    uint64_t whole = (uint64_t)most;
    return (double)(most - (double)whole > 0.05 ? whole + 1 : whole);
}

/* The shortest step of 1, 2 or 5 of a power of ten that gives few ticks. */
static uint64_t tick_of(uint64_t wall_ns)
{
    static const unsigned steps[] = { 1, 2, 5 };
    for (uint64_t power = 1; power < UINT64_MAX / 50; power *= 10) {
        for (unsigned i = 0; i < 3; i++) {
            if (wall_ns / (power * steps[i]) < TICKS_MAX)
                return power * steps[i];
        }
    }
    return wall_ns;
}

/* --- One line --- */

/* How high a bucket stands; what is there at all is seen. */
static unsigned height_of(const struct times *times, uint64_t ns, unsigned shift)
{
    if (ns == 0)
        return 0;
    double share = (double)ns / (double)(UINT64_C(1) << shift) / times->threads;
    unsigned height = (unsigned)(share * HEIGHT + 0.5);
    return height < MARK_HEIGHT ? MARK_HEIGHT : height > HEIGHT ? HEIGHT : height;
}

/* An outline of steps over all buckets: of work alone, or with the waits upon it. */
static void put_outline(const struct times *times, const struct track *track, bool waits)
{
    struct term_buffer *buffer = times->buffer;
    unsigned last = 0;
    term_printf(buffer, "<path class=\"%s\" d=\"M0 %d", waits ? "wait" : "work", HEIGHT);
    for (size_t i = 0; i < TRACK_BUCKETS; i++) {
        unsigned height = height_of(times, track->ns[TRACK_WORK][i], track->shift);
        if (waits)
            height += height_of(times, track->ns[TRACK_WAIT][i], track->shift);
        if (height > HEIGHT)
            height = HEIGHT;
        if (height != last)
            term_printf(buffer, "H%zuV%u", i, HEIGHT - height);
        last = height;
    }
    term_printf(buffer, "H%dV%dz\"/>", TRACK_BUCKETS, HEIGHT);
}

static void put_strip(const struct times *times, const struct track *track)
{
    struct term_buffer *buffer = times->buffer;
    double buckets = (double)times->wall_ns / (double)(UINT64_C(1) << track->shift);
    term_printf(buffer,
                "<svg class=\"strip\" aria-hidden=\"true\" preserveAspectRatio=\"none\" "
                "viewBox=\"0 0 %.3f %d\">",
                buckets > 0 ? buckets : 1, HEIGHT);
    for (uint64_t at = times->tick_ns; at < times->wall_ns; at += times->tick_ns)
        term_printf(buffer, "<path class=\"tick\" d=\"M%.3f 0V%d\"/>",
                    (double)at / (double)(UINT64_C(1) << track->shift), HEIGHT);
    if (track->total_ns[TRACK_WAIT] > 0)
        put_outline(times, track, true);
    put_outline(times, track, false);
    term_puts(buffer, "</svg>");
}

/* How a row ends: what the part took, in words. */
static void put_sums(const struct times *times, const struct track *track)
{
    term_puts(times->buffer, "<span class=\"sums\">");
    markup_put_time(times->buffer, track->total_ns[TRACK_WORK]);
    if (track->total_ns[TRACK_WAIT] > 0) {
        term_puts(times->buffer, " <span class=\"waited\">+ ");
        markup_put_time(times->buffer, track->total_ns[TRACK_WAIT]);
        term_puts(times->buffer, "</span>");
    }
    term_puts(times->buffer, "</span></div>\n");
}

static void put_axis(const struct times *times)
{
    struct term_buffer *buffer = times->buffer;
    term_puts(buffer, "<div class=\"time axis\" aria-hidden=\"true\"><span></span><span "
                      "class=\"ticks\">");
    for (uint64_t at = 0; at < times->wall_ns; at += times->tick_ns) {
        double share = 100.0 * (double)at / (double)times->wall_ns;
        if (share > 94)
            break;
        term_printf(buffer, "<span style=\"left:%.3f%%\">", share);
        markup_put_tick(buffer, at, times->tick_ns);
        term_puts(buffer, "</span>");
    }
    term_puts(buffer, "</span><span></span></div>\n");
}

/* --- All lines --- */

static int shorter(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return one < other ? 1 : one > other ? -1 : 0;
}

/* What a part must have taken to have a line. */
static uint64_t threshold(const struct report *report, uint64_t wall_ns)
{
    uint64_t totals[REPORT_NODES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < report->nodes_len; i++) {
        if (report->nodes[i].record != NULL)
            totals[len++] = total(&report->nodes[i].record->track);
    }
    uint64_t least = wall_ns / SHARE_MIN + 1;
    if (len <= ROWS_MAX)
        return least;
    qsort(totals, len, sizeof(totals[0]), shorter);
    return totals[ROWS_MAX - 1] > least ? totals[ROWS_MAX - 1] : least;
}

void picture_put_times(struct term_buffer *buffer, const struct report *report, const char *command,
                       uint64_t wall_ns, size_t *ret_left_out)
{
    const struct times times = {
        .buffer = buffer,
        .wall_ns = wall_ns,
        .tick_ns = tick_of(wall_ns),
        .threads = threads_of(report),
    };
    uint64_t least = threshold(report, wall_ns);
    size_t lines = 0;
    *ret_left_out = 0;
    put_axis(&times);
    for (size_t i = 0; i < report->nodes_len; i++) {
        const struct report_node *node = &report->nodes[report->order[i]];
        if (node->record == NULL || total(&node->record->track) < least || lines == ROWS_MAX) {
            ++*ret_left_out;
            continue;
        }
        lines++;
        term_puts(buffer, "<div class=\"time\"><span class=\"name\">");
        picture_put_number(buffer, node, "span");
        picture_put_name(buffer, node);
        term_puts(buffer, "</span>");
        put_strip(&times, &node->record->track);
        put_sums(&times, &node->record->track);
    }
    term_puts(buffer, "<div class=\"time\"><span class=\"name command\">");
    markup_puts(buffer, command);
    term_puts(buffer, "</span>");
    put_strip(&times, &report->record.command);
    put_sums(&times, &report->record.command);
    term_printf(buffer, "<p class=\"scale\">The full height of a line is %.0f thread%s.</p>\n",
                times.threads, times.threads > 1 ? "s" : "");
}
