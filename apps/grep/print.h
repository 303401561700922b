#ifndef APPS_GREP_PRINT_H
#define APPS_GREP_PRINT_H

#include "apps/grep/grep_flags.h"
#include "apps/grep/search.h"
#include "apps/term/output.h"

/* What is printed, resolved from the flags: the same for every file. */
struct print_options {
    const struct grep_options *flags;
    struct term_style style;
    bool numbers;
    bool names;
    bool heading;
    bool context; /* any was asked for, so groups are set apart */
};

/* One thread's printing. Lines gather in a buffer that goes out at the end of each file, so that
 * files do not mix; a file that prints very much holds the output until its end. */
struct print {
    struct search_sink sink; /* first: the search tells it */
    const struct print_options *options;
    const struct matcher *matcher;
    struct matcher_scratch *scratch;
    struct term_output *output;
    bool *separates; /* shared, under the output's lock: something was printed before */
    struct term_buffer buffer;
    bool gathers;   /* a piece: everything stays in the buffer, for print_add */
    bool streams;   /* lines go out as soon as they stand */
    bool holds;     /* the output's lock */
    bool closed;    /* nobody reads any more, or it failed: stop */
    uint64_t out;   /* bytes of this file that are out of the buffer */
    uint64_t bytes; /* printed so far */

    /* Of the file at hand: */
    const char *place;
    size_t place_len;
    bool named; /* its name is shown, whatever the options say */
    const struct search_result *result;
    uint64_t matches; /* single ones, where they are counted */
};

/* Begin a file. `place` is borrowed until print_end. */
void print_begin(struct print *print, const char *place, size_t place_len, bool named,
                 const struct search_result *result);

/* Make a thread's printing; see the fields. It holds nothing yet. */
void print_init(struct print *print, const struct print_options *options,
                const struct matcher *matcher, struct matcher_scratch *scratch,
                struct term_output *output, bool *separates);

/* A printing of a piece of the file at hand, with another scratch: its lines gather in its buffer,
 * which is the caller's to free once print_add has put it behind those of the pieces before. */
struct print print_piece(const struct print *print, struct matcher_scratch *scratch,
                         const struct search_result *result);
void print_add(struct print *print, const struct print *piece);

/* End the file: counts, names and notes that come last, and all of it out. `walked`: the file was
 * found, not named. Returns whether it counts as a match for the exit status. */
bool print_end(struct print *print, bool walked);

#endif
