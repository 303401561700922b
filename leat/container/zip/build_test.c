#include "leat/container/zip/build_test.h"

#include <string.h>

#include "leat/core/assert.h"
#include "leat/stage/hash/crc32.h"

void build_begin(struct archive *archive)
{
    archive->len = archive->records_len = 0;
    archive->entries = 0;
}

void build_bytes(struct archive *archive, const void *data, size_t len)
{
    leat_assert(archive->len + len <= sizeof(archive->data));
    memcpy(archive->data + archive->len, data, len);
    archive->len += len;
}

void build_set(uint8_t *at, unsigned bytes, uint64_t n)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(n >> 8 * i);
}

/* The text as it is packed. */
static size_t pack(const struct plan *plan, uint8_t *to)
{
    size_t len = strlen(plan->text);
    size_t at = 0;
    if (plan->method == 8) {
        to[0] = 1;
        build_set(to + 1, 2, len);
        build_set(to + 3, 2, ~len);
        at = 5;
    }
    memcpy(to + at, plan->text, len);
    memset(to + at + len, 'b', (size_t)plan->behind);
    return at + len + (size_t)plan->behind;
}

void build_record(struct archive *archive, const struct plan *plan, size_t at, size_t packed_len,
                  uint32_t crc)
{
    uint8_t *record = archive->records + archive->records_len;
    size_t name_len = strlen(plan->name);
    size_t size = strlen(plan->text) + (size_t)plan->more;
    size_t extra_len = plan->extra_len + (plan->wide ? 28 : 0);
    uint8_t *extra = record + ZIP_RECORD_LEN + name_len;
    memset(record, 0, ZIP_RECORD_LEN);
    build_set(record, 4, ZIP_RECORD);
    record[ZIP_RECORD_HOST] = plan->mode ? 3 : 0;
    build_set(record + ZIP_RECORD_FLAGS, 2, plan->flags);
    build_set(record + ZIP_RECORD_METHOD, 2, plan->method);
    /* 2023-11-14 22:13:20, 1700000000 seconds since 1970 */
    build_set(record + ZIP_RECORD_TIME, 2, 22 << 11 | 13 << 5 | 10);
    build_set(record + ZIP_RECORD_DATE, 2, 43 << 9 | 11 << 5 | 14);
    build_set(record + ZIP_RECORD_CRC, 4, crc);
    build_set(record + ZIP_RECORD_PACKED, 4, plan->wide ? UINT32_MAX : packed_len);
    build_set(record + ZIP_RECORD_SIZE, 4, plan->wide ? UINT32_MAX : size);
    build_set(record + ZIP_RECORD_NAME_LEN, 2, name_len);
    build_set(record + ZIP_RECORD_EXTRA_LEN, 2, extra_len);
    build_set(record + ZIP_RECORD_DISK, 2, plan->disk);
    build_set(record + ZIP_RECORD_MODE, 2, plan->mode);
    build_set(record + ZIP_RECORD_OFFSET, 4, plan->wide ? UINT32_MAX : at);
    memcpy(record + ZIP_RECORD_LEN, plan->name, name_len);
    if (plan->extra_len > 0)
        memcpy(extra, plan->extra, plan->extra_len);
    if (plan->wide) {
        extra += plan->extra_len;
        build_set(extra, 2, ZIP_EXTRA_ZIP64);
        build_set(extra + 2, 2, 24);
        build_set(extra + 4, 8, size);
        build_set(extra + 12, 8, packed_len);
        build_set(extra + 20, 8, at);
    }
    archive->records_len += ZIP_RECORD_LEN + name_len + extra_len;
    archive->entries++;
}

void build_entry(struct archive *archive, const struct plan *plan)
{
    uint8_t packed[1024];
    uint8_t local[ZIP_LOCAL_LEN] = { 0 };
    size_t at = archive->len;
    size_t packed_len = pack(plan, packed);
    size_t text_len = strlen(plan->text);
    uint32_t crc = leat_crc32(0, plan->text, text_len) ^ plan->crc;
    build_set(local, 4, ZIP_LOCAL);
    build_set(local + ZIP_LOCAL_FLAGS, 2, plan->flags);
    build_set(local + ZIP_LOCAL_METHOD, 2, plan->method + plan->local_method);
    build_set(local + ZIP_LOCAL_CRC, 4, crc);
    build_set(local + ZIP_LOCAL_PACKED, 4, packed_len);
    build_set(local + ZIP_LOCAL_SIZE, 4, text_len + (size_t)plan->more);
    build_set(local + ZIP_LOCAL_NAME_LEN, 2, strlen(plan->name));
    build_set(local + ZIP_LOCAL_EXTRA_LEN, 2, 7); /* lengths of its own */
    build_bytes(archive, local, sizeof(local));
    build_bytes(archive, plan->local_name != NULL ? plan->local_name : plan->name,
                strlen(plan->name));
    build_bytes(archive, "\xfe\xca\3\0abc", 7);
    build_bytes(archive, packed, packed_len);
    if (!plan->no_record)
        build_record(archive, plan, at, packed_len, crc);
}

void build_end(struct archive *archive, const char *comment, size_t comment_len)
{
    uint8_t end[ZIP_END_LEN] = { 0 };
    size_t directory_at = archive->len;
    build_bytes(archive, archive->records, archive->records_len);
    archive->end_at = archive->len;
    build_set(end, 4, ZIP_END);
    build_set(end + 8, 2, archive->entries);
    build_set(end + ZIP_END_ENTRIES, 2, archive->entries);
    build_set(end + ZIP_END_DIRECTORY_LEN, 4, archive->records_len);
    build_set(end + ZIP_END_DIRECTORY_AT, 4, directory_at);
    build_set(end + ZIP_END_COMMENT_LEN, 2, comment_len);
    build_bytes(archive, end, sizeof(end));
    build_bytes(archive, comment, comment_len);
}

void build_end64(struct archive *archive, uint64_t directory_at)
{
    uint8_t end64[ZIP_END64_LEN] = { 0 };
    uint8_t locator[ZIP_LOCATOR_LEN] = { 0 };
    build_bytes(archive, archive->records, archive->records_len);
    build_set(end64, 4, ZIP_END64);
    build_set(end64 + 4, 8, ZIP_END64_LEN - 12);
    build_set(end64 + ZIP_END64_ENTRIES, 8, archive->entries);
    build_set(end64 + ZIP_END64_DIRECTORY_LEN, 8, archive->records_len);
    build_set(end64 + ZIP_END64_DIRECTORY_AT, 8, directory_at);
    build_bytes(archive, end64, sizeof(end64));
    build_set(locator, 4, ZIP_LOCATOR);
    build_set(locator + ZIP_LOCATOR_AT, 8, directory_at + archive->records_len);
    build_set(locator + ZIP_LOCATOR_DISKS, 4, 1);
    build_bytes(archive, locator, sizeof(locator));
    uint8_t end[ZIP_END_LEN] = { 0 };
    build_set(end, 4, ZIP_END);
    memset(end + ZIP_END_ENTRIES - 2, 0xff, 12);
    build_bytes(archive, end, sizeof(end));
}
