#ifndef APPS_TERM_CHECK_H
#define APPS_TERM_CHECK_H

#include <stdio.h>

#include "apps/term/buffer.h"

/* For unit tests: say what does not hold, where, and stop. */
#define check(fact)                                                                                \
    do {                                                                                           \
        if (!(fact)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #fact);                             \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The buffer holds this text and no more; `what` names the case. */
static inline void check_text(const char *what, const struct term_buffer *buffer,
                              const char *expected)
{
    if (buffer->len == strlen(expected) &&
        (buffer->len == 0 || memcmp(buffer->data, expected, buffer->len) == 0))
        return;
    fprintf(stderr, "%s:\n  is       \"%.*s\"\n  expected \"%s\"\n", what, (int)buffer->len,
            buffer->len > 0 ? buffer->data : "", expected);
    exit(1);
}

#endif
