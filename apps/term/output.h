#ifndef APPS_TERM_OUTPUT_H
#define APPS_TERM_OUTPUT_H

#include <pthread.h>

#include "apps/term/buffer.h"

/* How writing to the outside went. */
enum term_status {
    TERM_OK,
    TERM_CLOSED, /* the reader went away (EPIPE): stop quietly */
    TERM_FAILED, /* the disk is full, memory ran out, ...: `error` of the output says which */
};

/* A descriptor that several threads print to, a whole buffer at a time.
 *
 * The first failure stays: later writes are dropped and return it. A process that wants CLOSED
 * instead of being killed ignores SIGPIPE. */
struct term_output {
    int fd; /* the caller's; not closed here */
    pthread_mutex_t lock;
    enum term_status status;
    int error; /* errno of the first failure, or 0 */
};

/* An output over `fd`, in the caller's memory. */
void term_output_init(struct term_output *output, int fd);
void term_output_fini(struct term_output *output);

/* Write all of the buffer in one piece as others see it, and clear it, whatever the outcome.
 *
 * A write cut short or interrupted goes on; a descriptor that would block is waited for. A buffer
 * that was cut is written as far as it goes and fails with ENOMEM: a hole is never silent.
 * Status   OK, CLOSED, FAILED
 * Threads  any number; waits for the lock, and for the descriptor. */
LEAT_MUST_USE enum term_status term_flush(struct term_output *output, struct term_buffer *buffer);

/* For text of one file that is too long to keep: hold the output from the first flush to the
 * last, so that nothing comes between them. */
void term_output_lock(struct term_output *output);
void term_output_unlock(struct term_output *output);

/* As term_flush, by the thread that holds the lock. */
LEAT_MUST_USE enum term_status term_flush_locked(struct term_output *output,
                                                 struct term_buffer *buffer);

#endif
