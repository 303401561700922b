#include "leat/container/cab/cab.h"

#include <string.h>

#include "leat/container/foreign.h"
#include "leat/container/libarchive.h"
#include "leat/core/load.h"

/* CFHEADER, of "Microsoft Cabinet Format". What is reserved is 0, and the version 1.3. */
enum {
    MAGIC_LEN = 8, /* the signature, and the first that is reserved */
    SIZE_AT = 8,   /* of the cabinet */
    RESERVED2_AT = 12,
    FILES_AT = 16, /* where the list of files begins */
    RESERVED3_AT = 20,
    VERSION_AT = 24,
    FOLDERS_AT = 26, /* their number, and that of the files */
    HEADER_LEN = 36,
    PROBE_LEN = VERSION_AT + 2,
    FOLDER_LEN = 8,
};

static enum leat_match cab_magic(const uint8_t *data, size_t len)
{
    return leat_match_magic(data, len, "MSCF\0\0\0", MAGIC_LEN);
}

static enum leat_match cab_probe(const uint8_t *data, size_t len)
{
    enum leat_match match = cab_magic(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < PROBE_LEN)
        return LEAT_MATCH_MORE;
    return data[VERSION_AT + 1] == 1 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* --- Behind a program --- */

/* Whether a cabinet begins with these bytes, which are asked anywhere: by all of its header. */
static enum leat_match cab_begins(const uint8_t *data, size_t len)
{
    enum leat_match match = cab_magic(data, len);
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < HEADER_LEN)
        return LEAT_MATCH_MORE;
    uint32_t files_at = leat_load_u32le(data + FILES_AT);
    bool holds =
        leat_load_u32le(data + RESERVED2_AT) == 0 && leat_load_u32le(data + RESERVED3_AT) == 0 &&
        leat_load_u16le(data + VERSION_AT) == 0x0103 && leat_load_u16le(data + FOLDERS_AT) > 0 &&
        leat_load_u16le(data + FOLDERS_AT + 2) > 0 && files_at >= HEADER_LEN + FOLDER_LEN &&
        files_at < leat_load_u32le(data + SIZE_AT);
    return holds ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static const struct leat_start start = {
    .first = 'M',
    .signature = cab_magic,
    .begins = cab_begins,
};

static enum leat_match cab_probe_within(const uint8_t *data, size_t len, uint64_t size)
{
    return leat_start_probe(&start, data, len, size);
}

/* --- The container --- */

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
        .start = &start,
        .method = method,
        .reads_past = true,
    };
    static const struct leat_container_ops ops = {
        .name = "cab",
        .self_size = sizeof(struct leat_foreign),
        .next = leat_foreign_next,
        .open = leat_foreign_open,
        .lead = leat_foreign_lead,
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
    .probe_max = PROBE_LEN,
    .probe_within = cab_probe_within,
    .probe_within_max = LEAT_PROGRAM_MAX,
    .unpack = leat_cab,
};
