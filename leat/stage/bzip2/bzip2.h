#ifndef LEAT_STAGE_BZIP2_BZIP2_H
#define LEAT_STAGE_BZIP2_BZIP2_H

#include "leat/core/format.h"

/* bzip2, by libbz2. A stream is a header, blocks of up to 900 kB and an end, with no bytes' bounds
 * between them; each block has a checksum, and the end one of all blocks. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_bzip2_options {
    /* 1 .. 9, the size of a block in 100 kB; 0: the default, 9. What is outside is taken as the
     * nearest. */
    int level;
};

LEAT_BEGIN_DECLS

/* A reader of what bzip2 packed into `src`, which it owns. Streams one after another read as one;
 * what follows the last of them stays in `src`, unread, and the reader is at its END. A block is
 * read whole before any of it comes out: up to 1 MiB of `src` is kept in its window meanwhile. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_bunzip2(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns; `options` may be NULL. FINISH writes the
 * stream's end. PUSH is UNSUPPORTED: a block ends in the midst of a byte. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_bzip2(struct leat_writer *sink,
                                                      const struct leat_bzip2_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoder's options are those above. */
LEAT_API extern const struct leat_stage leat_stage_bunzip2;
LEAT_API extern const struct leat_stage leat_stage_bzip2;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_bzip2;

LEAT_END_DECLS

#endif
