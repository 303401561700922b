#ifndef LEAT_STAGE_COMPRESS_COMPRESS_H
#define LEAT_STAGE_COMPRESS_COMPRESS_H

#include "leat/core/format.h"

/* What compress(1) made of files, with the ending .Z: LZW with codes of 9 to 16 bits. It has
 * neither a checksum nor an end of its own, so a cut file is as good as a whole one. */

LEAT_BEGIN_DECLS

/* A reader of what compress packed into `src`, all of which it owns and reads. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_uncompress(struct leat_reader *src);

/* The stage itself, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_uncompress;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_compress;

LEAT_END_DECLS

#endif
