#ifndef LEAT_STAGE_XZ_XZ_H
#define LEAT_STAGE_XZ_XZ_H

#include "leat/core/format.h"

/* What liblzma packs and unpacks: .xz (xz-file-format.txt 1.1), .lzma, that is LZMA_Alone, and .lz,
 * that is lzip (its manual, "File format").
 *
 * liblzma decodes into a dictionary of its own and copies from there into the reader's window: each
 * byte once, counted as the codec's. A dictionary over a ctx's window_max is a fault with code
 * BOUND. Where the size of what is packed is known, no more is asked for than that. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. */
struct leat_xz_options {
    /* 1 .. 9, as those of xz(1); 0: the default, 6; below 0: xz's own -0. What is above is 9. */
    int level;

    /* Try harder, for a little less output: xz(1)'s --extreme. */
    bool extreme;
};

LEAT_BEGIN_DECLS

/* A reader of what xz packed into `src`, which it owns. Streams one after another read as one, with
 * padding of zeros between and behind them; blocks' checks, the index and all headers are checked.
 * What follows the last stream stays in `src`, unread, and the reader is at its END; where that
 * looks like a damaged stream, it is a fault. Blocks whose check is of a kind that liblzma does not
 * know are read, and behind them all is a fault with code UNSUPPORTED that says so.
 *
 * It can be resynchronized at blocks and streams. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unxz(struct leat_reader *src);

/* A reader of an .lzma stream. Nothing in it is checked. What follows its end stays in `src`. Where
 * the header tells the size there must be no mark at the end. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unlzma(struct leat_reader *src);

/* A reader of what lzip packed, as leat_unxz: members one after another read as one. What follows
 * the last stays in `src`; where that looks like a damaged member, it is a fault, as with lzip(1).
 * It can be resynchronized at members. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unlzip(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns, as one block with a CRC-64; `options` may be
 * NULL. PUSH makes all that was written decodable. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_xz(struct leat_writer *sink,
                                                   const struct leat_xz_options *options);

/* The same as .lzma and as .lz. There PUSH is UNSUPPORTED: the formats have no way to say it. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_lzma(struct leat_writer *sink,
                                                     const struct leat_xz_options *options);
LEAT_API LEAT_MUST_USE struct leat_writer *leat_lzip(struct leat_writer *sink,
                                                     const struct leat_xz_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoders' options are those above. */
LEAT_API extern const struct leat_stage leat_stage_unxz;
LEAT_API extern const struct leat_stage leat_stage_xz;
LEAT_API extern const struct leat_stage leat_stage_unlzma;
LEAT_API extern const struct leat_stage leat_stage_lzma;
LEAT_API extern const struct leat_stage leat_stage_unlzip;
LEAT_API extern const struct leat_stage leat_stage_lzip;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_xz;
LEAT_API extern const struct leat_format leat_format_lzma;
LEAT_API extern const struct leat_format leat_format_lzip;

LEAT_END_DECLS

#endif
