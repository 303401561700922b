#ifndef LEAT_CONTAINER_LHA_PACKED_H
#define LEAT_CONTAINER_LHA_PACKED_H

#include "leat/core/stage.h"

/* What LHA packs, and how it is unpacked. */

struct lha_method {
    const char *name; /* "lh5" */
    bool stored;
    const struct leat_stage *decoder; /* its options are a lha_packed. NULL: there is none */
};

/* The packed bytes of an entry. */
struct lha_packed {
    const struct lha_method *method;
    uint64_t packed_size;
    uint64_t size; /* unpacked */
};

LEAT_BEGIN_DECLS

/* By liblhasa, which calls back for bytes: on a stack of its own, unless all are there. Done after
 * `size` bytes; those packed must end where its source does. While it waits up to 143 bytes of lz5
 * are held back. Its memory, up to 1 MiB for lhx, is not the ctx's. UNSUPPORTED where it cannot be
 * had. */
extern const struct leat_stage leat_lha_stage_lhasa;

LEAT_END_DECLS

#endif
