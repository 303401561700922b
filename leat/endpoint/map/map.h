#ifndef LEAT_ENDPOINT_MAP_MAP_H
#define LEAT_ENDPOINT_MAP_MAP_H

#include "leat/core/ctx.h"

/* All zero: the defaults. */
struct leat_map_options {
    size_t window_bytes; /* mapped at once; 0: 16 MiB */
    size_t step_bytes;   /* shown at once, after a look whether the file was cut; 0: 1 MiB */
    size_t read_bytes;   /* read this much before mapping: a file that is no longer is never mapped,
                            which pays up to 64 KiB or so; 0: map at once */
    bool ordinary;       /* as leat_file_options.ordinary, for what is read */
};

LEAT_BEGIN_DECLS

/* A reader of the file at `path`, mapped: each byte is seen where the kernel keeps it, and none is
 * copied. Otherwise as leat_file; a slice keeps its part of the file mapped, and outlives the
 * reader. The end is where it was when the file was mapped, though the file grow.
 *
 * When the file is cut short while it is read, what was shown of the part cut off is undefined, and
 * a fault with code CHANGED follows what is left of it: never END. Who must know whether what the
 * window shows stands asks leat_size, which looks, and is that fault where some of it does not.
 * This needs the guard, see leat_map_guard_install: without it, and where a file cannot be mapped,
 * the file is read.
 *
 * Blocks   in opening; and wherever its bytes are touched that are not in memory. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_map(struct leat_ctx *ctx, const char *path);

/* The same of `name` in `folder`; as leat_file_at. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_map_at(struct leat_ctx *ctx, int folder,
                                                       const char *name, const char *label,
                                                       const struct leat_map_options *options);

/* Guard the maps of this process against SIGBUS, for good. A SIGBUS that is not theirs goes on to
 * the handler that was there before. For the application to call: signals are its own.
 * Status  OK (also when it is there already), UNSUPPORTED */
LEAT_API LEAT_MUST_USE enum leat_status leat_map_guard_install(void);

LEAT_END_DECLS

#endif
