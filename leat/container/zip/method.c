#include "leat/container/zip/method.h"
#include "leat/stage/gzip/gzip.h"

static const struct zip_method methods[] = {
    { .number = ZIP_METHOD_STORED, .name = "stored", .stored = true },
    { .number = 8, .name = "deflate", .decoder = &leat_stage_inflate },
    { .number = 1, .name = "shrink" },
    { .number = 2, .name = "reduce-1" },
    { .number = 3, .name = "reduce-2" },
    { .number = 4, .name = "reduce-3" },
    { .number = 5, .name = "reduce-4" },
    { .number = 6, .name = "implode" },
    { .number = 9, .name = "deflate64" },
    { .number = 10, .name = "dcl-implode" },
    { .number = 12, .name = "bzip2" },
    { .number = 14, .name = "lzma" },
    { .number = 94, .name = "mp3" },
    { .number = 95, .name = "xz" },
    { .number = 96, .name = "jpeg" },
    { .number = 97, .name = "wavpack" },
    { .number = 98, .name = "ppmd" },
    { .number = 99, .name = "aes" },
};

const struct zip_method *leat_zip_method(uint16_t number)
{
    static const struct zip_method unknown = { .name = "unknown" };
    if (number == ZIP_METHOD_ZSTD || number == ZIP_METHOD_ZSTD_OLD)
        return &leat_zip_method_zstd;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].number == number)
            return &methods[i];
    }
    return &unknown;
}
