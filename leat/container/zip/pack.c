/* The packer, after PKWARE's APPNOTE.TXT 6.3.10: the numbers in brackets are its sections. It goes
 * only forward, so what is not known before an entry's bytes stands in a descriptor behind them. */

#include "leat/container/zip/fields.h"
#include "leat/container/zip/name.h"
#include "leat/container/zip/zip.h"
#include "leat/core/bytes.h"
#include "leat/stage/gzip/gzip.h"
#include "leat/stage/hash/crc32.h"

enum {
    MADE_BY_UNIX = 3 << 8 | 45, /* 4.4.2: the mode is POSIX's; by version 4.5 */
    NEEDS_DEFLATE = 20,         /* 4.4.3 */
    NEEDS_ZIP64 = 45,
    METHOD_STORED = 0,
    METHOD_DEFLATE = 8,
    DESCRIPTOR = 0x08074b50, /* 4.3.9.3 */
    ATTRIBUTE_FOLDER = 0x10, /* of DOS */
    MODE_FILE = 0100000,
    MODE_FOLDER = 0040000,
    MODE_LINK = 0120000,
    EXTRA_TIME_LEN = 5,
    EXTRA_HEAD_LEN = 4,
};

/* The largest sizes without zip64, with all that deflate may add (RFC 1951: 5 bytes for each block
 * of 64 KiB, and ISA-L's are no smaller than 8 KiB). */
#define SIZE_NARROW_MAX (UINT32_MAX - UINT32_MAX / 1024)

/* One record of the directory, but for its end. */
struct record {
    uint64_t header_at;
    uint64_t size, packed;
    uint32_t crc;
    uint16_t flags, method;
    uint16_t dos_time, dos_date;
    uint32_t mode; /* POSIX, with the type */
    int64_t mtime_s;
    bool folder;
    bool wide; /* the descriptor has 64 bits */
};

struct zip_pack {
    struct leat_pack pack;
    struct leat_gzip_options deflate;
    struct record record; /* of the entry that is begun */
    uint8_t *name;        /* of the same: until its record is written */
    size_t name_len, name_size;
    uint8_t *directory; /* the records so far */
    size_t directory_len, directory_size;
};

/* --- Numbers --- */

/* A row of little-endian numbers under way; the longest is the end in zip64. */
struct row {
    uint8_t data[ZIP_END64_LEN];
    size_t len;
};

static void add(struct row *row, unsigned bytes, uint64_t number)
{
    leat_assert(row->len + bytes <= sizeof(row->data));
    for (unsigned i = 0; i < bytes; i++, number >>= 8)
        row->data[row->len++] = (uint8_t)number;
}

/* A number that zip64's field has instead where it does not fit. */
static void add_narrow(struct row *row, uint64_t number)
{
    add(row, 4, number < UINT32_MAX ? number : UINT32_MAX);
}

/* Seconds since 1970 as DOS has them, in UTC: the days by Howard Hinnant's civil_from_days. Before
 * 1980 and after 2107 there is nothing, and the nearest stands for it. */
static void dos_of(int64_t mtime_s, uint16_t *ret_date, uint16_t *ret_time)
{
    enum { FIRST_DATE = 1 << 5 | 1, LAST_DATE = 127 << 9 | 12 << 5 | 31 };
    const int64_t first = 315532800, last = 4354819199;
    if (mtime_s < first || mtime_s > last) {
        *ret_date = mtime_s < first ? FIRST_DATE : LAST_DATE;
        *ret_time = 0;
        return;
    }
    uint32_t days = (uint32_t)(mtime_s / 86400) + 719468, second = (uint32_t)(mtime_s % 86400);
    uint32_t era = days / 146097, era_day = days % 146097;
    uint32_t era_year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    uint32_t year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    uint32_t shifted = (5 * year_day + 2) / 153; /* months from March on */
    uint32_t day = year_day - (153 * shifted + 2) / 5 + 1;
    uint32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    uint32_t year = era * 400 + era_year + (month <= 2);
    *ret_date = (uint16_t)((year - 1980) << 9 | month << 5 | day);
    *ret_time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
}

