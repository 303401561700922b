#ifndef APPS_EXPLAIN_MARKUP_H
#define APPS_EXPLAIN_MARKUP_H

#include "apps/term/buffer.h"

/* Texts and numbers as they stand in the page, which is HTML and well-formed XML at once. */

/* Put text from anywhere: what could not be seen is shown as a terminal shows it (see
 * term_put_escaped), and nothing of it is markup, in an element or in a quoted attribute. */
void markup_put_text(struct term_buffer *buffer, const char *text, size_t len);
void markup_puts(struct term_buffer *buffer, const char *text);

/* The same, and of what is longer than `shown_max` characters an ellipsis and the end: of a path,
 * the end says most. */
void markup_put_clipped(struct term_buffer *buffer, const char *text, size_t shown_max);

/* Put a number as people read it, "24.2 MiB" or "3.07 ms". */
void markup_put_size(struct term_buffer *buffer, uint64_t bytes);
void markup_put_time(struct term_buffer *buffer, uint64_t ns);

/* Put all digits of a number, in groups of three. */
void markup_put_exact(struct term_buffer *buffer, uint64_t number);

/* Put a time that is a multiple of `step_ns`, in the unit and with the decimals that tell its
 * neighbours from it. */
void markup_put_tick(struct term_buffer *buffer, uint64_t ns, uint64_t step_ns);

/* Put nanoseconds as milliseconds, to the microsecond. */
void markup_put_ms(struct term_buffer *buffer, uint64_t ns);

#endif
