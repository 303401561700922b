#include "apps/grep/search.h"

#include <string.h>

#include "apps/grep/lines.h"

/* How much of the start is looked through for a NUL byte where binary files are only told of, and
 * how much is judged at once where they end the search: as ripgrep does, so that the two find the
 * same. */
#define HEAD_LEN  (64 * LEAT_KIB)
#define BLOCK_LEN (64 * LEAT_KIB)

/* Where the search is. Positions are offsets in the input, so they outlive each window. */
struct search {
    const struct search_options *options;
    struct matcher_scratch *scratch;
    struct leat_reader *reader;
    search_shows *shows;
    void *user;
    struct search_result *result;
    struct leat_span window; /* begins at leat_tell(reader) */
    uint64_t base;           /* which is this */
    uint64_t start;          /* where the search began: what is shown counts from there */
    uint64_t searched;       /* lines before this are done with */
    uint64_t shown;          /* lines before this were shown */
    uint64_t counted;        /* `number` is the number of the line that begins here */
    uint64_t number;
    uint64_t after_left; /* lines of context still to show */
    uint64_t scanned;    /* before this there is no further whole line */
    uint64_t looked;     /* before this no NUL byte was met */
    size_t block_len;    /* BLOCK_LEN, or more for a line that is longer */
    bool any_shown;
    bool over;
};

/* An offset as it is shown. */
static uint64_t offset_of(const struct search *self, uint64_t at)
{
    leat_assert(at >= self->start);
    return at - self->start + self->options->offset_first;
}

static struct leat_span span_between(const struct search *self, uint64_t from, uint64_t to)
{
    return (struct leat_span){ .data = self->window.data + (from - self->base),
                               .len = (size_t)(to - from) };
}

/* --- Showing --- */

static uint64_t number_at(struct search *self, uint64_t offset)
{
    if (!self->options->numbers)
        return 0;
    if (offset > self->counted) {
        self->number += lines_count_newlines(span_between(self, self->counted, offset));
        self->counted = offset;
    }
    return self->number;
}

/* Show the line [from, to); `to` is behind its '\n' where it has one. */
static void show(struct search *self, uint64_t from, uint64_t to, bool matched)
{
    struct leat_span text = span_between(self, from, to);
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    struct search_line line = {
        .text = text,
        .offset = offset_of(self, from),
        .number = number_at(self, from),
        .matched = matched,
        .gap = self->any_shown && self->shown < from,
    };
    self->any_shown = true;
    self->shown = to;
    if (!self->shows(self->user, &line)) {
        self->result->stopped = true;
        self->over = true;
    }
}

/* Where the line after the one at `from` begins, at most `end`. */
static uint64_t next_line(const struct search *self, uint64_t from, uint64_t end)
{
    struct leat_span rest = span_between(self, from, end);
    const uint8_t *newline = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
    return newline != NULL ? from + (uint64_t)(newline - rest.data) + 1 : end;
}

/* Where the line before the one at `from` begins, at least `start`. */
static uint64_t line_before(const struct search *self, uint64_t from, uint64_t start)
{
    struct leat_span before = span_between(self, start, from);
    return start + lines_start_of(before, before.len - 1);
}

static bool enough(const struct search *self)
{
    return self->options->max_count_set && self->result->lines >= self->options->max_count;
}

/* Whether a line of context is one that would have been found, had there been no enough. */
static bool would_match(struct search *self, uint64_t from, uint64_t to)
{
    struct matcher_line line;
    enum matcher_status status = matcher_next_line(self->options->matcher, self->scratch,
                                                   span_between(self, from, to), 0, &line);
    return (status == MATCHER_FOUND) != self->options->invert;
}

/* Context after the last match, up to `end`. */
static void show_after(struct search *self, uint64_t end)
{
    while (self->after_left > 0 && self->shown < end && !self->over) {
        uint64_t from = self->shown;
        uint64_t to = next_line(self, from, end);
        self->after_left--;
        show(self, from, to, enough(self) && would_match(self, from, to));
    }
}

