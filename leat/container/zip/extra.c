#include "leat/container/zip/extra.h"

#include "leat/container/zip/fields.h"
#include "leat/container/zip/method.h"

/* What was found, until all fields were. */
struct found {
    struct leat_span zip64;
    bool unix_time;
    bool ntfs_time;
    int64_t ntfs_s;
    uint32_t ntfs_ns;
};

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
    if (field.len < 5 || field.data[0] != 1 || zip_u32(field.data + 1) != record->member.name_crc)
        return;
    record->name = (struct leat_span){ .data = field.data + 5, .len = field.len - 5 };
    record->says_utf8 = true;
}

static void unix_time(const uint8_t *at, struct zip_record *record, struct found *found)
{
    record->mtime_s = (int32_t)zip_u32(at);
    found->unix_time = true;
}

/* Behind a reserved number: attributes, each a tag and a length. The first has the times, in steps
 * of 100 ns since 1601. */
static void ntfs_times(struct leat_span field, struct found *found)
{
    enum { TIMES = 1, TIMES_LEN = 24 };
    const int64_t steps_per_s = 10000000;
    const int64_t from_1601_to_1970_s = 11644473600;
    for (size_t at = 4; at + 4 <= field.len;) {
        size_t len = zip_u16(field.data + at + 2);
        if (zip_u16(field.data + at) == TIMES && len >= TIMES_LEN && len <= field.len - at - 4) {
            uint64_t steps = zip_u64(field.data + at + 4);
            found->ntfs_time = steps <= INT64_MAX;
            found->ntfs_s = (int64_t)steps / steps_per_s - from_1601_to_1970_s;
            found->ntfs_ns = (uint32_t)(steps % (uint64_t)steps_per_s) * 100;
            return;
        }
        at += 4 + len;
    }
}

/* A version, whose it is ("AE"), the strength, and how the bytes are packed. From the second
 * version on there is no checksum of what is encrypted, which would tell of it. */
static void aes(struct leat_span field, struct zip_record *record)
{
    if (field.len < 7)
        return;
    record->member.unsummed = zip_u16(field.data) >= 2;
    record->member.aes_strength = field.data[4];
    record->member.method = zip_u16(field.data + 5);
}

static void field_read(uint16_t id, struct leat_span field, struct zip_record *record,
                       struct found *found)
{
    switch (id) {
    case ZIP_EXTRA_ZIP64:
        found->zip64 = field;
        break;
    case ZIP_EXTRA_TIME:
        if (field.len >= 5 && (field.data[0] & 1))
            unix_time(field.data + 1, record, found);
        break;
    case ZIP_EXTRA_OLD_UNIX:
    case ZIP_EXTRA_PKUNIX:
        if (field.len >= 8 && !found->unix_time)
            unix_time(field.data + 4, record, found);
        break;
    case ZIP_EXTRA_NTFS:
        ntfs_times(field, found);
        break;
    case ZIP_EXTRA_PATH:
        unicode_path(field, record);
        break;
    case ZIP_EXTRA_AES:
        if (record->member.packed_by == ZIP_METHOD_AES)
            aes(field, record);
        break;
    default:
        break;
    }
}

void leat_zip_extra_read(struct leat_span extra, struct zip_record *record)
{
    struct found found = { 0 };
    while (extra.len >= 4) {
        size_t len = zip_u16(extra.data + 2);
        if (len > extra.len - 4)
            break;
        struct leat_span field = { .data = extra.data + 4, .len = len };
        field_read(zip_u16(extra.data), field, record, &found);
        extra = (struct leat_span){ .data = field.data + len, .len = extra.len - 4 - len };
    }
    /* Where both are there the one of Unix was set last, by who knows both; it has no fractions. */
    if (found.ntfs_time && (!found.unix_time || found.ntfs_s == record->mtime_s)) {
        record->mtime_s = found.ntfs_s;
        record->mtime_ns = found.ntfs_ns;
    }
    wide_number(&found.zip64, record, &record->member.size);
    wide_number(&found.zip64, record, &record->member.packed_size);
    wide_number(&found.zip64, record, &record->member.header_at);
    record->disk_field = found.zip64;
}
