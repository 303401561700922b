#ifndef APPS_GREP_LITERALS_H
#define APPS_GREP_LITERALS_H

#include "apps/grep/regex.h"

/* The literals a pattern needs: a set such that each match holds one of them. */

enum { LITERALS_MAX = 64, LITERAL_BYTES_MAX = 48 };

struct literal {
    uint8_t len;
    uint8_t bytes[LITERAL_BYTES_MAX];
};

struct literals {
    unsigned len;
    struct literal items[LITERALS_MAX];
};

struct literals_found {
    bool any;            /* false: nothing is needed that is rare enough to look for */
    bool exact;          /* the matches are the literals themselves, the first in order preferred */
    bool fold;           /* letters match in either case */
    struct literals set; /* none empty, unless `exact` */
};

/* Find what the pattern needs. An exotic pattern needs nothing that is known.
 *
 * Case is folded by ASCII letters alone. A character that has other forms outside ASCII is spelled
 * out in them all (k, s), or taken for unknown (other letters beyond ASCII), so that a search for
 * the literals misses nothing. */
void literals_find(const struct regex *regex, bool ignore_case, struct literals_found *ret);

/* How rare a hit of the set is: eight times a binary logarithm, bigger is rarer. */
unsigned literals_rarity(const struct literals *set, bool fold);

#endif
