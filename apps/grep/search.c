#include "apps/grep/search.h"

#include <string.h>

#include "apps/grep/lines.h"

/* How much of the start is looked through for a NUL byte where binary files are only told of, and
 * how much is judged at once where they end the search: as ripgrep does, so that the two find the
 * same. */
#define HEAD_LEN  (64 * LEAT_KIB)
#define BLOCK_LEN (64 * LEAT_KIB)

/* Pieces of a line that is too long have so much in common, so that what lies across a cut is found
 * whole in the second of them. */
#define OVERLAP_LEN (64 * LEAT_KIB)

/* What a search goes back to. */
struct place {
    uint64_t searched, shown, counted, number, after_left;
    bool any_shown;
    struct search_mark mark;
    struct search_result result;
};

/* Where the search is. Positions are offsets in the input, so they outlive each window. */
struct search {
    const struct search_options *options;
    struct matcher_scratch *scratch;
    struct leat_reader *reader;
    struct search_sink *sink;
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
    uint64_t block_end;  /* what is judged at once ends here; UINT64_MAX: all is searched alike */
    struct place block;  /* where it began */
    struct place seen;   /* where the search was when the file was last known to be whole */
    bool any_shown;
    bool over;
    bool only_looks; /* all is found that is wanted, but a NUL byte may yet take it back */
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

uint64_t search_line_offset(const struct search_line *line, size_t n)
{
    uint64_t origin;
    if (line->origins != NULL && leat_origin(line->origins, line->at + n, &origin) == LEAT_OK)
        return origin;
    return line->offset + n;
}

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
    if (self->options->origins) {
        line.origins = self->reader;
        line.at = (size_t)(from - self->base);
        line.offset = from;
    }
    self->any_shown = true;
    self->shown = to;
    if (!self->sink->line(self->sink, &line)) {
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

/* --- Going back --- */

static struct place place_of(const struct search *self)
{
    return (struct place){
        .searched = self->searched,
        .shown = self->shown,
        .counted = self->counted,
        .number = self->number,
        .after_left = self->after_left,
        .any_shown = self->any_shown,
        .mark = self->sink->mark(self->sink),
        .result = *self->result,
    };
}

static void go_back(struct search *self, const struct place *place)
{
    self->sink->forget(self->sink, place->mark);
    self->searched = place->searched;
    self->shown = place->shown;
    self->counted = place->counted;
    self->number = place->number;
    self->after_left = place->after_left;
    self->any_shown = place->any_shown;
    *self->result = place->result;
    self->over = false;
}

/* What was shown before both stands. */
static void keep(struct search *self)
{
    bool blocks = self->block_end != UINT64_MAX;
    bool block_first = blocks && self->block.mark.text < self->seen.mark.text;
    self->sink->keep(self->sink, block_first ? self->block.mark : self->seen.mark);
}

/* A block begins where the last one's lines ended. One that holds no whole line is made larger. */
static void begin_block(struct search *self)
{
    if (self->options->binary != SEARCH_BINARY_STOPS)
        self->block_end = UINT64_MAX;
    else if (self->searched == self->block.searched && self->block_end > self->searched)
        self->block_end += self->block_end - self->searched;
    else
        self->block_end = self->searched + BLOCK_LEN;
    self->block = place_of(self);
}

/* --- Windows --- */

/* Let go of what is no longer needed: all but the lines that may become context. */
static void let_go(struct search *self)
{
    uint64_t keep_from = self->searched;
    for (uint64_t i = 0; i < self->options->before && keep_from > self->base; i++)
        keep_from = line_before(self, keep_from, self->base);
    number_at(self, keep_from);
    leat_consume(self->reader, (size_t)(keep_from - self->base));
}

/* See more than was seen so far. */
static enum leat_status see(struct search *self)
{
    const struct leat_reader *r = self->reader;
    size_t have = (size_t)(r->end - r->pos);
    bool fresh = r->end_offset > self->base + self->window.len;
    enum leat_status status = leat_peek(self->reader, fresh ? have : have + 1, &self->window);
    if (status == LEAT_OK && r->tail != LEAT_TAIL_OPEN) /* what follows is known already */
        status = leat_peek(self->reader, self->window.len + 1, &self->window);
    self->base = leat_tell(self->reader);
    return status;
}

/* Look for a NUL byte in what is new before `end`. True: it ends the search, and what the block
 * showed was taken back. */
static bool look(struct search *self, uint64_t end)
{
    if (self->options->binary == SEARCH_BINARY_TEXT || self->result->binary)
        return false;
    bool told = self->options->binary == SEARCH_BINARY_TOLD;
    if (told && end > self->start + HEAD_LEN)
        end = self->start + HEAD_LEN;
    if (self->looked >= end)
        return false;
    leat_assert(self->looked >= self->base);
    struct leat_span fresh = span_between(self, self->looked, end);
    const uint8_t *nul = memchr(fresh.data, 0, fresh.len);
    uint64_t from = self->looked;
    self->looked = end;
    if (nul == NULL)
        return false;
    if (!told)
        go_back(self, &self->block);
    self->result->binary = true;
    self->result->binary_offset = offset_of(self, from + (uint64_t)(nul - fresh.data));
    return !told;
}

/* The end of the last whole line before `end`, or `searched` when there is none. */
static uint64_t lines_end(struct search *self, uint64_t end)
{
    uint64_t from = self->scanned > self->searched ? self->scanned : self->searched;
    if (from >= end)
        return self->searched;
    struct leat_span fresh = span_between(self, from, end);
    const uint8_t *newline = memrchr(fresh.data, '\n', fresh.len);
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

/* A piece of a line was searched, up to `end`. Where nothing was found in it, the next begins
 * before that; what was found is not to be found twice. */
static void overlap(struct search *self, uint64_t end, uint64_t lines_before)
{
    bool found = self->result->lines != lines_before;
    if (!found && !self->options->invert && end - self->base > 2 * OVERLAP_LEN)
        self->searched = end - OVERLAP_LEN;
}

/* Search the lines before `end`. False: enough was found, or nobody wants more. */
static bool search_until(struct search *self, uint64_t end)
{
    search_lines(self, end);
    show_after(self, end);
    if (self->over || (enough(self) && self->after_left == 0)) {
        self->result->stopped = true;
        return false;
    }
    if (enough(self))
        self->searched = end;
    return true;
}

/* What is before `end` need not be looked through while nothing was found before it: what is found
 * later in the window can still be taken back, and behind the last there is nothing. Most files are
 * no more than that. */
static bool must_look(const struct search *self, uint64_t end, bool last)
{
    bool leaves = end == self->base + self->window.len && !last;
    return leaves || self->result->lines > 0 || self->options->tells_binary;
}

/* Search what the window shows, a block at a time. OK: go on; END, FAULT: it is over. */
static enum leat_status search_window(struct search *self, enum leat_status seen)
{
    bool stops = self->options->binary == SEARCH_BINARY_STOPS;
    uint64_t window_end = self->base + self->window.len;
    uint64_t end;
    do {
        end = self->block_end < window_end ? self->block_end : window_end;
        if (!stops)
            look(self, end);
        uint64_t lines = end;
        if (end < window_end || seen == LEAT_OK)
            lines = lines_end(self, end);
        else if (seen == LEAT_LIMIT)
            lines = cut_line(self);
        bool last = end == window_end && (seen == LEAT_END || seen == LEAT_FAULT);
        uint64_t lines_before = self->result->lines;
        bool goes_on = !self->only_looks && search_until(self, lines);
        if (goes_on && end == window_end && seen == LEAT_LIMIT)
            overlap(self, end, lines_before);
        /* The search left the bytes in the cache, and what it showed can be taken back. */
        if (stops && must_look(self, end, last) && look(self, end))
            return LEAT_END;
        self->only_looks = !goes_on && stops && end < self->block_end && !last;
        if (!goes_on && !self->only_looks)
            return LEAT_END;
        if (self->only_looks)
            self->searched = end;
        if (end == self->block_end)
            begin_block(self);
    } while (end < window_end);
    return seen == LEAT_LIMIT ? LEAT_OK : seen;
}

static bool was_cut(const struct search *self, enum leat_status seen)
{
    return seen == LEAT_FAULT && leat_reader_fault(self->reader)->code == LEAT_FAULT_CHANGED;
}

/* Whether the file was cut short since the window was seen. It matters where something was found,
 * which may be nothing that ever stood there: what does stand can be found again while the window
 * is in hand, and who sees no other would not be told. */
static bool was_cut_since(struct search *self)
{
    const struct search_result *before = &self->seen.result;
    uint64_t size;
    if (self->result->lines == before->lines && self->result->binary == before->binary)
        return false;
    return was_cut(self, leat_size(self->reader, &size));
}

/* Take back what was found since the file was last known to be whole. */
static void take_back(struct search *self)
{
    go_back(self, &self->seen);
    if (self->looked != UINT64_MAX && self->looked > self->searched)
        self->looked = self->searched;
    begin_block(self);
}

/* The file was cut short: search what is left of the window, as far as its lines are whole. */
static void search_rest(struct search *self)
{
    self->scanned = self->searched;
    if (self->searched >= self->base && self->searched < self->base + self->window.len)
        (void)search_window(self, LEAT_OK);
}

/* Everything before the damage was searched, a line that it cuts as well. On behind it, where that
 * can be done. */
static enum leat_status go_on_behind(struct search *self)
{
    const struct leat_fault *met = leat_reader_fault(self->reader);
    if (self->sink->damaged == NULL || met == NULL || !leat_fault_is_damage(met))
        return LEAT_FAULT;
    uint64_t end = self->base + self->window.len;
    leat_assert(self->searched == end);
    if (self->options->binary == SEARCH_BINARY_STOPS && look(self, end))
        return LEAT_END;
    number_at(self, end);
    leat_consume(self->reader, self->window.len);
    self->window.len = 0;
    self->base = end;
    enum leat_status status;
    do {
        struct leat_fault fault = *leat_reader_fault(self->reader);
        status = leat_resync(self->reader);
        if (status == LEAT_OK || status == LEAT_FAULT)
            self->sink->damaged(self->sink, &fault);
    } while (status == LEAT_FAULT);
    if (status != LEAT_OK)
        return LEAT_FAULT;
    self->looked = UINT64_MAX; /* what was torn may hold a NUL byte and be text all the same */
    return LEAT_OK;
}

/* Search window by window, to the end. */
static enum leat_status search_all(struct search *self)
{
    enum leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        enum leat_status seen = see(self);
        if (seen == LEAT_AGAIN)
            return seen;
        if (was_cut(self, seen)) {
            if (self->window.len == 0 || self->base + self->window.len < self->searched)
                take_back(self);
            search_rest(self);
            return seen;
        }
        self->seen = place_of(self);
        keep(self);
        if (seen == LEAT_LIMIT && drop_context(self))
            continue;
        status = search_window(self, seen);
        if (status != LEAT_FAULT && was_cut_since(self)) {
            (void)!leat_peek(self->reader, 0, &self->window); /* which ends at the cut now */
            take_back(self);
            search_rest(self);
            status = LEAT_FAULT;
        }
        if (status == LEAT_FAULT)
            status = go_on_behind(self);
        else if (status == LEAT_OK)
            let_go(self);
        if (self->options->streams)
            self->sink->keep(self->sink, self->sink->mark(self->sink));
    }
    return status;
}

enum leat_status search_reader(const struct search_options *options,
                               struct matcher_scratch *scratch, struct leat_reader *r,
                               struct search_sink *sink, struct search_result *ret)
{
    *ret = (struct search_result){ 0 };
    struct search self = {
        .options = options,
        .scratch = scratch,
        .reader = r,
        .sink = sink,
        .result = ret,
        .number = options->number_first > 0 ? options->number_first : 1,
    };
    self.start = self.searched = self.shown = self.counted = self.looked = leat_tell(r);
    if (options->offset_first > 0)
        self.looked = UINT64_MAX; /* the head is another piece's */
    if (enough(&self))
        return LEAT_END;
    leat_assert(!options->streams || options->binary != SEARCH_BINARY_STOPS);
    begin_block(&self);
    enum leat_status status = search_all(&self);
    ret->bytes = self.base + self.window.len - self.start;
    if (self.searched > self.base)
        leat_consume(r, (size_t)(self.searched - self.base));
    return status;
}
