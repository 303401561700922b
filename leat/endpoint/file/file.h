#ifndef LEAT_ENDPOINT_FILE_FILE_H
#define LEAT_ENDPOINT_FILE_FILE_H

#include "leat/core/ctx.h"

/* How far ahead a file is read. */
enum leat_file_strategy {
    LEAT_FILE_SEQUENTIAL = 0, /* from here to the end: 64 KiB, then 256 KiB at a time */
    LEAT_FILE_NONE,           /* here and there: 16 KiB at a time */
    LEAT_FILE_EXACT,          /* never past what is asked for: for files that change */
};

/* All zero: the defaults. */
struct leat_file_options {
    enum leat_file_strategy strategy;
    /* The caller knows that this is an ordinary file, on a file system that keeps what it is given
     * (not /proc, /sys or a network's streams). Then a read that comes back short has met the end,
     * and a small file takes one read. Otherwise the end is asked for by a second one. */
    bool ordinary;
};

/* All zero: the defaults. */
struct leat_file_writer_options {
    bool durable;  /* FINISH returns when the file and its name are on stable storage */
    unsigned mode; /* permissions of a new file, less the umask; 0: 0666 */
};

LEAT_BEGIN_DECLS

/* A reader of the file at `path`, which is copied and is its label. It is opened at the first fill;
 * what goes wrong is a fault with the system's error number. Folders fault; a named pipe or a
 * device is read as a stream. Seeks, forks (one descriptor for all, across threads), has a size,
 * and offers its descriptor. Each byte is copied once, by the kernel.
 *
 * Blocks     in opening and reading, as the engine does.
 * Allocates  the reader with its name, and a buffer. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_file(struct leat_ctx *ctx, const char *path);

/* The same of `name` in the folder that the descriptor `folder` stands for (AT_FDCWD: the working
 * one); `folder` is used at the first fill and must be open until then. `label` is its name in
 * faults (NULL: `name`); `options` may be NULL. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_file_at(struct leat_ctx *ctx, int folder,
                                                        const char *name, const char *label,
                                                        const struct leat_file_options *options);

/* A writer of the file at `path`, which is copied and is its label. It writes a new file beside it,
 * made at the first drain, that takes the name at LEAT_FLUSH_FINISH and is removed when closed
 * without: nobody ever sees half of it. A link is followed. What is there and is no ordinary file
 * (a pipe, a device) is written to as it is. `options` may be NULL.
 *
 * A flush with LEAT_FLUSH_SYNC has the bytes on stable storage, though without their name.
 * Blocks as the engine does. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_file_writer(
    struct leat_ctx *ctx, const char *path, const struct leat_file_writer_options *options);

LEAT_END_DECLS

#endif
