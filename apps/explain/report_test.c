/* What a watched run did, as it is told: a pipeline of real parts by its numbers, and made-up ones
 * for what no run shows in a test: the largest numbers, chains deeper than are kept apart, and more
 * shapes than there is room for. JSON is checked by the grammar, text line by line. */

#include "apps/explain/report.h"

#include <stdio.h>
#include <string.h>

#include "leat/core/reader.h"
#include "leat/core/writer.h"
#include "leat/endpoint/memory/memory.h"
#include "leat/stage/limit/limit.h"
#include "tests/support/check.h"
#include "tests/support/json.h"

enum { LAYERS = 3, DEEP = REPORT_CHAIN_MAX + 44, TEXT_LEN = 5000 };

static struct term_buffer json_of(const struct report *report, uint64_t wall_ns)
{
    struct term_buffer buffer = { 0 };
    report_put_json(&buffer, report, wall_ns);
    check(!buffer.cut && buffer.len > 0);
    check(buffer.data[buffer.len - 1] == '\n');
    check_equal(json_check(buffer.data, buffer.len), buffer.len - 1);
    term_putc(&buffer, '\0');
    return buffer;
}

static struct term_buffer text_of(const struct report *report, uint64_t wall_ns)
{
    struct term_buffer buffer = { 0 };
    report_put_text(&buffer, report, wall_ns);
    check(!buffer.cut);
    term_putc(&buffer, '\0');
    return buffer;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        n++;
    return n;
}

/* --- A real run --- */

static void run_pipeline(struct report *report)
{
    static const char text[TEXT_LEN];
    struct leat_ctx_options options = { .watch = &report->watch };
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &options);
    struct leat_reader *r = leat_memory(&ctx, text, sizeof(text));
    for (size_t i = 0; i < LAYERS; i++)
        r = leat_limit(r, TEXT_LEN, false);
    uint64_t skipped;
    check_status(leat_skip(r, TEXT_LEN, &skipped), LEAT_OK);
    leat_reader_close(r);
    struct leat_writer *w = leat_memory_writer(&ctx, 0);
    struct leat_room room;
    check_status(leat_reserve(w, 3, &room), LEAT_OK);
    memcpy(room.data, "abc", 3);
    leat_commit(w, 3);
    leat_writer_close(w);
    leat_ctx_fini(&ctx);
}

static void test_pipeline(void)
{
    struct report report;
    check(report_init(&report));
    run_pipeline(&report);
    run_pipeline(&report);
    check_equal(report.nodes_len, LAYERS + 2);
    struct term_buffer json = json_of(&report, 42);
    static const char whole[] = "{\"wall_ns\":42,\"readers\":[{\"part\":\"memory\",\"instances\":2,"
                                "\"bytes_in\":10000,\"bytes_out\":10000,\"copied\":0,";
    check(strncmp(json.data, whole, strlen(whole)) == 0);
    check_equal(count(json.data, "\"above\":[{\"part\":\"limit\",\"instances\":2"), LAYERS);
    check(strstr(json.data, "\"writers\":[{\"part\":\"memory\",\"instances\":2,\"bytes_in\":6,"));
    struct term_buffer text = text_of(&report, 1500000);
    check_equal(count(text.data, "\n"), LAYERS + 4);
    check(strstr(text.data, "\nmemory x2 ") && strstr(text.data, "\n      limit x2 "));
    check(strstr(text.data, "\nall of it took 1.500 ms\n"));
    term_buffer_fini(&json);
    term_buffer_fini(&text);
    report_fini(&report);
}

/* Nothing at all was watched. */
static void test_empty(void)
{
    struct report report;
    check(report_init(&report));
    struct term_buffer json = json_of(&report, 0);
    check(strcmp(json.data, "{\"wall_ns\":0,\"readers\":[],\"writers\":[]}\n") == 0);
    struct term_buffer text = text_of(&report, 0);
    check_equal(count(text.data, "\n"), 2);
    term_buffer_fini(&json);
    term_buffer_fini(&text);
    report_fini(&report);
}

/* --- Made-up parts --- */

static const struct leat_reader_ops ops = { .name = "part" };

/* Tell the report of `len` readers over one another, the outermost first as when they are closed.
 * `parts` are taken in turn. */
static void close_chain(struct report *report, const char *const *parts, size_t parts_len,
                        size_t len, const struct leat_counts *counts)
{
    static struct leat_reader readers[DEEP];
    check(len <= DEEP);
    for (size_t i = 0; i < len; i++)
        readers[i] = (struct leat_reader){ .ops = &ops,
                                           .part = parts[i % parts_len],
                                           .counts = *counts,
                                           .below = i > 0 ? &readers[i - 1] : NULL };
    for (size_t i = len; i-- > 0;)
        report->watch.reader_closes(&report->watch, &readers[i]);
}

