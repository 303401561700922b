#ifndef LEAT_CONTAINER_SEVENZ_RAW_H
#define LEAT_CONTAINER_SEVENZ_RAW_H

#include "leat/core/stage.h"

/* LZMA without a header, by liblzma: what it is packed with is said elsewhere. */

enum { SZ_FILTERS_MAX = 4 };

struct sz_filter {
    uint64_t id;                 /* liblzma's */
    struct leat_span properties; /* as stored */
};

/* What leat_sz_stage_raw needs to know; must outlive the reader. */
struct sz_raw {
    unsigned filters_len;
    struct sz_filter filters[SZ_FILTERS_MAX]; /* in the order of packing: LZMA is the last */
    uint64_t size;                            /* bytes unpacked */
};

/* Decodes so many bytes and is done; each is copied once, out of LZMA's dictionary. A dictionary
 * larger than the ctx's window_max is a fault with code BOUND. */
extern const struct leat_stage leat_sz_stage_raw;

#endif
