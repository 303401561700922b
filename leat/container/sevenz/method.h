#ifndef LEAT_CONTAINER_SEVENZ_METHOD_H
#define LEAT_CONTAINER_SEVENZ_METHOD_H

#include "leat/stage/xz/raw.h"

/* How coders are known: Methods.txt of the LZMA SDK (22.01), and 7-Zip ZS for what it adds. */

enum sz_method_kind {
    SZ_METHOD_NAMED, /* known by its name alone */
    SZ_METHOD_STORED,
    SZ_METHOD_STAGE,  /* `stage` decodes it, without properties */
    SZ_METHOD_LZMA,   /* leat_stage_unlzma_raw does, by `filter` */
    SZ_METHOD_FILTER, /* leat_stage_lzma_unfilter undoes `filter` */
    SZ_METHOD_AES,
    SZ_METHOD_BCJ2,
    SZ_METHOD_PPMD, /* `stage` decodes it, with leat_ppmd_options */
};

struct sz_method {
    uint64_t id;
    const char *name;
    enum sz_method_kind kind;
    enum leat_lzma_filter_id filter;
    const struct leat_stage *stage;
};

/* Never NULL: what is not known has a name that says so. */
const struct sz_method *leat_sz_method(uint64_t id);

#endif