static void test_largest(void)
{
    static const char *const parts[] = { "part" };
    struct leat_counts counts = { .moved = UINT64_MAX,
                                  .fills = UINT64_MAX,
                                  .waits = UINT64_MAX,
                                  .time_ns = UINT64_MAX,
                                  .allocations = UINT64_MAX,
                                  .allocated = UINT64_MAX };
    counts.copied[LEAT_CAUSE_USER] = UINT64_MAX;
    struct report report;
    check(report_init(&report));
    close_chain(&report, parts, 1, 1, &counts);
    struct term_buffer json = json_of(&report, UINT64_MAX);
    check_equal(count(json.data, "18446744073709551615"), 10);
    struct term_buffer text = text_of(&report, UINT64_MAX);
    check(strstr(text.data, "16777216.0 TiB") && strstr(text.data, " 1.0000 user "));
    term_buffer_fini(&json);
    term_buffer_fini(&text);
    report_fini(&report);
}

static void test_sizes(void)
{
    static const char *const parts[] = { "part" };
    static const struct {
        uint64_t bytes;
        const char *shown;
    } cases[] = {
        { 0, " 0 B " },
        { 1023, " 1023 B " },
        { 1024, " 1.0 KiB" },
        { 1536, " 1.5 KiB" },
        { (uint64_t)1 << 20, " 1.0 MiB" },
        { (uint64_t)3 << 30, " 3.0 GiB" },
        { (uint64_t)5 << 40, " 5.0 TiB" },
        { (uint64_t)1 << 52, " 4096.0 TiB" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_says("bytes", cases[i].bytes);
        const struct leat_counts counts = { .moved = cases[i].bytes };
        struct report report;
        check(report_init(&report));
        close_chain(&report, parts, 1, 1, &counts);
        struct term_buffer text = text_of(&report, 0);
        check_equal(count(text.data, cases[i].shown), 2);
        term_buffer_fini(&text);
        report_fini(&report);
    }
}

/* Every part of a deep chain is named on a line of its own, and each level is inside the last. What
 * is deeper than the report keeps apart is still counted. */
static void test_deep(void)
{
    static const char *const parts[] = { "alpha", "beta" };
    const struct leat_counts counts = { .moved = 1 };
    struct report report;
    check(report_init(&report));
    close_chain(&report, parts, 2, REPORT_CHAIN_MAX, &counts);
    struct term_buffer json = json_of(&report, 0);
    check_equal(count(json.data, "\"part\":"), REPORT_CHAIN_MAX);
    check_equal(count(json.data, "\"above\":[]"), 1);
    struct term_buffer text = text_of(&report, 0);
    check_equal(count(text.data, "alpha ") + count(text.data, "beta "), REPORT_CHAIN_MAX);
    check_equal(count(text.data, "\n"), REPORT_CHAIN_MAX + 2);
    term_buffer_fini(&json);
    term_buffer_fini(&text);
    report_fini(&report);

    check(report_init(&report));
    close_chain(&report, parts, 1, DEEP, &counts);
    uint64_t instances = 0;
    for (size_t i = 0; i < report.nodes_len; i++)
        instances += report.nodes[i].instances;
    check_equal(instances, DEEP);
    json = json_of(&report, 0);
    term_buffer_fini(&json);
    report_fini(&report);
}

/* Past its room for shapes the report counts what is new where it stands, and says so. */
static void test_crowded(void)
{
    static char names[REPORT_NODES_MAX + 10][8];
    const struct leat_counts counts = { .moved = 1 };
    struct report report;
    check(report_init(&report));
    for (size_t i = 0; i < REPORT_NODES_MAX + 10; i++) {
        snprintf(names[i], sizeof(names[i]), "p%zu", i);
        const char *const parts[] = { "base", names[i] };
        close_chain(&report, parts, 2, 2, &counts);
        check_equal(report.crowded, i + 1 >= REPORT_NODES_MAX);
    }
    check_equal(report.nodes_len, REPORT_NODES_MAX);
    check_equal(report.nodes[0].instances, REPORT_NODES_MAX + 10 + 11);
    struct term_buffer text = text_of(&report, 0);
    check_equal(count(text.data, "too many to tell apart"), 1);
    struct term_buffer json = json_of(&report, 0);
    check_equal(count(json.data, "\"part\":"), REPORT_NODES_MAX);
    term_buffer_fini(&text);
    term_buffer_fini(&json);
    report_fini(&report);
}

int main(int argc, char **argv)
{
    (void)check_begin(argc, argv);
    check_run(test_pipeline);
    check_run(test_empty);
    check_run(test_largest);
    check_run(test_sizes);
    check_run(test_deep);
    check_run(test_crowded);
    return 0;
}
