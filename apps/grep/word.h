#ifndef APPS_GREP_WORD_H
#define APPS_GREP_WORD_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "leat/core/span.h"

/* What stands beside a place in a line, as ripgrep sees it, down to where bytes are no UTF-8. */
enum word_side {
    WORD_SIDE_NONE,  /* the line's start or end */
    WORD_SIDE_BAD,   /* bytes that are no character */
    WORD_SIDE_WORD,  /* a word character */
    WORD_SIDE_OTHER, /* any other */
};

/* Compile what tells word characters apart. NULL without memory. */
LEAT_MUST_USE pcre2_code *word_create(void);

/* The character that begins at `at`. `data` is overwritten. */
enum word_side word_after(const pcre2_code *word, pcre2_match_data *data, struct leat_span text,
                          size_t at);

/* The character before `at`: decoded from the last of the four bytes before that can begin one,
 * whether or not it reaches `at`. So " \x80" is a space, where nothing is a word's. */
enum word_side word_before(const pcre2_code *word, pcre2_match_data *data, struct leat_span text,
                           size_t at);

/* PCRE2 sees no character across bytes that are none. Where a pattern asks what is before them, it
 * calls out, with one of these numbers; with any other, which the user wrote, it goes on. */
enum word_callout {
    WORD_CALLOUT_WORD = 253,     /* go on when it is a word character */
    WORD_CALLOUT_NOT_WORD = 254, /* when it is not, whether bad, nothing or another character */
    WORD_CALLOUT_OTHER = 255,    /* when it is another character */
};

/* What pcre2_set_callout wants; `context` points to this. */
struct word_callout_context {
    const pcre2_code *word;
    pcre2_match_data *data; /* its own: not that of the match which calls out */
};
int word_callout(pcre2_callout_block *block, void *context);

#endif
