#ifndef LEAT_CONTAINER_XAR_METHOD_H
#define LEAT_CONTAINER_XAR_METHOD_H

#include "leat/core/stage.h"

/* What an entry may be packed by. */
struct xar_method {
    const char *style; /* in the table of contents: a media type */
    const char *name;
    bool stored;
    const struct leat_stage *decoder; /* NULL, of what is not stored: not here, */
    const char *refused;              /* because of that */
};

/* By its style; NULL: stored. Never NULL: what is not known has a name that says so. */
const struct xar_method *leat_xar_method(const char *style);

/* "application/x-lzma", which is .lzma or .xz: which of them, its first bytes tell. */
extern const struct leat_stage leat_xar_stage_unlzma;

#endif
