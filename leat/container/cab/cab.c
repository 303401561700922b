#include "leat/container/cab/cab.h"

#include <string.h>

#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"

/* Of CFHEADER: the signature, reserved1, the cabinet's size, reserved2, where the list of files
 * begins, reserved3, and the version, 1.3. */
enum { VERSION_AT = 24, HEADER_MIN = 26 };

static enum leat_match cab_probe(const uint8_t *data, size_t len)
{
    enum leat_match match = leat_match_magic(data, len, "MSCF\0\0\0", 8);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < HEADER_MIN)
        return LEAT_MATCH_MORE;
    return data[VERSION_AT + 1] == 1 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static const char *method(const char *format)
{
    static const struct {
        const char *said;
        const char *method;
    } methods[] = {
        { "(NONE)", "stored" },
        { "(MSZIP)", "mszip" },
        { "(Quantum)", "quantum" },
        { "(LZX)", "lzx" },
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strstr(format, methods[i].said) != NULL)
            return methods[i].method;
    }
    return "unknown";
}

static const struct leat_foreign_reason reasons[] = {
    { "Cannot restore this file split", LEAT_FAULT_UNSUPPORTED, "partly in another cabinet" },
    { "Unsupported CAB compression", LEAT_FAULT_UNSUPPORTED,
      "packed by a method that is not known" },
    { "libarchive compiled without", LEAT_FAULT_UNSUPPORTED,
      "packed by a method that is not there" },
    { "Checksum error", LEAT_FAULT_CHECKSUM, "wrong checksum" },
    { "Couldn't find out CAB header", LEAT_FAULT_CORRUPT, "bad header" },
    { "Invalid CAB header", LEAT_FAULT_CORRUPT, "bad header" },
    { "Invalid offset", LEAT_FAULT_CORRUPT, "bad header" },
    { "Invalid CFDATA", LEAT_FAULT_CORRUPT, "bad block header" },
    { "CFDATA incorrect", LEAT_FAULT_CORRUPT, "bad block header" },
    { "Invalid uncompressed size", LEAT_FAULT_CORRUPT, "bad block header" },
    { "Deflate decompression failed", LEAT_FAULT_CORRUPT, "bad compressed data" },
    { "LZX decompression failed", LEAT_FAULT_CORRUPT, "bad compressed data" },
    { NULL, LEAT_FAULT_NONE, NULL },
};

static void supports(struct archive *archive)
{
    leat_libarchive()->archive_read_support_format_cab(archive);
}

struct leat_container *leat_cab(struct leat_reader *src)
{
    static const struct leat_foreign_kind kind = {
        .setup.support = supports,
        .reasons = reasons,
        .method = method,
        .reads_past = true,
    };
    static const struct leat_container_ops ops = {
        .name = "cab",
        .self_size = sizeof(struct leat_foreign),
        .next = leat_foreign_next,
        .open = leat_foreign_open,
        .stop = leat_foreign_stop,
    };
    return leat_foreign(src, &ops, &kind);
}

static const char *const endings[] = { ".cab", NULL };

const struct leat_format leat_format_cab = {
    .name = "cab",
    .summary = "cabinets of Windows, by libarchive",
    .endings = endings,
    .probe = cab_probe,
    .probe_max = HEADER_MIN,
    .unpack = leat_cab,
};
