/* Shows that a search finds, counts and shows the lines a plain loop over all of them does, by
 * random texts and options, read in pieces; and what it does with lines and context that are larger
 * than the window. */

#include "apps/grep/search.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leat/core/ctx.h"
#include "leat/endpoint/map/map.h"
#include "tests/support/check.h"
#include "tests/support/drip.h"

enum { LINES_MAX = 64, TEXT_MAX = 64 * 1024, WINDOW_SMALL = 4096 };

struct shown {
    uint64_t offset, number;
    size_t len;
    bool matched, gap;
};

struct record {
    struct search_sink sink;
    struct shown lines[4 * LINES_MAX];
    size_t count;
    size_t stop_at; /* the callback ends the search here; 0: never */
};

static bool show(struct search_sink *sink, const struct search_line *line)
{
    struct record *record = (struct record *)sink;
    check(record->count < sizeof(record->lines) / sizeof(record->lines[0]));
    record->lines[record->count++] = (struct shown){
        .offset = line->offset,
        .number = line->number,
        .len = line->text.len,
        .matched = line->matched,
        .gap = line->gap,
    };
    return record->count != record->stop_at;
}

static struct search_mark mark(const struct search_sink *sink)
{
    return (struct search_mark){ .text = ((const struct record *)sink)->count };
}

static void forget(struct search_sink *sink, struct search_mark to)
{
    ((struct record *)sink)->count = (size_t)to.text;
}

static void keep(struct search_sink *sink, struct search_mark to)
{
    check(to.text <= ((const struct record *)sink)->count);
}

static const struct search_sink recording = {
    .line = show,
    .mark = mark,
    .forget = forget,
    .keep = keep,
};

static struct matcher *matcher_of(const char *pattern)
{
    struct leat_span span = { .data = (const uint8_t *)pattern, .len = strlen(pattern) };
    struct matcher_options options = { .patterns = &span, .patterns_len = 1 };
    struct matcher *matcher;
    struct matcher_error error;
    check(matcher_create(&options, &matcher, &error));
    return matcher;
}

static enum leat_status search(const struct search_options *options, struct leat_span text,
                               const struct drip_options *drips, struct record *record,
                               struct search_result *ret)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct matcher_scratch *scratch = matcher_scratch_create(options->matcher);
    check(scratch != NULL);
    record->sink = recording;
    struct leat_reader *r = drip(&ctx, text.data, text.len, drips);
    enum leat_status status = search_reader(options, scratch, r, &record->sink, ret);
    leat_reader_close(r);
    matcher_scratch_destroy(scratch);
    leat_ctx_fini(&ctx);
    return status;
}

/* --- The plain loop --- */

struct model {
    struct record record;
    uint64_t matched;
    size_t next; /* the first line not shown */
};

struct line {
    size_t from, len;
    bool wanted;
};

static size_t cut_lines(struct leat_span text, bool invert, struct line *lines)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        check(count < LINES_MAX);
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        size_t end = newline != NULL ? (size_t)(newline - text.data) : text.len;
        bool found = memmem(text.data + at, end - at, "foo", 3) != NULL;
        lines[count] = (struct line){ .from = at, .len = end - at, .wanted = found != invert };
        at = end + 1;
    }
    return count;
}

static void model_show(struct model *model, const struct line *lines, size_t i, bool matched)
{
    struct record *record = &model->record;
    bool gap = record->count > 0 && model->next < i;
    record->lines[record->count++] = (struct shown){
        .offset = lines[i].from,
        .number = i + 1,
        .len = lines[i].len,
        .matched = matched,
        .gap = gap,
    };
    model->next = i + 1;
}

static void model_search(struct model *model, const struct search_options *options,
                         struct leat_span text)
{
    struct line lines[LINES_MAX];
    size_t count = cut_lines(text, options->invert, lines);
    uint64_t left = 0;
    uint64_t max = options->max_count_set ? options->max_count : UINT64_MAX;
    for (size_t i = 0; i < count && (model->matched < max || left > 0); i++) {
        if (lines[i].wanted && model->matched < max) {
            size_t first = i > options->before ? i - (size_t)options->before : 0;
            for (size_t k = first > model->next ? first : model->next; k < i; k++)
                model_show(model, lines, k, false);
            model_show(model, lines, i, true);
            model->matched++;
            left = options->after;
        } else if (left > 0) {
            model_show(model, lines, i, lines[i].wanted && model->matched == max);
            left--;
        }
    }
}

/* --- Random searches --- */

static struct leat_span random_text(uint64_t *seed, uint8_t *data)
{
    static const char *const words[] = { "foo", "bar", "", "x", "foofoo", "fo o" };
    struct leat_span text = { .data = data };
    size_t lines = drip_random(seed, LINES_MAX);
    for (size_t i = 0; i < lines; i++) {
        const char *word = words[drip_random(seed, sizeof(words) / sizeof(words[0]))];
        size_t fill = drip_random(seed, 8) == 0 ? drip_random(seed, 900) : 0;
        memset(data + text.len, 'y', fill);
        text.len += fill;
        memcpy(data + text.len, word, strlen(word));
        text.len += strlen(word);
        data[text.len++] = '\n';
    }
    if (text.len > 0 && drip_random(seed, 2) == 0)
        text.len--;
    return text;
}

