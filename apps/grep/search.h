#ifndef APPS_GREP_SEARCH_H
#define APPS_GREP_SEARCH_H

#include "apps/grep/matcher.h"
#include "leat/core/reader.h"

/* Finding the lines of one reader that match, with what stands around them. */

enum search_binary {
    SEARCH_BINARY_STOPS, /* a NUL byte ends the input: what stands before it is searched */
    SEARCH_BINARY_TOLD,  /* the search goes on, and result.binary says so */
    SEARCH_BINARY_TEXT,  /* NUL is a byte like any other */
};

struct search_options {
    const struct matcher *matcher;
    bool invert;
    bool numbers; /* count lines */
    uint64_t max_count;
    bool max_count_set;
    uint64_t before, after; /* lines of context */
    enum search_binary binary;
    bool streams; /* what was found goes out before more is waited for: nothing can take it back */
    bool tells_binary; /* whether a file is binary matters though no line of it matches */

    bool origins; /* offsets count in what the text was decoded from */

    /* Of the reader, where it is a piece of something larger. */
    uint64_t number_first; /* of its first line; 0: 1 */
    uint64_t offset_first; /* of the first byte that is searched */
};

/* A line to show: a loan until the callback returns. */
struct search_line {
    struct leat_span text;       /* without its '\n' */
    uint64_t offset;             /* of its first byte, in the input; see search_line_offset */
    uint64_t number;             /* from 1; 0 when lines are not counted */
    bool matched;                /* else it is context */
    bool gap;                    /* lines were left out since the last one shown */
    struct leat_reader *origins; /* what is asked where bytes came from; NULL: nobody asks */
    size_t at;                   /* its first byte, in that reader's window */
};

/* The offset of the byte `n` bytes into the line: in what is searched or, with `origins`, in what
 * the text was decoded from, where that can be told. */
uint64_t search_line_offset(const struct search_line *line, size_t n);

/* How far a sink's text goes: for taking lines back. Its fields are the sink's. */
struct search_mark {
    uint64_t text;
    uint64_t matches;
};

/* Who is told of the lines to show. */
struct search_sink {
    /* A line, in order. False ends the search. */
    bool (*line)(struct search_sink *sink, const struct search_line *line);

    /* Where the lines so far end. */
    struct search_mark (*mark)(const struct search_sink *sink);

    /* The lines behind `mark` are not to be shown: a NUL byte was met that ends the search before
     * them, or the file was cut short while they were read, and was not what they show. */
    void (*forget)(struct search_sink *sink, struct search_mark mark);

    /* Those before `mark` stand: they may go out. */
    void (*keep)(struct search_sink *sink, struct search_mark mark);

    /* The reader met damage, and the search goes on behind it. NULL: it ends there. */
    void (*damaged)(struct search_sink *sink, const struct leat_fault *fault);
};

struct search_result {
    uint64_t lines; /* that matched */
    uint64_t bytes; /* that were searched */
    bool binary;    /* a NUL byte was met, at: */
    uint64_t binary_offset;
    bool stopped; /* the callback, or max_count, ended it before the input did */
    bool cut;     /* a line was too long for memory and searched in pieces, from: */
    uint64_t cut_offset;
    const char *error;     /* why the first line that could not be judged could not; NULL: none */
    uint64_t error_offset; /* and where it begins */
};

/* Search `r` from where it stands to its end.
 *
 * scratch  the matcher's, of this thread
 * Status   END (all was searched, or as far as was wanted), FAULT (r's, behind which nothing can
 *          be read: what stood before it was searched; leat_reader_fault says what), AGAIN is
 *          waited out by blocking engines
 * Blocks   as the engine does. Allocates only in `r`. */
LEAT_MUST_USE enum leat_status search_reader(const struct search_options *options,
                                             struct matcher_scratch *scratch, struct leat_reader *r,
                                             struct search_sink *sink, struct search_result *ret);

#endif
