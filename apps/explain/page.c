#include "apps/explain/page.h"

#include <assert.h>

#include "apps/explain/markup.h"
#include "apps/explain/picture.h"

/* --- The command's line --- */

/* Whether a shell takes it as it is. */
static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "%+,-./:=@_";
    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

/* Put a word as it would be typed. */
static void put_word(struct term_buffer *buffer, const char *word)
{
    if (is_plain(word)) {
        markup_puts(buffer, word);
        return;
    }
    markup_puts(buffer, "'");
    while (*word != '\0') {
        size_t len = strcspn(word, "'");
        markup_put_text(buffer, word, len);
        word += len;
        if (*word == '\'') {
            markup_puts(buffer, "'\\''");
            word++;
        }
    }
    markup_puts(buffer, "'");
}

static void put_command_line(struct term_buffer *buffer, const struct page *page)
{
    term_puts(buffer, "leat");
    for (int i = 0; i < page->argc; i++) {
        term_putc(buffer, ' ');
        put_word(buffer, page->argv[i]);
    }
}

/* --- What it comes to --- */

static void put_fact(struct term_buffer *buffer, const char *name)
{
    term_printf(buffer, "<div><dt>%s</dt><dd>", name);
}

struct sums {
    uint64_t read;    /* out of all sources */
    uint64_t written; /* into all sinks */
    uint64_t waited_ns;
    struct leat_counts counts;
};

static struct sums sums_of(const struct report *report)
{
    struct sums sums = { .waited_ns = report->record.command.total_ns[TRACK_WAIT] };
    for (size_t i = 0; i < report->nodes_len; i++) {
        const struct report_node *node = &report->nodes[i];
        leat_counts_add(&sums.counts, &node->counts);
        sums.waited_ns += report_waited_ns(node);
        if (node->parent < 0 && node->writer)
            sums.written += node->bytes_out;
        else if (node->parent < 0)
            sums.read += node->bytes_out;
    }
    return sums;
}

static void put_facts(struct term_buffer *buffer, const struct page *page)
{
    struct sums sums = sums_of(page->report);
    uint64_t moved = sums.read > sums.written ? sums.read : sums.written;
    uint64_t copied = leat_counts_copied(&sums.counts);
    term_puts(buffer, "<dl>\n");
    put_fact(buffer, "Took");
    markup_put_time(buffer, page->wall_ns);
    term_puts(buffer, "</dd></div>\n");
    put_fact(buffer, "Read");
    markup_put_size(buffer, sums.read);
    term_puts(buffer, "</dd></div>\n");
    if (sums.written > 0) {
        put_fact(buffer, "Written");
        markup_put_size(buffer, sums.written);
        term_puts(buffer, "</dd></div>\n");
    }
    put_fact(buffer, "Copied");
    markup_put_size(buffer, copied);
    term_puts(buffer, "</dd></div>\n");
    put_fact(buffer, "Copies a byte");
    term_printf(buffer, "%.4f</dd></div>\n", moved > 0 ? (double)copied / (double)moved : 0);
    put_fact(buffer, "Allocations");
    markup_put_exact(buffer, sums.counts.allocations);
    term_puts(buffer, "</dd></div>\n");
    if (!page->report->record.interleaved) {
        put_fact(buffer, "Waited");
        markup_put_time(buffer, sums.waited_ns);
        term_puts(buffer, "</dd></div>\n");
    }
    term_puts(buffer, "</dl>\n");
}

/* --- The pictures --- */

static void put_scroll(struct term_buffer *buffer, const char *label)
{
    term_printf(buffer, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n",
                label);
}

static void put_left_out(struct term_buffer *buffer, size_t left_out, const char *why)
{
    if (left_out == 0)
        return;
    term_printf(buffer, "<p class=\"soft\">%zu part%s %s; the table has %s.</p>\n", left_out,
                left_out > 1 ? "s" : "", why, left_out > 1 ? "them" : "it");
}

static void put_flow(struct term_buffer *buffer, const struct page *page)
{
    term_puts(buffer,
              "<h2>How the bytes flowed</h2>\n"
              "<p>From the sources, at the top, down to the command, and from there on down to "
              "where it writes, if it does. A <span class=\"key f\">"
              "</span>flow is as wide as it has bytes, on a linear scale, and at least a hairline; "
              "what no other part takes goes to the command. Under each <span class=\"key p\">"
              "</span>part is, on the same scale, what it <span class=\"key o\"></span>copied."
              "</p>\n");
    put_scroll(buffer, "Picture of the flows");
    size_t left_out = 0;
    if (!picture_put_flow(buffer, page->report, page->argv[0], &left_out))
        buffer->cut = true;
    term_puts(buffer, "</div>\n");
    put_left_out(buffer, left_out, "moved too little to be drawn");
}

