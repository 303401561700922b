#include "leat/container/sevenz/sevenz.h"
#include "leat/container/sevenz/start.h"

static const char *const endings[] = { ".7z", NULL };

const struct leat_format leat_format_7z = {
    .name = "7z",
    .summary = "7z archives: LZMA, LZMA2, filters and others, encrypted ones too",
    .endings = endings,
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_SEEKS,
    .probe = leat_sz_signature,
    .probe_max = SZ_SIGNATURE_LEN,
    .probe_within = leat_sz_start_probe,
    .probe_within_max = SZ_PREFIX_MAX,
    .unpack = leat_7z,
};
