#ifndef LEAT_STAGE_SNAPPY_SNAPPY_H
#define LEAT_STAGE_SNAPPY_SNAPPY_H

#include "leat/core/format.h"

/* Snappy's framing format (framing_format.txt of snappy 1.1.9), by libsnappy: chunks of at most
 * 64 KiB, each with a checksum of what is in it. It has no end of its own, so what is cut between
 * two chunks is as good as whole. libsnappy takes some memory for each chunk that it compresses,
 * from C++'s own allocator, and cannot be told of another. */

LEAT_BEGIN_DECLS

/* A reader of the chunks in `src`, all of which it owns and reads. Streams one after another read
 * as one; padding and chunks that may be skipped are skipped. A chunk that may not, of a kind that
 * is not known, is UNSUPPORTED. A chunk is read and checked whole before any of it comes out. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_unsnappy(struct leat_reader *src);

/* A writer that compresses into `sink`, which it owns. PUSH makes all that was written decodable,
 * as a chunk of its own. There is nothing to choose: `options` of the stage are NULL. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_snappy(struct leat_writer *sink);

/* The stages themselves, for leat_pull and leat_push. */
LEAT_API extern const struct leat_stage leat_stage_unsnappy;
LEAT_API extern const struct leat_stage leat_stage_snappy;

/* For the catalogue. */
LEAT_API extern const struct leat_format leat_format_snappy;

LEAT_END_DECLS

#endif
