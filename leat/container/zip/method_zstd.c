#include "leat/container/zip/method.h"
#include "leat/stage/zstd/zstd.h"

const struct zip_method leat_zip_method_zstd = {
    .number = ZIP_METHOD_ZSTD,
    .name = "zstd",
    .decoder = &leat_stage_unzstd,
};
