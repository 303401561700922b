#ifndef TESTS_KINDS_ENDS_H
#define TESTS_KINDS_ENDS_H

#include "tests/kinds/kinds.h"

/* Common ways to make the two ends, for rows to use as they are. None of them waits. */

/* A pipe or a pair of sockets, the near end of which is read from, or written to. The near end's
 * mode is the usual one, so that nobody may rely on it; `ends_pipe_in_nonblocking` has the other.
 */
void ends_pipe_in(struct kind_end *end);
void ends_pipe_in_nonblocking(struct kind_end *end);
void ends_pipe_out(struct kind_end *end);
void ends_socket(struct kind_end *end);

/* The far end of one that is read from, and of one that is written to. */
size_t ends_feed(struct kind_end *end, const void *data, size_t len);
void ends_finish(struct kind_end *end);
size_t ends_take(struct kind_end *end, struct leat_writer *w, void *to, size_t len);

/* Go away, so that writing to the near end fails. */
void ends_hang_up(struct kind_end *end);

/* A file at end->path. */
void ends_put_file(struct kind_end *end, uint64_t offset, const void *data, size_t len);
size_t ends_take_file(struct kind_end *end, struct leat_writer *w, void *to, size_t len);

/* Let no file grow beyond end->room bytes, until the ends are unmade. */
void ends_refuse_file(struct kind_end *end);

/* Close the far end and remove the file. */
void ends_unmake(struct kind_end *end);

#endif
