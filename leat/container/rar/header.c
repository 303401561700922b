#include "leat/container/rar/header.h"
#include "leat/core/load.h"
#include "leat/stage/hash/crc32.h"

/* --- Version 4 --- */

/*      0  CRC, of what follows     3  flags     7  bytes of data, where the flags say so
 *      2  type                     5  length    of a file 32: their upper half, likewise */
enum {
    TYPE_AT = 2,
    FLAGS_AT = 3,
    LEN_AT = 5,
    HEADER4_MIN = 7,
    DATA_LEN_AT = 7,
    CRC_AT = 16,
    METHOD_AT = 25,
    DATA_LEN_HIGH_AT = 32,
    HAS_DATA = 0x8000,
    TYPE_FIRST = 0x72,
    TYPE_ARCHIVE = 0x73,
    TYPE_FILE = 0x74,
    TYPE_LAST = 0x7b,
    METHOD_STORED = 0x30,
};

/* Of a file. */
enum { FILE_FROM_OTHER = 0x01, FILE_IN_OTHER = 0x02, FILE_ENCRYPTED = 0x04, FILE_LARGE = 0x100 };

enum leat_match leat_rar4_block(const uint8_t *data, size_t len, struct leat_rar_block *ret)
{
    if (len > TYPE_AT && (data[TYPE_AT] < TYPE_FIRST || data[TYPE_AT] > TYPE_LAST))
        return LEAT_MATCH_NO;
    if (len < HEADER4_MIN)
        return LEAT_MATCH_MORE;
    unsigned flags = leat_load_u16le(data + FLAGS_AT);
    size_t header_len = leat_load_u16le(data + LEN_AT);
    bool file = data[TYPE_AT] == TYPE_FILE;
    bool large = file && (flags & FILE_LARGE) != 0;
    bool data_follows = (flags & HAS_DATA) != 0;
    size_t min = HEADER4_MIN + (data_follows ? 4 : 0);
    if (file)
        min = DATA_LEN_HIGH_AT + (large ? 4 : 0);
    if (header_len < min)
        return LEAT_MATCH_NO;
    if (len < header_len)
        return LEAT_MATCH_MORE;
    uint32_t crc = leat_crc32(0, data + TYPE_AT, header_len - TYPE_AT);
    if ((uint16_t)crc != leat_load_u16le(data))
        return LEAT_MATCH_NO;
    uint64_t low = data_follows ? leat_load_u32le(data + DATA_LEN_AT) : 0;
    uint64_t high = large ? leat_load_u32le(data + DATA_LEN_HIGH_AT) : 0;
    *ret = (struct leat_rar_block){
        .type = file ? LEAT_RAR_FILE : LEAT_RAR_OTHER,
        .first = data[TYPE_AT] == TYPE_ARCHIVE,
        .header_len = header_len,
        .data_len = high << 32 | low,
        .stored = file && data[METHOD_AT] == METHOD_STORED,
        .summed = file,
        .crc = file ? leat_load_u32le(data + CRC_AT) : 0,
        .encrypted = file && (flags & FILE_ENCRYPTED) != 0,
        .from_other = file && (flags & FILE_FROM_OTHER) != 0,
        .in_other = file && (flags & FILE_IN_OTHER) != 0,
    };
    return LEAT_MATCH_YES;
}

/* --- Version 5 --- */

/*      0  CRC, of what follows     4  length, of what follows it; then type, flags, and by these
 *      the length of the extra area, which ends the header, and that of the data. All but the CRC
 *      are numbers of 7 bits a byte, the lowest first. */
enum { HEADER5_MIN = 7, LEN5_AT = 4, NUMBER_MAX = 10, EXTRA_ENCRYPTION = 1 };

enum { TYPE5_ARCHIVE = 1, TYPE5_FILE = 2, TYPE5_ENCRYPTION = 4 };

enum { HAS_EXTRA5 = 0x01, HAS_DATA5 = 0x02, FROM_OTHER5 = 0x08, IN_OTHER5 = 0x10 };

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool broken; /* a number goes on behind the end, or has too many bytes */
};

static uint64_t number(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < NUMBER_MAX && cursor->at < cursor->end; i++) {
        uint8_t byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0)
            return value;
    }
    cursor->broken = true;
    return 0;
}

