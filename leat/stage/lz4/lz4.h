#ifndef LEAT_STAGE_LZ4_LZ4_H
#define LEAT_STAGE_LZ4_LZ4_H

#include "leat/core/format.h"

/* LZ4 frames (lz4_Frame_format.md, version 1.6.3), by liblz4.
 *
 * The decoder writes each block straight into the reader's own ring, where it is at once the
 * window and the history that later blocks look back at: nothing is copied behind it. A block that
 * was stored is copied, and in the ledger as a codec's copy. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_lz4_options {
    /* 3 (smaller) .. 12 (smallest), or below 0 for faster ones; 0, 1 and 2: the default. What is
     * outside is taken as the nearest. */
    int level;
};

LEAT_BEGIN_DECLS

/* A reader of what lz4 packed into `src`, which it owns. Frames one after another read as one,
 * skippable frames are skipped, frames of the old kind (lz4 -l) are read too. Checksums and sizes
 * are checked where a frame has them. What follows the last frame stays in `src`, unread, and the
 * reader is at its END. A dictionary is UNSUPPORTED; blocks that are larger than the ctx's
 * window_max are a fault with code BOUND. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unlz4(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns: linked blocks of 64 KiB, and a checksum of
 * the content. `options` may be NULL. PUSH makes all that was written decodable; FINISH ends the
 * frame. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_lz4(struct leat_writer *sink,
                                                    const struct leat_lz4_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoder's options are those above. */
LEAT_API extern const struct leat_stage leat_stage_unlz4;
LEAT_API extern const struct leat_stage leat_stage_lz4;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_lz4;

LEAT_END_DECLS

#endif
