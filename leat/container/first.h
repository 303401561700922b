#ifndef LEAT_CONTAINER_FIRST_H
#define LEAT_CONTAINER_FIRST_H

#include "leat/core/format.h"
#include "leat/stage/limit/limit.h"

/* For archives that are a row of headers and data, and whose first header is damaged: what has the
 * format's ending is one all the same, from its first whole header on. */

/* How many bytes of the input are looked at for that. */
#define LEAT_FIRST_MAX ((size_t)1 << 20)

/* What a format's headers are. */
struct leat_first {
    /* Whether the first one begins here: the format's probe. */
    enum leat_match (*probe)(const uint8_t *data, size_t len);

    /* Whether one begins here, asked where nothing says so: it must be hard to meet by chance, and
     * quick to say NO. Neither says MORE of `header_len` bytes. */
    enum leat_match (*judge)(const uint8_t *data, size_t len);
    size_t header_len;
    size_t step; /* they begin at multiples of it, from the archive's beginning on */
};

LEAT_BEGIN_DECLS

/* For leat_format.probe_within, of an input that has `size`: whether a header begins in the first
 * `len` bytes, at most LEAT_FIRST_MAX. NO to what begins as a program does: that may hold archives
 * as its data, and none follows it. */
LEAT_MUST_USE enum leat_match leat_first_probe(const struct leat_first *first, const uint8_t *data,
                                               size_t len, uint64_t size);

/* For leat_container_ops.lead: where the first header is damaged, all before the next one within
 * LEAT_FIRST_MAX, so that none of it is lost. Whoever gives it has leat_next tell the damage then.
 *
 * shell   where it is made
 * Status  OK, AGAIN (call again), END: the first header is one, or there is no other */
LEAT_MUST_USE enum leat_status leat_first_lead(const struct leat_first *first,
                                               struct leat_container *c, struct leat_limit *shell,
                                               struct leat_reader **ret);

LEAT_END_DECLS

#endif
