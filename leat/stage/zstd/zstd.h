#ifndef LEAT_STAGE_ZSTD_ZSTD_H
#define LEAT_STAGE_ZSTD_ZSTD_H

#include "leat/core/format.h"

/* Zstandard (RFC 8878), by libzstd.
 *
 * The decoder writes each block straight into the reader's own ring, where it is at once the
 * window and the history that later blocks look back at: nothing is copied behind it. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_zstd_options {
    /* 1 .. 22, or below 0 for faster ones; 0: the default, 3. What is outside is taken as the
     * nearest. */
    int level;
};

/* The largest window that is decoded, as in zstd(1); a ctx's window_max may make it smaller. */
#define LEAT_ZSTD_WINDOW_MAX (128 * LEAT_MIB)

LEAT_BEGIN_DECLS

/* A reader of what zstd packed into `src`, which it owns. Frames one after another read as one,
 * skippable frames are skipped, checksums are checked where a frame has one. What follows the last
 * frame stays in `src`, unread, and the reader is at its END. A dictionary is UNSUPPORTED; a window
 * over LEAT_ZSTD_WINDOW_MAX is a fault with code BOUND. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unzstd(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns, with a checksum; `options` may be NULL. PUSH
 * makes all that was written decodable; FINISH ends the frame. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_zstd(struct leat_writer *sink,
                                                     const struct leat_zstd_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoder's options are those above. */
LEAT_API extern const struct leat_stage leat_stage_unzstd;
LEAT_API extern const struct leat_stage leat_stage_zstd;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_zstd;

LEAT_END_DECLS

#endif
