/* For a build without zstd. */

#include "leat/container/zip/method.h"

const struct zip_method leat_zip_method_zstd = { .number = ZIP_METHOD_ZSTD, .name = "zstd" };
