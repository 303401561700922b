#ifndef APPS_GREP_PATTERNS_H
#define APPS_GREP_PATTERNS_H

#include "apps/grep/grep_flags.h"
#include "apps/run/run.h"
#include "leat/core/span.h"

/* The patterns of a command line: those of -e, the lines of each -f, or else the first operand. */
struct patterns {
    struct leat_span *items; /* into argv and `texts` */
    size_t count;
    size_t size;
    struct term_buffer *texts; /* what the files held */
    size_t texts_count;
    size_t operands; /* how many of the operands were taken: 0 or 1 */
};

/* Gather them. False, and it was said, when a file cannot be read or there is no pattern at all. */
LEAT_MUST_USE bool patterns_gather(struct patterns *patterns, struct run *run,
                                   const struct grep_options *options);
void patterns_fini(struct patterns *patterns);

#endif