/* Context before the match at `from`: what is still there and was not shown. */
static void show_before(struct search *self, uint64_t from)
{
    uint64_t start = self->shown > self->base && self->any_shown ? self->shown : self->base;
    uint64_t at = from;
    for (uint64_t i = 0; i < self->options->before && at > start; i++)
        at = line_before(self, at, start);
    while (at < from && !self->over) {
        uint64_t next = next_line(self, at, from);
        show(self, at, next, false);
        at = next;
    }
}

/* A NUL byte in a line that was found makes a file binary that did not begin as one. */
static void found_binary(struct search *self, uint64_t from, uint64_t to)
{
    struct leat_span line = span_between(self, from, to);
    const uint8_t *nul = memchr(line.data, 0, line.len);
    if (nul == NULL)
        return;
    self->result->binary = true;
    self->result->binary_offset = offset_of(self, from + (uint64_t)(nul - line.data));
}

/* A line that is wanted. */
static void found(struct search *self, uint64_t from, uint64_t to)
{
    if (self->options->binary == SEARCH_BINARY_TOLD && !self->result->binary)
        found_binary(self, from, to);
    if (self->after_left > 0)
        show_after(self, from);
    if (self->options->before > 0)
        show_before(self, from);
    if (self->over)
        return;
    self->result->lines++;
    show(self, from, to, true);
    self->after_left = self->options->after;
}

/* --- Searching whole lines --- */

/* All of [from, to) is lines that do not match, and those are wanted. */
static void found_inverted(struct search *self, uint64_t from, uint64_t to)
{
    while (from < to && !self->over && !enough(self)) {
        uint64_t next = next_line(self, from, to);
        found(self, from, next);
        from = next;
    }
}

/* Search the lines in [self->searched, end), which are whole but perhaps the very last. */
static void search_lines(struct search *self, uint64_t end)
{
    struct leat_span text = span_between(self, self->base, end);
    while (self->searched < end && !self->over && !enough(self)) {
        struct matcher_line line;
        enum matcher_status status =
            matcher_next_line(self->options->matcher, self->scratch, text,
                              (size_t)(self->searched - self->base), &line);
        uint64_t from = status == MATCHER_NONE ? end : self->base + line.start;
        uint64_t to = status == MATCHER_NONE ? end : self->base + line.next;
        if (self->options->invert)
            found_inverted(self, self->searched, from);
        else if (status == MATCHER_FOUND)
            found(self, from, to);
        if (status == MATCHER_ERROR && self->result->error == NULL) {
            self->result->error = matcher_error_text(self->scratch);
            self->result->error_offset = offset_of(self, from);
        }
        self->searched = to;
    }
}

/* --- Windows --- */

/* Let go of what is no longer needed: all but the lines that may become context. */
static void let_go(struct search *self)
{
    uint64_t keep = self->searched;
    for (uint64_t i = 0; i < self->options->before && keep > self->base; i++)
        keep = line_before(self, keep, self->base);
    number_at(self, keep);
    leat_consume(self->reader, (size_t)(keep - self->base));
}

/* See more than what is left of the window. Where binary files end the search, a block at a time
 * and no more. */
static enum leat_status see(struct search *self)
{
    size_t kept = (size_t)(self->searched - leat_tell(self->reader));
    bool blocks = self->options->binary == SEARCH_BINARY_STOPS;
    size_t have = (size_t)(self->reader->end - self->reader->pos);
    size_t min = blocks ? kept + self->block_len : have + 1;
    if (blocks && min > self->reader->window_max && have < self->reader->window_max)
        min = self->reader->window_max;
    enum leat_status status = leat_peek(self->reader, min, &self->window);
    self->base = leat_tell(self->reader);
    if (blocks && self->window.len > min)
        self->window.len = min;
    return status;
}

