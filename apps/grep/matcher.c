#include "apps/grep/lines.h"
#include "apps/grep/matcher_plan.h"
#include "apps/grep/regex.h"
#include "apps/grep/word.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    JIT_STACK_MIN = 32 << 10,
    JIT_STACK_MAX = 8 << 20,
    HEAP_KIB_MAX = 64 << 10, /* of the interpreter, for what outgrows the stack */
    /* PCRE2 searches so many bytes of whole lines at once: few to begin with, since each call looks
     * first whether they are ASCII, and the match may be near; then twice as many each time, until
     * the call costs nothing. Not more, to begin again where its match limit is met. */
    PIECE_BYTES_MIN = 512,
    PIECE_BYTES_MAX = 16 << 10,
    /* Candidates nearer to each other than this, that then do not match, cost more than they save.
     */
    MISS_BYTES = 96,
    MISSES_FREE = 16,
};

struct matcher_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    struct word_callout_context word;
    int error; /* PCRE2's */
};

struct matcher_scratch *matcher_scratch_create(const struct matcher *matcher)
{
    assert(matcher);
    struct matcher_scratch *scratch = calloc(1, sizeof(*scratch));
    if (!scratch)
        return NULL;
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->word.word = matcher->code_word;
    if (matcher->code_word)
        scratch->word.data = pcre2_match_data_create(1, NULL);
    if (!scratch->data || !scratch->context || (matcher->code_word && !scratch->word.data)) {
        matcher_scratch_destroy(scratch);
        return NULL;
    }
    if (matcher->code_word)
        (void)pcre2_set_callout(scratch->context, word_callout, &scratch->word);
    (void)pcre2_set_heap_limit(scratch->context, HEAP_KIB_MAX);
    /* Without a stack of its own PCRE2 uses 32 KiB of the machine's. */
    if (matcher->code)
        scratch->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    if (scratch->stack)
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    return scratch;
}

void matcher_scratch_destroy(struct matcher_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_data_free(scratch->word.data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch);
}

const char *matcher_error_text(const struct matcher_scratch *scratch)
{
    switch (scratch->error) {
    case PCRE2_ERROR_MATCHLIMIT:
        return "the pattern needs too many steps on this line";
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return "the pattern needs too much memory on this line";
    case PCRE2_ERROR_RECURSELOOP:
        return "the pattern recurses without end on this line";
    default:
        return "PCRE2 cannot search this line";
    }
}

static struct leat_span part_of(struct leat_span text, size_t start, size_t end)
{
    assert(start <= end && end <= text.len);
    return (struct leat_span){ text.data ? text.data + start : NULL, end - start };
}

