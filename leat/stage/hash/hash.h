#ifndef LEAT_STAGE_HASH_HASH_H
#define LEAT_STAGE_HASH_HASH_H

#include "leat/core/view.h"
#include "leat/stage/hash/crc32.h"

/* A way to digest bytes into a number of up to 64 bits. */
struct leat_hash_kind {
    const char *name;
    uint64_t start; /* the digest of nothing */

    /* The digest of what `value` is that of, followed by these bytes. */
    uint64_t (*update)(uint64_t value, const uint8_t *data, size_t len);
};

LEAT_BEGIN_DECLS

/* The CRC-32 of gzip and zip. */
LEAT_API extern const struct leat_hash_kind leat_hash_crc32;

/* A view of `src`, which it owns, that digests what is consumed, and that alone: skipped bytes
 * count, shared or unread ones do not. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_hash(struct leat_reader *src,
                                                     const struct leat_hash_kind *kind);

/* The same, which at the end of `src` compares: where all its bytes do not digest to `expected`, a
 * fault with code CHECKSUM stands in the place of the end. */
LEAT_API LEAT_MUST_USE struct leat_reader *leat_hash_expect(struct leat_reader *src,
                                                            const struct leat_hash_kind *kind,
                                                            uint64_t expected);

/* The digest of what was consumed so far of `hash`, which one of the two above gave. OK, or FAULT
 * where that had no memory and gave the reader below in its place. */
LEAT_API LEAT_MUST_USE enum leat_status leat_hash_value(struct leat_reader *hash, uint64_t *ret);

LEAT_END_DECLS

#endif
