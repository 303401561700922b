#ifndef APPS_CP_PROGRESS_H
#define APPS_CP_PROGRESS_H

#include "apps/term/output.h"

/* One line on a terminal that says how far a copy is: redrawn a few times a second, and gone when
 * something else is to be said. */
struct progress {
    struct term_output *to; /* NULL: there is none */
    uint64_t started_ns;
    uint64_t shown_ns;  /* when it was drawn last */
    uint64_t wait_ns;   /* how long after the start the first is */
    uint64_t looked_ns; /* how long it had taken when it was last looked at the clock */
    uint64_t done;      /* bytes */
    uint64_t total;     /* as far as known; 0: not at all */
    bool drawn;         /* it stands there */
};

/* Begin; `to` counts only where it is a terminal. `wait_ns`: before the first. */
void progress_init(struct progress *progress, struct term_output *to, uint64_t wait_ns);

/* So many bytes more were copied. Cheap. */
void progress_add(struct progress *progress, uint64_t bytes);

/* How many bytes to copy before the next look at the clock: a tenth of a second's, as it went so
 * far; many where nobody looks. */
uint64_t progress_piece(const struct progress *progress);

/* Take the line away. */
void progress_clear(struct progress *progress);

/* Put what the line says after `elapsed_ns`, without the control characters around it. */
void progress_put(struct term_buffer *buffer, const struct progress *progress, uint64_t elapsed_ns);

#endif
