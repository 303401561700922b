#ifndef LEAT_CORE_LIMITS_H
#define LEAT_CORE_LIMITS_H

#include "leat/core/compiler.h"

/* What hostile input may cost. A zero means the default; reaching one is a fault with code BOUND
 * that names the place. */
struct leat_limits {
    size_t window_max;    /* bytes a reader gathers at once        default 256 MiB */
    uint64_t bytes_max;   /* out of one stage or entry             default 1 TiB */
    uint64_t total_max;   /* out of all stages for one input       default 16 TiB */
    uint32_t ratio_max;   /* out : in, past 64 MiB of a chain of
                             stages, and past 4 GiB of all that
                             come out of one container             default 20,000 */
    uint32_t depth_max;   /* layers within layers                  default 32 */
    uint64_t entries_max; /* in one container                      default 10,000,000 */
    size_t spool_max;     /* kept of a stream for random access    default 1 GiB */
    size_t name_max;      /* bytes of an entry's name              default 64 KiB */
    size_t header_max;    /* bytes of a header that is held whole  default 64 MiB */
    uint32_t damages_max; /* that one stage or container passes by default 1000 */
    uint64_t time_max_ns; /* of the processor's, in the stages and
                             containers of one input, waiting left
                             out                                   default 1 hour */
    size_t derive_max;    /* memory to make a key of a password    default 1 GiB */
};

LEAT_BEGIN_DECLS

/* Put the defaults where `limits` has zeros. */
LEAT_API void leat_limits_default(struct leat_limits *limits);

LEAT_END_DECLS

#endif
