#ifndef LEAT_STAGE_XZ_PBZX_H
#define LEAT_STAGE_XZ_PBZX_H

#include "leat/core/format.h"

/* pbzx: what macOS's packages pack their payload by, after NiklasRosenstein/pbzx and the first
 * programs that read it. All numbers are of 64 bits, big-endian.
 *
 *     "pbzx", how long a chunk is unpacked, at most
 *     of each chunk: how long it is unpacked, and packed; then the .xz, or, where both lengths are
 *     the same, the bytes as they are
 *
 * It ends with its input, behind a chunk. .xz checks what it unpacks to; nothing else is checked
 * but the lengths. */

LEAT_BEGIN_DECLS

/* A reader of what is packed in `src`, which it owns. What is wrong with a chunk comes behind all
 * that is before it, and leat_resync goes on at the next one. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unpbzx(struct leat_reader *src);

LEAT_API extern const struct leat_stage leat_stage_unpbzx;

LEAT_API extern const struct leat_format leat_format_pbzx;

LEAT_END_DECLS

#endif
