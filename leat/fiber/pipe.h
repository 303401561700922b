#ifndef LEAT_FIBER_PIPE_H
#define LEAT_FIBER_PIPE_H

#include "leat/core/ctx.h"
#include "leat/fiber/fiber.h"

/* A pipe: what one fiber writes another reads, by reference. The reader's window is the writer's
 * own block, or the slice that was given, so that nothing is copied where one piece holds what is
 * asked for; a peek across two pieces joins them (cause: seam).
 *
 * The writer waits once `high` bytes are committed and not consumed, until the reader has come down
 * to `low`; two marks, so that the two take turns by the block and not by the byte. A reader that
 * asks for more than `high` at once gets it. Bytes are seen at a flush, when the writer needs more
 * room, or when the reader would have to wait for them. */

/* All zero: the defaults. */
struct leat_pipe_options {
    size_t high; /* bytes, > 0; 128 KiB */
    size_t low;  /* below `high`; half of it, also where it is 0 */
};

LEAT_BEGIN_DECLS

/* Make one, between fibers of the ctx's engine, which must be leat_fibers_engine: that asserts.
 * Either end may be closed first. A writer that finishes (LEAT_FLUSH_FINISH) ends the reader's
 * bytes; one that is closed before leaves it a fault TRUNCATED behind what was written. A writer
 * whose reader was closed gets a fault with system code EPIPE. A wait that is cancelled is a fault
 * of the end that waited.
 *
 * options     may be NULL
 * ret_reader  never NULL: without memory the ctx's no_reader, and ret_writer its no_writer */
LEAT_API void leat_pipe(struct leat_ctx *ctx, const struct leat_pipe_options *options,
                        struct leat_reader **ret_reader, struct leat_writer **ret_writer);

/* Say why `w`, the writer of a pipe, will be closed before it has finished: the reader gets this
 * fault behind what was written, but for its name, which may be gone by then. */
LEAT_API void leat_pipe_fail(struct leat_writer *w, const struct leat_fault *fault);

/* A reader of what a fiber of its own writes: entry(out, arg) runs in `scope` and waits when it is
 * ahead. It returns OK when all is written, and then `out` is finished; anything else cuts the
 * reader's bytes off, as above. `out` is closed for it. When the reader is closed early, its next
 * write fails, and it should return. The scope waits for it as for any fiber.
 *
 * ret   never NULL; where no fiber could be started, a reader with that fault */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_generate(
    struct leat_ctx *ctx, struct leat_scope *scope,
    enum leat_status (*entry)(struct leat_writer *out, void *arg), void *arg);

LEAT_END_DECLS

#endif
