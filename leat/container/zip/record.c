#include "leat/container/zip/record.h"

#include "leat/container/dos.h"
#include "leat/container/zip/crypt.h"
#include "leat/container/zip/extra.h"
#include "leat/container/zip/fields.h"
#include "leat/container/zip/method.h"
#include "leat/container/zip/name.h"
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

static struct leat_span span_at(const uint8_t *data, size_t len)
{
    return (struct leat_span){ .data = data, .len = len };
}

/* The name as stored: it is told by its checksum from others. */
static void name_read(struct zip_record *record, struct leat_span stored)
{
    record->name = stored;
    record->member.name_len = (uint16_t)stored.len;
    record->member.name_crc = leat_crc32(0, stored.data, stored.len);
}

static bool is_split(const struct zip_record *record, uint16_t disk)
{
    struct leat_span field = record->disk_field;
    return disk != 0 && (disk != UINT16_MAX || field.len < 4 || zip_u32(field.data) != 0);
}

void leat_zip_record_read(const uint8_t *at, uint64_t base, struct zip_record *ret)
{
    leat_assert(zip_u32(at) == ZIP_RECORD);
    size_t name_len = zip_u16(at + ZIP_RECORD_NAME_LEN);
    uint16_t time = zip_u16(at + ZIP_RECORD_TIME);
    struct zip_record record = {
        .member = {
            .header_at = zip_u32(at + ZIP_RECORD_OFFSET),
            .packed_size = zip_u32(at + ZIP_RECORD_PACKED),
            .size = zip_u32(at + ZIP_RECORD_SIZE),
            .crc = zip_u32(at + ZIP_RECORD_CRC),
            .flags = zip_u16(at + ZIP_RECORD_FLAGS),
            .packed_by = zip_u16(at + ZIP_RECORD_METHOD),
            .method = zip_u16(at + ZIP_RECORD_METHOD),
            .time = time,
        },
        .says_utf8 = zip_u16(at + ZIP_RECORD_FLAGS) & ZIP_FLAG_UTF8,
        .mtime_s = leat_dos_time(zip_u16(at + ZIP_RECORD_DATE), time),
    };
    name_read(&record, span_at(at + ZIP_RECORD_LEN, name_len));
    leat_zip_extra_read(span_at(at + ZIP_RECORD_LEN + name_len, zip_u16(at + ZIP_RECORD_EXTRA_LEN)),
                        &record);
    record.split = is_split(&record, zip_u16(at + ZIP_RECORD_DISK));
    if (at[ZIP_RECORD_HOST] == HOST_UNIX || at[ZIP_RECORD_HOST] == HOST_DARWIN)
        record.mode = zip_u16(at + ZIP_RECORD_MODE);
    if (record.member.header_at > UINT64_MAX - base)
        record.broken = true;
    record.member.header_at += base;
    *ret = record;
}

/* --- Local headers --- */

size_t leat_zip_local_len(const uint8_t *header)
{
    return (size_t)ZIP_LOCAL_LEN + zip_u16(header + ZIP_LOCAL_NAME_LEN) +
           zip_u16(header + ZIP_LOCAL_EXTRA_LEN);
}

void leat_zip_local_read(const uint8_t *header, uint64_t at, struct zip_record *ret)
{
    leat_assert(zip_u32(header) == ZIP_LOCAL);
    size_t name_len = zip_u16(header + ZIP_LOCAL_NAME_LEN);
    uint16_t time = zip_u16(header + ZIP_LOCAL_TIME);
    struct zip_record record = {
        .member = {
            .packed_size = zip_u32(header + ZIP_LOCAL_PACKED),
            .size = zip_u32(header + ZIP_LOCAL_SIZE),
            .crc = zip_u32(header + ZIP_LOCAL_CRC),
            .flags = zip_u16(header + ZIP_LOCAL_FLAGS),
            .packed_by = zip_u16(header + ZIP_LOCAL_METHOD),
            .method = zip_u16(header + ZIP_LOCAL_METHOD),
            .time = time,
        },
        .says_utf8 = zip_u16(header + ZIP_LOCAL_FLAGS) & ZIP_FLAG_UTF8,
        .mtime_s = leat_dos_time(zip_u16(header + ZIP_LOCAL_DATE), time),
    };
    name_read(&record, span_at(header + ZIP_LOCAL_LEN, name_len));
    leat_zip_extra_read(
        span_at(header + ZIP_LOCAL_LEN + name_len, zip_u16(header + ZIP_LOCAL_EXTRA_LEN)), &record);
    record.member.header_at = at;
    *ret = record;
}

/* --- Entries --- */

static enum leat_entry_kind kind_of(const struct zip_record *record)
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

/* What is encrypted opens by the ctx's password, where it can. */
static void unlock(struct leat_container *c, struct zip_record *record, struct leat_entry *entry)
{
    struct zip_member *member = &record->member;
    const struct leat_keys *keys = c->ctx->keys;
    if (!(member->flags & ZIP_FLAG_ENCRYPTED))
        return;
    if (member->flags & ZIP_FLAG_STRONG || member->aes_strength > ZIP_AES_STRENGTH_MAX)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, "encrypted in a way that is not known");
    if (member->aes_strength > 0 && !leat_zip_aes_here)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, "encrypted: built without libcrypto");
    if (keys == NULL || keys->password.data == NULL)
        leat_entry_fails(c, entry, LEAT_FAULT_UNSUPPORTED, "encrypted: needs a password");
    else
        member->password = keys->password;
}

enum leat_status leat_zip_record_entry(struct zip_record *record, struct leat_container *c,
                                       struct leat_gather *name, struct leat_entry *ret)
{
    const struct zip_member *member = &record->member;
    const struct zip_method *method = leat_zip_method(member->method);
    enum leat_status status = leat_zip_name(name, c, record->name, record->says_utf8);
    if (status != LEAT_OK)
        return status;
    *ret = (struct leat_entry){
        .name = leat_gather_span(name),
        .kind = kind_of(record),
        .method = method->name,
        .size = member->size,
        .packed_size = member->packed_size,
        .offset = member->header_at,
        .mtime_s = record->mtime_s,
        .mtime_ns = record->mtime_ns,
        .mode = record->mode & 07777,
    };
    if (record->broken)
        leat_entry_fails(c, ret, LEAT_FAULT_CORRUPT, "bad directory entry");
    if (record->split)
        leat_entry_fails(c, ret, LEAT_FAULT_UNSUPPORTED, "split archive");
    unlock(c, record, ret);
    if (!method->stored && method->decoder == NULL)
        leat_entry_fails(c, ret, LEAT_FAULT_UNSUPPORTED, "packed by a method that is not known");
    return LEAT_OK;
}
