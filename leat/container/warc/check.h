#ifndef LEAT_CONTAINER_WARC_CHECK_H
#define LEAT_CONTAINER_WARC_CHECK_H

#include "leat/core/view.h"
#include "leat/stage/hash/digest.h"

/* Comparing a block with the digest that its header has of it. */

/* A view of `src`, which it owns: at its end, where its bytes do not digest to `expected`, a fault
 * with code CHECKSUM stands in the place of the end. Nothing is compared of what lost bytes on the
 * way (leat_resync).
 *
 * of_body  only what stands behind the header of an HTTP message counts; and nothing does where
 *          that names a transfer coding, or has no end */
LEAT_MUST_USE struct leat_reader *leat_warc_check(struct leat_reader *src,
                                                  const struct leat_digest *expected, bool of_body);

#endif
