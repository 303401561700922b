#ifndef APPS_TERM_MESSAGE_H
#define APPS_TERM_MESSAGE_H

#include "apps/term/output.h"

/* What went wrong, told to a person on one line:
 *
 *     leat: a.tar.gz!b.txt.gz: gzip: wrong checksum, at input offset 746601
 *
 * Each field but `program` and `reason` may be left out. Texts are borrowed, and escaped on the
 * way out, terminal or not: one problem is always one line. */
struct term_message {
    const char *program; /* who speaks: "leat", or "leat grep" for its command line */
    const char *place;   /* the path, inside and out; need not end in NULL */
    size_t place_len;
    const char *part;   /* which part of leat met it, as "gzip" */
    const char *reason; /* what happened, in small letters and without a full stop */
    bool has_offset;
    uint64_t input_offset; /* of that part's input, in bytes */
};

/* The longest line, its newline included. Pipes take this much in one piece (PIPE_BUF), so lines
 * of several processes do not mix. Places and reasons that are too long for it are cut short. */
#define TERM_MESSAGE_MAX 4096

/* Put the line into a buffer, with its newline. */
void term_put_message(struct term_buffer *buffer, const struct term_message *message);

/* Write the line, in one write, under the output's lock. Allocates nothing. That it could not be
 * written is kept in the output's status; there is nobody left to tell. */
void term_message(struct term_output *output, const struct term_message *message);

#endif
