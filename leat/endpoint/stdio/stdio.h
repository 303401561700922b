#ifndef LEAT_ENDPOINT_STDIO_STDIO_H
#define LEAT_ENDPOINT_STDIO_STDIO_H

#include <stdio.h>

#include "leat/core/ctx.h"

LEAT_BEGIN_DECLS

/* A reader of what is left to read of `file`, which it closes when `own`. What stdio has in its
 * buffer is shown at once, and no more is waited for than is asked for; what was shown has left the
 * FILE. Each byte is copied once more than from a descriptor. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_from_stdio(struct leat_ctx *ctx, FILE *file,
                                                           bool own);

/* A writer into `file`, which it closes when `own`. What `file` holds is flushed first, by stdio.
 * Where it has a descriptor, bytes go straight there, as leat_descriptor_writer's do, and after a
 * flush `file` stands behind them; elsewhere into `file`, and a flush is a fflush.
 * LEAT_FLUSH_SYNC reaches stable storage. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_stdio_writer(struct leat_ctx *ctx, FILE *file,
                                                             bool own);

/* A FILE that reads from `r`, and closes it in fclose. A fault sets the error indicator, and errno
 * to the system's number or EIO (leat_reader_fault tells more, and the bytes before it are read
 * first); where the engine does not wait, EAGAIN. Seeks where `r` does. NULL without memory, with
 * `r` closed and errno set. */
LEAT_API LEAT_MUST_USE FILE *leat_to_stdio(struct leat_reader *r);

/* A FILE that writes to `w`. fclose finishes `w` and closes it, and fails if that does; fflush
 * brings the bytes as far as `w`. Errors and NULL as with leat_to_stdio. */
LEAT_API LEAT_MUST_USE FILE *leat_stdio_from_writer(struct leat_writer *w);

LEAT_END_DECLS

#endif
