#ifndef LEAT_CONTAINER_LHA_HEADER_H
#define LEAT_CONTAINER_LHA_HEADER_H

#include "leat/core/fault.h"
#include "leat/core/format.h"

/* The header before each entry of LHA, of levels 0 to 3, in memory. There is no standard. These are
 * by "header.doc.md" of LHa for UNIX, and what liblhasa and libarchive say of other programs'. */

enum {
    LHA_PROBE_MAX = 257, /* bytes after which it is known whether they are a header */
    LHA_METHOD_AT = 2,   /* in a header */
    LHA_METHOD_LEN = 5,
    LHA_HEADER_MAX = 65537, /* of all levels, extended headers and all */
};

/* Part of a name, as stored. */
struct lha_text {
    struct leat_span span;
    bool utf16; /* little-endian */
};

/* What a header says. The spans lie in its bytes. */
struct lha_header {
    const uint8_t *method; /* "-lh5-" */
    uint8_t level;
    uint8_t system; /* that it was made on: a letter, or 0 where that is not said */
    uint8_t attributes;
    bool summed; /* `crc` is that of the bytes unpacked */
    bool has_mode;
    bool checked; /* the header has a checksum of its own */
    uint16_t crc;
    uint32_t mode; /* POSIX's, type and permissions */
    uint64_t packed_size;
    uint64_t size;
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t code_page; /* that names are in, as Windows numbers them; 0: not said */
    struct lha_text folder, name;
};

LEAT_BEGIN_DECLS

/* Whether the header of an entry begins here: its method, its level, and what that has of sizes and
 * checksums in the first bytes. */
enum leat_match leat_lha_probe(const uint8_t *data, size_t len);

/* How many bytes a header has, of which leat_lha_probe says YES: as many as there are, or fewer, if
 * it is all there. More: it has at least so many. Over LHA_HEADER_MAX: it is none. */
size_t leat_lha_header_len(const uint8_t *data, size_t len);

/* Read a header that is all there, of its `len` bytes. NONE, or what is wrong: CORRUPT or CHECKSUM.
 */
LEAT_MUST_USE enum leat_fault_code leat_lha_header(const uint8_t *data, size_t len,
                                                   struct lha_header *ret);

LEAT_END_DECLS

#endif
