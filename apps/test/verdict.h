#ifndef APPS_TEST_VERDICT_H
#define APPS_TEST_VERDICT_H

#include "apps/term/buffer.h"
#include "leat/layer/walk.h"

/* What a test says: text for people, or an object of JSON on each line. */
struct verdict_style {
    bool json;
    bool escape; /* names are made safe for a terminal */
};

/* What was found in one file. */
struct verdict {
    const char *path; /* as it was given, and what is below it */
    size_t path_len;
    uint64_t leaves; /* that were read inside */
    uint64_t bytes;  /* in them */
    uint64_t layers; /* that came off, containers with them */
    uint64_t problems;
};

/* Put what is wrong at a place. */
void verdict_put_problem(struct term_buffer *buffer, struct verdict_style style,
                         struct leat_span place, const struct leat_fault *fault);

/* Put a thing inside that was read: how many bytes, and whether something was wrong with it. */
void verdict_put_leaf(struct term_buffer *buffer, struct verdict_style style,
                      struct leat_span place, uint64_t bytes, bool sound);

/* Put the verdict on a file. */
void verdict_put(struct term_buffer *buffer, struct verdict_style style,
                 const struct verdict *verdict);

#endif
