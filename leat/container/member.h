#ifndef LEAT_CONTAINER_MEMBER_H
#define LEAT_CONTAINER_MEMBER_H

#include "leat/core/format.h"
#include "leat/stage/limit/limit.h"

/* What an entry's bytes must know of the format that they lie in. */
struct leat_member_kind {
    const char *part; /* in faults */

    /* Whether a header begins here, asked at any byte, as a probe is: it must be hard to meet by
     * chance, and quick to say NO. Never MORE of `header_len` bytes. */
    enum leat_match (*judge)(const uint8_t *data, size_t len);
    size_t header_len;
};

/* The bytes that are stored for an entry: a limit of the source, which knows what may follow it.
 *
 * Where the source has lost bytes in their midst and goes on behind that (leat_resync), nobody
 * knows how many they were. So they go on until as many came as the header promised, or until
 * another header stands there, at any byte, whichever is first: what can be read of them is, and no
 * entry behind them is taken for theirs. */
struct leat_member {
    struct leat_limit limit;
    const struct leat_member_kind *kind;
    const char *lacks;    /* static text of a fault behind the bytes; NULL: none, they are all */
    bool holed;           /* the source has lost some of them */
    uint64_t clear_until; /* no header begins before this offset of theirs; counts when holed */
};

LEAT_BEGIN_DECLS

/* A reader of the next `len` bytes of `src`, in the caller's memory, not owning `src`. All zero but
 * the limit afterwards: the caller may set `lacks`. */
struct leat_reader *leat_member(struct leat_member *self, struct leat_reader *src, uint64_t len,
                                const struct leat_member_kind *kind);

LEAT_END_DECLS

#endif
