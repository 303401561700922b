#include "leat/container/zip/zip.h"

#include "leat/container/placed.h"
#include "leat/container/scan.h"
#include "leat/container/zip/end.h"
#include "leat/container/zip/record.h"
#include "leat/container/zip/recover.h"
#include "leat/core/bytes.h"
#include "leat/stage/limit/limit.h"

struct zip;

/* One step towards the next entry: OK and the step after it is set, or why not. All of a step's
 * progress is in the struct, so one that must wait is simply called again. */
typedef enum leat_status zip_step(struct zip *self);

struct zip {
    struct leat_container container;
    struct leat_reader shell; /* what an entry's reader stands on where the source cannot fork */
    zip_step *step;           /* NULL: the directory was found */
    bool strayed;             /* an entry's reader moved the source, or left a fault in it */

    uint64_t size; /* of the input */
    uint64_t tail_at;
    struct leat_gather tail;
    size_t scan;   /* in the tail: the end that is being tried */
    bool loose;    /* none had a comment that fits: any will do */
    bool by_claim; /* the directory may be where the end says, not just before it */
    bool split;    /* one of the ends was that of a split archive */
    struct zip_end end;

    uint64_t base;         /* bytes before the archive: offsets count from here */
    uint64_t directory_at; /* in the input */
    uint64_t record_at;
    uint64_t search_at; /* where a record may begin that follows damage */
    bool searches;      /* the source is on its way from there */
    struct leat_gather record;
    struct leat_gather name;
    struct zip_member member; /* of the entry that was given last */
    uint64_t packed_sum;      /* of all entries so far, with their headers */
};

static zip_step step_size, step_tail, step_end, step_start, step_none;

static enum leat_status zip_fails(struct zip *self, enum leat_fault_code code, const char *reason,
                                  uint64_t offset)
{
    return leat_container_fails(&self->container, code, reason, offset);
}

static enum leat_status zip_gather(struct zip *self, struct leat_gather *gather, uint64_t at,
                                   size_t want)
{
    return leat_gather_at(gather, &self->container, at, want, &self->strayed);
}

/* --- Finding the directory --- */

static enum leat_status step_size(struct zip *self)
{
    enum leat_status status = leat_placed_begin(&self->container, &self->size);
    if (status != LEAT_OK)
        return status;
    self->strayed = true;
    self->tail_at = self->size > ZIP_TAIL_MAX ? self->size - ZIP_TAIL_MAX : 0;
    self->step = step_tail;
    return LEAT_OK;
}

static enum leat_status step_tail(struct zip *self)
{
    size_t want = (size_t)(self->size - self->tail_at);
    enum leat_status status = zip_gather(self, &self->tail, self->tail_at, want);
    if (status == LEAT_OK) {
        self->scan = self->tail.len;
        self->step = step_end;
    }
    return status;
}

/* Where the directory of the end that is being tried may begin: just before the end, whatever was
 * put before the archive; or where the end itself says. False when neither can be. */
static bool start_of(const struct zip *self, uint64_t *ret)
{
    const struct zip_end *end = &self->end;
    uint64_t claimed = end->directory_at;
    if (end->directory_len > end->directory_end)
        return false;
    uint64_t before = end->directory_end - end->directory_len;
    *ret = self->by_claim ? claimed : before;
    return claimed <= before && (!self->by_claim || claimed < before);
}

/* Try the next end further up. */
static enum leat_status step_end(struct zip *self)
{
    struct leat_span tail = leat_gather_span(&self->tail);
    if (leat_zip_end_find(tail, self->tail_at, &self->scan, !self->loose, &self->end)) {
        self->by_claim = false;
        self->split = self->split || self->end.split;
        self->record.len = 0;
        self->step = step_start;
    } else if (!self->loose) {
        self->loose = true;
        self->scan = tail.len;
    } else {
        self->record.len = 0;
        self->step = step_none;
    }
    return LEAT_OK;
}

/* There is no directory; the first part of a split archive begins with a mark (8.5.3). */
static enum leat_status step_none(struct zip *self)
{
    size_t len = self->size < sizeof(uint32_t) ? 0 : sizeof(uint32_t);
    enum leat_status status = zip_gather(self, &self->record, 0, len);
    if (status != LEAT_OK)
        return status;
    if (self->split || (len > 0 && zip_u32(self->record.data) == ZIP_DESCRIPTOR))
        return zip_fails(self, LEAT_FAULT_UNSUPPORTED, "split archive", self->size);
    return zip_fails(self, LEAT_FAULT_TRUNCATED, "no central directory: --recover reads without it",
                     self->size);
}

