#ifndef LEAT_STAGE_LZOP_LZOP_H
#define LEAT_STAGE_LZOP_LZOP_H

#include "leat/core/format.h"

/* The .lzo files of lzop(1), as its version 1.04 reads and writes them: LZO1X, by liblzo2, which is
 * loaded on first use. That library, and no part of leat, is under the GNU General Public License.
 *
 * Blocks are packed one by one, so nothing looks back: each is unpacked into the reader's own
 * window. A block that is stored is copied there, and in the ledger as a codec's copy. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_lzop_options {
    /* 1: LZO1X-1(15), 2 .. 6: LZO1X-1, the default; 7 .. 9: LZO1X-999, smaller each, and far
     * slower. 0: the default. What is outside is taken as the nearest. */
    int level;
};

LEAT_BEGIN_DECLS

/* A reader of what lzop packed into `src`, which it owns. Members one after another read as one,
 * also those of the releases before 0.94, of several files, with extra fields and with filters.
 * The headers' sums and those of blocks are checked, and a block comes out once it was. Behind a
 * block that is damaged reading goes on with the next one, where that is found by its length, else
 * with the next member. Zeros behind the last member are padding; what else follows it stays in
 * `src`, unread, and the reader is at its END. Blocks are up to 64 MiB, though lzop's are 256 KiB;
 * those larger than the ctx's window_max are a fault with code BOUND. Methods other than LZO1X are
 * UNSUPPORTED. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unlzop(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns, as lzop does from a pipe: blocks of 256 KiB,
 * each with an Adler-32 of what is in it. `options` may be NULL. PUSH makes all that was written
 * decodable, as a block of its own; FINISH ends the member. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_lzop(struct leat_writer *sink,
                                                     const struct leat_lzop_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoder's options are those above. */
LEAT_API extern const struct leat_stage leat_stage_unlzop;
LEAT_API extern const struct leat_stage leat_stage_lzop;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_lzop;

LEAT_END_DECLS

#endif
