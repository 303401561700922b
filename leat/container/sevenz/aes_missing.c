/* For a build without libcrypto: what is encrypted is told, and not read. */

#include "leat/container/sevenz/aes.h"

const bool leat_sz_aes_here = false;

bool leat_sz_aes_read(struct leat_span properties, struct sz_aes *ret)
{
    (void)properties;
    (void)ret;
    return false;
}

const struct leat_stage leat_sz_stage_aes = { .name = "aes" };
