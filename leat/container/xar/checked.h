#ifndef LEAT_CONTAINER_XAR_CHECKED_H
#define LEAT_CONTAINER_XAR_CHECKED_H

#include "leat/core/reader.h"
#include "leat/stage/hash/digest.h"

/* What is promised of some bytes. */
struct xar_promise {
    uint64_t at; /* in the archive; for faults */
    uint64_t size;
    struct leat_digest sum; /* kind NULL: none */
    const char *wrong;      /* static text of the fault where it is another */
};

/* A view of all of `src`, which it owns: where its bytes are not what was promised, a fault stands
 * in the place of the end, behind all of them.
 *
 * packed  a reader of this kind below `src`, whose promise counts as well, though a decoder between
 *         the two may leave the last of its bytes unread; or NULL */
LEAT_MUST_USE struct leat_reader *leat_xar_checked(struct leat_reader *src,
                                                   const struct xar_promise *promise,
                                                   struct leat_reader *packed);

#endif
