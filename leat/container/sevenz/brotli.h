#ifndef LEAT_CONTAINER_SEVENZ_BROTLI_H
#define LEAT_CONTAINER_SEVENZ_BROTLI_H

#include "leat/core/stage.h"

/* Coder 04f71102: brotli in frames, so that several can be packed at once (brotli-mt, of 7-Zip ZS):
 * a head of 16 bytes, which looks like a frame of zstd's that is skipped, and a brotli stream of
 * the length that it says; to the end of the input. Or, without any head, one stream. */
extern const struct leat_stage leat_sz_stage_brotli;

#endif