static void put_times(struct term_buffer *buffer, const struct page *page)
{
    term_puts(buffer, "<h2>When they worked, and when they waited</h2>\n");
    if (page->report->record.interleaved) {
        term_puts(buffer, "<p>Requests took turns on one thread, so that the time of one part "
                          "cannot be told from that of another.</p>\n");
        return;
    }
    term_puts(buffer,
              "<p><span class=\"key w\"></span>Work in a part\xe2\x80\x99s own calls, and upon it "
              "<span class=\"key o\"></span>what it waited for the system: to open, read or "
              "write. The command\xe2\x80\x99s own line is the time between its calls.</p>\n");
    size_t left_out;
    picture_put_times(buffer, page->report, page->argv[0], page->wall_ns, &left_out);
    put_left_out(buffer, left_out, "took too little to be drawn");
}

/* --- The tables --- */

enum { INDENT_MAX = 24 }; /* levels that are set in; deeper ones only say how deep they are */

static void put_cell(struct term_buffer *buffer, uint64_t number)
{
    term_puts(buffer, "<td>");
    markup_put_exact(buffer, number);
    term_puts(buffer, "</td>");
}

static void put_cell_ms(struct term_buffer *buffer, uint64_t ns)
{
    term_puts(buffer, "<td>");
    markup_put_ms(buffer, ns);
    term_puts(buffer, "</td>");
}

/* When it was waited for and worked; nothing where that is not known. */
static void put_cells_of_time(struct term_buffer *buffer, const struct track *track)
{
    if (track == NULL || track->last_ns == 0) {
        term_puts(buffer, "<td></td><td></td><td></td>");
        return;
    }
    put_cell_ms(buffer, track->total_ns[TRACK_WAIT]);
    put_cell_ms(buffer, track->first_ns);
    put_cell_ms(buffer, track->last_ns);
}

static void put_row(struct term_buffer *buffer, const struct page *page,
                    const struct report_node *node)
{
    unsigned indent = node->depth < INDENT_MAX ? node->depth : INDENT_MAX;
    term_printf(buffer,
                "<tr><th scope=\"row\" style=\"padding-left:%.1fem\"><span class=\"sr\">level %u: "
                "</span>",
                0.8 * indent, node->depth + 1);
    picture_put_number(buffer, node, "span");
    markup_puts(buffer, node->part);
    if (node->record != NULL && node->record->label[0] != '\0') {
        term_puts(buffer, " <span class=\"soft\">");
        markup_puts(buffer, node->record->label);
        if (node->instances > 1)
            term_printf(buffer, " and %llu more", (unsigned long long)node->instances - 1);
        term_puts(buffer, "</span>");
    }
    term_puts(buffer, "</th>");
    put_cell(buffer, node->instances);
    put_cell(buffer, node->bytes_in);
    put_cell(buffer, node->bytes_out);
    put_cell(buffer, leat_counts_copied(&node->counts));
    put_cell(buffer, node->counts.allocations);
    put_cell(buffer, node->counts.allocated);
    put_cell(buffer, node->counts.fills);
    put_cell(buffer, node->counts.waits);
    put_cell_ms(buffer, node->counts.time_ns);
    bool known = node->record != NULL && !page->report->record.interleaved;
    put_cells_of_time(buffer, known ? &node->record->track : NULL);
    term_puts(buffer, "</tr>\n");
}

/* The rows of one direction, under its name; nothing where there is none. */
static void put_rows(struct term_buffer *buffer, const struct page *page, bool writers,
                     size_t columns)
{
    const struct report *report = page->report;
    bool begun = false;
    for (size_t i = 0; i < report->nodes_len; i++) {
        const struct report_node *node = &report->nodes[report->order[i]];
        if (node->writer != writers)
            continue;
        if (!begun)
            term_printf(buffer, "<tbody><tr><th scope=\"rowgroup\" colspan=\"%zu\">%s</th></tr>\n",
                        columns, writers ? "Writers" : "Readers");
        begun = true;
        put_row(buffer, page, node);
    }
    if (begun)
        term_puts(buffer, "</tbody>\n");
}

