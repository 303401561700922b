/* The page of runs that never were: names that are markup, no byte at all, a hundred layers, more
 * parts than are drawn, the largest numbers. Its markup is checked by a reader of tags: each is
 * closed in its turn, each attribute quoted, and no byte stands where XML has none; and what must
 * be in it is looked for. */

#include "apps/explain/page.h"

#include <stdio.h>
#include <string.h>

#include "apps/explain/report_check.h"

enum { DEPTH_MAX = 32, TAG_MAX = 16 };

/* --- Reading tags --- */

struct tags {
    const char *at;
    char open[DEPTH_MAX][TAG_MAX];
    size_t depth;
};

static size_t word_len(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}

/* The attributes of a tag, to its end. True: it closed itself. */
static bool read_attributes(struct tags *tags)
{
    while (*tags->at == ' ') {
        tags->at += 1;
        size_t len = word_len(tags->at);
        check(len > 0 && strncmp(tags->at + len, "=\"", 2) == 0);
        tags->at += len + 2;
        tags->at += strcspn(tags->at, "\"<");
        check(*tags->at == '"');
        tags->at++;
    }
    bool closed = *tags->at == '/';
    tags->at += closed;
    check(*tags->at == '>');
    tags->at++;
    return closed;
}

static void read_tag(struct tags *tags)
{
    bool closes = *tags->at == '/';
    tags->at += closes;
    size_t len = word_len(tags->at);
    check(len > 0 && len < TAG_MAX);
    if (closes) {
        check(tags->depth > 0);
        const char *open = tags->open[--tags->depth];
        check(strlen(open) == len && strncmp(open, tags->at, len) == 0 && tags->at[len] == '>');
        tags->at += len + 1;
        return;
    }
    check(tags->depth < DEPTH_MAX);
    snprintf(tags->open[tags->depth], TAG_MAX, "%.*s", (int)len, tags->at);
    tags->at += len;
    tags->depth += !read_attributes(tags);
}

static void check_markup(const char *page)
{
    static const char doctype[] = "<!DOCTYPE html>\n";
    check(strncmp(page, doctype, strlen(doctype)) == 0);
    struct tags tags = { .at = page + strlen(doctype) };
    while (*tags.at != '\0') {
        unsigned char byte = (unsigned char)*tags.at++;
        check(byte >= 0x20 || byte == '\n');
        if (byte == '<')
            read_tag(&tags);
        else if (byte == '&')
            check(strcspn(tags.at, ";") <= 5);
    }
    check_equal(tags.depth, 0);
}

/* --- Pages --- */

static char *page_of(struct report *report, int argc, const char *const *argv, uint64_t wall_ns)
{
    char *words[4];
    check(argc <= 4);
    for (int i = 0; i < argc; i++)
        words[i] = strdup(argv[i]);
    struct term_buffer buffer = { 0 };
    page_put(&buffer, &(struct page){ report, wall_ns, argc, words });
    check(!buffer.cut);
    term_putc(&buffer, '\0');
    check_markup(buffer.data);
    for (int i = 0; i < argc; i++)
        free(words[i]);
    return buffer.data;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        n++;
    return n;
}

static const char *const plain[] = { "grep" };

static void nothing_happened(void)
{
    struct report report;
    check(report_init(&report));
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, 0);
    check_equal(count(page, "<svg"), 0);
    check_equal(count(page, "No byte went through"), 1);
    free(page);
    report_fini(&report);
}

