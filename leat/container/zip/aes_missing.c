/* For a build without libcrypto. */

#include "leat/container/zip/crypt.h"

const bool leat_zip_aes_here = false;

const struct leat_stage leat_zip_stage_aes = { .name = "aes" }; /* never asked for */
