#ifndef LEAT_CONTAINER_TAR_MEMBER_H
#define LEAT_CONTAINER_TAR_MEMBER_H

#include "leat/stage/limit/limit.h"

/* The bytes that are stored for an entry: a limit of the source, which knows what may follow it. */
struct tar_member {
    struct leat_limit limit;
    bool is_rest;
};

/* A reader of the next `len` bytes of `src`, in the caller's memory, not owning `src`.
 *
 * is_rest  they are the rest of a file from another volume: behind them stands a fault that says
 *          so, code UNSUPPORTED */
struct leat_reader *leat_tar_member(struct tar_member *self, struct leat_reader *src, uint64_t len,
                                    bool is_rest);

#endif
