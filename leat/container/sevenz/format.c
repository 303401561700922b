#include "leat/container/sevenz/sevenz.h"
#include "leat/container/sevenz/start.h"

static enum leat_match sevenz_probe(const uint8_t *data, size_t len)
{
    static const uint8_t magic[6] = { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c };
    return leat_match_magic(data, len, magic, sizeof(magic));
}

static const char *const endings[] = { ".7z", NULL };

const struct leat_format leat_format_7z = {
    .name = "7z",
    .summary = "7z archives: LZMA, LZMA2, filters and others, encrypted ones too",
    .endings = endings,
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_SEEKS,
    .probe = sevenz_probe,
    .probe_max = 6,
    .probe_within = leat_sz_start_probe,
    .probe_within_max = SZ_PREFIX_MAX,
    .unpack = leat_7z,
};
