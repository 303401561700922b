#ifndef LEAT_CONTAINER_SQUASHFS_METHOD_H
#define LEAT_CONTAINER_SQUASHFS_METHOD_H

#include "leat/core/stage.h"

/* What an image may be packed by: each block is one stream of its own. */
struct sqfs_method {
    uint16_t number;
    const char *name;
    const struct leat_stage *decoder; /* NULL: not here, */
    const char *refused;              /* because of that */
};

/* Never NULL: what is not known has a name that says so. */
const struct sqfs_method *leat_sqfs_method(uint16_t number);

/* LZMA as in .lzma, but that a mark may end it although its size is told: so writes mksquashfs, and
 * what it was in the days of the LZMA SDK did not. */
extern const struct leat_stage leat_sqfs_stage_lzma;

/* One block of LZ4 (lz4_Block_format.md), without a frame: its whole input. */
extern const struct leat_stage leat_sqfs_stage_lz4;

/* One block of LZO1X: its whole input. */
extern const struct leat_stage leat_sqfs_stage_lzo;

#endif
