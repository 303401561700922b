/* Any patterns on any text: the matcher and PCRE2 alone, a line at a time, accept the same
 * patterns, and give the same lines and the same matches in each.
 *
 *     options, patterns with 0xfe between them, 0xff, text
 *
 * No UTF-8 has those two bytes, so that they take nothing from what patterns may hold but two ways
 * of being no text. Without 0xff all is pattern. */

#include "apps/grep/matcher_plan.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text is short, since a pattern may take PCRE2's ten million steps for each of its lines. */
enum { PATTERNS_MAX = 8, PATTERN_BYTES_MAX = 256, TEXT_MAX = 128, PATTERN_END = 0xfe, END = 0xff };

struct match {
    size_t start, end;
};

/* What one matcher says of one line. */
struct line {
    enum matcher_status status;
    enum matcher_status ended; /* how its matches ended: NONE, or ERROR */
    size_t matches_len;
    struct match matches[TEXT_MAX + 1]; /* each at an end of its own */
};

static const uint8_t *find(const uint8_t *at, const uint8_t *end, uint8_t byte)
{
    const uint8_t *found = at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
    return found ? found : end;
}

static size_t read_patterns(const uint8_t *at, const uint8_t *end, struct leat_span *ret)
{
    size_t len = 0;
    for (;;) {
        const uint8_t *pattern_end = find(at, end, PATTERN_END);
        ret[len++] = (struct leat_span){ at, (size_t)(pattern_end - at) };
        if (pattern_end == end || len == PATTERNS_MAX)
            return len;
        at = pattern_end + 1;
    }
}

static void read_matches(const struct matcher *matcher, struct matcher_scratch *scratch,
                         struct leat_span text, struct line *ret)
{
    struct matcher_cursor cursor = { 0 };
    size_t start = 0, end = 0, last = 0;
    ret->matches_len = 0;
    while ((ret->ended = matcher_in_line(matcher, scratch, text, &cursor, &start, &end)) ==
           MATCHER_FOUND) {
        check(last <= start && start <= end && end <= text.len);
        check(ret->matches_len == 0 || end > last);
        check(ret->matches_len <= text.len);
        ret->matches[ret->matches_len++] = (struct match){ start, end };
        last = end;
    }
}

/* What the matcher says of each line, by where it starts. */
static void search(const struct matcher *matcher, struct leat_span text, struct line *lines)
{
    struct matcher_scratch *scratch = matcher_scratch_create(matcher);
    check(scratch != NULL);
    for (size_t i = 0; i < text.len; i++)
        lines[i].status = MATCHER_NONE;
    struct matcher_line at = { 0 };
    enum matcher_status status;
    while ((status = matcher_next_line(matcher, scratch, text, at.next, &at)) != MATCHER_NONE) {
        check(at.start <= at.end && at.end <= at.next && at.next <= text.len);
        check(at.start == 0 || text.data[at.start - 1] == '\n');
        check(at.end == text.len || text.data[at.end] == '\n');
        check(at.next == at.end + (at.end < text.len) && at.start < text.len);
        struct line *line = &lines[at.start];
        check(line->status == MATCHER_NONE);
        line->status = status;
        if (status != MATCHER_FOUND)
            continue;
        const struct leat_span inside = { text.data + at.start, at.end - at.start };
        read_matches(matcher, scratch, inside, line);
        check(line->matches_len > 0 || line->ended == MATCHER_ERROR);
    }
    matcher_scratch_destroy(scratch);
}

/* Where either gave up the comparison ends: another way of searching takes other steps. */
static void compare(const struct line *a, const struct line *b)
{
    if (a->status == MATCHER_ERROR || b->status == MATCHER_ERROR)
        return;
    check_equal(a->status, b->status);
    if (a->status == MATCHER_NONE)
        return;
    size_t least = a->matches_len < b->matches_len ? a->matches_len : b->matches_len;
    for (size_t i = 0; i < least; i++) {
        check_equal(a->matches[i].start, b->matches[i].start);
        check_equal(a->matches[i].end, b->matches[i].end);
    }
    check(a->matches_len == least || b->ended == MATCHER_ERROR);
    check(b->matches_len == least || a->ended == MATCHER_ERROR);
}

static void run(const struct matcher_options *options, struct leat_span text)
{
    static struct line found[TEXT_MAX], wanted[TEXT_MAX];
    struct matcher_error error = { 0 }, plain_error = { 0 };
    struct matcher *matcher = NULL, *plain = NULL;
    const bool made = matcher_create(options, &matcher, &error);
    const bool made_plain = matcher_create_plain(options, &plain, &plain_error);
    check_says_text("refused", made ? plain_error.text : error.text);
    check(made == made_plain);
    check(made == (error.text[0] == '\0') && strlen(error.text) < sizeof(error.text));
    if (made) {
        search(matcher, text, found);
        search(plain, text, wanted);
        for (size_t i = 0; i < text.len; i++)
            compare(&found[i], &wanted[i]);
    }
    check_says_text("refused", "");
    matcher_destroy(matcher);
    matcher_destroy(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leat_span patterns[PATTERNS_MAX];
    if (size == 0)
        return 0;
    const uint8_t *end = data + size, *patterns_end = find(data + 1, end, END);
    const uint8_t *text = patterns_end < end ? patterns_end + 1 : end;
    if (patterns_end - data > PATTERN_BYTES_MAX || end - text > TEXT_MAX)
        return 0;
    const struct matcher_options options = {
        .patterns = patterns,
        .patterns_len = read_patterns(data + 1, patterns_end, patterns),
        .fixed = data[0] & 1,
        .ignore_case = data[0] & 2,
        .smart_case = data[0] & 4,
        .word = data[0] & 8,
        .line = data[0] & 16,
    };
    /* In a block of its exact size, so that reading past it shows. */
    const size_t len = (size_t)(end - text);
    uint8_t *copy = malloc(len > 0 ? len : 1);
    check(copy != NULL);
    memcpy(copy, text, len);
    run(&options, (struct leat_span){ copy, len });
    free(copy);
    return 0;
}
