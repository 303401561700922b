#include "leat/stage/lzop/library.h"

LEAT_LATE_LIBRARY(leat_liblzo2, LEAT_LIBLZO2_FUNCTIONS, LEAT_SONAME_LZO2)

enum leat_status leat_lzo_load(struct leat_codec *codec)
{
    if (leat_liblzo2() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "liblzo2 cannot be loaded", 0);
    return LEAT_OK;
}