static enum leat_status directory_found(struct zip *self, uint64_t at)
{
    leat_assert(at >= self->end.directory_at);
    if (self->end.split)
        return zip_fails(self, LEAT_FAULT_UNSUPPORTED, "split archive", self->end.at);
    self->base = self->by_claim ? 0 : at - self->end.directory_at;
    self->directory_at = at;
    self->record_at = at;
    self->search_at = at + 1;
    self->record.len = 0;
    leat_gather_fini(&self->tail, &self->container);
    self->step = NULL;
    return LEAT_OK;
}

/* Does a directory begin where this end has it? Else it only looked like one. */
static enum leat_status step_start(struct zip *self)
{
    uint64_t at = 0;
    if (!start_of(self, &at)) {
        self->step = step_end;
        return LEAT_OK;
    }
    if (self->end.directory_len == 0 && self->end.entries == 0)
        return directory_found(self, at);
    enum leat_status status = zip_gather(self, &self->record, at, sizeof(uint32_t));
    if (status != LEAT_OK)
        return status;
    if (zip_u32(self->record.data) == ZIP_RECORD)
        return directory_found(self, at);
    self->record.len = 0;
    if (self->by_claim)
        self->step = step_end;
    self->by_claim = true;
    return LEAT_OK;
}

/* --- Entries --- */

/* All records were read: were they as many as promised? Without zip64 the count is kept in 16 bits
 * by those who write more than fit. */
static enum leat_status directory_ends(struct zip *self)
{
    uint64_t entries = self->container.entries;
    bool as_promised =
        self->end.zip64 ? entries == self->end.entries : (uint16_t)entries == self->end.entries;
    if (!as_promised && self->container.damages == 0)
        return zip_fails(self, LEAT_FAULT_CORRUPT, "another number of entries than promised",
                         self->record_at);
    if (self->end.cut && self->container.damages == 0)
        return zip_fails(self, LEAT_FAULT_TRUNCATED, "the archive's comment is cut", self->size);
    return LEAT_END;
}

/* Whether the entry lies where it can, and not on others. */
static void entry_judge(struct zip *self, const struct zip_member *member, struct leat_entry *entry)
{
    const struct leat_container *c = &self->container;
    uint64_t room = self->directory_at;
    if (member->header_at > room || room - member->header_at < ZIP_LOCAL_LEN ||
        room - member->header_at - ZIP_LOCAL_LEN < member->packed_size)
        leat_entry_fails(c, entry, LEAT_FAULT_CORRUPT, "lies outside of the archive");
    else
        self->packed_sum += member->packed_size + ZIP_LOCAL_LEN;
    /* Each byte that two entries share is one that they are too many in sum. */
    if (self->packed_sum > room - self->base)
        leat_entry_fails(c, entry, LEAT_FAULT_BOUND, "entries overlap");
}

static enum leat_status record_entry(struct zip *self, struct leat_entry *ret)
{
    struct zip_record record;
    leat_zip_record_read(self->record.data, self->base, &record);
    enum leat_status status = leat_zip_record_entry(&record, &self->container, &self->name, ret);
    if (status != LEAT_OK)
        return status;
    entry_judge(self, &record.member, ret);
    self->member = record.member;
    return LEAT_OK;
}

/* Gather the next record whole. END after the last. */
static enum leat_status record_gather(struct zip *self)
{
    uint64_t end = self->directory_at + self->end.directory_len;
    uint64_t left = end - self->record_at;
    if (left < sizeof(uint32_t))
        return directory_ends(self);
    enum leat_status status = zip_gather(self, &self->record, self->record_at, sizeof(uint32_t));
    if (status != LEAT_OK)
        return status;
    if (zip_u32(self->record.data) == ZIP_SIGNATURE)
        return directory_ends(self);
    if (zip_u32(self->record.data) != ZIP_RECORD || left < ZIP_RECORD_LEN)
        return zip_fails(self, LEAT_FAULT_CORRUPT, "bad directory entry", self->record_at);
    status = zip_gather(self, &self->record, self->record_at, ZIP_RECORD_LEN);
    if (status != LEAT_OK)
        return status;
    size_t len = leat_zip_record_len(self->record.data);
    if (len > left)
        return zip_fails(self, LEAT_FAULT_CORRUPT, "bad directory entry", self->record_at);
    return zip_gather(self, &self->record, self->record_at, len);
}

