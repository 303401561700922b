#include "leat/container/zip/fields.h"
#include "leat/container/zip/record.h"
#include "leat/core/assert.h"
#include "leat/stage/hash/crc32.h"

/* Who made the record, where that means that POSIX's mode is in it. */
enum { HOST_UNIX = 3, HOST_DARWIN = 19 };

/* POSIX's file types. */
enum { TYPE_MASK = 0170000, TYPE_FILE = 0100000, TYPE_FOLDER = 0040000, TYPE_LINK = 0120000 };

size_t leat_zip_record_len(const uint8_t *record)
{
    return (size_t)ZIP_RECORD_LEN + zip_u16(record + ZIP_RECORD_NAME_LEN) +
           zip_u16(record + ZIP_RECORD_EXTRA_LEN) + zip_u16(record + ZIP_RECORD_COMMENT_LEN);
}

/* Days since 1970 of a day in the Gregorian calendar (Howard Hinnant, days_from_civil), for years
 * from 1980 on. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned shifted = month > 2 ? year : year - 1; /* years begin in March */
    unsigned era_year = shifted % 400;
    unsigned year_day = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned era_day = era_year * 365 + era_year / 4 - era_year / 100 + year_day;
    return (int64_t)(shifted / 400) * 146097 + era_day - 719468;
}

/* The time of DOS, in steps of two seconds, as if it were UTC. */
static int64_t dos_time(uint16_t date, uint16_t time)
{
    unsigned month = date >> 5 & 15;
    unsigned day = date & 31;
    if (month < 1 || month > 12 || day < 1)
        return 0;
    int64_t days = days_of(1980 + (date >> 9), month, day);
    return days * 86400 + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
}

/* The next number of zip64's field, for one that did not fit in 32 bits: they follow one another,
 * each only where it is needed. */
static void wide_number(struct leat_span *field, struct zip_record *record, uint64_t *number)
{
    if (*number != UINT32_MAX)
        return;
    if (field->len < 8) {
        record->broken = true;
        return;
    }
    *number = zip_u64(field->data);
    *field = (struct leat_span){ .data = field->data + 8, .len = field->len - 8 };
}

/* Info-ZIP: a version, the checksum of the name this stands for, and the name in UTF-8. Whoever
 * renamed the entry without knowing this field made it void. */
static void unicode_path(struct leat_span field, struct zip_record *record)
{
    if (field.len < 5 || field.data[0] != 1)
        return;
    if (zip_u32(field.data + 1) != leat_crc32(0, record->name.data, record->name.len))
        return;
    record->name = (struct leat_span){ .data = field.data + 5, .len = field.len - 5 };
    record->says_utf8 = true;
}

static void extra_read(struct leat_span extra, struct zip_record *record, struct leat_span *zip64)
{
    while (extra.len >= 4) {
        size_t len = zip_u16(extra.data + 2);
        if (len > extra.len - 4)
            return;
        struct leat_span field = { .data = extra.data + 4, .len = len };
        uint16_t id = zip_u16(extra.data);
        if (id == ZIP_EXTRA_ZIP64) {
            *zip64 = field;
        } else if (id == ZIP_EXTRA_TIME && len >= 5 && (field.data[0] & 1)) {
            record->mtime_s = (int32_t)zip_u32(field.data + 1);
        } else if (id == ZIP_EXTRA_PATH) {
            unicode_path(field, record);
        }
        extra = (struct leat_span){ .data = field.data + len, .len = extra.len - 4 - len };
    }
}

void leat_zip_record_read(const uint8_t *at, uint64_t base, struct zip_record *ret)
{
    leat_assert(zip_u32(at) == ZIP_RECORD);
    size_t name_len = zip_u16(at + ZIP_RECORD_NAME_LEN);
    size_t extra_len = zip_u16(at + ZIP_RECORD_EXTRA_LEN);
    struct zip_record record = {
        .member = {
            .header_at = zip_u32(at + ZIP_RECORD_OFFSET),
            .packed_size = zip_u32(at + ZIP_RECORD_PACKED),
            .size = zip_u32(at + ZIP_RECORD_SIZE),
            .crc = zip_u32(at + ZIP_RECORD_CRC),
            .flags = zip_u16(at + ZIP_RECORD_FLAGS),
            .method = zip_u16(at + ZIP_RECORD_METHOD),
        },
        .name = { .data = at + ZIP_RECORD_LEN, .len = name_len },
        .says_utf8 = zip_u16(at + ZIP_RECORD_FLAGS) & ZIP_FLAG_UTF8,
        .mtime_s = dos_time(zip_u16(at + ZIP_RECORD_DATE), zip_u16(at + ZIP_RECORD_TIME)),
    };
    uint16_t disk = zip_u16(at + ZIP_RECORD_DISK);
    struct leat_span zip64 = { 0 };
    extra_read((struct leat_span){ .data = at + ZIP_RECORD_LEN + name_len, .len = extra_len },
               &record, &zip64);
    wide_number(&zip64, &record, &record.member.size);
    wide_number(&zip64, &record, &record.member.packed_size);
    wide_number(&zip64, &record, &record.member.header_at);
    record.split = disk != 0 && (disk != UINT16_MAX || zip64.len < 4 || zip_u32(zip64.data) != 0);
    if (at[ZIP_RECORD_HOST] == HOST_UNIX || at[ZIP_RECORD_HOST] == HOST_DARWIN)
        record.mode = zip_u16(at + ZIP_RECORD_MODE);
    if (record.member.header_at > UINT64_MAX - base)
        record.broken = true;
    record.member.header_at += base;
    *ret = record;
}

enum leat_entry_kind leat_zip_record_kind(const struct zip_record *record)
{
    uint32_t type = record->mode & TYPE_MASK;
    if (type == TYPE_LINK)
        return LEAT_ENTRY_LINK;
    bool slash = record->name.len > 0 && record->name.data[record->name.len - 1] == '/';
    if (type == TYPE_FOLDER || slash)
        return LEAT_ENTRY_FOLDER;
    /* What zip(1) reads from a pipe it stores as one, with its bytes. */
    bool holds = record->member.size > 0;
    return type == 0 || type == TYPE_FILE || holds ? LEAT_ENTRY_FILE : LEAT_ENTRY_OTHER;
}
