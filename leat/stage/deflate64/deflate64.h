#ifndef LEAT_STAGE_DEFLATE64_DEFLATE64_H
#define LEAT_STAGE_DEFLATE64_DEFLATE64_H

#include "leat/core/stage.h"

LEAT_BEGIN_DECLS

/* Deflate64, PKWARE's "enhanced deflating" (APPNOTE.TXT 4.4.5, method 9): deflate (RFC 1951) with a
 * window of 64 KiB, two more codes of distances, and matches of up to 65,538 bytes. A decoder, for
 * leat_pull(src, &leat_stage_inflate64, NULL): done at the end of the last block, and what follows
 * that byte stays in the source. Nothing in it is checked.
 *
 * It decodes into a window of its own, 128 KiB in its struct, and copies from there: each byte
 * once, counted as the codec's. */
LEAT_API extern const struct leat_stage leat_stage_inflate64;

LEAT_END_DECLS

#endif