/* Names and arguments that would be markup, a script, an attribute or a terminal's orders. */
static void names_are_hostile(void)
{
    static const char name[] = "<script>alert(1)</script>\"' onload=\"x\x1b\xff]]>--&amp;";
    static const char *const words[] = { "grep", "it's", name, "" };
    struct report report;
    check(report_init(&report));
    int node = made_node(&report, "map", -1, false, 10, 10);
    made_record(&report, node, name, TRACK_WAIT, 10, 1000);
    (void)report_ends(&report);
    char *page = page_of(&report, 4, words, 1000);
    check_equal(count(page, "<script"), 0);
    check_equal(count(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;"), 3);
    check_equal(count(page, " &#39;it&#39;\\&#39;&#39;s&#39; "), 2);
    check_equal(count(page, "\\x1b\\xff"), 4);
    check_equal(count(page, " &#39;&#39;</"), 2);
    free(page);
    report_fini(&report);
}

static void zero_bytes(void)
{
    struct report report;
    check(report_init(&report));
    int map = made_node(&report, "map", -1, false, 0, 0);
    made_node(&report, "gzip", map, false, 0, 0);
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, 5);
    check_equal(count(page, "class=\"no flow\""), 1);
    check_equal(count(page, "class=\"flow\""), 0);
    check_equal(count(page, "nan") + count(page, "inf\""), 0);
    check_equal(count(page, "Not one byte."), 1);
    free(page);
    report_fini(&report);
}

static void a_hundred_layers(void)
{
    struct report report;
    check(report_init(&report));
    for (int i = 0; i < 100; i++) {
        made_node(&report, "layer", i - 1, i >= 60, 1000, 1000);
        if (i == 60)
            report.nodes[60].parent = -1;
        made_record(&report, i, "", TRACK_WORK, 0, 1000 + (uint64_t)i);
    }
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, 1100);
    check_equal(count(page, "<rect class=\"part\""), 100);
    check_equal(count(page, "<tr><th scope=\"row\""), 100);
    check_equal(count(page, "<svg class=\"strip\""), 24 + 1);
    check_equal(count(page, "76 parts took too little"), 1);
    check_equal(count(page, "<th scope=\"rowgroup\""), 2);
    free(page);
    report_fini(&report);
}

static void a_thousand_parts(struct random *dice)
{
    struct report report;
    check(report_init(&report));
    made_tree(&report, dice, 900, false);
    made_tree(&report, dice, REPORT_NODES_MAX - 900, true);
    report.crowded = true;
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, 1);
    check_equal(count(page, "<tr><th scope=\"row\" style"), REPORT_NODES_MAX);
    check(count(page, "<rect class=\"part\"") >= 128 + REPORT_NODES_MAX - 900 - 1);
    check_equal(count(page, "moved too little to be drawn"), 1);
    check_equal(count(page, "too many to tell apart"), 1);
    free(page);
    report_fini(&report);
}

static void the_largest_numbers(void)
{
    struct report report;
    check(report_init(&report));
    int node = made_node(&report, "map", -1, false, UINT64_MAX, UINT64_MAX);
    struct report_node *map = &report.nodes[node];
    map->instances = UINT64_MAX;
    map->counts = (struct leat_counts){ .fills = UINT64_MAX,
                                        .waits = UINT64_MAX,
                                        .time_ns = UINT64_MAX,
                                        .allocations = UINT64_MAX,
                                        .allocated = UINT64_MAX };
    map->counts.copied[LEAT_CAUSE_USER] = UINT64_MAX;
    made_record(&report, node, "", TRACK_WORK, 0, UINT64_MAX);
    made_node(&report, "gzip", node, false, UINT64_MAX, UINT64_MAX);
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, UINT64_MAX);
    check(count(page, "18\xe2\x80\xaf"
                      "446\xe2\x80\xaf"
                      "744\xe2\x80\xaf"
                      "073") > 8);
    free(page);
    report_fini(&report);
}

/* Where fibers took turns there are no times, and it is said. */
static void taken_in_turns(void)
{
    struct report report;
    check(report_init(&report));
    int node = made_node(&report, "socket", -1, false, 10, 10);
    made_record(&report, node, "", TRACK_WORK, 5, 700);
    report.record.interleaved = true;
    (void)report_ends(&report);
    char *page = page_of(&report, 1, plain, 1000);
    check_equal(count(page, "Requests took turns"), 1);
    check_equal(count(page, "<svg class=\"strip\""), 0);
    check_equal(count(page, "<td></td><td></td><td></td>"), 1);
    free(page);
    report_fini(&report);
}

/* The style sheet is text, and asks for nothing from elsewhere. */
static void style_is_plain(void)
{
    check(strpbrk(page_style, "<&") == NULL);
    check(strstr(page_style, "url(") == NULL && strstr(page_style, "@import") == NULL);
    check_equal(count(page_style, "{"), count(page_style, "}"));
}

int main(int argc, char **argv)
{
    struct random dice = { check_begin(argc, argv).seed };
    check_run(nothing_happened);
    check_run(names_are_hostile);
    check_run(zero_bytes);
    check_run(a_hundred_layers);
    a_thousand_parts(&dice);
    check_run(the_largest_numbers);
    check_run(taken_in_turns);
    check_run(style_is_plain);
    return 0;
}