/* --- Memory of our own --- */

/* Append to what is kept; `size` of it is allocated. Without memory the packer has its fault. */
static void keep(struct leat_pack *p, uint8_t **data, size_t *len, size_t *size, const void *more,
                 size_t more_len)
{
    if (p->fault.code != LEAT_FAULT_NONE || more_len == 0)
        return;
    if (more_len > *size - *len) {
        size_t larger = *size > 0 ? *size : 1024;
        while (larger < *len + more_len)
            larger *= 2;
        uint8_t *grown = leat_allocate(&p->ctx->alloc, larger);
        if (grown == NULL) {
            leat_pack_fails(p, LEAT_FAULT_MEMORY, NULL);
            return;
        }
        leat_bytes_copy(NULL, LEAT_CAUSE_GROW, grown, *data, *len);
        leat_deallocate(&p->ctx->alloc, *data);
        *data = grown;
        *size = larger;
    }
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, *data + *len, more, more_len);
    *len += more_len;
}

static void keep_record(struct zip_pack *self, const void *more, size_t len)
{
    keep(&self->pack, &self->directory, &self->directory_len, &self->directory_size, more, len);
}

static void keep_name(struct zip_pack *self, const void *more, size_t len)
{
    keep(&self->pack, &self->name, &self->name_len, &self->name_size, more, len);
}

/* --- Entries --- */

/* Info-ZIP's extended timestamp: seconds in 32 bits, signed. */
static bool has_time_field(const struct record *record)
{
    return record->mtime_s >= INT32_MIN && record->mtime_s <= INT32_MAX;
}

static void add_time_field(struct row *row, const struct record *record)
{
    add(row, 2, ZIP_EXTRA_TIME);
    add(row, 2, EXTRA_TIME_LEN);
    add(row, 1, 1); /* the time of modification, and no other */
    add(row, 4, (uint64_t)record->mtime_s);
}

/* 4.3.7 */
static void put_local(struct zip_pack *self)
{
    const struct record *record = &self->record;
    struct leat_pack *p = &self->pack;
    struct row row = { 0 }, extra = { 0 };
    bool later = record->flags & ZIP_FLAG_DESCRIPTOR;
    if (record->wide) {
        add(&extra, 2, ZIP_EXTRA_ZIP64);
        add(&extra, 2, 16);
        add(&extra, 8, 0);
        add(&extra, 8, 0);
    }
    if (has_time_field(record))
        add_time_field(&extra, record);
    add(&row, 4, ZIP_LOCAL);
    add(&row, 2, record->wide ? NEEDS_ZIP64 : NEEDS_DEFLATE);
    add(&row, 2, record->flags);
    add(&row, 2, record->method);
    add(&row, 2, record->dos_time);
    add(&row, 2, record->dos_date);
    add(&row, 4, later ? 0 : record->crc);
    add(&row, 4, record->wide ? UINT32_MAX : later ? 0 : record->packed);
    add(&row, 4, record->wide ? UINT32_MAX : later ? 0 : record->size);
    add(&row, 2, self->name_len);
    add(&row, 2, extra.len);
    leat_assert(row.len == ZIP_LOCAL_LEN);
    leat_pack_put(p, row.data, row.len);
    leat_pack_put(p, self->name, self->name_len);
    leat_pack_put(p, extra.data, extra.len);
}

/* 4.3.9 */
static void put_descriptor(struct leat_pack *p, const struct record *record)
{
    struct row row = { 0 };
    add(&row, 4, DESCRIPTOR);
    add(&row, 4, record->crc);
    add(&row, record->wide ? 8 : 4, record->packed);
    add(&row, record->wide ? 8 : 4, record->size);
    leat_pack_put(p, row.data, row.len);
}

/* 4.5.3: only those that did not fit, in this order. */
static void add_zip64_field(struct row *row, const struct record *record)
{
    const uint64_t numbers[] = { record->size, record->packed, record->header_at };
    struct row wide = { 0 };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] >= UINT32_MAX)
            add(&wide, 8, numbers[i]);
    }
    if (wide.len == 0)
        return;
    add(row, 2, ZIP_EXTRA_ZIP64);
    add(row, 2, wide.len);
    leat_bytes_copy(NULL, LEAT_CAUSE_USER, row->data + row->len, wide.data, wide.len);
    row->len += wide.len;
}