static void check_same(const struct record *a, const struct record *b)
{
    check_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        check_says("line shown", i);
        check_equal(a->lines[i].offset, b->lines[i].offset);
        check_equal(a->lines[i].number, b->lines[i].number);
        check_equal(a->lines[i].len, b->lines[i].len);
        check_equal(a->lines[i].matched, b->lines[i].matched);
        check_equal(a->lines[i].gap, b->lines[i].gap);
    }
}

static void test_random(const struct matcher *matcher, uint64_t seed)
{
    static uint8_t data[TEXT_MAX];
    struct leat_span text = random_text(&seed, data);
    static const enum search_binary binaries[] = { SEARCH_BINARY_STOPS, SEARCH_BINARY_TOLD,
                                                   SEARCH_BINARY_TEXT };
    struct search_options options = {
        .matcher = matcher,
        .invert = drip_random(&seed, 2) == 0,
        .numbers = true,
        .max_count = drip_random(&seed, 5),
        .max_count_set = drip_random(&seed, 3) == 0,
        .before = drip_random(&seed, 2) == 0 ? drip_random(&seed, 5) : 0,
        .after = drip_random(&seed, 2) == 0 ? drip_random(&seed, 5) : 0,
        .binary = binaries[drip_random(&seed, 3)],
    };
    struct drip_options drips = { .seed = seed, .piece_max = drip_random(&seed, 1000) };
    struct record record = { .sink = recording };
    struct model model = { 0 };
    struct search_result result;
    check_status(search(&options, text, &drips, &record, &result), LEAT_END);
    model_search(&model, &options, text);
    check_same(&record, &model.record);
    check_equal(result.lines, model.matched);
    check(!result.cut && !result.binary);
}

/* --- Larger than the window --- */

/* A line that no window holds is searched in pieces, and its neighbours as ever. */
static void test_long_line(const struct matcher *matcher)
{
    static uint8_t data[TEXT_MAX];
    memset(data, 'y', sizeof(data));
    memcpy(data, "foo\n", 4);
    memcpy(data + 3 * WINDOW_SMALL, "foo\nfoo\n", 8);
    struct leat_span text = { .data = data, .len = 3 * WINDOW_SMALL + 8 };
    for (enum search_binary binary = SEARCH_BINARY_STOPS; binary <= SEARCH_BINARY_TEXT; binary++) {
        struct search_options options = { .matcher = matcher, .numbers = true, .binary = binary };
        struct drip_options drips = { .window_max = WINDOW_SMALL, .piece_max = 700 };
        struct record record = { .sink = recording };
        struct search_result result;
        check_status(search(&options, text, &drips, &record, &result), LEAT_END);
        check(result.cut);
        check_equal(result.cut_offset, 4);
        check_equal(result.lines, 3);
        check_equal(record.lines[0].number, 1);
        check_equal(record.lines[1].number, 2);
        check_equal(record.lines[2].number, 3);
        check_equal(record.lines[2].offset, 3 * WINDOW_SMALL + 4);
    }
}

/* More context than a window holds is not a long line: what fits is shown. */
static void test_much_context(const struct matcher *matcher)
{
    static uint8_t data[TEXT_MAX];
    struct leat_span text = { .data = data };
    for (unsigned i = 0; i < 40; i++) {
        memset(data + text.len, 'y', 1000);
        text.len += 1000;
        memcpy(data + text.len, i % 20 == 19 ? "foo\n" : "bar\n", 4);
        text.len += 4;
    }
    for (enum search_binary binary = SEARCH_BINARY_STOPS; binary <= SEARCH_BINARY_TEXT; binary++) {
        struct search_options options = {
            .matcher = matcher,
            .numbers = true,
            .before = 1000,
            .binary = binary,
        };
        struct drip_options drips = { .window_max = WINDOW_SMALL, .piece_max = 700 };
        struct record record = { .sink = recording };
        struct search_result result;
        check_status(search(&options, text, &drips, &record, &result), LEAT_END);
        check(!result.cut);
        check_equal(result.lines, 2);
        check_equal(record.lines[record.count - 1].number, 40);
        check(record.lines[record.count - 1].matched);
    }
}

/* --- Beginnings and ends --- */

/* Offsets count from where the search began, and on from what the options say. */
static void test_begins_inside(const struct matcher *matcher)
{
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, NULL);
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    struct leat_reader *r = drip(&ctx, "markfoo\nfoo\n", 12, &(struct drip_options){ 0 });
    struct leat_span head;
    check_status(leat_peek(r, 4, &head), LEAT_OK);
    leat_consume(r, 4);
    struct search_options options = {
        .matcher = matcher, .offset_first = 100, .number_first = 7, .numbers = true
    };
    struct record record = { .sink = recording };
    struct search_result result;
    check_status(search_reader(&options, scratch, r, &record.sink, &result), LEAT_END);
    check_equal(record.lines[0].offset, 100);
    check_equal(record.lines[1].offset, 104);
    check_equal(record.lines[1].number, 8);
    check_equal(result.bytes, 8);
    leat_reader_close(r);
    matcher_scratch_destroy(scratch);
    leat_ctx_fini(&ctx);
}

