#include "leat/container/lha/header.h"

#include "leat/container/dos.h"
#include "leat/container/lha/crc16.h"
#include "leat/core/load.h"

/* The first bytes of a header, of which levels differ in what stands before the method.
 *
 *      level 0, 1        level 2            level 3
 *      0   size of it    0   size, 2 bytes  0   4, the size of a size, 2 bytes
 *      1   its sum
 *      2   "-lh5-"
 *      7   bytes packed, 4;  11  bytes unpacked, 4;  15  time, 4;  19  attributes
 *      20  level
 *      21  length of the name; name; CRC (0, 1)   21  CRC of the bytes; 23  system (2, 3)
 *          system; ...; size of the next (1)      24  size of the next (2), of all (3)
 *                                                 28  size of the next (3)
 *
 * What follows are extended headers, each behind its size; of level 0, what programs liked. */
enum {
    PACKED_SIZE_AT = 7,
    SIZE_AT = 11,
    TIME_AT = 15,
    DATE_AT = 17,
    ATTRIBUTES_AT = 19,
    LEVEL_AT = 20,
    NAME_LEN_AT = 21,
    NAME_AT = 22,
    SIZED_01_AT = 2, /* what the size and the sum of these levels count from */
    SIZE_0_MIN = 20, /* without a name, and without a CRC, which an early LHarc leaves out */
    SIZE_1_MIN = 25,
    CRC_LEN = 2,
    CRC_23_AT = 21,
    SYSTEM_23_AT = 23,
    NEXT_2_AT = 24,
    SIZE_2_MIN = 26,
    SIZE_3_AT = 24,
    NEXT_3_AT = 28,
    SIZE_3_MIN = 32,
};

enum { SYSTEM_UNIX = 'U', SYSTEM_OSK = 'K' };

/* What an extended header holds. */
enum {
    FIELD_CRC = 0x00,
    FIELD_NAME = 0x01,
    FIELD_FOLDER = 0x02,
    FIELD_ATTRIBUTES = 0x40,
    FIELD_TIMES = 0x41,
    FIELD_SIZES = 0x42,
    FIELD_NAME_UTF16 = 0x44,
    FIELD_FOLDER_UTF16 = 0x45,
    FIELD_CODE_PAGE = 0x46,
    FIELD_MODE = 0x50,
    FIELD_TIME = 0x54,
};

/* --- Whether it is one --- */

static bool is_method(const uint8_t *at)
{
    bool lh = at[1] == 'l' && (at[2] == 'h' || at[2] == 'z');
    bool pm = at[1] == 'p' && at[2] == 'm';
    bool digit = at[3] >= '0' && at[3] <= '9';
    return at[0] == '-' && at[4] == '-' && (lh || pm) &&
           (digit || at[3] == 's' || (lh && (at[3] == 'd' || at[3] == 'x')));
}

/* Whether the size that it has leaves room for the name. */
static bool is_sized_01(const uint8_t *data)
{
    size_t size = data[0], name_len = data[NAME_LEN_AT];
    if (data[LEVEL_AT] == 1)
        return size >= SIZE_1_MIN + name_len;
    return size >= SIZE_0_MIN + CRC_LEN + name_len || size == SIZE_0_MIN + name_len;
}

/* Both know the sum of all their bytes. Not more of them are asked for than there are. */
static enum leat_match judge_01(const uint8_t *data, size_t len)
{
    size_t size = data[0];
    uint8_t sum = 0;
    if (len < NAME_AT)
        return LEAT_MATCH_MORE;
    if (!is_sized_01(data))
        return LEAT_MATCH_NO;
    if (len < SIZED_01_AT + size)
        return LEAT_MATCH_MORE;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + data[SIZED_01_AT + i]);
    return sum == data[1] ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static enum leat_match judge_level(const uint8_t *data, size_t len)
{
    size_t size = leat_load_u16le(data);
    switch (data[LEVEL_AT]) {
    case 0:
    case 1:
        return judge_01(data, len);
    case 2:
        return size >= SIZE_2_MIN && data[0] != 0 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    case 3:
        return size == 4 ? LEAT_MATCH_YES : LEAT_MATCH_NO;
    default:
        return LEAT_MATCH_NO;
    }
}

enum leat_match leat_lha_probe(const uint8_t *data, size_t len)
{
    if (len > LHA_METHOD_AT && data[LHA_METHOD_AT] != '-')
        return LEAT_MATCH_NO;
    if (len < LHA_METHOD_AT + LHA_METHOD_LEN)
        return LEAT_MATCH_MORE;
    if (!is_method(data + LHA_METHOD_AT))
        return LEAT_MATCH_NO;
    return len <= LEVEL_AT ? LEAT_MATCH_MORE : judge_level(data, len);
}

