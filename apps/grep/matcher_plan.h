#ifndef APPS_GREP_MATCHER_PLAN_H
#define APPS_GREP_MATCHER_PLAN_H

/* The inside of a matcher: matcher_create.c fills it in, matcher.c searches with it. */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "apps/grep/matcher.h"
#include "apps/grep/needle.h"
#include "apps/grep/sieve.h"

struct matcher {
    bool never;   /* there is no pattern */
    bool every;   /* every line matches, whatever is in it */
    bool exact;   /* the needles are the matches, but for `word` and `line` */
    bool empty;   /* a match may be empty */
    bool ascii;   /* see matcher_names_ascii */
    bool by_line; /* an exotic pattern: what lies around the line must not be seen */
    bool word, line;
    struct needle_set *needles; /* each match holds one; NULL: nothing is known */
    struct sieve *sieve;        /* where a match may begin; in place of the needles, or NULL */
    size_t line_min;            /* with neither: a shorter line does not match; 0: any may */
    bool selective;             /* the sieve leaves little even of a line that matches */
    pcre2_code *code;           /* NULL when `exact` */
    pcre2_code *code_ascii;     /* for text that is ASCII; may be NULL */
    pcre2_code *code_word;      /* one word character; when edges of words are asked for */
};

/* Test hook: make the matcher search by PCRE2 alone, a line at a time, with none of what makes it
 * fast. The patterns are translated as ever. */
bool matcher_create_plain(const struct matcher_options *options, struct matcher **ret,
                          struct matcher_error *ret_error);

#endif
