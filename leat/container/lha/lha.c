#include "leat/container/lha/lha.h"

#include <string.h>

#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"
#include "leat/container/lha/header.h"

static const char *method(const char *format)
{
    static const char *const methods[] = {
        "lh1", "lh2", "lh3", "lh4", "lh5", "lh6", "lh7", "lzs", "lz5",
    };
    if (strstr(format, "-lh0-") != NULL || strstr(format, "-lz4-") != NULL)
        return "stored";
    if (strstr(format, "-lhd-") != NULL)
        return "stored"; /* a folder */
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strstr(format, methods[i]) != NULL)
            return methods[i];
    }
    return "unknown";
}

static const struct leat_foreign_reason reasons[] = {
    { "Unsupported lzh compression method", LEAT_FAULT_UNSUPPORTED,
      "packed by a method that is not known" },
    { "Unsupported LHa header level", LEAT_FAULT_CORRUPT, "bad header" },
    { "LHa data CRC error", LEAT_FAULT_CHECKSUM, "wrong checksum" },
    { "LHa header CRC error", LEAT_FAULT_CHECKSUM, "wrong checksum of a header" },
    { "LHa header sum error", LEAT_FAULT_CHECKSUM, "wrong checksum of a header" },
    { "Bad lzh data", LEAT_FAULT_CORRUPT, "bad compressed data" },
    { "Bad LHa file", LEAT_FAULT_CORRUPT, "bad header" },
    { "Couldn't find out LHa header", LEAT_FAULT_CORRUPT, "bad header" },
    { "Invalid", LEAT_FAULT_CORRUPT, "bad header" },
    { "Unknown symlink-name", LEAT_FAULT_CORRUPT, "a link without a target" },
    { NULL, LEAT_FAULT_NONE, NULL },
};

/* Nothing stands before the first header. */
static struct leat_span prelude(struct leat_foreign *self, struct leat_span header)
{
    (void)self;
    return (struct leat_span){ .data = header.data };
}

static void supports(struct archive *archive)
{
    leat_libarchive()->archive_read_support_format_lha(archive);
}

struct leat_container *leat_lha(struct leat_reader *src)
{
    /* Names that nothing is said of may be in any encoding, most often Shift-JIS, and libarchive
     * refuses what is none in its locale's. In Latin-1 everything is something. */
    static const struct leat_foreign_kind kind = {
        .setup = { .support = supports, .charset = "ISO-8859-1" },
        .reasons = reasons,
        .method = method,
        .headers_apart = true,
        .judge = leat_lha_probe,
        .header_max = LHA_PROBE_MAX,
        .prelude = prelude,
    };
    static const struct leat_container_ops ops = {
        .name = "lha",
        .self_size = sizeof(struct leat_foreign),
        .next = leat_foreign_next,
        .open = leat_foreign_open,
        .resync = leat_foreign_resync,
        .stop = leat_foreign_stop,
    };
    return leat_foreign(src, &ops, &kind);
}

static const char *const endings[] = { ".lzh", ".lha", NULL };

const struct leat_format leat_format_lha = {
    .name = "lha",
    .summary = "LHA archives, by libarchive",
    .endings = endings,
    .probe = leat_lha_probe,
    .probe_max = LHA_PROBE_MAX,
    .unpack = leat_lha,
};