/* --- How long it is --- */

/* One size after another, until one is 0. */
static size_t len_1(const uint8_t *data, size_t len)
{
    size_t end = SIZED_01_AT + (size_t)data[0];
    while (end <= len && end <= LHA_HEADER_MAX) {
        size_t next = leat_load_u16le(data + end - 2);
        if (next == 0)
            return end;
        end += next;
    }
    return end;
}

/* LHA for OS-9/68k does not count the size's own bytes. */
static size_t len_2(const uint8_t *data, size_t len)
{
    if (len < SIZE_2_MIN)
        return SIZE_2_MIN;
    return (size_t)leat_load_u16le(data) + (data[SYSTEM_23_AT] == SYSTEM_OSK ? 2 : 0);
}

static size_t len_3(const uint8_t *data, size_t len)
{
    if (len < SIZE_3_MIN)
        return SIZE_3_MIN;
    size_t size = leat_load_u32le(data + SIZE_3_AT);
    return size < SIZE_3_MIN ? LHA_HEADER_MAX + 1 : size;
}

size_t leat_lha_header_len(const uint8_t *data, size_t len)
{
    leat_assert(len > LEVEL_AT);
    switch (data[LEVEL_AT]) {
    case 0:
        return SIZED_01_AT + (size_t)data[0];
    case 1:
        return len_1(data, len);
    case 2:
        return len_2(data, len);
    default:
        return len_3(data, len);
    }
}

/* --- Extended headers --- */

/* What they say beside the header. */
struct extended {
    size_t len;    /* of all of them */
    uint32_t crc;  /* of the whole header, */
    size_t crc_at; /* and where it stands, counted as 0; 0: there is none */
};

/* In steps of 100 ns since 1601. */
static void windows_time(const uint8_t *at, struct lha_header *ret)
{
    const uint64_t steps_per_s = 10000000;
    const int64_t from_1601_to_1970_s = 11644473600;
    uint64_t steps = leat_load_u64le(at);
    ret->mtime_s = (int64_t)(steps / steps_per_s) - from_1601_to_1970_s;
    ret->mtime_ns = (uint32_t)(steps % steps_per_s) * 100;
}

static void field_name(struct lha_text *text, struct leat_span field, bool utf16)
{
    if (!text->utf16 || utf16)
        *text = (struct lha_text){ .span = field, .utf16 = utf16 };
}

static void field_numbers(uint8_t type, struct leat_span field, struct lha_header *ret)
{
    if (type == FIELD_ATTRIBUTES && field.len >= 2) {
        ret->attributes = field.data[0];
    } else if (type == FIELD_TIMES && field.len >= 24) {
        windows_time(field.data + 8, ret);
    } else if (type == FIELD_SIZES && field.len >= 16) {
        ret->packed_size = leat_load_u64le(field.data);
        ret->size = leat_load_u64le(field.data + 8);
    } else if (type == FIELD_CODE_PAGE && field.len >= 4) {
        ret->code_page = leat_load_u32le(field.data);
    } else if (type == FIELD_MODE && field.len >= 2) {
        ret->mode = leat_load_u16le(field.data);
        ret->has_mode = true;
    } else if (type == FIELD_TIME && field.len >= 4) {
        ret->mtime_s = leat_load_u32le(field.data);
        ret->mtime_ns = 0;
    }
}

static void field_read(uint8_t type, struct leat_span field, struct lha_header *ret)
{
    switch (type) {
    case FIELD_NAME:
    case FIELD_NAME_UTF16:
        field_name(&ret->name, field, type == FIELD_NAME_UTF16);
        break;
    case FIELD_FOLDER:
    case FIELD_FOLDER_UTF16:
        field_name(&ret->folder, field, type == FIELD_FOLDER_UTF16);
        break;
    default:
        field_numbers(type, field, ret);
        break;
    }
}

/* Those behind the size that stands at `at`, which takes `width` bytes. Each is a type, what that
 * has, and the size of the next. What fills up behind the last is passed by. */
static bool extended_read(const uint8_t *data, size_t len, size_t at, size_t width,
                          struct lha_header *header, struct extended *ret)
{
    while (len - at >= width) {
        size_t size = width == 2 ? leat_load_u16le(data + at) : leat_load_u32le(data + at);
        if (size == 0)
            break;
        if (size < 1 + width || size > len - at - width)
            return false;
        const uint8_t *type = data + at + width;
        struct leat_span field = { .data = type + 1, .len = size - 1 - width };
        if (*type == FIELD_CRC && field.len >= CRC_LEN) {
            ret->crc_at = (size_t)(field.data - data);
            ret->crc = leat_load_u16le(field.data);
        } else {
            field_read(*type, field, header);
        }
        at += size;
        ret->len += size;
    }
    return true;
}