/* Whether the extra area says that the data is encrypted. */
static bool has_encryption(struct cursor extra)
{
    while (extra.at < extra.end && !extra.broken) {
        uint64_t len = number(&extra);
        const uint8_t *record = extra.at;
        if (number(&extra) == EXTRA_ENCRYPTION && !extra.broken)
            return true;
        if (len > (uint64_t)(extra.end - record))
            return false;
        extra.at = record + len;
    }
    return false;
}

static uint32_t four_bytes(struct cursor *cursor)
{
    if (cursor->end - cursor->at < 4) {
        cursor->broken = true;
        return 0;
    }
    cursor->at += 4;
    return leat_load_u32le(cursor->at - 4);
}

/* Of a file: flags, its size, attributes, perhaps time and CRC, and how it is packed. */
static bool file5(struct cursor cursor, struct leat_rar_block *ret)
{
    enum { HAS_TIME = 2, HAS_CRC = 4, METHOD_SHIFT = 7, METHOD_MASK = 7 };
    uint64_t flags = number(&cursor);
    (void)number(&cursor);
    (void)number(&cursor);
    if ((flags & HAS_TIME) != 0)
        (void)four_bytes(&cursor);
    if ((flags & HAS_CRC) != 0)
        ret->crc = four_bytes(&cursor);
    ret->stored = (number(&cursor) >> METHOD_SHIFT & METHOD_MASK) == 0;
    ret->summed = (flags & HAS_CRC) != 0;
    return !cursor.broken;
}

static bool block5(struct cursor cursor, struct leat_rar_block *ret)
{
    uint64_t type = number(&cursor);
    bool file = type == TYPE5_FILE;
    uint64_t flags = number(&cursor);
    uint64_t extra_len = (flags & HAS_EXTRA5) != 0 ? number(&cursor) : 0;
    uint64_t data_len = (flags & HAS_DATA5) != 0 ? number(&cursor) : 0;
    if (cursor.broken || extra_len > (uint64_t)(cursor.end - cursor.at))
        return false;
    struct cursor extra = { .at = cursor.end - extra_len, .end = cursor.end };
    if (file && !file5(cursor, ret))
        return false;
    ret->type = file ? LEAT_RAR_FILE : LEAT_RAR_OTHER;
    ret->first = type == TYPE5_ARCHIVE || type == TYPE5_ENCRYPTION;
    ret->data_len = data_len;
    ret->encrypted = file && has_encryption(extra);
    ret->from_other = file && (flags & FROM_OTHER5) != 0;
    ret->in_other = file && (flags & IN_OTHER5) != 0;
    return true;
}

enum leat_match leat_rar5_block(const uint8_t *data, size_t len, struct leat_rar_block *ret)
{
    if (len < HEADER5_MIN)
        return LEAT_MATCH_MORE;
    struct cursor cursor = { .at = data + LEN5_AT, .end = data + HEADER5_MIN };
    uint64_t rest_len = number(&cursor);
    size_t rest_at = (size_t)(cursor.at - data);
    if (cursor.broken || rest_len < 2 || rest_len > RAR_HEADER_MAX - rest_at)
        return LEAT_MATCH_NO;
    if (len < rest_at + rest_len)
        return LEAT_MATCH_MORE;
    size_t header_len = rest_at + (size_t)rest_len;
    if (leat_crc32(0, data + LEN5_AT, header_len - LEN5_AT) != leat_load_u32le(data))
        return LEAT_MATCH_NO;
    cursor.end = data + header_len;
    *ret = (struct leat_rar_block){ .header_len = header_len };
    return block5(cursor, ret) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* --- Both --- */

enum leat_match leat_rar_signature(const uint8_t *data, size_t len, struct leat_rar_version *ret)
{
    enum leat_match match = leat_match_magic(data, len, RAR4_SIGNATURE, RAR4_SIGNATURE_LEN);
    *ret = (struct leat_rar_version){ RAR4_SIGNATURE_LEN, leat_rar4_block };
    if (match != LEAT_MATCH_NO)
        return match;
    *ret = (struct leat_rar_version){ RAR5_SIGNATURE_LEN, leat_rar5_block };
    return leat_match_magic(data, len, RAR5_SIGNATURE, RAR5_SIGNATURE_LEN);
}
