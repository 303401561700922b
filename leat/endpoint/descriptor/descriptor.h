#ifndef LEAT_ENDPOINT_DESCRIPTOR_DESCRIPTOR_H
#define LEAT_ENDPOINT_DESCRIPTOR_DESCRIPTOR_H

#include "leat/core/ctx.h"

LEAT_BEGIN_DECLS

/* A reader of an open descriptor: a pipe, a terminal, a socket, a standard stream, a file. `label`
 * is its name in faults, and copied. Closed with the reader and its forks when `own`.
 *
 * What arrived is shown at once: a fill never waits for more than it was asked for. Where the
 * descriptor can be sought in, offset 0 is where it stood, the reader seeks, forks and has a size,
 * and unless `own` the descriptor stands after what was consumed when the reader is closed.
 * Blocks as the engine does; the descriptor's mode is left as it is. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_descriptor(struct leat_ctx *ctx, int fd, bool own,
                                                           const char *label);

/* A reader of the file that is open at `fd`, from its byte `start` on, which is offset 0. It is
 * read by offsets alone: where the descriptor stands is neither asked nor changed, so any number of
 * readers may share it. It stays the caller's, and open until the last of them is closed. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_descriptor_at(struct leat_ctx *ctx, int fd,
                                                              uint64_t start, const char *label);

/* A writer to an open descriptor, from where it stands; closed with it when `own`. Slices are
 * written straight from their memory, and what a reader offers is moved by the kernel where it can.
 *
 * LEAT_FLUSH_SYNC is fdatasync(2). A pipe without a reader is a fault with EPIPE, where the program
 * ignores SIGPIPE. A file is never copied onto itself: a fault says so. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_descriptor_writer(struct leat_ctx *ctx, int fd,
                                                                  bool own, const char *label);

/* How bytes last came to such a writer: the name of the system's call that moved them from one
 * descriptor to the other ("copy_file_range"), or "memory" where none did. Static text. */
LEAT_API const char *leat_descriptor_route(const struct leat_writer *w);

LEAT_END_DECLS

#endif