static bool is_crc_right(const uint8_t *data, size_t len, const struct extended *extended)
{
    static const uint8_t zeros[CRC_LEN];
    size_t at = extended->crc_at;
    if (at == 0)
        return true;
    uint16_t crc = leat_crc16(0, data, at);
    crc = leat_crc16(crc, zeros, CRC_LEN);
    return leat_crc16(crc, data + at + CRC_LEN, len - at - CRC_LEN) == extended->crc;
}

/* --- The whole --- */

/* What LHa for UNIX and that of OS-9/68k have behind a header of level 0: the system, a version,
 * the time, and at its end the mode and two owners, 2 bytes each. */
static void unix_0(const uint8_t *at, size_t len, struct lha_header *ret)
{
    enum { LEN_MIN = 12, OWNERS_LEN = 4 };
    if (len < LEN_MIN || ret->method[1] == 'p' || (at[0] != SYSTEM_UNIX && at[0] != SYSTEM_OSK) ||
        at[1] != 0)
        return;
    ret->system = at[0];
    ret->mtime_s = leat_load_u32le(at + 2);
    ret->mode = leat_load_u16le(at + len - OWNERS_LEN - 2);
    ret->has_mode = true;
}

static void read_01(const uint8_t *data, struct lha_header *ret)
{
    size_t name_len = data[NAME_LEN_AT];
    size_t rest_at = NAME_AT + name_len + CRC_LEN; /* behind the CRC */
    size_t end = SIZED_01_AT + (size_t)data[0];
    ret->mtime_s = leat_dos_time(leat_load_u16le(data + DATE_AT), leat_load_u16le(data + TIME_AT));
    ret->attributes = data[ATTRIBUTES_AT];
    ret->name.span = (struct leat_span){ .data = data + NAME_AT, .len = name_len };
    if (rest_at > end)
        return;
    ret->summed = true;
    ret->crc = leat_load_u16le(data + rest_at - CRC_LEN);
    if (ret->level == 1)
        ret->system = data[rest_at];
    else
        unix_0(data + rest_at, end - rest_at, ret);
}

static void read_23(const uint8_t *data, struct lha_header *ret)
{
    ret->mtime_s = leat_load_u32le(data + TIME_AT);
    ret->summed = true;
    ret->crc = leat_load_u16le(data + CRC_23_AT);
    ret->system = data[SYSTEM_23_AT];
}

/* Level 1 counts what is packed from its first extended header on. */
static bool read_extended(const uint8_t *data, size_t len, struct lha_header *ret,
                          struct extended *extended)
{
    size_t at = ret->level == 2 ? NEXT_2_AT : NEXT_3_AT;
    size_t base_len = SIZED_01_AT + (size_t)data[0];
    if (ret->level == 1) {
        at = base_len - 2;
        if (ret->packed_size < len - base_len)
            return false;
        ret->packed_size -= len - base_len;
    }
    return extended_read(data, len, at, ret->level == 3 ? 4 : 2, ret, extended);
}

/* OS-9 has read, write and execute from the lowest bit on, for the owner and then for all. */
static uint32_t os9_mode(uint32_t mode)
{
    uint32_t turned = 0;
    for (unsigned bit = 0; bit < 3; bit++) {
        turned |= (mode >> bit & 1) << (8 - bit);
        turned |= (mode >> (3 + bit) & 1) * (011u << (2 - bit));
    }
    return turned;
}

enum leat_fault_code leat_lha_header(const uint8_t *data, size_t len, struct lha_header *ret)
{
    struct extended extended = { 0 };
    leat_assert(len > LEVEL_AT && len == leat_lha_header_len(data, len));
    *ret = (struct lha_header){
        .method = data + LHA_METHOD_AT,
        .level = data[LEVEL_AT],
        .packed_size = leat_load_u32le(data + PACKED_SIZE_AT),
        .size = leat_load_u32le(data + SIZE_AT),
    };
    if (ret->level < 2)
        read_01(data, ret);
    else
        read_23(data, ret);
    if (ret->level > 0 && !read_extended(data, len, ret, &extended))
        return LEAT_FAULT_CORRUPT;
    if (ret->system == SYSTEM_OSK)
        ret->mode = os9_mode(ret->mode);
    ret->checked = ret->level < 2 || extended.crc_at > 0;
    return is_crc_right(data, len, &extended) ? LEAT_FAULT_NONE : LEAT_FAULT_CHECKSUM;
}
