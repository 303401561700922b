#ifndef LEAT_STAGE_BROTLI_BROTLI_H
#define LEAT_STAGE_BROTLI_BROTLI_H

#include "leat/core/format.h"

/* Brotli (RFC 7932), by libbrotlidec and libbrotlienc. It has no magic bytes and no checksum: what
 * is wrong shows only where bits mean nothing.
 *
 * libbrotli keeps its window in a ring of its own, and copies what comes out of it: in the ledger
 * as a codec's copies. */

/* How to compress; all zero: the defaults. Must outlive what it was given to. What is outside is
 * taken as the nearest. */
struct leat_brotli_options {
    int level;       /* 1 .. 11, brotli's quality; below 0: its quality 0, the fastest; 0: 5 */
    int window_bits; /* 10 .. 24, or up to 30 for those who decode large windows; 0: 22 */
};

LEAT_BEGIN_DECLS

/* A reader of the one brotli stream at the start of `src`, which it owns. What follows stays there.
 * Large windows are read too, but one over the ctx's window_max is a fault with code BOUND. Of what
 * was decoded before a fault, that of the last 1 KiB of `src` is lost. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unbrotli(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns; `options` may be NULL. PUSH makes all that
 * was written decodable; FINISH ends the stream. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_brotli(struct leat_writer *sink,
                                                       const struct leat_brotli_options *options);

/* The stages themselves, for leat_pull and leat_push; the encoder's options are those above. */
LEAT_API extern const struct leat_stage leat_stage_unbrotli;
LEAT_API extern const struct leat_stage leat_stage_brotli;

/* For the catalogue: told by a file's ending, and by its first bytes being decodable. To look, the
 * probe takes memory from the C library, at most 1 MiB at a time. */
LEAT_API extern const struct leat_format leat_format_brotli;

LEAT_END_DECLS

#endif