/* 4.3.12 */
static void record_ends(struct zip_pack *self)
{
    const struct record *record = &self->record;
    struct row row = { 0 }, extra = { 0 };
    add_zip64_field(&extra, record);
    bool wide = extra.len > 0 || record->wide;
    if (has_time_field(record))
        add_time_field(&extra, record);
    add(&row, 4, ZIP_RECORD);
    add(&row, 2, MADE_BY_UNIX);
    add(&row, 2, wide ? NEEDS_ZIP64 : NEEDS_DEFLATE);
    add(&row, 2, record->flags);
    add(&row, 2, record->method);
    add(&row, 2, record->dos_time);
    add(&row, 2, record->dos_date);
    add(&row, 4, record->crc);
    add_narrow(&row, record->packed);
    add_narrow(&row, record->size);
    add(&row, 2, self->name_len);
    add(&row, 2, extra.len);
    add(&row, 2, 0); /* no comment */
    add(&row, 2, 0); /* on the one disk */
    add(&row, 2, 0); /* internal attributes */
    add(&row, 2, record->folder ? ATTRIBUTE_FOLDER : 0);
    add(&row, 2, record->mode);
    add_narrow(&row, record->header_at);
    leat_assert(row.len == ZIP_RECORD_LEN);
    keep_record(self, row.data, row.len);
    keep_record(self, self->name, self->name_len);
    keep_record(self, extra.data, extra.len);
}

static bool is_ascii(struct leat_span text)
{
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= text.data[i];
    return all < 0x80;
}

static uint32_t mode_of(const struct leat_entry *entry)
{
    uint32_t type = entry->kind == LEAT_ENTRY_FOLDER ? MODE_FOLDER
                    : entry->kind == LEAT_ENTRY_LINK ? MODE_LINK
                                                     : MODE_FILE;
    return type | (entry->mode & 07777);
}

/* A link's target stands where a file's bytes do; it and what is empty are known beforehand. */
static void plan_bytes(struct zip_pack *self, const struct leat_entry *entry)
{
    struct record *record = &self->record;
    uint64_t size = entry->kind == LEAT_ENTRY_FILE ? entry->size : entry->target.len;
    record->method = METHOD_STORED;
    record->size = record->packed = size;
    record->crc = leat_crc32(0, entry->target.data, entry->target.len);
    if (entry->kind != LEAT_ENTRY_FILE || size == 0)
        return;
    record->flags |= ZIP_FLAG_DESCRIPTOR;
    record->wide = size > SIZE_NARROW_MAX;
    record->crc = 0;
    if (!self->pack.options.stored)
        record->method = METHOD_DEFLATE;
}

static enum leat_status zip_pack_begin(struct leat_pack *p, const struct leat_entry *entry)
{
    struct zip_pack *self = (struct zip_pack *)p;
    struct leat_span name = entry->name;
    if (entry->kind != LEAT_ENTRY_FILE && entry->kind != LEAT_ENTRY_FOLDER &&
        entry->kind != LEAT_ENTRY_LINK)
        return leat_pack_fails(p, LEAT_FAULT_UNSUPPORTED, "no such kind of file is packed");
    if (name.len >= UINT16_MAX || entry->target.len >= UINT16_MAX)
        return leat_pack_fails(p, LEAT_FAULT_BOUND, "a name longer than the format allows");
    self->record = (struct record){
        .header_at = leat_pack_tell(p),
        .flags = is_ascii(name) || !leat_zip_is_utf8(name) ? 0 : ZIP_FLAG_UTF8,
        .mode = mode_of(entry),
        .mtime_s = entry->mtime_s,
        .folder = entry->kind == LEAT_ENTRY_FOLDER,
    };
    dos_of(entry->mtime_s, &self->record.dos_date, &self->record.dos_time);
    self->name_len = 0;
    keep_name(self, name.data, name.len);
    if (self->record.folder && name.data[name.len - 1] != '/')
        keep_name(self, "/", 1);
    plan_bytes(self, entry);
    if (p->fault.code != LEAT_FAULT_NONE)
        return LEAT_FAULT;
    put_local(self);
    leat_pack_put(p, entry->target.data, entry->kind == LEAT_ENTRY_LINK ? entry->target.len : 0);
    return LEAT_OK;
}

