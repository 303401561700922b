#ifndef LEAT_STAGE_AGE_HEADER_H
#define LEAT_STAGE_AGE_HEADER_H

#include "leat/core/fault.h"
#include "leat/core/span.h"

/* The header of an age file (https://c2sp.org/age, "Header"), line by line. Not installed. */

enum { LEAT_AGE_ARGS_MAX = 4, LEAT_AGE_MAC_DIGITS = 43 };

enum leat_age_line { LEAT_AGE_VERSION, LEAT_AGE_STANZA, LEAT_AGE_BODY, LEAT_AGE_END };

/* How far a header was read; zeroed at first. */
struct leat_age_header {
    size_t len;              /* of the whole lines so far */
    size_t scanned;          /* no line ends before here */
    enum leat_age_line line; /* which comes next; END when the header is whole */
    size_t stanzas;
    size_t mac_at; /* of the last line; what it checks goes on for 3 bytes more */

    /* What breaks the format's rules, if anything, and where. */
    enum leat_fault_code code;
    const char *reason;
    size_t fault_at;
};

/* Read on in `text`, which begins where the header does, and has not less than in the last call.
 * OK: it is whole. AGAIN: more than `text` is needed. FAULT: code, reason and fault_at are set. */
enum leat_status leat_age_header_read(struct leat_age_header *header, struct leat_span text);

/* A recipient's stanza. */
struct leat_age_stanza {
    size_t at;                                /* of it in the header */
    struct leat_span args[LEAT_AGE_ARGS_MAX]; /* the first of them */
    size_t args_len;                          /* of all there are */
    struct leat_span body;                    /* its first line */
    bool one_line;                            /* the body has no other */
};

/* The stanza at `*at` of a whole header, and on to the next. False behind the last. `*at` is 0 at
 * first. */
bool leat_age_stanza_next(struct leat_span header, size_t *at, struct leat_age_stanza *ret);

/* Whether a stanza's type, its first argument, is `name`. */
bool leat_age_stanza_is(const struct leat_age_stanza *stanza, const char *name);

#endif
