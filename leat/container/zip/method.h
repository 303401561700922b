#ifndef LEAT_CONTAINER_ZIP_METHOD_H
#define LEAT_CONTAINER_ZIP_METHOD_H

#include "leat/core/stage.h"

/* How entries may be packed: APPNOTE.TXT 4.4.5. */
struct zip_method {
    uint16_t number;
    const char *name;
    bool stored;
    const struct leat_stage *decoder; /* NULL: not here */
};

enum { ZIP_METHOD_STORED = 0, ZIP_METHOD_ZSTD_OLD = 20, ZIP_METHOD_ZSTD = 93 };

/* In a file of its own, of which the build takes the one or the other. */
extern const struct zip_method leat_zip_method_zstd;

/* Never NULL: what is not known has a name that says so. */
const struct zip_method *leat_zip_method(uint16_t number);

#endif
