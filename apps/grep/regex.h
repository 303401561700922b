#ifndef APPS_GREP_REGEX_H
#define APPS_GREP_REGEX_H

#include "leat/core/span.h"

/* A pattern read into tokens, so that two things can be made of it: the text PCRE2 compiles, and
 * the literals each match must hold. The syntax is that of Rust's regex crate, which ripgrep has,
 * where that and PCRE2 share it; what only PCRE2 has is exotic.
 *
 * An exotic pattern is one whose tokens are not known here: back references, recursion, \K, \Q,
 * (?x), verbs, and whatever may match a line's end. It is given to PCRE2 as it stands, its meaning
 * is PCRE2's, and it is searched a line at a time. */

enum regex_kind {
    REGEX_CHAR,
    REGEX_ANY, /* . */
    REGEX_CLASS,
    REGEX_OPEN, /* every kind of group that matches what is inside; none captures */
    REGEX_ATOMIC,
    REGEX_LOOK, /* a group that matches nothing: lookaround */
    REGEX_CLOSE,
    REGEX_OR,
    REGEX_REPEAT,
    REGEX_FLAGS,      /* (?i) or (?-i), up to the end of its group */
    REGEX_LINE_START, /* from here on: what matches between characters */
    REGEX_LINE_END,
    REGEX_WORD_EDGE,       /* \b */
    REGEX_WORD_INSIDE,     /* \B */
    REGEX_WORD_START,      /* \<, \b{start} */
    REGEX_WORD_END,        /* \>, \b{end} */
    REGEX_WORD_START_HALF, /* \b{start-half} */
    REGEX_WORD_END_HALF,   /* \b{end-half} */
};

enum regex_item_kind {
    REGEX_RANGE,
    REGEX_DIGIT,
    REGEX_SPACE,
    REGEX_WORD,
    REGEX_PROPERTY,
};

/* Whether it is one of those that ask for a word beside it. */
static inline bool regex_is_edge(enum regex_kind kind)
{
    return kind >= REGEX_WORD_EDGE && kind <= REGEX_WORD_END_HALF;
}

/* A part of a class. The class matches what any of its items does. */
struct regex_item {
    enum regex_item_kind kind;
    bool negated;          /* not of a range */
    bool named;            /* a range that the pattern does not spell: of [:name:] */
    uint32_t first, last;  /* of a range: code points */
    struct leat_span name; /* of a property: what stands between the braces */
};

enum regex_case {
    REGEX_CASE_KEEP,
    REGEX_CASE_IGNORE,
    REGEX_CASE_HEED,
};

struct regex_token {
    enum regex_kind kind;
    uint32_t c;                  /* CHAR: its code point */
    uint32_t min, max;           /* REPEAT; REGEX_REPEAT_MAX is no limit */
    uint32_t items, items_len;   /* CLASS: where in regex.items */
    bool negated;                /* CLASS */
    enum regex_case letter_case; /* OPEN and FLAGS */
    struct leat_span source;     /* the token as written */
};

#define REGEX_REPEAT_MAX UINT32_MAX

struct regex {
    struct regex_token *tokens;
    size_t tokens_len, tokens_room;
    struct regex_item *items;
    size_t items_len, items_room;
    struct leat_span source; /* the caller's; the tokens point into it */
    bool exotic;             /* the tokens are of no use */
};

enum regex_status {
    REGEX_OK,
    REGEX_NO_MEMORY,
    REGEX_NEWLINE,       /* it names a line's end, which no line holds */
    REGEX_INVALID_UTF8,  /* a pattern is text */
    REGEX_SET_OPERATION, /* [a&&b] or [a~~b] */
};

/* Read a pattern; when `fixed`, every character stands for itself. The pattern must outlive `ret`,
 * which is finished with regex_fini whatever the status. What is wrong with the syntax is left for
 * PCRE2 to say. */
LEAT_MUST_USE enum regex_status regex_init(struct regex *ret, struct leat_span pattern, bool fixed);
void regex_fini(struct regex *regex);

/* regex_class.c: read the class that begins at `*at`, past its '['. On success `*at` is past its
 * ']' and `ret` is filled in; false when it is exotic. */
bool regex_class_read(struct regex *regex, size_t *at, struct regex_token *ret,
                      enum regex_status *status);

/* Read the escape at `*at`, past its '\': a character, or a class such as \d or \pL, whose item is
 * appended. Moves `*at` past it. False when it is neither. */
bool regex_escape_read(struct regex *regex, size_t *at, struct regex_token *ret,
                       enum regex_status *status);

/* Append; false, with the status set, without memory. */
bool regex_push_item(struct regex *regex, struct regex_item item, enum regex_status *status);

/* Whether `with` stands at `at`, which is at most the text's length. */
bool regex_starts(struct leat_span text, size_t at, const char *with);

/* Decode the character at `*at` and move past it; false when it is not UTF-8. */
bool regex_decode(struct leat_span text, size_t *at, uint32_t *ret_c);

/* Encode as UTF-8; returns how many bytes. */
size_t regex_encode(uint32_t c, uint8_t to[4]);

#endif