/* Run PCRE2 over `text`. What outgrows the JIT's stack may still fit the interpreter's heap. */
static enum matcher_status run(const struct matcher *matcher, struct matcher_scratch *scratch,
                               struct leat_span text, size_t from, size_t *ret_start,
                               size_t *ret_end)
{
    assert(matcher->code && from <= text.len);
    const bool ascii = matcher->code_ascii && lines_are_ascii(text);
    const pcre2_code *code = ascii ? matcher->code_ascii : matcher->code;
    PCRE2_SPTR subject = text.data ? text.data : (PCRE2_SPTR) "";
    int rc = pcre2_match(code, subject, text.len, from, 0, scratch->data, scratch->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(code, subject, text.len, from, PCRE2_NO_JIT, scratch->data,
                         scratch->context);
    if (rc == PCRE2_ERROR_NOMATCH)
        return MATCHER_NONE;
    if (rc < 0) {
        scratch->error = rc;
        return MATCHER_ERROR;
    }
    const size_t *at = pcre2_get_ovector_pointer(scratch->data);
    /* \K in a lookahead can put the start behind the end. */
    *ret_start = at[0] < at[1] ? at[0] : at[1];
    *ret_end = at[1];
    return MATCHER_FOUND;
}

static void set_line(struct leat_span text, size_t at, struct matcher_line *ret)
{
    ret->start = lines_start_of(text, at);
    ret->end = lines_end_of(text, at);
    ret->next = ret->end < text.len ? ret->end + 1 : text.len;
}

static bool is_side_other(enum word_side side)
{
    return side == WORD_SIDE_NONE || side == WORD_SIDE_OTHER;
}

/* Whether a match there is a word, as REGEX_WORD_START_HALF and its fellow have it. */
static bool is_word(const struct matcher *matcher, struct matcher_scratch *scratch,
                    struct leat_span text, size_t start, size_t end)
{
    pcre2_match_data *data = scratch->word.data;
    return is_side_other(word_before(matcher->code_word, data, text, start)) &&
           is_side_other(word_after(matcher->code_word, data, text, end));
}

/* Whether what is around a literal is as the options ask. */
static bool accepts(const struct matcher *matcher, struct matcher_scratch *scratch,
                    struct leat_span text, const struct needle_hit *hit)
{
    const size_t end = hit->start + hit->len;
    assert(end <= text.len);
    if (matcher->line)
        return (hit->start == 0 || text.data[hit->start - 1] == '\n') &&
               (end == text.len || text.data[end] == '\n');
    if (matcher->word)
        return is_word(matcher, scratch, text, hit->start, end);
    return true;
}

static enum matcher_status find_exact(const struct matcher *matcher,
                                      struct matcher_scratch *scratch, struct leat_span text,
                                      size_t from, size_t *ret_start, size_t *ret_end)
{
    struct needle_hit hit;
    for (; needle_set_find(matcher->needles, text, from, &hit); from = hit.start + 1) {
        do {
            if (!accepts(matcher, scratch, text, &hit))
                continue;
            *ret_start = hit.start;
            *ret_end = hit.start + hit.len;
            return MATCHER_FOUND;
        } while (needle_set_find_other(matcher->needles, text, &hit));
    }
    return MATCHER_NONE;
}

/* Search the lines of [from, end) one by one. */
static enum matcher_status search_lines(const struct matcher *matcher,
                                        struct matcher_scratch *scratch, struct leat_span text,
                                        size_t from, size_t end, struct matcher_line *ret)
{
    for (size_t at = from; at < end;) {
        struct matcher_line line = { .start = at, .end = lines_end_of(text, at) };
        line.next = line.end < text.len ? line.end + 1 : text.len;
        size_t start, stop;
        const enum matcher_status status =
            run(matcher, scratch, part_of(text, line.start, line.end), 0, &start, &stop);
        if (status != MATCHER_NONE) {
            *ret = line;
            return status;
        }
        assert(line.next > at);
        at = line.next;
    }
    return MATCHER_NONE;
}

/* Search the whole lines of [from, end) at once. A limit met there may be the sum of many lines:
 * then each gets its own. */
static enum matcher_status search_piece(const struct matcher *matcher,
                                        struct matcher_scratch *scratch, struct leat_span text,
                                        size_t from, size_t end, struct matcher_line *ret)
{
    assert(from < end && end <= text.len);
    /* Without the last '\n': behind it there is no line for an empty match to be in. */
    const size_t stop = text.data[end - 1] == '\n' ? end - 1 : end;
    size_t match_start, match_end;
    const enum matcher_status status =
        run(matcher, scratch, part_of(text, from, stop), 0, &match_start, &match_end);
    if (status == MATCHER_ERROR)
        return search_lines(matcher, scratch, text, from, end, ret);
    if (status == MATCHER_NONE)
        return status;
    set_line(text, from + match_start, ret);
    assert(ret->start >= from && from + match_end <= ret->end);
    return MATCHER_FOUND;
}

/* The first line after `from` that begins with a byte from within a character; `end` for none. */
static size_t find_stray_line(struct leat_span text, size_t from, size_t end)
{
    assert(from < end && end <= text.len);
    if (lines_are_ascii(part_of(text, from, end)))
        return end;
    for (size_t at = from;;) {
        at = lines_end_of(part_of(text, 0, end), at) + 1;
        if (at >= end || (text.data[at] & 0xc0) == 0x80)
            return at < end ? at : end;
    }
}

/* Where whole lines of about so many bytes end. From one place to the next PCRE2's JIT passes over
 * stray bytes, and an empty match before them: a line that begins so must be a piece's first. */
static size_t piece_end(const struct matcher *matcher, struct leat_span text, size_t from,
                        size_t bytes)
{
    size_t end = text.len;
    if (text.len - from > bytes)
        end = lines_end_of(text, from + bytes - 1);
    end += end < text.len;
    return matcher->empty ? find_stray_line(text, from, end) : end;
}

static enum matcher_status search_pieces(const struct matcher *matcher,
                                         struct matcher_scratch *scratch, struct leat_span text,
                                         size_t from, struct matcher_line *ret)
{
    for (size_t bytes = PIECE_BYTES_MIN; from < text.len;) {
        const size_t end = piece_end(matcher, text, from, bytes);
        const enum matcher_status status = search_piece(matcher, scratch, text, from, end, ret);
        if (status != MATCHER_NONE)
            return status;
        from = end;
        if (bytes < PIECE_BYTES_MAX)
            bytes *= 2;
    }
    return MATCHER_NONE;
}

/* A line that may match, and what of it must be searched. */
struct candidate {
    struct matcher_line line;
    size_t from; /* no match begins before this */
    bool sure;   /* it does match */
};

static bool find_long_line(struct leat_span text, size_t from, size_t len_min,
                           struct matcher_line *ret)
{
    for (; from < text.len; from = ret->next) {
        ret->start = from;
        ret->end = lines_end_of(text, from);
        ret->next = ret->end + (ret->end < text.len);
        if (ret->end - from >= len_min)
            return true;
    }
    return false;
}

static bool find_candidate(const struct matcher *matcher, struct leat_span text, size_t from,
                           struct candidate *ret)
{
    struct needle_hit needle;
    struct sieve_hit start;
    *ret = (struct candidate){ 0 };
    if (matcher->sieve) {
        if (!sieve_find(matcher->sieve, text, from, &start))
            return false;
        set_line(text, start.start, &ret->line);
        ret->from = start.start;
        ret->sure = start.sure;
        return ret->line.start < text.len; /* the '\n' at the end of a map may just have come */
    }
    if (matcher->needles) {
        if (!needle_set_find(matcher->needles, text, from, &needle))
            return false;
        set_line(text, needle.start, &ret->line);
    } else if (!find_long_line(text, from, matcher->line_min, &ret->line)) {
        return false;
    }
    ret->from = ret->line.start;
    return true;
}

/* Search what a candidate leaves of its line. */
static enum matcher_status search_candidate(const struct matcher *matcher,
                                            struct matcher_scratch *scratch, struct leat_span text,
                                            const struct candidate *candidate,
                                            struct matcher_line *ret)
{
    const struct matcher_line *line = &candidate->line;
    size_t start, end;
    assert(candidate->from >= line->start && candidate->from <= line->end);
    const enum matcher_status status =
        candidate->sure ? MATCHER_FOUND
                        : run(matcher, scratch, part_of(text, line->start, line->end),
                              candidate->from - line->start, &start, &end);
    if (status != MATCHER_NONE)
        *ret = *line;
    return status;
}

/* Ask PCRE2 only about lines that hold a literal each match needs, or where one may begin, or that
 * are long enough. Where too many of them do not match after all, let it search a piece without. */
static enum matcher_status search_candidates(const struct matcher *matcher,
                                             struct matcher_scratch *scratch, struct leat_span text,
                                             size_t from, struct matcher_line *ret)
{
    assert(!matcher->by_line);
    size_t since = from, misses = 0;
    struct candidate candidate;
    while (from < text.len && find_candidate(matcher, text, from, &candidate)) {
        const struct matcher_line *line = &candidate.line;
        const bool dense = !candidate.sure && ++misses > MISSES_FREE &&
                           line->start - since < (misses - MISSES_FREE) * MISS_BYTES;
        const size_t end =
            dense ? piece_end(matcher, text, line->start, PIECE_BYTES_MAX) : line->next;
        const enum matcher_status status =
            dense ? search_piece(matcher, scratch, text, line->start, end, ret)
                  : search_candidate(matcher, scratch, text, &candidate, ret);
        if (status != MATCHER_NONE)
            return status;
        if (dense) {
            misses = 0;
            since = end;
        }
        from = end;
    }
    return MATCHER_NONE;
}

enum matcher_status matcher_next_line(const struct matcher *matcher,
                                      struct matcher_scratch *scratch, struct leat_span text,
                                      size_t from, struct matcher_line *ret)
{
    assert(matcher && scratch && ret);
    assert(from <= text.len); /* of a mapped file not even a '\n' is sure to stay */
    if (matcher->never || from == text.len)
        return MATCHER_NONE;
    if (matcher->every) {
        set_line(text, from, ret);
        return MATCHER_FOUND;
    }
    if (matcher->exact) {
        size_t start, end;
        const enum matcher_status status = find_exact(matcher, scratch, text, from, &start, &end);
        if (status == MATCHER_FOUND)
            set_line(text, start, ret);
        return status;
    }
    if (matcher->needles || matcher->sieve || matcher->line_min)
        return search_candidates(matcher, scratch, text, from, ret);
    if (matcher->by_line)
        return search_lines(matcher, scratch, text, from, text.len, ret);
    return search_pieces(matcher, scratch, text, from, ret);
}

/* Past the character at `at`, or past one byte that is none. */
static size_t next_char(struct leat_span line, size_t at)
{
    uint32_t c;
    return at < line.len && regex_decode(line, &at, &c) ? at : at + 1;
}

enum matcher_status matcher_in_line(const struct matcher *matcher, struct matcher_scratch *scratch,
                                    struct leat_span line, struct matcher_cursor *cursor,
                                    size_t *ret_start, size_t *ret_end)
{
    assert(matcher && scratch && cursor);
    assert(ret_start && ret_end);
    size_t start = 0, end = 0;
    while (!matcher->never && cursor->at <= line.len) {
        struct sieve_hit hit;
        if (matcher->selective && !sieve_find(matcher->sieve, line, cursor->at, &hit))
            return MATCHER_NONE;
        if (matcher->selective)
            cursor->at = hit.start;
        const enum matcher_status status =
            matcher->exact ? find_exact(matcher, scratch, line, cursor->at, &start, &end)
                           : run(matcher, scratch, line, cursor->at, &start, &end);
        if (status != MATCHER_FOUND)
            return status;
        const bool repeated = start == end && cursor->any && end == cursor->last_end;
        cursor->at = repeated ? next_char(line, cursor->at) : end;
        if (repeated)
            continue;
        cursor->any = true;
        cursor->last_end = end;
        *ret_start = start;
        *ret_end = end;
        return MATCHER_FOUND;
    }
    return MATCHER_NONE;
}