/* Look for a NUL byte in what is new. */
static void look(struct search *self)
{
    if (self->options->binary == SEARCH_BINARY_TEXT || self->result->binary)
        return;
    uint64_t end = self->base + self->window.len;
    if (self->options->binary == SEARCH_BINARY_TOLD && end > self->start + HEAD_LEN)
        end = self->start + HEAD_LEN;
    if (self->looked >= end)
        return;
    struct leat_span fresh = span_between(self, self->looked, end);
    const uint8_t *nul = memchr(fresh.data, 0, fresh.len);
    self->looked = end;
    if (nul == NULL)
        return;
    self->result->binary = true;
    self->result->binary_offset = offset_of(self, end - fresh.len + (uint64_t)(nul - fresh.data));
}

/* The end of the last whole line in the window, or `searched` when there is none. */
static uint64_t lines_end(struct search *self)
{
    uint64_t end = self->base + self->window.len;
    uint64_t from = self->scanned > self->searched ? self->scanned : self->searched;
    struct leat_span fresh = span_between(self, from, end);
    const uint8_t *newline = fresh.len > 0 ? memrchr(fresh.data, '\n', fresh.len) : NULL;
    self->scanned = end;
    return newline != NULL ? from + (uint64_t)(newline - fresh.data) + 1 : self->searched;
}

/* Lines kept for context fill a window as well as a long line does: they go first. */
static bool drop_context(struct search *self)
{
    uint64_t kept = self->searched - self->base;
    number_at(self, self->searched);
    leat_consume(self->reader, (size_t)kept);
    return kept > 0;
}

/* A line that no window can hold is searched a window at a time, and that is told. */
static uint64_t cut_line(struct search *self)
{
    if (!self->result->cut) {
        self->result->cut = true;
        self->result->cut_offset = offset_of(self, self->searched);
    }
    return self->base + self->window.len;
}

/* Search what the window shows. OK: go on; END, FAULT: it is over. */
static enum leat_status search_window(struct search *self, enum leat_status seen)
{
    look(self);
    if (self->result->binary && self->options->binary == SEARCH_BINARY_STOPS)
        return LEAT_END;
    uint64_t end = self->base + self->window.len;
    if (seen == LEAT_OK)
        end = lines_end(self);
    else if (seen == LEAT_LIMIT)
        end = cut_line(self);
    self->block_len = end > self->searched ? BLOCK_LEN : self->block_len * 2;
    search_lines(self, end);
    show_after(self, end);
    if (self->over || (enough(self) && self->after_left == 0)) {
        self->result->stopped = true;
        return LEAT_END;
    }
    if (enough(self))
        self->searched = end;
    return seen == LEAT_LIMIT ? LEAT_OK : seen;
}

enum leat_status search_reader(const struct search_options *options,
                               struct matcher_scratch *scratch, struct leat_reader *r,
                               search_shows *shows, void *user, struct search_result *ret)
{
    *ret = (struct search_result){ 0 };
    struct search self = {
        .options = options,
        .scratch = scratch,
        .reader = r,
        .shows = shows,
        .user = user,
        .result = ret,
        .number = options->number_first > 0 ? options->number_first : 1,
    };
    self.start = self.searched = self.shown = self.counted = self.looked = leat_tell(r);
    if (options->offset_first > 0)
        self.looked = UINT64_MAX; /* the head is another piece's */
    self.block_len = BLOCK_LEN;
    enum leat_status status = LEAT_OK;
    if (enough(&self))
        return LEAT_END;
    for (;;) {
        enum leat_status seen = see(&self);
        if (seen == LEAT_AGAIN)
            return seen;
        if (seen == LEAT_LIMIT && drop_context(&self))
            continue;
        status = search_window(&self, seen);
        if (status != LEAT_OK)
            break;
        let_go(&self);
    }
    ret->bytes = self.base + self.window.len - self.start;
    leat_consume(r, (size_t)(self.searched - self.base));
    return status;
}