static const struct leat_stage *zip_pack_encoder(struct leat_pack *p, const void **ret_options)
{
    struct zip_pack *self = (struct zip_pack *)p;
    *ret_options = &self->deflate;
    return self->record.method == METHOD_DEFLATE ? &leat_stage_deflate : NULL;
}

static void zip_pack_look(struct leat_pack *p, const uint8_t *data, size_t len)
{
    struct record *record = &((struct zip_pack *)p)->record;
    record->crc = leat_crc32(record->crc, data, len);
}

static void zip_pack_end(struct leat_pack *p, uint64_t size, uint64_t packed)
{
    struct zip_pack *self = (struct zip_pack *)p;
    if (self->record.flags & ZIP_FLAG_DESCRIPTOR) {
        self->record.size = size;
        self->record.packed = packed;
        put_descriptor(p, &self->record);
    }
    record_ends(self);
}

/* --- The end --- */

/* 4.3.14 and 4.3.15 */
static void put_end64(struct leat_pack *p, uint64_t at, uint64_t len)
{
    struct row end = { 0 }, locator = { 0 };
    add(&end, 4, ZIP_END64);
    add(&end, 8, ZIP_END64_LEN - 12); /* without this and what stands before it */
    add(&end, 2, MADE_BY_UNIX);
    add(&end, 2, NEEDS_ZIP64);
    add(&end, 4, 0);
    add(&end, 4, 0);
    add(&end, 8, p->entries);
    add(&end, 8, p->entries);
    add(&end, 8, len);
    add(&end, 8, at);
    add(&locator, 4, ZIP_LOCATOR);
    add(&locator, 4, 0);
    add(&locator, 8, at + len);
    add(&locator, 4, 1);
    leat_assert(end.len == ZIP_END64_LEN);
    leat_assert(locator.len == ZIP_LOCATOR_LEN);
    leat_pack_put(p, end.data, end.len);
    leat_pack_put(p, locator.data, locator.len);
}

static void zip_pack_finish(struct leat_pack *p)
{
    struct zip_pack *self = (struct zip_pack *)p;
    uint64_t at = leat_pack_tell(p), len = self->directory_len;
    uint64_t entries = p->entries < UINT16_MAX ? p->entries : UINT16_MAX;
    struct row end = { 0 };
    leat_pack_put(p, self->directory, self->directory_len);
    if (at >= UINT32_MAX || len >= UINT32_MAX || p->entries >= UINT16_MAX)
        put_end64(p, at, len);
    add(&end, 4, ZIP_END);
    add(&end, 2, 0);
    add(&end, 2, 0);
    add(&end, 2, entries);
    add(&end, 2, entries);
    add_narrow(&end, len);
    add_narrow(&end, at);
    add(&end, 2, 0); /* no comment */
    leat_assert(end.len == ZIP_END_LEN);
    leat_pack_put(p, end.data, end.len);
}

static void zip_pack_stop(struct leat_pack *p)
{
    struct zip_pack *self = (struct zip_pack *)p;
    leat_deallocate(&p->ctx->alloc, self->name);
    leat_deallocate(&p->ctx->alloc, self->directory);
}

struct leat_pack *leat_zip_pack(struct leat_writer *sink, const struct leat_pack_options *options)
{
    static const struct leat_pack_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct zip_pack),
        .begin = zip_pack_begin,
        .encoder = zip_pack_encoder,
        .look = zip_pack_look,
        .end = zip_pack_end,
        .finish = zip_pack_finish,
        .stop = zip_pack_stop,
    };
    struct zip_pack *self = leat_pack_over(sink, &ops, options);
    if (self == NULL)
        return NULL;
    self->deflate.level = self->pack.options.level;
    return &self->pack;
}