/* What stands before a fault is searched; the callback can end it all. */
static void test_fault_and_stop(const struct matcher *matcher)
{
    struct leat_span text = { .data = (const uint8_t *)"foo\nfoo\nfoo", .len = 11 };
    struct search_options options = { .matcher = matcher };
    struct drip_options drips = { .fails = true };
    struct record record = { .sink = recording };
    struct search_result result;
    check_status(search(&options, text, &drips, &record, &result), LEAT_FAULT);
    check_equal(result.lines, 3);
    check(!result.stopped);
    record = (struct record){ .stop_at = 2 };
    check_status(search(&options, text, &drips, &record, &result), LEAT_END);
    check_equal(record.count, 2);
    check(result.stopped);
}

/* --- Cut while it is searched --- */

static char cut_path[32];
static uint64_t cut_len;

static bool show_and_cut(struct search_sink *sink, const struct search_line *line)
{
    check(truncate(cut_path, (off_t)cut_len) == 0);
    return recording.line(sink, line);
}

/* Of a mapped file that is cut, just the lines that still stand are shown, and the zeros that are
 * seen behind the cut do not make it a binary file. */
static void test_cut(const struct matcher *matcher, enum search_binary binary)
{
    enum { LINE = 10000, LINES = 200 };
    static uint8_t line[LINE];
    memset(line, 'y', sizeof(line));
    line[LINE - 1] = '\n';
    strcpy(cut_path, "/tmp/leat-search-XXXXXX");
    int fd = mkstemp(cut_path);
    check(fd >= 0);
    check_status(leat_map_guard_install(), LEAT_OK);
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    for (cut_len = 0; cut_len < LINE * LINES; cut_len += 77777) {
        check_says("cut", cut_len);
        check(lseek(fd, 0, SEEK_SET) == 0);
        for (unsigned i = 0; i < LINES; i++) {
            memcpy(line, i % 3 == 0 ? "foo" : "bar", 3);
            check(write(fd, line, LINE) == LINE);
        }
        struct leat_ctx ctx;
        leat_ctx_init(&ctx, NULL);
        struct leat_reader *r = leat_map(&ctx, cut_path);
        struct search_options options = {
            .matcher = matcher, .before = 1, .numbers = true, .binary = binary
        };
        struct record record = { .sink = recording };
        record.sink.line = show_and_cut;
        struct search_result result;
        check_status(search_reader(&options, scratch, r, &record.sink, &result), LEAT_FAULT);
        for (size_t i = 0; i < record.count; i++)
            check(record.lines[i].offset + record.lines[i].len < cut_len);
        check_equal(result.lines, (cut_len / LINE + 2) / 3);
        check(!result.binary);
        leat_reader_close(r);
        leat_ctx_fini(&ctx);
    }
    matcher_scratch_destroy(scratch);
    close(fd);
    unlink(cut_path);
}

/* A line that fills the window, in a file that is cut within it: the fault is told, and the line,
 * which does not end any more, is not. */
static void test_cut_long_line(const struct matcher *matcher)
{
    enum { LEN = 300000 };
    static uint8_t text[LEN];
    memset(text, 'y', sizeof(text));
    memcpy(text, "foo", 3);
    strcpy(cut_path, "/tmp/leat-search-XXXXXX");
    int fd = mkstemp(cut_path);
    check(fd >= 0 && write(fd, text, LEN) == LEN);
    cut_len = 50000;
    struct leat_ctx ctx;
    leat_ctx_init(&ctx, &(struct leat_ctx_options){ .limits.window_max = 100000 });
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    struct leat_reader *r = leat_map(&ctx, cut_path);
    struct search_options options = { .matcher = matcher, .binary = SEARCH_BINARY_TEXT };
    struct record record = { .sink = recording };
    record.sink.line = show_and_cut;
    struct search_result result;
    check_status(search_reader(&options, scratch, r, &record.sink, &result), LEAT_FAULT);
    check_equal(leat_reader_fault(r)->offset, cut_len);
    check_equal(record.count, 0);
    check_equal(result.lines, 0);
    leat_reader_close(r);
    matcher_scratch_destroy(scratch);
    leat_ctx_fini(&ctx);
    close(fd);
    unlink(cut_path);
}

int main(int argc, char **argv)
{
    struct check_options options = check_begin(argc, argv);
    struct matcher *matcher = matcher_of("foo");
    for (uint64_t i = 0; i < 2000 * options.rounds; i++) {
        check_says("seed", options.seed + i);
        test_random(matcher, options.seed + i);
    }
    test_long_line(matcher);
    test_much_context(matcher);
    test_begins_inside(matcher);
    for (enum search_binary binary = SEARCH_BINARY_STOPS; binary <= SEARCH_BINARY_TEXT; binary++)
        test_cut(matcher, binary);
    test_cut_long_line(matcher);
    test_fault_and_stop(matcher);
    matcher_destroy(matcher);
    return 0;
}
