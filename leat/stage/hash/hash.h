#ifndef LEAT_STAGE_HASH_HASH_H
#define LEAT_STAGE_HASH_HASH_H

#include "leat/core/view.h"
#include "leat/core/writer.h"
#include "leat/stage/hash/digest.h"

LEAT_BEGIN_DECLS

/* A view of `src`, which it owns, that digests what is consumed, and that alone: skipped bytes
 * count, shared or unread ones do not. Its part is called as the kind is. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_hash(struct leat_reader *src,
                                                     const struct leat_digest_kind *kind);

/* The same, which at the end of `src` compares: where all its bytes do not digest to `expected`, a
 * fault with code CHECKSUM stands in the place of the end. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_hash_expect(struct leat_reader *src,
                                                            const struct leat_digest *expected);

/* The digest of what was consumed so far of `hash`, which one of the two above gave. OK, or FAULT
 * where there was no memory for it. Allocates  in the kind's library. */
LEAT_API LEAT_MUST_USE enum leat_status leat_hash_value(struct leat_reader *hash,
                                                        struct leat_digest *ret);

/* A writer that digests what is written, and passes it on to `sink`, which it owns, in the sink's
 * own room: nothing is copied. What a descriptor would bring is asked for as bytes. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_hash_writer(struct leat_writer *sink,
                                                            const struct leat_digest_kind *kind);

/* The same, which at FINISH compares, before it passes that on: where what was written does not
 * digest to `expected`, it is a fault with code CHECKSUM, and the output is not finished. */
LEAT_API LEAT_MUST_USE struct leat_writer *leat_hash_writer_expect(
    struct leat_writer *sink, const struct leat_digest *expected);

/* The digest of what was written so far to one of these two, also after FINISH. As
 * leat_hash_value. */
LEAT_API LEAT_MUST_USE enum leat_status leat_hash_writer_value(struct leat_writer *hash,
                                                               struct leat_digest *ret);

LEAT_END_DECLS

#endif