static enum leat_status find_directory(struct zip *self)
{
    enum leat_status status = LEAT_OK;
    while (self->step != NULL && status == LEAT_OK)
        status = self->step(self);
    return status;
}

static enum leat_status zip_next(struct leat_container *c, struct leat_entry *ret)
{
    struct zip *self = (struct zip *)c;
    enum leat_status status = find_directory(self);
    if (status == LEAT_OK)
        status = record_gather(self);
    if (status == LEAT_OK)
        status = record_entry(self, ret);
    if (status != LEAT_OK)
        return status;
    self->search_at = self->record_at + ZIP_RECORD_LEN;
    self->record_at += self->record.len;
    self->record.len = 0;
    return LEAT_OK;
}

/* Programs and scripts may be put before an archive, and the first entry begins behind them: by the
 * directory's order, which is that of the bytes but in what was made to puzzle. */
static enum leat_status zip_lead(struct leat_container *c, struct leat_reader **ret)
{
    struct zip *self = (struct zip *)c;
    enum leat_status status = find_directory(self);
    if (status == LEAT_OK)
        status = record_gather(self);
    if (status != LEAT_OK)
        return status;
    struct zip_record record;
    leat_zip_record_read(self->record.data, self->base, &record);
    uint64_t len = record.member.header_at;
    if (len > self->directory_at)
        len = self->directory_at;
    if (len == 0)
        return LEAT_END;
    self->strayed = true;
    *ret = leat_limit(leat_placed_entry(c, c->ctx, &self->shell, 0), len, true);
    return LEAT_OK;
}

static bool zip_mark(const struct leat_container *c, struct leat_mark *ret)
{
    const struct zip *self = (const struct zip *)c;
    ret->offset = self->record_at - self->directory_at;
    ret->carried = self->packed_sum;
    return self->step == NULL || c->entries == 0;
}

static enum leat_status zip_resume(struct leat_container *c, const struct leat_mark *mark)
{
    struct zip *self = (struct zip *)c;
    enum leat_status status = find_directory(self);
    if (status != LEAT_OK)
        return status;
    self->record_at = self->directory_at + mark->offset;
    self->search_at = self->record_at + 1;
    self->packed_sum = mark->carried;
    self->record.len = 0;
    self->strayed = true;
    return LEAT_OK;
}

/* --- Behind damage --- */

/* A record whose fixed fields may be: told from chance by its signature, a version that there may
 * be (4.4.2, 4.4.3), and the number of a disk. */
