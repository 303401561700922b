#include "leat/stage/snappy/library.h"

LEAT_LATE_LIBRARY(leat_libsnappy, LEAT_LIBSNAPPY_FUNCTIONS, LEAT_SONAME_SNAPPY)

enum leat_status leat_snappy_start(struct leat_codec *codec, const void *options)
{
    (void)options;
    if (leat_libsnappy() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libsnappy cannot be loaded", 0);
    return LEAT_OK;
}