static void put_parts(struct term_buffer *buffer, const struct page *page)
{
    static const char *const columns[] = {
        "instances",       "bytes in", "bytes out", "bytes copied", "allocations",
        "bytes allocated", "fills",    "waits",     "own ms",       "of it in the system, ms",
        "from ms",         "to ms"
    };
    size_t count = sizeof(columns) / sizeof(columns[0]);
    term_puts(buffer, "<h2>Every part in numbers</h2>\n");
    put_scroll(buffer, "Table of the parts");
    term_puts(buffer, "<table><caption>Each part stands under the one its bytes come from, or go "
                      "to.</caption>\n<thead><tr><th scope=\"col\">part</th>");
    for (size_t i = 0; i < count; i++)
        term_printf(buffer, "<th scope=\"col\">%s</th>", columns[i]);
    term_puts(buffer, "</tr></thead>\n");
    put_rows(buffer, page, false, count + 1);
    put_rows(buffer, page, true, count + 1);
    term_puts(buffer, "</table></div>\n");
    if (page->report->crowded || page->report->record.crowded)
        term_puts(buffer, "<p class=\"soft\">Some parts were too many to tell apart: they are "
                          "counted below those they stood on, or have no times.</p>\n");
}

/* Why bytes are copied, in the order of leat_cause. */
static const char *const meanings[] = {
    [LEAT_CAUSE_TAIL] = "the rest of a window, moved so that more fits behind it",
    [LEAT_CAUSE_GROW] = "a window that had to become larger than its block",
    [LEAT_CAUSE_SEAM] = "two pieces, joined into one",
    [LEAT_CAUSE_TAKE] = "a piece to keep, of a source that cannot share its memory",
    [LEAT_CAUSE_HISTORY] = "what a decoder must still see, moved",
    [LEAT_CAUSE_KERNEL] = "the kernel\xe2\x80\x99s own copy when it reads and writes",
    [LEAT_CAUSE_CODEC] = "inside a codec\xe2\x80\x99s library, as its stage declares",
    [LEAT_CAUSE_USER] = "into or out of memory of the caller\xe2\x80\x99s",
};
_Static_assert(sizeof(meanings) / sizeof(meanings[0]) == LEAT_CAUSES, "each cause is explained");

static void put_copies(struct term_buffer *buffer, const struct page *page)
{
    struct sums sums = sums_of(page->report);
    term_puts(buffer, "<h2>What was copied, and why</h2>\n");
    if (leat_counts_copied(&sums.counts) == 0) {
        term_puts(buffer, "<p>Not one byte.</p>\n");
        return;
    }
    put_scroll(buffer, "Table of the copies");
    term_puts(buffer, "<table><thead><tr><th scope=\"col\">part</th><th scope=\"col\">bytes</th>"
                      "<th scope=\"col\" class=\"text\">cause</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->report->nodes_len; i++) {
        const struct report_node *node = &page->report->nodes[page->report->order[i]];
        for (unsigned cause = 0; cause < LEAT_CAUSES; cause++) {
            if (node->counts.copied[cause] == 0)
                continue;
            term_puts(buffer, "<tr><th scope=\"row\">");
            picture_put_number(buffer, node, "span");
            picture_put_name(buffer, node);
            term_puts(buffer, "</th>");
            put_cell(buffer, node->counts.copied[cause]);
            term_printf(buffer, "<td class=\"text\">%s: %s</td></tr>\n", leat_cause_name(cause),
                        meanings[cause]);
        }
    }
    term_puts(buffer, "</tbody></table></div>\n");
}

/* Nothing is fetched, whatever the page says: not even a script of its own would run. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
    "<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>";

void page_put(struct term_buffer *buffer, const struct page *page)
{
    assert(page->argc > 0);
    term_puts(buffer, head);
    put_command_line(buffer, page);
    term_puts(buffer, "</title>\n<style>\n");
    term_puts(buffer, page_style);
    term_puts(buffer, "</style>\n</head>\n<body>\n<main>\n<h1><code>");
    put_command_line(buffer, page);
    term_puts(buffer, "</code></h1>\n");
    put_facts(buffer, page);
    if (page->report->nodes_len > 0) {
        put_flow(buffer, page);
        put_times(buffer, page);
        put_parts(buffer, page);
        put_copies(buffer, page);
    } else {
        term_puts(buffer, "<p>No byte went through any part.</p>\n");
    }
    term_puts(buffer, "</main>\n</body>\n</html>\n");
}