static enum leat_match record_probe(const uint8_t *data, size_t len)
{
    static const uint8_t magic[] = { 'P', 'K', 1, 2 };
    enum { VERSION_MAX = 100, HOST_MAX = 30 };
    enum leat_match match = leat_match_magic(data, len, magic, sizeof(magic));
    if (match != LEAT_MATCH_YES)
        return match;
    if (len < ZIP_RECORD_LEN)
        return LEAT_MATCH_MORE;
    uint16_t disk = zip_u16(data + ZIP_RECORD_DISK);
    bool may_be = data[ZIP_RECORD_HOST - 1] <= VERSION_MAX && data[ZIP_RECORD_HOST] <= HOST_MAX &&
                  data[ZIP_RECORD_HOST + 1] <= VERSION_MAX && (disk == 0 || disk == UINT16_MAX) &&
                  zip_u16(data + ZIP_RECORD_NAME_LEN) > 0;
    return may_be ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

/* On at the next record, from the last on that was given: its lengths may be what is wrong. */
static enum leat_status zip_resync(struct leat_container *c)
{
    struct zip *self = (struct zip *)c;
    uint64_t end = self->directory_at + self->end.directory_len;
    if (self->step != NULL)
        return LEAT_END;
    self->record.len = 0;
    self->strayed = true;
    if (!self->searches) {
        enum leat_status status = leat_seek(c->src, self->search_at);
        if (status != LEAT_OK)
            return status == LEAT_UNSUPPORTED ? LEAT_END : status;
        self->searches = true;
    }
    enum leat_status status = leat_scan(c, self->search_at, record_probe, ZIP_RECORD_LEN);
    if (status == LEAT_AGAIN)
        return status;
    self->searches = false;
    self->record_at = leat_tell(c->src);
    if (status == LEAT_OK && self->record_at >= end)
        return LEAT_END;
    self->search_at = self->record_at + 1;
    return status;
}

/* --- Readers --- */

/* From here on it is likely that so many entries follow that loading the library pays. */
#define SIZED_FROM 128

static struct leat_reader *zip_open(struct leat_container *c, const struct leat_entry *entry,
                                    struct leat_ctx *ctx)
{
    struct zip *self = (struct zip *)c;
    struct zip_shared *shared;
    leat_assert(entry->offset == self->member.header_at);
    self->strayed = true;
    struct leat_reader *r = leat_placed_entry(c, ctx, &self->shell, self->member.header_at);
    r = leat_zip_body(r, &self->member, &shared);
    if (shared == NULL)
        return r;
    const struct zip_member *member = &shared->member;
    if (c->entries > SIZED_FROM && !(member->flags & ZIP_FLAG_ENCRYPTED))
        shared->known = (struct leat_inflate_options){ member->packed_size, member->size };
    return leat_zip_unpacked(r, shared);
}

static void zip_stop(struct leat_container *c)
{
    struct zip *self = (struct zip *)c;
    leat_gather_fini(&self->tail, c);
    leat_gather_fini(&self->record, c);
    leat_gather_fini(&self->name, c);
}

struct leat_container *leat_zip(struct leat_reader *src)
{
    static const struct leat_container_ops ops = {
        .name = "zip",
        .self_size = sizeof(struct zip),
        .next = zip_next,
        .open = zip_open,
        .lead = zip_lead,
        .mark = zip_mark,
        .resume = zip_resume,
        .resync = zip_resync,
        .stop = zip_stop,
    };
    if (src->ctx->recover)
        return leat_zip_recover(src);
    struct zip *self = leat_container_over(src, &ops);
    if (self == NULL)
        return NULL;
    self->step = step_size;
    return &self->container;
}

/* --- The format --- */

/* A local header, perhaps behind the mark of an archive that was to be split and is not; or the end
 * of an archive without entries. */
static enum leat_match zip_probe(const uint8_t *data, size_t len)
{
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } starts[] = {
        { "PK\3\4", 4 },
        { "PK\5\6", 4 },
        { "PK\7\10PK\3\4", 8 },
        { "PK00PK\3\4", 8 },
    };
    enum leat_match match = LEAT_MATCH_NO;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        enum leat_match one = leat_match_magic(data, len, starts[i].bytes, starts[i].len);
        if (one == LEAT_MATCH_YES)
            return one;
        if (one == LEAT_MATCH_MORE)
            match = one;
    }
    return match;
}

/* Every program and script is asked for that much, so comments behind prefixed archives are found
 * up to nearly that length and no further. */
enum { PREFIXED_TAIL_MAX = 4096 };

/* Whether there is an end of an archive with entries, whose directory begins as one does where it
 * is in sight; and it must be, where something follows that is no comment. */
static bool ends_as_zip(struct leat_span tail, bool exact)
{
    struct zip_end end;
    size_t scan = tail.len;
    while (leat_zip_end_find(tail, 0, &scan, exact, &end)) {
        if (end.entries == 0 || end.directory_len < ZIP_RECORD_LEN)
            continue;
        if (end.directory_len > end.directory_end) {
            if (exact)
                return true;
        } else if (zip_u32(tail.data + (end.directory_end - end.directory_len)) == ZIP_RECORD) {
            return true;
        }
    }
    return false;
}

static enum leat_match zip_probe_end(const uint8_t *data, size_t len)
{
    struct leat_span tail = { .data = data, .len = len };
    return ends_as_zip(tail, true) || ends_as_zip(tail, false) ? LEAT_MATCH_YES : LEAT_MATCH_NO;
}

static const char *const endings[] = { ".zip", ".jar", ".apk", ".whl", NULL };

const struct leat_format leat_format_zip = {
    .name = "zip",
    .summary = "zip archives, with zip64, encrypted entries and prefixes",
    .endings = endings,
    .traits = LEAT_FORMAT_ENDS | LEAT_FORMAT_SEEKS | LEAT_FORMAT_RECOVERS,
    .probe = zip_probe,
    .probe_max = 8,
    .probe_end = zip_probe_end,
    .probe_end_max = PREFIXED_TAIL_MAX,
    .unpack = leat_zip,
    .pack = leat_zip_pack,
};
