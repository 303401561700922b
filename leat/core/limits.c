#include "leat/core/limits.h"

void leat_limits_default(struct leat_limits *limits)
{
    if (limits->window_max == 0)
        limits->window_max = 256 * LEAT_MIB;
    if (limits->bytes_max == 0)
        limits->bytes_max = (uint64_t)1 << 40;
    if (limits->total_max == 0)
        limits->total_max = (uint64_t)1 << 44;
    if (limits->ratio_max == 0)
        limits->ratio_max = 20000;
    if (limits->depth_max == 0)
        limits->depth_max = 32;
    if (limits->entries_max == 0)
        limits->entries_max = 10000000;
    if (limits->spool_max == 0)
        limits->spool_max = 1024 * LEAT_MIB;
    if (limits->name_max == 0)
        limits->name_max = 64 * LEAT_KIB;
    if (limits->header_max == 0)
        limits->header_max = 64 * LEAT_MIB;
    if (limits->damages_max == 0)
        limits->damages_max = 1000;
    if (limits->time_max_ns == 0)
        limits->time_max_ns = (uint64_t)3600 * 1000000000;
    if (limits->derive_max == 0)
        limits->derive_max = 1024 * LEAT_MIB;
}
