#include "leat/stage/crypto.h"

LEAT_LATE_LIBRARY(leat_libcrypto, LEAT_LIBCRYPTO_FUNCTIONS, LEAT_SONAME_CRYPTO)

enum leat_status leat_crypto_start(struct leat_codec *codec)
{
    if (leat_libcrypto() == NULL)
        return leat_codec_fails(codec, LEAT_FAULT_UNSUPPORTED, "libcrypto cannot be loaded", 0);
    return LEAT_OK;
}
