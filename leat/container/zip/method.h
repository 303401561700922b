#ifndef LEAT_CONTAINER_ZIP_METHOD_H
#define LEAT_CONTAINER_ZIP_METHOD_H

#include "leat/core/stage.h"

/* How entries may be packed: APPNOTE.TXT 4.4.5. */
struct zip_method {
    uint16_t number;
    const char *name;
    bool stored;
    bool asks;                        /* the decoder's options are the entry's zip_member */
    bool sized;                       /* they are a leat_inflate_options */
    const struct leat_stage *decoder; /* NULL: not here */
};

enum { ZIP_METHOD_STORED = 0, ZIP_METHOD_AES = 99 };

/* Never NULL: what is not known has a name that says so. */
const struct zip_method *leat_zip_method(uint16_t number);

/* LZMA with zip's header before it (APPNOTE.TXT 5.8.8). Its options are the entry's zip_member. */
extern const struct leat_stage leat_zip_stage_lzma;

/* PPMd, by libarchive. Its options are the entry's zip_member. */
extern const struct leat_stage leat_zip_stage_ppmd;

#endif
