#ifndef APPS_GREP_MATCHER_H
#define APPS_GREP_MATCHER_H

#include "leat/core/span.h"

/* Which lines match, and where in them.
 *
 * Patterns have ripgrep's meaning: Unicode, alternatives of one another, and no match leaves its
 * line. Where ripgrep's syntax and PCRE2's differ, ripgrep's is translated. What still differs:
 *
 *   more       back references, recursion, verbs, lookaround, atomic groups, \K, \R, \Q, \h
 *   refused    [a&&b], [a~~b], (?-u)
 *   PCRE2's    (?x), (?U), (?R); a possessive a++; {,n}, a lone { and a lone ], which stand for
 *              themselves; \W inside a class; \p{Script}, which counts script extensions; \p{..}
 *              and [:^name:] without regard to case; PCRE2's version of Unicode
 *   alone      a line is judged by itself. Where one begins with bytes that are no character, the
 *              edge of a word behind them may be different to ripgrep after a line that matched
 *   slower     PCRE2 backtracks: a pattern that can match the same text in many ways may take time
 *              that grows with the square of a line's length */
struct matcher;

struct matcher_options {
    const struct leat_span *patterns; /* none at all match nothing; an empty one, every line */
    size_t patterns_len;
    bool fixed;       /* patterns are text, not expressions */
    bool ignore_case; /* letters match in either case, by Unicode's simple folding */
    bool smart_case;  /* so, when no pattern has a literal upper-case letter, and one a literal */
    bool word;        /* no word character just before a match, nor just after */
    bool line;        /* a match is the whole line; outdoes `word` */
};

struct matcher_error {
    char text[256]; /* one line, for a person */
};

/* Make a matcher. It is immutable: threads share it. Returns false, with the reason, when a pattern
 * cannot be understood, when it names a line's end, or without memory. Destroy takes NULL. */
LEAT_MUST_USE bool matcher_create(const struct matcher_options *options, struct matcher **ret,
                                  struct matcher_error *ret_error);
void matcher_destroy(struct matcher *matcher);

/* Whether every character that the patterns name is ASCII. They may match others all the same, by a
 * dot or by a class that names none. */
bool matcher_names_ascii(const struct matcher *matcher);

/* What one thread needs to search. NULL without memory; destroy takes NULL. */
struct matcher_scratch;
LEAT_MUST_USE struct matcher_scratch *matcher_scratch_create(const struct matcher *matcher);
void matcher_scratch_destroy(struct matcher_scratch *scratch);

enum matcher_status {
    MATCHER_FOUND,
    MATCHER_NONE,
    MATCHER_ERROR, /* it cannot be known: a limit was met. matcher_error_text says which */
};

/* A line, without and with its '\n'. */
struct matcher_line {
    size_t start, end;
    size_t next; /* where the next line starts; the text's length after the last */
};

/* Find the next line that matches.
 *
 * text     whole lines; the last may lack its '\n'. A '\n' at the very end begins no further line
 * from     where a line starts, or the text's length
 * ret      the line; on MATCHER_ERROR, the line that could not be searched: go on at its `next`
 * Blocks   no.   Allocates  PCRE2's heap, bounded, for a pattern that needs it. */
LEAT_MUST_USE enum matcher_status matcher_next_line(const struct matcher *matcher,
                                                    struct matcher_scratch *scratch,
                                                    struct leat_span text, size_t from,
                                                    struct matcher_line *ret);

/* Where a walk through a line's matches stands. All zero before the first. */
struct matcher_cursor {
    size_t at;
    size_t last_end; /* of the match before; an empty match there is none of its own */
    bool any;
};

/* Find the next match inside one line, given without its '\n'. Matches do not overlap; they may be
 * empty. */
LEAT_MUST_USE enum matcher_status matcher_in_line(const struct matcher *matcher,
                                                  struct matcher_scratch *scratch,
                                                  struct leat_span line,
                                                  struct matcher_cursor *cursor, size_t *ret_start,
                                                  size_t *ret_end);

/* Why the last call with this scratch returned MATCHER_ERROR. */
const char *matcher_error_text(const struct matcher_scratch *scratch);

#endif
